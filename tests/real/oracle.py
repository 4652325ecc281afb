#!/usr/bin/env python3
"""Independent squash-and-compare of two image archives (standard library only).

  oracle.py LEFT.tar RIGHT.tar [-o OUT.json]    {added, removed, content, metadata, mtime} + counts
  oracle.py --export EXPORT.tar IMAGE.tar       cross-check the squash against `docker export`
  oracle.py --tree IMAGE.tar                    the squashed tree, one JSON row per path
  IMAGE.tar:TAG picks one of several images in an archive (TAG as in RepoTags, e.g. x.tar:demo:october).

Reads docker-archives (manifest.json): legacy save, skopeo, crane, Docker 25+. Layers may be plain, gzip or zstd
(zstd through the `zstd` program). Layers are applied as overlay stores do: each is unpacked into a directory of
its own (so symlinked parents resolve inside the same layer only), then stacked.

  content   kind, file content, link target or device number differ
  metadata  the above equal; mode, uid, gid or xattrs differ
  mtime     all of the above equal; the whole-second mtime differs
Paths are absolute, without a trailing slash; the root `/` is left out. A hardlink is compared as the file it names.
"""
import gzip, hashlib, io, json, os, stat, subprocess, sys, tarfile

KIND = {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.CONTTYPE: "file", tarfile.GNUTYPE_SPARSE: "file",
        tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink", tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block",
        tarfile.FIFOTYPE: "fifo"}


def warn(msg):
    print("oracle: warning: " + msg, file=sys.stderr)


def norm(name):
    parts = [p for p in name.split("/") if p not in ("", ".")]
    if ".." in parts:
        raise SystemExit("path escapes the root: %r" % name)
    return "/" + "/".join(parts)


def parent(path):
    return path.rsplit("/", 1)[0] or "/"


def plain(fileobj):
    """A file object of the uncompressed bytes."""
    head = fileobj.read(4)
    fileobj.seek(0)
    if head[:2] == b"\x1f\x8b":
        return gzip.GzipFile(fileobj=fileobj)
    if head == b"\x28\xb5\x2f\xfd":
        return io.BytesIO(subprocess.run(["zstd", "-dcq", "--long=31"], input=fileobj.read(), stdout=subprocess.PIPE, check=True).stdout)
    return fileobj


def entry(tar, m):
    kind = KIND.get(m.type)
    if kind is None:
        warn("unknown tar type %r of %r" % (m.type, m.name))
        return None
    e = {"kind": kind, "mode": stat.S_IMODE(m.mode), "uid": m.uid, "gid": m.gid, "mtime": int(m.mtime // 1),
         "xattrs": {k[len("SCHILY.xattr."):]: v for k, v in m.pax_headers.items() if k.startswith("SCHILY.xattr.")}}
    if kind == "file":
        h, f = hashlib.sha256(), tar.extractfile(m)
        while True:
            b = f.read(1 << 20)
            if not b:
                break
            h.update(b)
        e["sha256"], e["size"] = h.hexdigest(), m.size
    elif kind == "symlink":
        e["link"] = m.linkname
    elif kind in ("char", "block"):
        e["dev"] = [m.devmajor, m.devminor]
    return e


def implied_dir():
    return {"kind": "dir", "mode": 0o755, "uid": 0, "gid": 0, "mtime": 0, "xattrs": {}}


def drop(tree, path, itself=True):
    pre = "/" if path == "/" else path + "/"
    for p in [p for p in tree if p.startswith(pre) and p != "/"]:
        del tree[p]
    if itself:
        tree.pop(path, None)


def read_layer(fileobj):
    """One layer as the directory an overlay store would make of it: (tree, whiteouts, opaques)."""
    own, whiteouts, opaques = {}, [], set()
    tar = tarfile.open(fileobj=plain(fileobj), mode="r|")

    def resolve_parent(path):
        for _ in range(40):
            parts, cur = path.strip("/").split("/"), ""
            for i, part in enumerate(parts[:-1]):
                cur += "/" + part
                e = own.get(cur)
                if e and e["kind"] == "symlink":
                    t = e["link"] if e["link"].startswith("/") else parent(cur) + "/" + e["link"]
                    path = os.path.normpath("/" + t + "/" + "/".join(parts[i + 1:])).replace("//", "/")
                    break
            else:
                return path
        raise SystemExit("symlink loop at %r" % path)

    for m in tar:
        raw = norm(m.name)
        if raw == "/":
            continue
        path = resolve_parent(raw)
        base = path.rsplit("/", 1)[1]
        if base.startswith(".wh."):
            if base == ".wh..wh..opq":
                opaques.add(parent(path))
            elif base.startswith(".wh..wh."):
                pass  # AUFS bookkeeping
            else:
                whiteouts.append((parent(path).rstrip("/") or "") + "/" + base[4:])
            continue
        if m.type == tarfile.LNKTYPE:
            t = own.get(resolve_parent(norm(m.linkname)))
            if t is None:
                own[path] = {"kind": "hardlink-to-lower", "target": norm(m.linkname)}
            else:
                own[path] = dict(t)
            continue
        e = entry(tar, m)
        if e is None:
            continue
        if path in own and not (own[path]["kind"] == e["kind"] == "dir"):
            warn("duplicate entry %r" % path)
            drop(own, path)
        own[path] = e
    return own, whiteouts, opaques


def stack(tree, layer):
    own, whiteouts, opaques = layer
    for d in opaques:
        drop(tree, d, itself=False)
    for w in whiteouts:
        drop(tree, w)
    for path in sorted(own, key=lambda p: p.count("/")):
        e = own[path]
        # parents that the layer does not name
        todo, p = [], parent(path)
        while p != "/" and p not in own and (p not in tree or tree[p]["kind"] != "dir"):
            todo.append(p)
            p = parent(p)
        for p in reversed(todo):
            if p in tree:
                drop(tree, p)
            tree[p] = implied_dir()
        if e["kind"] == "hardlink-to-lower":
            warn("hardlink %r to a lower layer" % path)
            e = dict(tree[e["target"]])
        low = tree.get(path)
        if low is not None and not (low["kind"] == "dir" and e["kind"] == "dir") and low["kind"] == "dir":
            drop(tree, path)
        tree[path] = e


def open_image(ref):
    path, tag = ref, None
    if not os.path.exists(path):
        path, tag = ref.split(":", 1)
    tar = tarfile.open(path, "r:*")
    # the last entry of a name wins, as in tarfile.getmember
    manifest = json.load(tar.extractfile("manifest.json"))
    if tag:
        manifest = [m for m in manifest if tag in (m.get("RepoTags") or [])]
    if len(manifest) != 1:
        raise SystemExit("%s: %d images; say PATH:TAG" % (ref, len(manifest)))
    return tar, manifest[0]


_layers = {}


def squash(ref):
    tar, man = open_image(ref)
    cfg = json.load(tar.extractfile(man["Config"]))
    ids = cfg["rootfs"]["diff_ids"]
    assert len(ids) == len(man["Layers"]), "layers and diff_ids differ in number"
    tree = {}
    for name, diff in zip(man["Layers"], ids):
        if diff not in _layers:
            _layers[diff] = read_layer(tar.extractfile(name))
        stack(tree, _layers[diff])
    tree.pop("/", None)
    return tree


def compare(a, b):
    out = {"added": [], "removed": [], "content": [], "metadata": [], "mtime": []}
    for p in sorted(set(a) | set(b)):
        x, y = a.get(p), b.get(p)
        if x is None:
            out["added"].append(p)
        elif y is None:
            out["removed"].append(p)
        elif any(x.get(k) != y.get(k) for k in ("kind", "sha256", "link", "dev")):
            out["content"].append(p)
        elif any(x[k] != y[k] for k in ("mode", "uid", "gid", "xattrs")):
            out["metadata"].append(p)
        elif x["mtime"] != y["mtime"]:
            out["mtime"].append(p)
    return out


def main(argv):
    if argv[:1] == ["--tree"]:
        for p, e in sorted(squash(argv[1]).items()):
            print(json.dumps(dict(path=p, **e)))
        return
    if argv[:1] == ["--export"]:
        made = ("/.dockerenv", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/etc/mtab", "/dev/console", "/dev/pts", "/dev/shm", "/proc", "/sys")
        ex, _, _ = read_layer(open(argv[1], "rb"))
        sq = squash(argv[2])
        keep = lambda t: {p: e for p, e in t.items() if not any(p == m or p.startswith(m + "/") for m in made)}
        ex, sq = keep(ex), keep(sq)
        for p, e in list(ex.items()):
            if e["kind"] == "hardlink-to-lower":
                raise SystemExit("unresolved hardlink in export " + p)
        r = compare(ex, sq)
        # docker create touches /etc and /dev and / themselves
        r["mtime"] = [p for p in r["mtime"] if p not in ("/etc", "/dev")]
        print("%d paths in export, %d in squash" % (len(ex), len(sq)))
        print(json.dumps(r, indent=1))
        raise SystemExit(1 if any(r.values()) else 0)
    out = None
    if "-o" in argv:
        i = argv.index("-o")
        out = argv[i + 1]
        del argv[i:i + 2]
    if len(argv) != 2:
        raise SystemExit(__doc__)
    r = compare(squash(argv[0]), squash(argv[1]))
    text = json.dumps(r, indent=1)
    if out:
        with open(out, "w") as f:
            f.write(text + "\n")
        print(json.dumps({k: len(v) for k, v in r.items()}))
    else:
        print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
