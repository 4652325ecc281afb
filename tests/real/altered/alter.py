#!/usr/bin/python3
"""Append two hand-made layers with ten alterations to a legacy docker-archive.   alter.py IN.tar OUT.tar REPO:TAG

By hand, because `docker commit` compares sizes and times only and would drop a byte flipped under an unchanged mtime.
Needs Python 3.11 (it looks into a cpython-311 .pyc).
"""
import hashlib, io, json, marshal, os, struct, sys, tarfile

src, dst, tag = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
CERT = open(os.path.join(here, "planted.pem"), "rb").read()
t = tarfile.open(src)
man = json.load(t.extractfile("manifest.json"))[0]
conf = json.load(t.extractfile(man["Config"]))

CURL, OPENSSL, FIND, LESS = "usr/bin/curl", "usr/bin/openssl", "usr/bin/find", "usr/bin/less"
BUNDLE, LOG, TRUE = "etc/ssl/certs/ca-certificates.crt", "var/log/dpkg.log", "usr/bin/true"
PYC = "usr/local/lib/python3.11/dist-packages/__pycache__/six.cpython-311.pyc"
D = "usr/lib/git-core/mergetools"
wanted = {CURL, OPENSSL, FIND, LESS, BUNDLE, LOG, TRUE, PYC, D + "/vimdiff"}
for w in list(wanted | {D, "tmp"}):
    while w:
        wanted.add(w)
        w = os.path.dirname(w)
low = {}  # path -> (TarInfo, bytes) as the layers below have it
for name in man["Layers"]:
    lt = tarfile.open(fileobj=t.extractfile(name))
    for m in lt:
        n = m.name.strip("/")
        if n.startswith("./"):
            n = n[2:]
        if n in wanted:
            low[n] = (m, lt.extractfile(m).read() if m.isfile() else None)


def layer(entries):
    """entries: path -> (TarInfo, bytes|None); parents are added as they are below. Returns the tar's bytes."""
    for p in list(entries):
        d = os.path.dirname(p)
        while d and d not in entries:
            entries[d] = low[d]
            d = os.path.dirname(d)
    buf = io.BytesIO()
    lay = tarfile.open(fileobj=buf, mode="w", format=tarfile.PAX_FORMAT)
    for p in sorted(entries):
        m, data = entries[p]
        m.name = p + "/" if m.isdir() else p
        if data is not None:
            m.size = len(data)
        lay.addfile(m, io.BytesIO(data) if data is not None else None)
    lay.close()
    return buf.getvalue()


def edit(path, fn):
    m, data = low[path]
    new = fn(data)
    assert new != data
    return m, new


def flip(off):
    return lambda d: d[:off] + bytes([d[off] ^ 1]) + d[off + 1:]


def opcode(d):
    for c in marshal.loads(d[16:]).co_consts:
        if getattr(c, "co_name", None) == "_add_doc":
            i = d.index(c.co_code) + len(c.co_code) - 2
            assert d[i] == 83, d[i]  # RETURN_VALUE
            return d[:i] + b"\x09" + d[i + 1:]  # NOP
    raise SystemExit("no such function")


def logline(d):
    lines = d.decode().splitlines(True)
    i = len(lines) // 2
    lines.insert(i, lines[i][:19] + " install netcat-openbsd:amd64 <none> 1.219-1\n")
    return "".join(lines).encode()


def fresh(name, mode, data):
    i = tarfile.TarInfo(name)
    i.mode, i.mtime = mode, int(low[LOG][0].mtime)
    return i, data


one = {CURL: edit(CURL, flip(140000)), OPENSSL: edit(OPENSSL, flip(480000)), BUNDLE: edit(BUNDLE, lambda d: d + CERT),
       PYC: edit(PYC, opcode), LOG: edit(LOG, logline), FIND: low[FIND], LESS: low[LESS],
       "tmp/.cache-helper": fresh("", 0o755, low[TRUE][1]), ".hidden": fresh("", 0o644, b"remember me\n")}
low[FIND][0].mode = 0o4755
# cap_net_raw=ep, as setcap writes it: VFS_CAP_REVISION_2 | effective
low[LESS][0].pax_headers["SCHILY.xattr.security.capability"] = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0).decode("utf-8")
two = {D: low[D], D + "/.wh..wh..opq": fresh("", 0o600, b""), D + "/vimdiff": low[D + "/vimdiff"]}
layers = [(layer(one), "/bin/sh -c ./provision.sh"), (layer(two), "/bin/sh -c rm -rf /usr/lib/git-core/mergetools && restore vimdiff")]

out = tarfile.open(dst, "w")
old = man["Config"]
for m in t:
    if m.name not in (old, "manifest.json", "repositories"):
        out.addfile(m, t.extractfile(m) if m.isfile() else None)


def add(name, data):
    i = tarfile.TarInfo(name)
    i.size = len(data)
    out.addfile(i, io.BytesIO(data))


for data, by in layers:
    hexd = hashlib.sha256(data).hexdigest()
    conf["rootfs"]["diff_ids"].append("sha256:" + hexd)
    conf["history"].append({"created": conf["created"], "created_by": by})
    man["Layers"].append(hexd + "/layer.tar")
    add(hexd + "/layer.tar", data)
cfg = json.dumps(conf, separators=(",", ":")).encode()
man["Config"], man["RepoTags"] = hashlib.sha256(cfg).hexdigest() + ".json", [tag]
add(man["Config"], cfg)
add("manifest.json", json.dumps([man]).encode())
out.close()
