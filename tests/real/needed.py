#!/usr/bin/env python3
"""The libraries that a bump names, held against readelf, dpkg and the tars.

Usage: needed.py IMGDRIFT OLD-IMAGE OLD.tar NEW-IMAGE NEW.tar APP-IMAGE APP.tar

The app stands on the old base. Its own layers are those above the base's diffIDs in the archive's config; their shared
objects are unpacked with Python's tarfile and asked with `readelf -d`. Where a library is found, and who owns it in which
version, is asked of readlink and dpkg inside the images.
"""
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile

OBJECT = re.compile(r"\.so(\.[0-9.]*)?$")
FIND = r"""
while read -r name; do
  found=-
  for d in /usr/local/lib/*-linux-* /usr/local/lib /lib/*-linux-* /lib /usr/lib/*-linux-* /usr/lib /lib64 /usr/lib64 /lib32; do
    [ "$found" = - ] && [ -f "$d/$name" ] && found=$(readlink -f "$d/$name")
  done
  owner=$(dpkg -S "$found" 2>/dev/null | head -n 1 | sed 's/[:,].*//')
  [ -n "$owner" ] || owner=$(dpkg -S "${found#/usr}" 2>/dev/null | head -n 1 | sed 's/[:,].*//')
  version=$(dpkg-query -W -f '${Version}' "${owner:-none}" 2>/dev/null)
  sum=; [ "$found" = - ] || sum=$(sha256sum "$found" | cut -d' ' -f1)
  echo "$name $found ${owner:--} ${version:--} ${sum:--}"
done
"""


def layers(path):
    with tarfile.open(path) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))[0]
        config = json.load(tar.extractfile(manifest["Config"]))
    return manifest["Layers"], config["rootfs"]["diff_ids"]


def own_objects(app, base):
    (names, ids), (_, below) = layers(app), layers(base)
    assert ids[: len(below)] == below, "the app does not stand on the old base"
    found, every = {}, set()
    with tarfile.open(app) as tar:
        for name in names[len(below) :]:
            with tarfile.open(fileobj=tar.extractfile(name)) as layer:
                for member in layer:
                    path = "/" + member.name.removeprefix("./")
                    directory, _, file = path.rpartition("/")
                    if file.startswith(".wh."):
                        gone = f"{directory}/{file[4:]}"
                        for known in [p for p in found if p == gone or p.startswith(gone + "/")]:
                            del found[known]
                        continue
                    every.add(path)
                    if OBJECT.search(file) and (member.isreg() or member.islnk()):
                        found[path] = layer.extractfile(member).read()
    return found, every


def needed(objects):
    users = {}
    with tempfile.TemporaryDirectory() as directory:
        file = os.path.join(directory, "object")
        for path, content in objects.items():
            with open(file, "wb") as out:
                out.write(content)
            said = subprocess.run(["readelf", "-dW", file], capture_output=True, text=True, errors="replace").stdout
            for name in re.findall(r"\(NEEDED\).*\[(.*)\]", said):
                users.setdefault(name, set()).add(path)
    return users


def places(image, names):
    run = ["docker", "run", "--rm", "-i", "--network", "none", "--user", "0", "--entrypoint", "sh", image, "-c", FIND]
    lines = subprocess.run(run, input="".join(n + "\n" for n in names), capture_output=True, text=True, check=True).stdout
    return {row[0]: row[1:] for row in (line.split() for line in lines.splitlines())}


def main():
    binary, old, old_tar, new, new_tar, app, app_tar = sys.argv[1:]
    run = [binary, "bump", old_tar, new_tar, "--app", app_tar, "--format", "json", "--all"]
    told = json.loads(subprocess.run(run, capture_output=True, check=True).stdout)["app"]["libraries"]
    told = {row["soname"]: (row["state"], row["package"], row["old"], row["new"], set(row["users"])) for row in told}
    objects, every = own_objects(app_tar, old_tar)
    users = needed(objects)
    bundled = {path.rpartition("/")[2] for path in objects}
    in_app, in_old, in_new = (places(image, sorted(users)) for image in (app, old, new))
    expected = {}
    for name, asking in users.items():
        path = in_app[name][0]
        if path == "-" or path in every or name in bundled:
            continue
        base, owner, version, content = in_old[name]
        if base == "-":
            continue
        there, _, now, new_content = in_new[name]
        package = None if owner == "-" else f"deb:{owner}"
        if there == "-":
            expected[name] = ("gone", package, version, None, asking)
        elif (version, content) != (now, new_content):
            expected[name] = ("moved", package, version, now, asking)
    wrong = 0
    for name in sorted(told.keys() | expected.keys()):
        if told.get(name) != expected.get(name):
            wrong += 1
            print(f"WRONG {name}: imgdrift says {told.get(name)}, readelf and dpkg say {expected.get(name)}")
    asked = sum(len(row[4]) for row in expected.values())
    print(f"{len(objects)} shared objects ask for {len(users)} libraries; {len(expected)} of them the bump changes, ", end="")
    print(f"asked for {asked} times; {wrong} wrong")
    sys.exit(wrong > 0 or not objects)


main()
