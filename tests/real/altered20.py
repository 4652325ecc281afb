#!/usr/bin/env python3
"""Alters twenty files of an image by hand, in a new top layer, and checks that imgdrift finds them and nothing else.

    altered20.py IMGDRIFT IN.tar OUT.tar       IN is a `docker save` of a Debian image with Flask, numpy, six and requests

What no record in an image speaks of (where a link leads, modes, capabilities, what is compiled) only a comparison can
tell. Times and sizes are kept where an alteration allows it. Ends with 1 when anything is not told, or more is.
"""
import collections
import hashlib
import io
import json
import marshal
import os
import re
import struct
import subprocess
import sys
import tarfile

Node = collections.namedtuple("Node", "info data")


def squash(archive, manifest):
    """path -> Node of what the layers below hold; whiteouts are applied, hardlinks followed."""
    nodes = {}
    for name in manifest["Layers"]:
        layer = tarfile.open(fileobj=archive.extractfile(name))
        for info in layer:
            path = os.path.normpath(info.name).strip("/")
            directory, base = os.path.split(path)
            if base == ".wh..wh..opq":
                for known in [known for known in nodes if known.startswith(directory + "/")]:
                    del nodes[known]
            elif base.startswith(".wh."):
                gone = os.path.join(directory, base[4:])
                for known in [known for known in nodes if known == gone or known.startswith(gone + "/")]:
                    del nodes[known]
            elif info.islnk():
                nodes[path] = nodes.get(os.path.normpath(info.linkname).strip("/")) or Node(info, None)
            else:
                nodes[path] = Node(info, (lambda layer=layer, info=info: layer.extractfile(info).read()))
    return nodes


class Alterations:
    """What is done to the image, and what must be said of it."""

    def __init__(self, nodes):
        self.nodes, self.entries, self.expected = nodes, {}, []
        self.site = self.find(r"(.*)/flask/app\.py$").rsplit("/", 2)[0]

    def find(self, pattern):
        found = sorted(path for path in self.nodes if re.fullmatch(pattern, path))
        if not found:
            raise SystemExit(f"the image has no file like {pattern}")
        return found[0]

    def expect(self, path, inspect, explanation, detail):
        self.expected.append(("/" + path, inspect, explanation, detail))

    def copy(self, path, **changes):
        info = tarfile.TarInfo(path)
        before = self.nodes[path].info
        for key in ("mode", "uid", "gid", "mtime", "type", "linkname"):
            setattr(info, key, getattr(before, key))
        info.type = tarfile.REGTYPE if before.islnk() else before.type
        for key, value in changes.items():
            setattr(info, key, value)
        return info

    def write(self, path, data, **changes):
        self.entries[path] = (self.copy(path, **changes), data)

    def edit(self, path, change):
        before = self.nodes[path].data()
        after = change(before)
        assert after != before, path
        self.write(path, after)

    def add(self, path, data, mode=0o644):
        info = tarfile.TarInfo(path)
        info.mode, info.mtime = mode, int(self.nodes[self.site + "/flask/app.py"].info.mtime)
        self.entries[path] = (info, data)

    def delete(self, path):
        directory, base = os.path.split(path)
        self.add(f"{directory}/.wh.{base}", b"")

    def all(self):
        flip = lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1:]
        site, differs = self.site, "right image's file does not match"

        def changed(path, change, check, explanation="same-version", detail=differs):
            self.edit(path, change)
            self.expect(path, check, explanation, detail)

        changed("usr/bin/sort", flip, "dpkg-mismatch")
        changed(self.find(r"usr/lib/x86_64-linux-gnu/libz\.so\.1\.[0-9.]+"), flip, "dpkg-mismatch")
        changed("usr/lib/os-release", lambda data: data + b"#\n", "dpkg-mismatch")
        changed("etc/bash.bashrc", lambda data: data + b"evil\n", "conffile-edited", "unexplained", "edited conffile")
        changed(f"{site}/flask/app.py", lambda data: data + b"\nimport evil\n", "record-mismatch")
        changed(self.find(re.escape(site) + r"/numpy/.*_multiarray_umath[^/]*\.so"), flip, "record-mismatch")
        changed(self.find(r"usr/local/bin/flask"), lambda data: data.replace(b"import sys", b"import sys, evil", 1), "record-mismatch")

        self.delete("usr/bin/tac")
        self.expect("usr/bin/tac", "files-missing", "unexplained", "although deb:coreutils lists it")
        self.delete("etc/skel/.profile")
        self.expect("etc/skel/.profile", "files-missing", "unexplained", "although deb:bash lists it")
        self.delete(f"{site}/flask/cli.py")
        self.expect(f"{site}/flask/cli.py", "files-missing", "unexplained", "although pypi:Flask lists it")

        for name, data in {
            "requests/evil.py": b"import os\n", "evil.pth": b"import os; os.system('true')\n", "sitecustomize.py": b"import os\n",
            "backdoor/__init__.py": b"import os\n",
        }.items():
            self.add(f"{site}/{name}", data)
            self.expect(f"{site}/{name}", "unowned-in-site", "unexplained", "no package lists it")
        info = os.path.dirname(self.find(re.escape(site) + r"/[Ff]lask-[^/]*\.dist-info/METADATA"))
        self.add(f"{info}/planted.py", b"import os\n")
        self.expect(f"{info}/planted.py", "unowned-in-site", "unexplained", "whose RECORD does not name it")

        # From here on no record in the image says how it should be.
        cache = self.find(re.escape(site) + r"/__pycache__/six\.[^/]*\.pyc")
        changed(cache, opcode, None, "same-version", "compiled code differs behind an equal header")
        link = self.find(r"usr/lib/x86_64-linux-gnu/libz\.so\.1")
        self.write(link, None, linkname="/tmp/libz.so")
        self.expect(link, None, "same-version", "now to /tmp/libz.so")
        self.write("usr/bin/find", self.nodes["usr/bin/find"].data(), mode=0o4755)
        self.expect("usr/bin/find", None, "same-version", "setuid gained")
        capability = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0).decode("utf-8")
        self.write("usr/bin/head", self.nodes["usr/bin/head"].data(), pax_headers={"SCHILY.xattr.security.capability": capability})
        self.expect("usr/bin/head", None, "same-version", "file capability gained")
        changed("var/lib/dpkg/info/bash.postinst", lambda data: data + b"evil\n", None, "same-version", "dpkg's own record")
        assert len(self.expected) == 20
        return self

    def layer(self):
        buffer = io.BytesIO()
        tar = tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT)
        for path in sorted({parent for path in self.entries for parent in parents(path)} - self.entries.keys()):
            if path in self.nodes:
                tar.addfile(self.copy(path))
        for path in sorted(self.entries):
            info, data = self.entries[path]
            info.size = len(data or b"")
            tar.addfile(info, io.BytesIO(data or b""))
        tar.close()
        return buffer.getvalue()


def parents(path):
    while path := os.path.dirname(path):
        yield path


def opcode(data):
    """A RETURN_VALUE of six's `_add_doc` made a NOP, by the interpreter that compiled it."""
    for code in marshal.loads(data[16:]).co_consts:
        if getattr(code, "co_name", None) == "_add_doc":
            at = data.index(code.co_code) + len(code.co_code) - 2
            return data[:at] + b"\x09" + data[at + 1:]
    raise SystemExit("six has no _add_doc")


def write(archive, manifest, layer, target):
    """The archive with one layer more."""
    config = json.load(archive.extractfile(manifest["Config"]))
    digest = hashlib.sha256(layer).hexdigest()
    config["rootfs"]["diff_ids"].append("sha256:" + digest)
    config["history"].append({"created": config["created"], "created_by": "/bin/sh -c ./provision.sh"})
    text = json.dumps(config, separators=(",", ":")).encode()
    replaced = {manifest["Config"], "manifest.json", "repositories"}
    manifest = dict(manifest, Layers=manifest["Layers"] + [f"{digest}/layer.tar"], Config=hashlib.sha256(text).hexdigest() + ".json")
    with tarfile.open(target, "w") as out:
        for info in archive:
            if info.name not in replaced:
                out.addfile(info, archive.extractfile(info) if info.isfile() else None)
        for name, data in ((f"{digest}/layer.tar", layer), (manifest["Config"], text), ("manifest.json", json.dumps([manifest]).encode())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))


def run(*command):
    return json.loads(subprocess.run([*command, "--format", "json"], check=True, capture_output=True).stdout)


def told(report):
    """What the audit says: check and path."""
    checks = {"dpkg-mismatch", "record-mismatch", "conffile-edited", "files-missing", "unowned-in-site"}
    return {(finding["check"], path) for finding in report["findings"] if finding["check"] in checks for path in finding["paths"]}


def main():
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    imgdrift, source, target = sys.argv[1:]
    archive = tarfile.open(source)
    manifest = json.load(archive.extractfile("manifest.json"))[0]
    done = Alterations(squash(archive, manifest)).all()
    write(archive, manifest, done.layer(), target)
    failed = 0

    def check(holds, what):
        nonlocal failed
        failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {what}")

    before, after = (told(run(imgdrift, "inspect", f"docker-archive:{tar}")) for tar in (source, target))
    report = run(imgdrift, f"docker-archive:{source}", f"docker-archive:{target}")
    rows = {row["path"]: row for row in report["files"]["changes"]}
    new = {(finding["check"], path) for finding in report["findings"] if finding["drift"] == "new" for path in finding["paths"]}
    for path, inspect, explanation, detail in done.expected:
        row = rows.pop(path, None) or {"explanation": None, "detail": ""}
        told_alone = inspect is None or ((inspect, path) in after and (inspect, path) in new)
        check(row["explanation"] == explanation and detail in row["detail"] and told_alone,
              f"{path}: {inspect or 'by comparison only'}; {row['explanation']}: {row['detail']}")
        if explanation == "same-version":
            hashes = row.get("hashes") or {}
            check(all(hashes.get(side) for side in ("left", "right")), f"  hashes {json.dumps(hashes)[:160]}")
    single = [path for path in rows if path not in {parent for entry in done.entries for parent in map("/".__add__, parents(entry))}]
    check(not single, f"nothing else differs {single[:5]}")
    expected = {(inspect, path) for path, inspect, *_ in done.expected if inspect}
    check(after - before == expected, f"inspect tells nothing else {sorted((after - before) ^ expected)[:5]}")
    check(report["verdict"] == "drifted", report["headline"])
    sys.exit(failed > 0)


main()
