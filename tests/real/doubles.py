#!/usr/bin/env python3
"""Real double builds: is every difference between two builds of one Dockerfile explained, and how well?

    doubles.py IMGDRIFT DIR [NAME...]      DIR holds what 70-doubles.sh made: NAME-1.tar, NAME-2.tar, NAME.oracle.json

Demands of each pair: the differing paths are the oracle's; every one is noise, bytecode, generated or mtime; no alarms.
What differs for real (doubles/honest, and the files named in REAL) must be unexplained. Ends with 1 when a demand fails.
"""
import collections
import fnmatch
import glob
import json
import os
import subprocess
import sys

SHOWN = 60
EXPLAINED = {"noise", "bytecode", "generated", "mtime"}

# Files that differ for real, or whose bytes nobody can prove equal, with the reason: they must be shown, not waved through.
REAL = {
    "honest": {
        "/app/built": "a date that the application reads",
        "/app/secret": "a random secret",
        "/app/stamped": "a program that prints when it was compiled",
        "/app/stamp.py": "a source that the build wrote",
        "/app/__pycache__/stamp.cpython-311.pyc": "its source differs",
        "/app/tree/nonce": "a number that the build wrote",
        "/app/tree.tar.gz": "holds that number",
        "/app/seed.log": "a random seed beside its date",
        "/app/libtwo.so": "a run path into a temporary directory",
        "/app/lto.o": "code that the linker finishes, under random names",
        "/app/keys/tls.key": "a private key",
        "/app/keys/tls.crt": "a certificate that clients trust",
        "/app/keys/dhparam.pem": "parameters of a key exchange",
        "/root/.ssh/authorized_keys": "who may log in",
        "/etc/shadow": "a password",
    },
    "git": {
        path: "names a commit that the build made"
        for path in ("/srv/*/.git/refs/*", "/srv/*/.git/packed-refs", "/srv/*/.git/shallow", "/srv/shared.git/refs/*")
    },
    "java": {
        "/opt/app/trust.p12": "encrypted under a random salt",
        "/src/manifest.mf": "a text into which the build wrote its time",
    },
    "zoo": {
        "/opt/zoo/tree.cpio": "cpio is not taken apart",
        "/opt/zoo/tree.tar.bz2": "bzip2 is not unpacked",
        "/opt/zoo/wal.db-wal": "a write-ahead log holds rows that the database has not",
    },
}


def compared(imgdrift, stem):
    command = [imgdrift, f"{stem}-1.tar", f"{stem}-2.tar", "--all", "--format", "json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def same_paths(report, oracle):
    """The paths on which imgdrift and the oracle disagree."""
    found = collections.defaultdict(set)
    for change in report["files"]["changes"]:
        found[change["change"]].add(change["path"])
    return sorted(path for kind, paths in oracle.items() for path in found[kind] ^ set(paths))


def judge(name, report, oracle):
    """The pair's demands that do not hold, as sentences."""
    wrong = [f"the oracle disagrees about {path}" for path in same_paths(report, oracle)]
    unseen = dict(REAL.get(name.removesuffix("-kit"), {}))
    for change in report["files"]["changes"]:
        path, explanation = change["path"], change["explanation"]
        pattern = next((pattern for pattern in REAL.get(name.removesuffix("-kit"), {}) if fnmatch.fnmatchcase(path, pattern)), None)
        if pattern is None and explanation not in EXPLAINED:
            wrong.append(f"{path} is {explanation}: {change['detail']}")
        if pattern and explanation not in EXPLAINED:
            unseen.pop(pattern, None)
    wrong += [f"{pattern} is explained away, or does not differ: {why}" for pattern, why in unseen.items()]
    if report["counts"]["alarms"]:
        wrong.append(f"{report['counts']['alarms']} alarms")
    return wrong


def row(name, report):
    changes = [change for change in report["files"]["changes"] if change["change"] != "mtime"]
    proofs = collections.Counter((change["explanation"], change["proof"]) for change in changes)
    by = collections.Counter(change["explanation"] for change in changes)
    others = sum(by.values()) - by["bytecode"] - by["noise"] - by["generated"] - by["unexplained"]
    return [
        name, len(changes), report["files"]["by_explanation"]["mtime"], by["bytecode"], proofs["noise", "mask"],
        proofs["noise", "hash"], proofs["noise", "path"], by["generated"], by["unexplained"], others,
        report["counts"]["alarms"], report["verdict"],
    ]


def main(imgdrift, folder, *names):
    names = names or sorted(os.path.basename(path).removesuffix(".oracle.json") for path in glob.glob(f"{folder}/*.oracle.json"))
    rows, failures = [], 0
    for name in names:
        stem = f"{folder}/{name}"
        report = compared(imgdrift, stem)
        with open(f"{stem}.oracle.json") as text:
            wrong = judge(name, report, json.load(text))
        failures += bool(wrong)
        rows.append(row(name, report))
        print(f"{'FAIL' if wrong else 'ok  '} {name}", flush=True)
        for sentence in wrong[:SHOWN]:
            print(f"       {sentence}")
        if len(wrong) > SHOWN:
            print(f"       and {len(wrong) - SHOWN} more")
    heads = ["pair", "differ", "mtime only", "bytecode", "by mask", "by hash", "likely", "generated", "unexplained", "other", "alarms", "verdict"]
    print("\n| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for cells in rows:
        print("| " + " | ".join(map(str, cells)) + " |")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
