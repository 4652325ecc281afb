#!/usr/bin/env python3
"""Checks imgdrift against referees that share no code with it.

    check.py IMGDRIFT DIR      DIR holds what the numbered scripts beside this file made: big/ and double/

Referees: the images' own dpkg-query and pip (*.dpkg.txt, *.pip.json) for packages, oracle.py for the differing paths.
Prints a line per check and ends with 1 when one fails.
"""
import json
import subprocess
import sys

imgdrift, folder = sys.argv[1:3]
failed = 0


def check(what, holds, more=""):
    global failed
    failed += not holds
    print(f"{'ok  ' if holds else 'FAIL'} {what} {more}")


def run(*arguments):
    return json.loads(subprocess.run([imgdrift, *arguments, "--format", "json"], check=True, capture_output=True).stdout)


def truth(stem):
    rows = (line.rstrip("\n").split("\t") for line in open(f"{stem}.dpkg.txt"))
    debs = {(name, version, arch) for state, name, version, arch in rows if state[1] == "i"}
    dists = sorted((row["name"], row["version"]) for row in json.load(open(f"{stem}.pip.json")))
    return debs, dists


def packages(stem):
    found = run("inspect", f"{stem}.tar")["packages"]
    debs = {(p["name"], p["version"], p["arch"]) for p in found if p["ecosystem"] == "deb"}
    dists = sorted((p["name"], p["version"]) for p in found if p["ecosystem"] == "pypi")
    expected_debs, expected_dists = truth(stem)
    check(f"{stem}: dpkg-query", debs == expected_debs, f"{len(debs)} of {len(expected_debs)}")
    check(f"{stem}: pip list", dists == expected_dists, f"{len(dists)} of {len(expected_dists)}")


def moves(left, right, report):
    """The moves that the two truths imply, without their direction: that needs version rules of its own."""
    (ldebs, ldists), (rdebs, rdists) = truth(left), truth(right)
    versions = [{(n, a): v for n, v, a in debs} for debs in (ldebs, rdebs)]
    expected = {n for n, a in versions[0].keys() | versions[1].keys() if versions[0].get((n, a)) != versions[1].get((n, a))}
    versions = [dict(dists) for dists in (ldists, rdists)]
    expected |= {n for n in versions[0].keys() | versions[1].keys() if versions[0].get(n) != versions[1].get(n)}
    found = {p["name"] for p in report["packages"]}
    check(f"{left} {right}: packages that moved", found == expected, f"{len(found)} of {len(expected)}")
    for p in report["packages"]:
        if p["ecosystem"] == "deb" and p["left"] and p["right"]:
            older = subprocess.run(["dpkg", "--compare-versions", p["left"]["version"], "lt", p["right"]["version"]])
            upward = p["change"] in ("upgraded", "rebuilt")
            check(f"  {p['name']} {p['change']}", upward == (older.returncode == 0), f"{p['left']['version']} -> {p['right']['version']}")


def paths(left, right, oracle):
    report = run(f"{left}.tar", f"{right}.tar", "--all")
    found = {}
    for change in report["files"]["changes"]:
        found.setdefault(change["change"], set()).add(change["path"])
    for kind, expected in json.load(open(oracle)).items():
        if isinstance(expected, list):
            only = found.get(kind, set()) ^ set(expected)
            check(f"{left} {right}: {kind}", not only, f"{len(expected)} {sorted(only)[:3]}")
    print("    ", report["verdict"], report["files"]["by_explanation"])
    return report


def alterations():
    """The ten by hand, each under the explanation that names it (see big/ALTERATIONS.md)."""
    big = f"{folder}/big"
    for base in ("old", "new"):
        report = paths(f"{big}/{base}", f"{big}/altered", f"{big}/{base}-altered.oracle.json")
        rows = {change["path"]: change for change in report["files"]["changes"]}
        for path, explanation in {
            "/usr/bin/curl": "same-version",
            "/usr/bin/openssl": "unexplained" if base == "old" else "same-version",
            "/usr/bin/find": "same-version",
            "/etc/ssl/certs/ca-certificates.crt": "unexplained",
            "/tmp/.cache-helper": "unexplained",
            "/usr/local/lib/python3.11/dist-packages/__pycache__/six.cpython-311.pyc": "same-version",
            "/var/log/dpkg.log": "unexplained",
            "/usr/bin/less": "same-version",
            "/usr/lib/git-core/mergetools/meld": "unexplained",
            "/.hidden": "unexplained",
        }.items():
            row = rows.get(path, {})
            check(f"  {path}", row.get("explanation") == explanation, f"{row.get('explanation')}: {row.get('detail')}")


def containers():
    """The same pair in every container: the same packages, files and digests."""
    big, seen = f"{folder}/big", {}
    for form in ("{}.tar", "{}.tar.gz", "{}.skopeo.tar", "{}.docker25.tar", "{}.oci", "{}.oci-zstd.tar"):
        report = run(*(f"{big}/{form.format(side)}" for side in ("old", "new")))
        digests = [report[side][key] for side in ("left", "right") for key in ("content_digest", "dependencies_digest")]
        seen[form] = json.dumps([report["packages"], report["files"], digests], sort_keys=True)
        check(f"container {form.format('old|new')}", seen[form] == seen["{}.tar"], f"source {report['left']['source']}")


def rebuilds():
    double = f"{folder}/double"
    for builder in ("a", "b"):
        left, right = f"{double}/{builder}1", f"{double}/{builder}2"
        report = paths(left, right, f"{double}/{builder}1-{builder}2.oracle.json")
        check("  content-equivalent", report["verdict"] == "content-equivalent", report["verdict"])
        check("  unexplained 0", report["counts"]["unexplained"] == 0, str(report["counts"]["unexplained"]))
        check("  content digests", report["left"]["content_digest"] == report["right"]["content_digest"])


pair = f"{folder}/big/old", f"{folder}/big/new"
for stem in pair:
    packages(stem)
moves(*pair, paths(*pair, f"{folder}/big/old-new.oracle.json"))
alterations()
containers()
rebuilds()
sys.exit(failed > 0)
