#!/usr/bin/env python3
"""CVE ids and security uploads, held against zcat, grep and dpkg inside the images.

Usage: cves.py IMGDRIFT OLD-IMAGE OLD.tar NEW-IMAGE NEW.tar

The images are run with Docker, the archives are what imgdrift reads. Packages that moved are those of dpkg-query; the
ids between their versions are what grep finds in the changelog, read with zcat and cut with dpkg --compare-versions.
Packages that were downgraded are left out.
"""
import json
import subprocess
import sys

QUERY = "dpkg-query -W -f '${Package} ${Architecture} ${Version} ${source:Version} ${db:Status-Abbrev}\\n'"

# One line in: package, name of the file of a rebuild or -, older, newer. One line out: package, `none` or
# `security`/`plain`, the ids.
READ = r"""
while read -r package own older newer; do
  file=
  for name in $own changelog.Debian changelog; do
    for path in "/usr/share/doc/$package/$name.gz" "/usr/share/doc/$package/$name"; do
      [ -z "$file" ] && [ -f "$path" ] && file=$path
    done
  done
  if [ -z "$file" ] || ! zcat -f "$file" | head -n 20 | grep -qE '^[^ ]+ \([^ )]+\) [^;]*;'; then
    echo "$package none"; continue
  fi
  zcat -f "$file" | {
    wanted=0
    while IFS= read -r line; do
      case $line in
      [!\ ]*' ('*')'*';'*)
        version=${line#* (}; version=${version%%)*}
        dpkg --compare-versions "$version" le "$older" && break
        wanted=0; dpkg --compare-versions "$version" le "$newer" && wanted=1 ;;
      esac
      [ $wanted = 1 ] && printf '%s\n' "$line"
    done
    true
  } > /tmp/part
  kind=plain; grep -qE '^[^ ]+ \([^)]*\) [^;]*-security[ ;]' /tmp/part && kind=security
  echo "$package $kind $(grep -oE 'CVE-[0-9]{4}-[0-9]{4,}' /tmp/part | LC_ALL=C sort -u | tr '\n' ' ')"
done
"""


def inside(image, script, lines=""):
    run = ["docker", "run", "--rm", "-i", "--network", "none", "--user", "0", "--entrypoint", "sh", image, "-c", script]
    return subprocess.run(run, input=lines, capture_output=True, text=True, check=True).stdout.splitlines()


def installed(image):
    rows = (line.split() for line in inside(image, QUERY))
    return {(name, arch): (version, source) for name, arch, version, source, state in rows if state == "ii"}


def without_rebuild(version):
    head, plus, count = version.rpartition("+b")
    return head if plus and count.isdigit() else version


def main():
    binary, old_image, old_tar, new_image, new_tar = sys.argv[1:]
    report = json.loads(subprocess.run([binary, old_tar, new_tar, "--format", "json"], capture_output=True, check=True).stdout)
    told = {(row["name"], row["arch"]): row for row in report["packages"] if row["ecosystem"] == "deb"}
    old, new = installed(old_image), installed(new_image)
    questions, keys = [], []
    for key in sorted(old.keys() & new.keys()):
        (left, left_source), (right, right_source) = old[key], new[key]
        if left == right:
            continue
        later = subprocess.run(["dpkg", "--compare-versions", left, "lt", right], check=False).returncode == 0
        if not later:
            continue
        rebuilt = left_source == right_source and without_rebuild(left) == without_rebuild(right)
        older, newer = (left_source, right_source) if left_source != right_source else (left, right)
        questions.append(f"{key[0]} {f'changelog.Debian.{key[1]}' if rebuilt else ''} {older} {newer}".replace("  ", " - "))
        keys.append(key)
    answers = inside(new_image, READ, "".join(line + "\n" for line in questions))
    wrong = ids = without = security = 0
    for key, answer in zip(keys, answers, strict=True):
        name, kind, *cves = answer.split()
        assert name == key[0], (name, key)
        row = told.get(key, {"cves": "no row", "changelog": None})
        want = None if kind == "none" else cves
        found = row["cves"]
        log = row["changelog"]
        same = found == want and (kind == "none" or bool(log) and log["security"] == (kind == "security"))
        if not same:
            wrong += 1
            print(f"WRONG {key}: imgdrift says {found} {log}, grep says {kind} {want}")
        ids += len(cves)
        without += kind == "none"
        security += kind == "security"
    print(f"{len(keys)} upgraded debs: {security} security uploads, {ids} ids named, {without} without a changelog; {wrong} wrong")
    sys.exit(wrong > 0 or not keys)


main()
