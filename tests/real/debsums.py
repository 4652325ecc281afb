#!/usr/bin/env python3
"""Holds imgdrift's audit against debsums and Python's own importlib.metadata.

    debsums.py IMGDRIFT [--every] TAR ...     what `docker save` wrote

The layers are unpacked with tar, and Debian's debsums runs with `--root` on these files, so that nothing is installed into
what is checked. The RECORDs are checked by the image's own Python in a chroot. Needs root. `--silent` speaks of all files
but conffiles and `--config` of these; with `--every`, `--all` and `--changed` are held against the two. Prints a row per
image, the differences below it, and ends with 1 when there is one.
"""
import collections
import fnmatch
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

# Runs inside the image. Prints what RECORD says of each file that is not as it says, and what no list names.
RECORDS = r"""
import base64, hashlib, importlib.metadata as metadata, json, os, sys
owned = set()
lists = "/var/lib/dpkg/info"
for name in os.listdir(lists) if os.path.isdir(lists) else ():
    if name.endswith(".list"):
        owned.update(os.path.join(os.path.realpath(os.path.dirname(line)), os.path.basename(line))
                     for line in open(os.path.join(lists, name), errors="surrogateescape").read().split("\n") if line)
debs = set(owned)
sites = [os.path.join(top, name) for top, names, _ in os.walk("/") if not top.startswith(("/proc", "/sys"))
         for name in names if name in ("site-packages", "dist-packages") and not os.path.islink(os.path.join(top, name))]
sites = [site for site in sites if not any(part in ("site-packages", "dist-packages") for part in os.path.dirname(site).split("/"))]
dists = rows = 0
modified, missing, listless = [], [], set()
for site in sites:
    for dist in metadata.distributions(path=[site]):
        home = str(dist._path)
        if os.path.dirname(home) != site:
            continue
        dists += 1
        is_deb = os.path.join(home, "METADATA") in debs or os.path.join(home, "PKG-INFO") in debs or home in debs
        said = {}
        for file in dist.files or ():
            path = os.path.normpath(str(dist.locate_file(file)))
            path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
            owned.add(path)
            said.setdefault(path, set()).add((file.hash.mode, file.hash.value) if file.hash else None)
        if not said:
            listless.add(dist.metadata["Name"])
        if os.path.isdir(home) and dist.read_text("RECORD") is None:
            owned.update(os.path.join(top, name) for top, _, names in os.walk(home) for name in names)
        for name in ("INSTALLER", "REQUESTED", "direct_url.json", "RECORD", "METADATA", "uv_cache.json", "uv_build.json"):
            owned.add(os.path.join(home, name))
        for path, hashes in said.items():
            if is_deb or len(hashes) > 1 or None in hashes:
                continue
            mode, value = next(iter(hashes))
            rows += 1
            try:
                found = base64.urlsafe_b64encode(hashlib.new(mode, open(path, "rb").read()).digest()).rstrip(b"=").decode()
            except (FileNotFoundError, NotADirectoryError):
                if not path.endswith(".pyc"):
                    missing.append(path)
                continue
            if found != value:
                modified.append(path)
extra = []
for site in sites:
    for top, _, names in os.walk(site):
        for name in names:
            path = os.path.join(top, name)
            source = os.path.join(os.path.dirname(top), name.split(".")[0] + ".py")
            is_cache = os.path.basename(top) == "__pycache__" and name.endswith(".pyc") and source in owned
            if path not in owned and not is_cache:
                extra.append(path)
print(json.dumps(dict(dists=dists, rows=rows, modified=modified, missing=missing, extra=extra, listless=sorted(listless))))
"""


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, **more).stdout


def unpack(archive, root):
    """The image's files: each layer in its turn, what it deletes first."""
    with tarfile.open(archive) as outer:
        for name in json.load(outer.extractfile("manifest.json"))[0]["Layers"]:
            with tarfile.open(fileobj=outer.extractfile(name)) as layer:
                for path in layer.getnames():
                    directory, base = os.path.split(os.path.join(root, path))
                    if base == ".wh..wh..opq":
                        shutil.rmtree(directory, ignore_errors=True)
                    elif base.startswith(".wh."):
                        gone = os.path.join(directory, base[4:])
                        if os.path.isdir(gone) and not os.path.islink(gone):
                            shutil.rmtree(gone)
                        elif os.path.lexists(gone):
                            os.remove(gone)
            command = ["tar", "-C", root, "-x", "--overwrite", "--exclude=.wh.*", "--exclude=dev/*"]
            with subprocess.Popen(command, stdin=subprocess.PIPE) as tar:
                shutil.copyfileobj(outer.extractfile(name), tar.stdin)


def real(root, path):
    """Where a listed path stands: directories followed within the root, the last name not."""
    parts, done, hops = path.strip("/").split("/"), [], 0
    while parts:
        part = parts.pop(0)
        at = os.path.join(root, *done, part)
        if parts and os.path.islink(at) and hops < 40:
            hops += 1
            link = os.readlink(at)
            done = [] if link.startswith("/") else done
            parts = [name for name in link.split("/") if name not in ("", ".")] + parts
        elif part == "..":
            done = done[:-1]
        else:
            done.append(part)
    return "/" + "/".join(done)


def debsums(root, *options):
    """What debsums says: word (`changed`, `missing`, `odd`, `sumless`) and where the file stands."""
    command = ["debsums", f"--root={root}", "--silent", *options]
    done = subprocess.run(command, capture_output=True, env=dict(os.environ, LC_ALL="C"))
    lines = done.stderr.decode("utf-8", "surrogateescape").splitlines()
    said = [("listed", real(root, line.removeprefix(root))) for line in done.stdout.decode("utf-8", "surrogateescape").splitlines()]
    for line in lines:
        match = re.match(rf"debsums: (changed|missing) file {root}(/.*) \(from \S+ package\)$", line)
        odd = re.match(rf"debsums: can't check \S+ file {root}(/.*) \(not a regular file\)$", line)
        sumless = re.match(r"debsums: no md5sums for (\S+)", line)
        if match:
            said.append((match[1], real(root, match[2])))
        elif odd:
            said.append(("changed", real(root, odd[1])))
        elif sumless:
            said.append(("sumless", sumless[1].split(":")[0]))
        else:
            said.append(("unread", line))
    return said


def left_out(root):
    """Files with a recorded sum that are gone, and that dpkg's settings say were never unpacked."""
    patterns = []
    for name in sorted(glob.glob(f"{root}/etc/dpkg/dpkg.cfg.d/[0-9a-zA-Z_-]*")) + [f"{root}/etc/dpkg/dpkg.cfg"]:
        if os.path.isfile(name):
            for line in open(name, errors="surrogateescape"):
                found = re.match(r"\s*path-(exclude|include)\s*[= ]\s*(\S+)", line)
                patterns += [(found[1], found[2])] if found else []
    gone = set()
    for name in glob.glob(f"{root}/var/lib/dpkg/info/*.md5sums"):
        for line in open(name, errors="surrogateescape"):
            path = "/" + line.rstrip("\n")[34:]
            last = [kind for kind, pattern in patterns if fnmatch.fnmatchcase(path, pattern)][-1:]
            if last == ["exclude"] and not os.path.lexists(root + real(root, path)):
                gone.add(real(root, path))
    return gone


def records(root):
    for python in ("usr/bin/python3", "usr/local/bin/python3", "opt/venv/bin/python"):
        if os.path.lexists(os.path.join(root, python)):
            command = ["chroot", root, f"/{python}", "-I", "-B", "-"]
            done = subprocess.run(command, input=RECORDS.encode(), capture_output=True)
            # An altered image's own Python may not run: then this one, once all that it needs is loaded.
            warm = "import base64, hashlib, importlib.metadata, json, os, sys; hashlib.new('sha256'); [(dist.metadata, dist.files) for dist in importlib.metadata.distributions()]"
            own = [sys.executable, "-c", f"{warm}; os.chroot(sys.argv[1]); os.chdir('/'); exec(sys.stdin.read())", root]
            return json.loads(done.stdout if done.returncode == 0 else run(*own, input=RECORDS.encode()))
    return dict(dists=0, rows=0, modified=[], missing=[], extra=[], listless=[])


def is_left_over(path):
    """What virtualenv and CPython's own installation leave in a site directory without a list."""
    return re.search(r"-packages/(__pycache__/)?(_virtualenv\.[^/]*|README(\.txt)?)$", path)


def ours(imgdrift, tar):
    """By check and ecosystem: how many paths, and the first of them."""
    report = json.loads(run(imgdrift, "inspect", f"docker-archive:{tar}", "--format", "json"))
    told = collections.defaultdict(lambda: [0, set()])
    for finding in report["findings"]:
        package = finding["package"] or finding["subject"]
        kind = package.split(":")[0] if ":" in package else "deb"
        both = finding["message"].find("both ship it") > 0
        slot = told[finding["check"] + (" shared" if both else ""), kind]
        slot[0] += finding["count"]
        slot[1].update(finding["paths"])
        if finding["check"] == "dpkg-unchecked":
            print("     ", finding["message"])
    return told


def check(what, told, expected):
    count, paths = told
    equal = count == len(expected) and (paths == expected or (len(paths) < count and paths <= expected))
    if not equal:
        print(f"      {what}: ours {count}, the referee {len(expected)}")
        print("        ours only", sorted(paths - expected)[:6])
        print("        the referee only", sorted(expected - paths)[:6])
    return equal


def judge(imgdrift, tar, every):
    with tempfile.TemporaryDirectory() as root:
        unpack(tar, root)
        plain, conffiles = debsums(root), debsums(root, "--config")
        both = plain + conffiles
        of = lambda said, word: {path for kind, path in said if kind == word}
        tongues = []
        if every:
            everything, changed = debsums(root, "--all"), debsums(root, "--changed")
            tongues = [("--all: changed", (len(of(everything, "changed")), of(everything, "changed")), of(both, "changed")),
                       ("--all: missing", (len(of(everything, "missing")), of(everything, "missing")), of(both, "missing")),
                       ("--changed", (len(of(changed, "listed")), of(changed, "listed")), of(plain, "changed"))]
        excluded, record = left_out(root), records(root)
    found = ours(imgdrift, tar)
    lines = tongues + [
        ("changed files", found["dpkg-mismatch", "deb"], of(plain, "changed")),
        ("edited conffiles", found["conffile-edited", "deb"], of(conffiles, "changed")),
        ("missing files", found["files-missing", "deb"], of(both, "missing") | excluded),
        ("files that differ from RECORD", found["record-mismatch", "pypi"], set(record["modified"]) - found["record-mismatch shared", "pypi"][1]),
        ("files missing of RECORD", found["files-missing", "pypi"], set(record["missing"])),
        ("files that no list names", found["unowned-in-site", "deb"], {path for path in record["extra"] if not is_left_over(path)}),
    ]
    unread = of(both, "unread")
    equal = all([check(*line) for line in lines]) and not unread
    for line in sorted(unread)[:5]:
        print("      not understood:", line)
    mine = sum(found[key, "deb"][0] for key in ("dpkg-mismatch", "conffile-edited", "files-missing"))
    print(f"{tar:30} debsums: {len(both):5} lines, excluded {len(excluded):5}; ours {mine:5} | RECORD: {record['dists']:3} "
          f"distributions, {record['rows']:6} rows, modified {len(record['modified'])}, missing {len(record['missing'])}, "
          f"extra {len(record['extra'])}, without a list {len(record['listless'])} | {'equal' if equal else 'DIFFERENT'}", flush=True)
    return equal


def main():
    imgdrift, *tars = [argument for argument in sys.argv[1:] if argument != "--every"] or [None]
    if not tars:
        raise SystemExit(__doc__)
    outcomes = [judge(imgdrift, tar, "--every" in sys.argv) for tar in tars]
    sys.exit(not all(outcomes))


main()
