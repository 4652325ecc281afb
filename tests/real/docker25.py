#!/usr/bin/env python3
"""Rewrite legacy `docker save` archives as Docker >= 25 (graph drivers) writes them.

  docker25.py IN.tar OUT.tar          (every image in IN is kept)

One tar holding an OCI layout (oci-layout, index.json, blobs/sha256/*, layers UNCOMPRESSED so blob digest = diffID)
and also manifest.json (Config/Layers are blob paths, LayerSources) and repositories. Config bytes are kept as they are,
so the image ID does not change. Like the engine, it also leaves one v1 JSON per layer as an unreferenced blob.
"""
import hashlib, io, json, sys, tarfile, tempfile, time

MAN = "application/vnd.oci.image.manifest.v1+json"
CFG = "application/vnd.oci.image.config.v1+json"
LAY = "application/vnd.oci.image.layer.v1.tar"


def main(src, dst):
    t = tarfile.open(src)
    out = tarfile.open(dst, "w", format=tarfile.PAX_FORMAT)
    now = int(time.time())
    blobs = {}  # hex -> bytes, or (member, size)

    def put(data):
        h = hashlib.sha256(data).hexdigest()
        blobs[h] = data
        return h

    manifests, index, repos = [], [], {}
    for m in json.load(t.extractfile("manifest.json")):
        cfg = t.extractfile(m["Config"]).read()
        conf = json.loads(cfg)
        chex = put(cfg)
        layers, sources = [], {}
        for name, diff in zip(m["Layers"], conf["rootfs"]["diff_ids"]):
            hexd = diff.split(":")[1]
            if hexd not in blobs:
                f = t.extractfile(name)
                h, n = hashlib.sha256(), 0
                for b in iter(lambda: f.read(1 << 20), b""):
                    h.update(b)
                    n += len(b)
                assert h.hexdigest() == hexd, "layer %s is not its diffID" % name
                blobs[hexd] = (name, n)
                put(json.dumps({"id": hexd, "created": conf["created"], "container_config": {}, "os": conf["os"]}).encode())
            desc = {"mediaType": LAY, "digest": diff, "size": blobs[hexd][1]}
            layers.append(desc)
            sources[diff] = desc
        body = json.dumps({"schemaVersion": 2, "mediaType": MAN,
                           "config": {"mediaType": CFG, "digest": "sha256:" + chex, "size": len(cfg)},
                           "layers": layers}, separators=(",", ":")).encode()
        mhex = put(body)
        tags = m["RepoTags"] or []
        manifests.append({"Config": "blobs/sha256/" + chex, "RepoTags": m["RepoTags"],
                          "Layers": ["blobs/sha256/" + d["digest"].split(":")[1] for d in layers], "LayerSources": sources})
        for tag in tags or [None]:
            d = {"mediaType": MAN, "digest": "sha256:" + mhex, "size": len(body)}
            if tag:
                repo, _, ver = tag.rpartition(":")
                full = repo if "/" in repo and ("." in repo.split("/")[0] or ":" in repo.split("/")[0]) else "docker.io/" + ("" if "/" in repo else "library/") + repo
                d["annotations"] = {"io.containerd.image.name": full + ":" + ver, "org.opencontainers.image.ref.name": ver}
                repos.setdefault(repo, {})[ver] = layers[-1]["digest"].split(":")[1]
            index.append(d)

    def add(name, data=None, fileobj=None, size=None, isdir=False):
        i = tarfile.TarInfo(name)
        i.mtime = now
        if isdir:
            i.type, i.mode = tarfile.DIRTYPE, 0o755
            return out.addfile(i)
        i.mode = 0o644
        if data is not None:
            fileobj, size = io.BytesIO(data), len(data)
        i.size = size
        out.addfile(i, fileobj)

    add("blobs/", isdir=True)
    add("blobs/sha256/", isdir=True)
    for h in sorted(blobs):
        b = blobs[h]
        if isinstance(b, bytes):
            add("blobs/sha256/" + h, b)
        else:
            add("blobs/sha256/" + h, fileobj=t.extractfile(b[0]), size=b[1])
    dump = lambda o: json.dumps(o, separators=(",", ":")).encode()
    add("index.json", dump({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": index}))
    add("manifest.json", dump(manifests))
    add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    if repos:
        add("repositories", dump(repos))
    out.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
