#!/usr/bin/env python3
"""Something real hidden behind noise: is it ever called noise?

    hidden.py IMGDRIFT DIR [NAME...]      DIR holds what 70-doubles.sh made

For each pair: of the files that imgdrift explains away (and that one more kind of file each has), some per rule and format
are altered in the second image, one trick per file and round (hiding.py), and the first image is compared with it. Demands:
- what a mask proved equal is no longer `noise`, `bytecode`, `generated` or `mtime` once something real was changed in it;
- where a path says "noise" whatever the bytes are, the answer says that only a path says so (proof `path`), and says it not
  of a file that became executable, privileged, writable by others, someone else's or a link, nor of a new program there.
Ends with 1 when a demand fails.
"""
import collections
import glob
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile

import hiding

EXPLAINED = {"noise", "bytecode", "generated", "mtime"}
PER_RULE = 2


class Image:
    """A docker-archive as an OCI layout on disk, to which layers can be added cheaply."""

    def __init__(self, archive, folder):
        self.blobs = os.path.join(folder, "blobs", "sha256")
        os.makedirs(self.blobs)
        self.folder = folder
        with open(os.path.join(folder, "oci-layout"), "w") as text:
            text.write('{"imageLayoutVersion":"1.0.0"}')
        self.files, self.layers = {}, []
        with tarfile.open(archive) as tar:
            manifest = json.load(tar.extractfile("manifest.json"))[0]
            self.config = json.load(tar.extractfile(manifest["Config"]))
            for name in manifest["Layers"]:
                self.layers.append(self.keep(tar.extractfile(name).read()))

    def keep(self, blob):
        name = hashlib.sha256(blob).hexdigest()
        with open(os.path.join(self.blobs, name), "wb") as file:
            file.write(blob)
        return {"digest": f"sha256:{name}", "size": len(blob)}

    def read(self, paths):
        """path -> (TarInfo, bytes) of the regular files, from the topmost layer that has each, and of their directories."""
        wanted, found = set(paths), {}
        for path in paths:
            while path != "/":
                path = os.path.dirname(path)
                wanted.add(path)
        for layer in self.layers:
            with tarfile.open(os.path.join(self.blobs, layer["digest"][7:])) as tar:
                for member in tar:
                    path = "/" + member.name.strip("/").removeprefix("./")
                    if path in wanted:
                        content = tar.extractfile(member).read() if member.isfile() else None
                        found[path] = (member, content)
        return found

    def with_layer(self, entries, tag):
        """Writes an image with one more layer; `entries` are (TarInfo, bytes or None), parents first."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for member, content in entries:
                tar.addfile(member, io.BytesIO(content) if content is not None else None)
        layer = self.keep(buffer.getvalue())
        config = json.loads(json.dumps(self.config))
        config["rootfs"]["diff_ids"].append(layer["digest"])
        config.setdefault("history", []).append({"created_by": "hidden.py"})
        config = self.keep(json.dumps(config).encode())
        kind = "application/vnd.oci.image."
        manifest = self.keep(json.dumps({
            "schemaVersion": 2, "mediaType": kind + "manifest.v1+json", "config": {"mediaType": kind + "config.v1+json", **config},
            "layers": [{"mediaType": kind + "layer.v1.tar", **one} for one in [*self.layers, layer]]}).encode())
        manifest["mediaType"] = kind + "manifest.v1+json"
        manifest["annotations"] = {"org.opencontainers.image.ref.name": tag}
        with open(os.path.join(self.folder, "index.json"), "w") as text:
            json.dump({"schemaVersion": 2, "manifests": [manifest]}, text)
        return f"oci:{self.folder}:{tag}"


def compared(imgdrift, left, right):
    run = subprocess.run([imgdrift, left, right, "--all", "--format", "json"], capture_output=True)
    if run.returncode:
        raise SystemExit(run.stderr.decode())
    return json.loads(run.stdout)


def entry(member, content, **changes):
    """A copy of `member`, a regular file of this content, changed as told."""
    copy = tarfile.TarInfo(member.name)
    copy.mode, copy.uid, copy.gid, copy.mtime = member.mode, member.uid, member.gid, member.mtime
    copy.size = len(content)
    for key, value in changes.items():
        setattr(copy, key, value)
    return copy, content if copy.isfile() else None


# What is done to a file besides its content.
DEEDS = [
    ("setuid and executable", {"mode": 0o4755}),
    ("executable", {"mode": 0o755}),
    ("a link", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}),
    ("a capability", {"pax_headers": {"SCHILY.xattr.security.capability": "\1\0\0\2\0 \0\0\0\0\0\0\0\0\0\0\0\0\0\0"}}),
]

# And to a file that both sides have.
CHANGED_DEEDS = [("writable by all", {"mode": 0o666}), ("of another owner", {"uid": 4242})]


def chosen(changes, contents):
    """Some rows per rule, proof and format: path -> row."""
    seen, found = collections.Counter(), {}
    for change in changes:
        path = change["path"]
        if change["explanation"] not in EXPLAINED - {"mtime"} or path not in contents or contents[path][1] is None:
            continue
        name, _ = hiding.tricks_for(path, contents[path][1])
        key = (change["explanation"], change["rule"], change["proof"], name)
        if seen[key] < PER_RULE:
            seen[key] += 1
            found[path] = change
    return found


def beside(member, name):
    return os.path.join(os.path.dirname(member.name), name)


def rounds(found, contents):
    """Lists of (path, what, TarInfo, bytes): each file at most once per round."""
    plans = []
    for path in found:
        member, content = contents[path]
        name, tricks = hiding.tricks_for(path, content)
        plan = [(f"{name}: {what}", {}, change(content)) for what, change in tricks]
        plan = [(what, changes, new) for what, changes, new in plan if new != content]
        deeds = DEEDS + (CHANGED_DEEDS if found[path]["left"] else [])
        plan += [(f"file: {what}", changes, content) for what, changes in deeds if changes.get("mode") != member.mode & 0o7777]
        plan.append(("file: a script in its place, executable", {"mode": 0o755}, hiding.SCRIPT))
        plan.append(("file: a new program beside it", {"mode": 0o755, "name": beside(member, f"helper{len(plans)}")}, hiding.SCRIPT))
        plans.append([(path, what, *entry(member, new, **changes)) for what, changes, new in plan])
    for turn in range(max(map(len, plans), default=0)):
        yield [plan[turn] for plan in plans if turn < len(plan)]


def verdict(after, what):
    """How the altered file is explained: `seen`, `likely` noise by its path, or what is wrong with that."""
    if after is None:
        return "is not in the report"
    if after["explanation"] not in EXPLAINED:
        return "seen"
    if (after["explanation"], after["proof"]) == ("noise", "path") and not what.startswith("file:"):
        return "likely"
    return f"is {after['explanation']} ({after['rule']}, proof {after['proof']})"


def hide(imgdrift, folder, name):
    """How many were seen, how many called likely noise, and what failed, of one pair."""
    left, failures, counts = f"{folder}/{name}-1.tar", [], collections.Counter()
    report = compared(imgdrift, left, f"{folder}/{name}-2.tar")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        image = Image(f"{folder}/{name}-2.tar", os.path.join(scratch, "layout"))
        contents = image.read([change["path"] for change in report["files"]["changes"] if change["right"]])
        found = chosen(report["files"]["changes"], contents)
        for turn, deeds in enumerate(rounds(found, contents)):
            parents = {}
            for path, *_ in deeds:
                while (path := os.path.dirname(path)) != "/":
                    parents[path] = contents[path]
            entries = [parents[path] for path in sorted(parents)] + [(member, content) for _, _, member, content in deeds]
            rows = {change["path"]: change for change in compared(imgdrift, left, image.with_layer(entries, f"round{turn}"))["files"]["changes"]}
            for path, what, member, _ in deeds:
                said = verdict(rows.get("/" + member.name.strip("/").removeprefix("./")), what)
                counts[said] += 1
                if said not in ("seen", "likely"):
                    failures.append((found[path]["rule"], what, path, said))
    return counts, failures


def main(imgdrift, folder, *names):
    names = names or sorted(os.path.basename(path).removesuffix(".oracle.json") for path in glob.glob(f"{folder}/*.oracle.json"))
    failed = 0
    for name in names:
        counts, failures = hide(imgdrift, folder, name)
        failed += len(failures)
        print(f"{'FAIL' if failures else 'ok  '} {name}: {counts.total()} hidden, {counts['seen']} seen, {counts['likely']} likely "
              f"noise by their path alone, {len(failures)} explained away", flush=True)
        for rule, what, path, wrong in failures:
            print(f"       [{rule}] {what}: {path} {wrong}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
