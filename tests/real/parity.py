#!/usr/bin/env python3
"""Holds imgdrift against the engines: the image that is read is the image that runs.

  parity.py IMGDRIFT [CASE...]          (root; prints a table, one line for each crafted image)

Makes archives and layouts whose documents, names, links and attributes mean something else to a careless reader, puts
each into every engine that is there (docker, podman with overlay and with vfs, skopeo, umoci) and looks at what comes
out: kind, content, link and mode of every path, and user, environment, entrypoint and command. For each engine imgdrift

  equal     shows the same;
  named     shows another tree, and names the paths that differ as what stores do not agree upon;
  refused   refuses the image, naming what the case is about;
  both      refuses it, and so does the engine;
  noted     shows an image that the engine refuses, and names why;
  -         is not asked (the engine does not read this form of an image).

Anything else is a failure. An engine that is missing is named, and is a failure with IMGDRIFT_REQUIRE_ENGINE=1.
"""
import hashlib, io, json, os, shutil, stat, subprocess, sys, tarfile, tempfile

# Podman makes a name of an image from a layout's path, which may hold no more than a name may.
WORK = os.path.join(tempfile.gettempdir(), "parity-" + os.urandom(4).hex())
OCI = "application/vnd.oci.image."
MAN, CFG, LAY, IDX = OCI + "manifest.v1+json", OCI + "config.v1+json", OCI + "layer.v1.tar", OCI + "index.v1+json"


def sha(data):
    return hashlib.sha256(data).hexdigest()


# Entries of a layer: (name, kind, content or link, further fields).
def f(name, content="new", **more):
    return (name, tarfile.REGTYPE, content, more)


def d(name, **more):
    return (name, tarfile.DIRTYPE, "", {"mode": 0o755, **more})


def l(name, to):
    return (name, tarfile.SYMTYPE, to, {"mode": 0o777})


def h(name, to):
    return (name, tarfile.LNKTYPE, to, {})


def attribute(name, value="y"):
    return {"pax_headers": {"SCHILY.xattr." + name: value}}


def layer(*entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, kind, text, more in entries:
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.mtime = kind, 0o644, 1_700_000_000
            for key, value in more.items():
                setattr(info, key, value)
            data = text.encode() if kind == tarfile.REGTYPE else b""
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                info.linkname = text
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def header(name, flag, size=0, magic=b"ustar\x0000", link=b""):
    """A header that no writer makes."""
    block = bytearray(512)
    for at, field in [(0, name), (100, b"0000644\0"), (108, b"0000000\0"), (116, b"0000000\0"), (124, b"%011o\0" % size),
                      (136, b"14524536400\0"), (148, b" " * 8), (156, flag), (157, link), (257, magic)]:
        block[at:at + len(field)] = field
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def entry(name, data=b"new", flag=b"0", **more):
    return header(name, flag, len(data), **more) + data + b"\0" * (-len(data) % 512)


def records(flag, key, value, name=b"pax"):
    """An extension header with one record."""
    length = len(key) + len(value) + 3
    length = next(n for n in range(length, length + 9) if n == length + len(str(n)))
    return entry(name, b"%d %s=%s\n" % (length, key, value), flag)


BASE = layer(d("d"), f("d/keep", "1"), f("d/gone", "1"), d("d/sub"), f("d/sub/deep", "1"), f("x", "1"), d("e"), f("e/f", "1"),
             d("usr"), d("usr/bin"), f("usr/bin/app", "1", mode=0o755))
RUNTIME = '"Env":["A=1"],"Entrypoint":["/x"],"Cmd":["c"],"User":"1"'


class Case:
    """One image. Texts are templates: @DIFFS@, @CONFIG@ and @LAYERS@ (names or descriptors), @MANIFEST@ a descriptor."""

    def __init__(self, name, layers=None, runtime=RUNTIME, config=None, rows=None, manifest=None, index=None, forms="al",
                 beside=False, says=None, more=(), first=(), drop=()):
        self.name, self.layers = name, [BASE] if layers is None else layers
        self.runtime, self.config, self.rows, self.manifest, self.index = runtime, config, rows, manifest, index
        self.forms, self.beside, self.says, self.more, self.first, self.drop = forms, beside, says, more, first, drop

    def documents(self):
        ids = [sha(x) for x in self.layers]
        text = self.config or ('{"architecture":"amd64","os":"linux","config":{@RUNTIME@},'
                               '"rootfs":{"type":"layers","diff_ids":@DIFFS@}}')
        text = text.replace("@RUNTIME@", self.runtime).replace("@DIFFS@", json.dumps(["sha256:" + i for i in ids]))
        return ids, text.encode()

    def archive(self, path):
        ids, config = self.documents()
        rows = self.rows or '[{"Config":"@CONFIG@","RepoTags":["parity:@NAME@"],"Layers":@LAYERS@}]'
        rows = rows.replace("@NAME@", self.name).replace("@CONFIG@", sha(config) + ".json")
        rows = rows.replace("@LAYERS@", json.dumps([i + ".tar" for i in ids]))
        files = list(self.first) + [(i + ".tar", x) for i, x in dict(zip(ids, self.layers)).items()]
        files += [(sha(config) + ".json", config), ("manifest.json", rows.encode())]
        if self.beside:
            files += self.blobs()
        with tarfile.open(path, "w") as tar:
            for name, data in files + list(self.more):
                if name in self.drop:
                    continue
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))

    def blobs(self):
        """The files of an OCI layout."""
        ids, config = self.documents()
        other = self.beside if isinstance(self.beside, Case) else None
        if other:
            return other.blobs()
        layers = [{"mediaType": LAY, "digest": "sha256:" + i, "size": len(x)} for i, x in zip(ids, self.layers)]
        text = self.manifest or ('{"schemaVersion":2,"mediaType":"%s","config":@CONFIG@,"layers":@LAYERS@}' % MAN)
        text = text.replace("@CONFIG@", json.dumps({"mediaType": CFG, "digest": "sha256:" + sha(config), "size": len(config)}))
        text = text.replace("@LAYERS@", json.dumps(layers)).encode()
        name = {"org.opencontainers.image.ref.name": "x"}
        descriptor = json.dumps({"mediaType": MAN, "digest": "sha256:" + sha(text), "size": len(text), "annotations": name})
        index = (self.index or '{"schemaVersion":2,"manifests":[@MANIFEST@]}').replace("@MANIFEST@", descriptor)
        files = [("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", index.encode())]
        return files + [("blobs/sha256/" + sha(x), x) for x in [config, text] + self.layers]

    def layout(self, path):
        os.makedirs(path + "/blobs/sha256")
        for name, data in self.blobs() + [x for x in self.more if x[0].startswith("blobs/")]:
            if name not in self.drop:
                open(os.path.join(path, name), "wb").write(data)


def on_base(name, *entries, **more):
    return Case(name, [BASE, layer(*entries)], **more)


def on_base_raw(name, *parts, **more):
    return Case(name, [BASE, b"".join(parts) + b"\0" * 1024], **more)


def blob(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return ("blobs/sha256/" + sha(data), data)


def signature():
    """A signature as cosign stores it: an image's config above layers that are none."""
    payload, config = blob(b"{}"), blob({"architecture": "", "os": "", "config": {}, "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(b"{}")]}})
    described = lambda kind, x: {"mediaType": kind, "digest": "sha256:" + x[0][13:], "size": len(x[1])}
    manifest = blob({"schemaVersion": 2, "mediaType": MAN, "config": described(CFG, config),
                     "layers": [described("application/vnd.dev.cosign.simplesigning.v1+json", payload)]})
    named = {**described(MAN, manifest), "annotations": {"org.opencontainers.image.ref.name": "sha256-" + "a" * 64 + ".sig"}}
    return named, [payload, config, manifest]


def cases():
    yield Case("plain")
    # Keys of structs in other spellings.
    yield Case("key-config-lower", runtime=RUNTIME.lower())
    yield Case("key-config-upper", runtime='"ENV":["A=1"],"ENTRYPOINT":["/y"],"CMD":["c"],"USER":"2"')
    yield Case("key-long-s", runtime='"U\u017fer":"3","Env":["B=2"]')
    yield Case("key-kelvin", runtime='"User":"3","Healthchec\u212a":{"Te\u017ft":["NONE"]}')
    yield Case("key-escaped", runtime='"\\u0055ser":"4"')
    yield Case("key-dotless-i", runtime='"User":"5","Entrypo\u0131nt":["/evil"]')
    yield Case("key-top-level", config='{"Architecture":"amd64","OS":"linux","Config":{@RUNTIME@},"RootFS":{"Type":"layers","Diff_IDs":@DIFFS@}}')
    yield Case("key-history", config='{"architecture":"amd64","os":"linux","config":{@RUNTIME@},"rootfs":{"type":"layers","diff_ids":@DIFFS@},"History":[{"Created_By":"x"}]}')
    yield Case("key-rows-lower", rows='[{"config":"@CONFIG@","repotags":["parity:@NAME@"],"layers":@LAYERS@}]', forms="a")
    yield Case("key-rows-upper", rows='[{"CONFIG":"@CONFIG@","REPOTAGS":["parity:@NAME@"],"LAYERS":@LAYERS@}]', forms="a")
    yield Case("key-rows-jib", rows='[{"config":"@CONFIG@","repoTags":["parity:@NAME@"],"layers":@LAYERS@}]', forms="a")
    yield Case("key-manifest-upper", manifest='{"SchemaVersion":2,"MediaType":"%s","Config":@CONFIG@,"Layers":@LAYERS@}' % MAN, forms="l")
    yield Case("key-index-upper", index='{"SchemaVersion":2,"Manifests":[@MANIFEST@]}', forms="l")
    # Two spellings of one field, and keys that are there twice.
    for key, other in [("Entrypoint", "entrypoint"), ("Env", "ENV"), ("User", "U\u017fer"), ("Cmd", "cMD")]:
        value = '"9"' if key == "User" else '["/evil=1"]'
        yield Case("two-%s" % key.lower(), runtime='%s,"%s":%s' % (RUNTIME, other, value), says=[key, other])
        yield Case("two-%s-first" % key.lower(), runtime='"%s":%s,%s' % (other, value, RUNTIME), says=[key, other])
    yield Case("two-null", runtime=RUNTIME + ',"entrypoint":null', says=["Entrypoint", "entrypoint"])
    yield Case("two-config", config='{"architecture":"amd64","os":"linux","config":{@RUNTIME@},"Config":{"User":"7"},"rootfs":{"type":"layers","diff_ids":@DIFFS@}}', says=["config", "Config"])
    yield Case("two-diffs", config='{"architecture":"amd64","os":"linux","config":{@RUNTIME@},"rootfs":{"type":"layers","diff_ids":@DIFFS@,"Diff_ids":@DIFFS@}}', says=["diff_ids", "Diff_ids"])
    yield Case("two-health", runtime=RUNTIME + ',"Healthcheck":{"Test":["NONE"],"test":["CMD","/evil"]}', says=["Test", "test"])
    yield Case("two-rows-layers", rows='[{"Config":"@CONFIG@","RepoTags":["parity:@NAME@"],"Layers":@LAYERS@,"layers":[]}]', forms="a", says=["Layers", "layers"])
    yield Case("two-rows-config", rows='[{"Config":"@CONFIG@","RepoTags":["parity:@NAME@"],"Layers":@LAYERS@,"config":"none.json"}]', forms="a", says=["Config", "config"])
    yield Case("two-manifest-layers", manifest='{"schemaVersion":2,"mediaType":"%s","config":@CONFIG@,"layers":@LAYERS@,"Layers":[]}' % MAN, forms="l", says=["layers", "Layers"])
    yield Case("two-index-manifests", index='{"schemaVersion":2,"manifests":[@MANIFEST@],"Manifests":[]}', forms="l", says=["manifests", "Manifests"])
    yield Case("twice-env", runtime=RUNTIME + ',"Env":["A=2"]', says=["Env"])
    yield Case("twice-label", runtime=RUNTIME + ',"Labels":{"a":"1","a":"2"}', says=["\"a\""])
    yield Case("twice-unknown", runtime=RUNTIME + ',"Unknown":{"z":[{"a":1,"a":1}]}', says=["\"a\""])
    yield Case("map-labels", runtime=RUNTIME + ',"Labels":{"a":"1","A":"2"},"Volumes":{"/V":{},"/v":{}},"ExposedPorts":{"1/tcp":{}}')
    # Names as they are cleaned.
    yield on_base("dotdot-file", f("usr/lib/../bin/app", mode=0o755))
    yield on_base("dotdot-setuid", f("usr/lib/../bin/app", mode=0o4755))
    yield on_base("dotdot-absent", f("no/such/../../x"))
    yield on_base("dotdot-dir", d("no/../d/", mode=0o700))
    yield on_base("dotdot-link", l("e/../link", "d/keep"))
    yield on_base("dotdot-whiteout", f("e/../d/.wh.gone", ""))
    yield on_base("dotdot-opaque", f("e/../d/./.wh..wh..opq", ""), f("d/new"))
    yield on_base("dotdot-hardlink", f("q"), h("hard", "d/../q"))
    yield on_base("dotdot-to-root", d("d/.."), f("d/../y"))
    yield on_base("dotdot-through-link", l("s", "d"), f("s/../y"))
    yield on_base("dots", f("./././/d//./keep"), f("..."), f("..x"), f("x.."))
    yield on_base("leaves", f("../out"))
    yield on_base("leaves-far", f("d/../../../etc2/out"))
    yield on_base("leaves-whiteout", f("../d/.wh.gone", ""))
    yield on_base("leaves-hardlink", f("q"), h("hard", "../../q"))
    yield on_base("leaves-absolute", f("/../out"))
    yield on_base("absolute", f("/d/keep"), f("//y"))
    yield on_base("absolute-hardlink", f("q"), h("hard", "/q"))
    # One path twice.
    yield on_base("repeat-file", f("usr/bin/app"), f("usr/bin/app", "last"))
    yield on_base("repeat-dotdot", f("usr/bin/app"), f("usr/lib/../bin/app", "last"))
    yield on_base("repeat-dir-file", d("new"), f("new/in"), f("new", "file"))
    yield on_base("repeat-file-dir", f("new"), d("new"), f("new/in"))
    yield on_base("repeat-link", f("new"), l("new", "x"))
    # Whiteouts.
    yield on_base("whiteout-dir", f(".wh.d", ""))
    yield on_base("whiteout-content", f("d/.wh.gone", "text"))
    yield on_base("whiteout-as-dir", d("d/.wh.gone"))
    yield on_base("whiteout-absent", f("d/.wh.nothing", ""))
    yield on_base("whiteout-beside", f("d/.wh.keep", ""), f("d/keep"))
    yield on_base("whiteout-beside-after", f("d/keep"), f("d/.wh.keep", ""))
    yield on_base("whiteout-nameless", f("d/.wh.", ""))
    yield on_base("whiteout-dot", f("d/.wh..", ""))
    yield on_base("whiteout-dotdot", f("d/.wh...", ""))
    yield on_base("opaque", d("d"), f("d/.wh..wh..opq", ""), f("d/new"))
    yield on_base("opaque-root", f(".wh..wh..opq", ""), f("new"))
    # Names of AUFS.
    yield on_base("aufs-plnk", d(".wh..wh.plnk"), f(".wh..wh.plnk/1.2"), h("hard", ".wh..wh.plnk/1.2"))
    yield on_base("aufs-orph", d(".wh..wh.orph"), f(".wh..wh.orph/sh", mode=0o4755))
    yield on_base("aufs-aufs", f(".wh..wh.aufs", ""))
    yield on_base("aufs-below", d("d/.wh..wh.plnk"), f("d/.wh..wh.plnk/y"), f("d/.wh..wh.z"))
    yield on_base("aufs-like", d("d/.wh.gone"), f("d/.wh.gone/y"))
    # What overlays act upon.
    for name in ["trusted.overlay.opaque", "user.overlay.opaque", "user.fuseoverlayfs.opaque"]:
        yield on_base("xattr-" + name.replace(".", "-"), d("d", **attribute(name)), f("d/new"))
    yield on_base("xattr-redirect", d("d2", **attribute("trusted.overlay.redirect", "/d")))
    yield on_base("xattr-metacopy", f("x", "", **attribute("trusted.overlay.metacopy", "")))
    yield on_base("xattr-origin", d("d", **attribute("trusted.overlay.origin", "x")))
    yield on_base("device-0-0", ("d/gone", tarfile.CHRTYPE, "", {"devmajor": 0, "devminor": 0}))
    yield on_base("device-1-3", ("null", tarfile.CHRTYPE, "", {"devmajor": 1, "devminor": 3, "mode": 0o666}))
    # Limits, and links that lead nowhere.
    yield on_base("name-255", f("n" * 255))
    yield on_base("name-256", f("n" * 256))
    yield on_base("deep-600", f("p/" * 600 + "y"))
    yield on_base("deep-2000", f("p/" * 2000 + "y"))
    yield on_base("long-4090", f(("p" * 200 + "/") * 20 + "y" * 69))
    yield on_base("long-4200", f(("p" * 200 + "/") * 20 + "y" * 180))
    yield on_base("long-way", f("w/../" * 1000 + "y"))
    yield on_base("hardlink-nowhere", h("hard", "no/such"))
    yield on_base("root-file", f("."))
    # Headers that are no entries, and types that no engine unpacks.
    for name, path in [("file", b"d/keep"), ("dir", b"d"), ("whiteout", b"d/.wh.gone"), ("opaque", b"d/.wh..wh..opq"),
                       ("new", b"new/dir/z"), ("leaves", b"../../z")]:
        yield on_base_raw("global-" + name, records(b"g", b"path", path), entry(b"y"))
    yield on_base_raw("global-own-name", records(b"g", b"comment", b"x", b"d/.wh.gone"), entry(b"y"))
    yield on_base_raw("global-of-git", records(b"g", b"comment", b"x", b"pax_global_header"), entry(b"y"))
    yield on_base_raw("global-after-pax", records(b"x", b"path", b"d/keep"), records(b"g", b"comment", b"x"), entry(b"y"))
    yield on_base_raw("pax-twice", records(b"x", b"path", b"d/keep"), records(b"x", b"mtime", b"1"), entry(b"y"))
    yield on_base_raw("pax-and-long-name", records(b"x", b"path", b"d/keep"), entry(b"L", b"d/gone\0", b"L"), entry(b"y"))
    yield on_base_raw("pax-size-of-dir", records(b"x", b"size", b"512"), header(b"dd/", b"5"), entry(b"y"), entry(b"z"))
    for flag in [b"X", b"V", b"M", b"N"]:
        yield on_base_raw("type-" + flag.decode(), records(flag, b"path", b"d/keep"), entry(b"y"))
    for flag in [b"7", b"D", b"Q"]:
        yield on_base_raw("type-" + flag.decode(), entry(b"y", b"\0" * 512, flag), entry(b"z"))
    yield on_base_raw("type-S", entry(b"y", b"\0" * 512, b"S"), entry(b"z"), says=["sparse"])
    for flag in [b"1", b"2", b"5"]:
        yield on_base_raw("type-%s-sized" % flag.decode(), entry(b"q"), header(b"s", flag, 512, link=b"q"), entry(b"y"), entry(b"z"))
    yield on_base_raw("link-empty", header(b"s", b"2"))
    yield on_base_raw("type-0-as-dir", entry(b"old/", b"", b"\0", magic=b"\0" * 8), entry(b"old/y"))
    yield on_base_raw("slash-of-file", entry(b"slash/"))
    # Entries where the layer, or one below it, has a symlink or a file.
    linked = layer(d("d"), f("d/keep", "1"), l("s", "d"))
    yield Case("below-link", [linked, layer(f("s/y"))])
    yield Case("below-link-dir", [linked, layer(d("s"), f("s/y"))])
    yield Case("below-link-whiteout", [linked, layer(f("s/.wh.keep", ""))])
    yield Case("below-file", [layer(f("x", "1")), layer(f("x/y"))])
    yield on_base("below-own-file", f("q"), f("q/y"))
    yield on_base("through-link-whiteout", l("s", "d"), f("s/.wh.keep", ""))
    yield on_base("through-link-opaque", l("s", "d"), f("s/.wh..wh..opq", ""))
    yield on_base("through-link-out", l("a", "../../../../tmp"), f("a/y"))
    yield on_base("through-link-loop", l("a", "b"), l("b", "a"), f("a/y"))
    yield on_base("through-own-link", d("o"), l("s", "o"), f("s/y"))
    yield on_base("whiteout-above", f(".wh.d", ""), f("d/sub/y"))
    yield on_base("whiteout-link", l("d/.wh.gone", "x"))
    yield on_base("opaque-dir", d("d"), d("d/.wh..wh..opq"))
    yield on_base("hardlink-lower", h("hard", "d/keep"))
    yield on_base("hardlink-before", h("hard", "q"), f("q"))
    yield on_base("hardlink-dir", d("dd"), h("hard", "dd"))
    yield on_base("hardlink-replaced", f("q", "one"), h("hard", "q"), f("q", "two"))
    # Archives that hold more than one image, or less.
    other = Case("other", [BASE, layer(f("usr/bin/app", "other"))])
    yield Case("archive-same-twice", beside=True, forms="a")
    yield Case("archive-two-images", beside=other, forms="a", says=["manifest.json", "index.json"])
    yield Case("archive-two-manifests", more=[("manifest.json", b"[]")], forms="a", says=["manifest.json", "more than once"])
    yield Case("archive-hidden-manifest", more=[("d/../manifest.json", b"[]")], forms="a", says=["manifest.json", "more than once"])
    named, blobs = signature()
    yield Case("layout-signature", index='{"schemaVersion":2,"manifests":[%s,@MANIFEST@]}' % json.dumps(named), more=blobs, forms="l")
    absent = json.dumps({"mediaType": MAN, "digest": "sha256:" + "0" * 64, "size": 3})
    yield Case("layout-absent", index='{"schemaVersion":2,"manifests":[%s,@MANIFEST@]}' % absent, forms="l")
    yield Case("layout-lost-layer", drop=["blobs/sha256/" + sha(BASE)], forms="l", says=["does not hold"])
    yield Case("archive-lost-layer", drop=[sha(BASE) + ".tar"], forms="a", says=["does not hold"])


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, errors="replace")


def mode_of(path):
    return "%04o" % stat.S_IMODE(os.lstat(path).st_mode)


# What engines put into a container by themselves.
OWN = {"/.dockerenv", "/dev", "/etc", "/proc", "/sys", "/run"}


def row(kind, mode, content, link):
    return (kind, mode if kind != "symlink" else None, content if kind == "file" else None, link if kind == "symlink" else None)


KINDS = {tarfile.DIRTYPE: "directory", tarfile.SYMTYPE: "symlink", tarfile.CHRTYPE: "char-device", tarfile.BLKTYPE: "block-device", tarfile.FIFOTYPE: "fifo"}


def tree_of_tar(data):
    tree, tar = {}, tarfile.open(fileobj=io.BytesIO(data))
    for info in tar:
        path = "/" + info.name.strip("/")
        content = sha(tar.extractfile(info).read()) if info.isreg() or info.islnk() else None
        tree[path] = row(KINDS.get(info.type, "file"), "%04o" % (info.mode & 0o7777), content, info.linkname)
    return {p: r for p, r in tree.items() if p != "/" and not any(p == o or p.startswith(o + "/") for o in OWN)}


def tree_of_directory(root):
    """Walked by directory descriptors: paths may be as long as the system allows within the root."""
    tree = {}
    pending = [("", os.open(root, os.O_DIRECTORY))]
    while pending:
        above, directory = pending.pop()
        for name in os.listdir(directory):
            try:
                path, found = above + "/" + name, os.stat(name, dir_fd=directory, follow_symlinks=False)
            except FileNotFoundError:
                continue  # An overlay lists a whiteout whose directory it did not merge.
            kind, content, link = {stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFCHR: "char-device", stat.S_IFBLK: "block-device", stat.S_IFIFO: "fifo"}.get(stat.S_IFMT(found.st_mode), "file"), None, None
            if kind == "symlink":
                link = os.readlink(name, dir_fd=directory)
            elif kind == "file":
                with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=directory), "rb") as file:
                    content = sha(file.read())
            elif kind == "directory":
                pending.append((path, os.open(name, os.O_DIRECTORY, dir_fd=directory)))
            tree[path] = row(kind, "%04o" % stat.S_IMODE(found.st_mode), content, link)
        os.close(directory)
    return tree


def runtime_of(config):
    config = config or {}
    return {"env": config.get("Env") or [], "entrypoint": config.get("Entrypoint") or [], "cmd": config.get("Cmd") or [], "user": config.get("User") or ""}


class Refused(Exception):
    pass


def docker(case, archive, layout):
    loaded = run("docker", "load", "-q", "-i", archive)
    if loaded.returncode or ": " not in loaded.stdout:
        raise Refused(loaded.stderr.strip() or "it loads nothing")
    image = loaded.stdout.split(": ", 1)[1].strip()
    try:
        config = json.loads(run("docker", "image", "inspect", image).stdout)[0]["Config"]
        made = run("docker", "create", image, "/x")
        if made.returncode:
            raise Refused(made.stderr.strip())
        container = made.stdout.strip()
        exported = subprocess.run(["docker", "export", container], capture_output=True)
        run("docker", "rm", container)
        if exported.returncode:
            raise Refused(exported.stderr.decode().strip())
        return tree_of_tar(exported.stdout), runtime_of(config)
    finally:
        run("docker", "rmi", image)


def podman(driver):
    store = ["podman", "--root", f"{WORK}/{driver}", "--runroot", f"{WORK}/{driver}-run", "--storage-driver", driver]

    def look(case, archive, layout):
        loaded = run(*store, "pull", "-q", "oci:" + layout + ":x") if layout else run(*store, "load", "-q", "-i", archive)
        if loaded.returncode:
            raise Refused(loaded.stderr.strip())
        images = run(*store, "images", "-q", "--no-trunc")
        if not images.stdout.strip():
            raise Refused(images.stderr.strip())
        image = images.stdout.split()[0]
        try:
            config = json.loads(run(*store, "image", "inspect", image).stdout)[0]["Config"]
            mounted = run(*store, "image", "mount", image)
            if mounted.returncode:
                raise Refused(mounted.stderr.strip())
            return tree_of_directory(mounted.stdout.strip()), runtime_of(config)
        finally:
            run(*store, "image", "unmount", "--force", image)
            run(*store, "rmi", "--force", image)

    return look


def skopeo(case, archive, layout):
    source, copy = "oci:" + layout + ":x" if layout else "docker-archive:" + archive, f"{WORK}/copy"
    copied = run("skopeo", "copy", "-q", source, f"oci:{copy}:x")
    try:
        if copied.returncode:
            raise Refused(copied.stderr.strip())
        inspected = run("skopeo", "inspect", "--config", f"oci:{copy}:x")
        if inspected.returncode:
            raise Refused(inspected.stderr.strip())
        return None, runtime_of(json.loads(inspected.stdout).get("config"))
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def umoci(case, archive, layout):
    bundle = f"{WORK}/bundle"
    unpacked = run("umoci", "unpack", "--image", layout + ":x", bundle)
    try:
        if unpacked.returncode:
            raise Refused(unpacked.stderr.strip().splitlines()[-1])
        return tree_of_directory(bundle + "/rootfs"), None
    finally:
        run("rm", "-rf", bundle)


ENGINES = {"docker": docker, "overlay": podman("overlay"), "vfs": podman("vfs"), "skopeo": skopeo, "umoci": umoci}
READS = {"docker": "a", "overlay": "al", "vfs": "al", "skopeo": "al", "umoci": "l"}
PROGRAMS = {"docker": "docker", "overlay": "podman", "vfs": "podman", "skopeo": "skopeo", "umoci": "umoci"}


class Shown:
    """What imgdrift shows of an image."""

    def __init__(self, imgdrift, reference, empty):
        environment = {**os.environ, "IMGDRIFT_CACHE": WORK + "/cache"}
        call = lambda *words: subprocess.run([imgdrift, *words, "--format", "json"], capture_output=True, env=environment)
        shown = call("inspect", "--files", reference)
        self.refused = shown.stderr.decode() if shown.returncode else None
        if self.refused is not None:
            return
        self.tree = {}
        for file in json.loads(shown.stdout)["files"]:
            self.tree[file["path"]] = row(file["kind"], file["mode"], file["sha256"], file["link"])
        compared = json.loads(call(empty, reference).stdout)
        config = {change["key"]: change["right"] for change in compared["config"]}
        texts = lambda key: json.loads(config[key]) if config.get(key) else []
        env = sorted(f"{key[4:]}={value}" for key, value in config.items() if key.startswith("env."))
        self.runtime = {"env": env, "entrypoint": texts("entrypoint"), "cmd": texts("cmd"), "user": config.get("user") or ""}
        self.named = [path for gap in compared.get("completeness", []) for path in gap["paths"]]
        self.gaps = compared.get("completeness", [])

    def names(self, path):
        """Whether a path is one that is named, is above or below one, or is what such a whiteout seems to hide."""
        # A marker at the root is about all of the tree.
        if any(gap["what"] == "overlay" and "/" in gap["paths"] for gap in self.gaps):
            return True
        for named in self.named:
            above, name = os.path.split(named)
            for known in (named, os.path.join(above, name.removeprefix(".wh."))) + ((above,) if name.startswith(".wh.") else ()):
                if path == known or path.startswith(known + "/") or known.startswith(path + "/"):
                    return True
            parts = named.split("/")
            for at, part in enumerate(parts):
                if part.startswith(".wh.") and (path + "/").startswith("/".join(parts[:at] + [part[4:]]) + "/"):
                    return True
        return False


def held(shown, case, look):
    """One word for the table, and what is wrong."""
    try:
        tree, runtime = look()
    except Refused as refusal:
        if shown.refused is not None:
            return "both", None
        if shown.gaps:
            return "noted", None
        return "FAILED", f"refused: {str(refusal)[-160:]}; shown without a word"
    if shown.refused is not None:
        return ("refused", None) if case.says else ("FAILED", f"imgdrift refuses: {shown.refused}")
    if runtime is not None and {**runtime, "env": sorted(runtime["env"])} != shown.runtime:
        return "FAILED", f"runtime {runtime}, shown {shown.runtime}"
    if tree is None:
        return "equal", None
    differing = [path for path in sorted(tree.keys() | shown.tree.keys()) if tree.get(path) != shown.tree.get(path)]
    differing = [path for path in differing if not any(path == own or path.startswith(own + "/") for own in OWN)]
    silent = [path for path in differing if not shown.names(path)]
    if silent:
        return "FAILED", "; ".join(f"{path[:60]}: {tree.get(path)}, shown {shown.tree.get(path)}" for path in silent[:3])
    return ("named" if differing else "equal"), None


def main():
    os.mkdir(WORK, 0o700)
    imgdrift, wanted = os.path.abspath(sys.argv[1]), set(sys.argv[2:])
    there = {name: look for name, look in ENGINES.items() if shutil.which(PROGRAMS[name])}
    missing = sorted(ENGINES.keys() - there.keys())
    if missing:
        print("missing:", ", ".join(missing))
    empty = f"{WORK}/empty.tar"
    Case("empty", runtime="").archive(empty)
    failures, count = [], 0
    print("| image | imgdrift | " + " | ".join(there) + " |\n|---|---|" + "---|" * len(there))
    for case in cases():
        if wanted and case.name not in wanted:
            continue
        count += 1
        archive = layout = None
        if "a" in case.forms:
            archive = f"{WORK}/image.tar"
            case.archive(archive)
        if "l" in case.forms:
            layout = f"{WORK}/layout"
            case.layout(layout)
        forms = [Shown(imgdrift, path, empty) for path in (archive, layout) if path]
        shown = forms[-1]
        word = "refused" if shown.refused is not None else ", ".join(sorted({gap["what"] for gap in shown.gaps})) or "-"
        problems = []
        if len(forms) == 2 and (forms[0].refused is None) != (forms[1].refused is None):
            problems.append("the archive and the layout are not read alike")
        if case.says and not (shown.refused and all(text in shown.refused for text in case.says)):
            problems.append(f"should be refused with {case.says}: {shown.refused}")
        cells = []
        for name, look in there.items():
            if not set(READS[name]) & set(case.forms):
                cells.append("-")
                continue
            cell, problem = held(shown, case, lambda: look(case, archive, layout))
            cells.append(cell)
            if problem:
                problems.append(f"{name}: {problem}")
        print(f"| {case.name} | {word} | " + " | ".join(cells) + " |", flush=True)
        for problem in problems:
            print("    " + problem, flush=True)
        failures += problems
        for path in filter(None, (archive, layout)):
            run("rm", "-rf", path)
    for driver in ("overlay", "vfs"):
        run("umount", f"{WORK}/{driver}/overlay")
    run("rm", "-rf", WORK)
    print(f"{count} images, {len(failures)} failures")
    required = os.environ.get("IMGDRIFT_REQUIRE_ENGINE") == "1"
    sys.exit(1 if failures or (missing and required) else 0)


if __name__ == "__main__":
    main()
