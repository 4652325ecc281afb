#!/usr/bin/env python3
"""One pair through every source: the same report, and what each costs.

    sources.py IMGDRIFT DIR [SCRATCH]     DIR holds what 20-big.sh and 30-variants.sh made; the Docker engine has
                                          drift-big:old and drift-big:new. Needs podman, skopeo and docker-registry.

For each source: seconds (best of two), peak MB, MB that imgdrift wrote to disk, MB that came over the wire (through a
proxy that counts, in a run of its own). Then the registry pair that shares its base: the bytes of the layers that differ,
and with a warm cache. Ends with 1 when a report differs.
"""
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

imgdrift, folder = sys.argv[1:3]
imgdrift = os.path.abspath(imgdrift)
scratch = sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp(prefix="imgdrift-sources-")
os.makedirs(scratch, exist_ok=True)
failed = 0


class Proxy:
    """Passes bytes on between a listening socket and a server, and counts those that come back."""

    def __init__(self, server, listen):
        self.server, self.moved = server, 0
        family = socket.AF_UNIX if isinstance(listen, str) else socket.AF_INET
        self.listener = socket.socket(family)
        self.listener.bind(listen)
        self.listener.listen(64)
        self.address = self.listener.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.socket(socket.AF_UNIX if isinstance(self.server, str) else socket.AF_INET)
            server.connect(self.server)
            threading.Thread(target=self.pump, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, True), daemon=True).start()

    def pump(self, source, sink, counts):
        try:
            while data := source.recv(1 << 18):
                self.moved += len(data) if counts else 0
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def run(arguments, environment=None, cache=None):
    """The report, seconds, peak MB and MB written. Without a cache directory nothing is kept."""
    report = os.path.join(scratch, "report.json")
    command = [imgdrift, *arguments, "--format", "json", "--all", "-o", report]
    command += [] if cache else ["--no-cache"]
    code = ("import json,resource,subprocess,sys,time\n"
            "start=time.monotonic();r=subprocess.run(sys.argv[1:],capture_output=True,text=True)\n"
            "u=resource.getrusage(resource.RUSAGE_CHILDREN)\n"
            "print(json.dumps([r.returncode,r.stderr,time.monotonic()-start,u.ru_maxrss/1024,u.ru_oublock/2048]))")
    environment = {**os.environ, **(environment or {}), "IMGDRIFT_CACHE": cache or "/nonexistent"}
    output = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, env=environment, check=True)
    status, errors, seconds, memory, written = json.loads(output.stdout)
    if status:
        sys.exit(f"{arguments}: {errors}")
    written -= os.path.getsize(report) / 1e6
    return json.load(open(report)), seconds, memory, max(written, 0)


OWN = {"reference", "source", "name", "recorded", "layers_unread", "image_digest", "config_digest", "manifest_digest",
       "download_size"}


def strip(report):
    """The report without what is the source's own: its names, the digests that converters rewrite, compressed sizes."""
    for side in ("left", "right"):
        image = report[side]
        for key in OWN:
            image.pop(key)
        for layer in image["layers"]:
            layer.pop("digest")
    report.pop("index")
    # Whether a manifest is known is the source's own too.
    report["findings"] = [finding for finding in report["findings"] if finding["check"] != "manifest-unknown"]
    return report


def say(name, seconds, memory, written, moved=None, same=None):
    global failed
    failed += same is False
    verdict = {None: "", True: "the same report", False: "ANOTHER REPORT"}[same]
    wire = "" if moved is None else f"{moved / 1e6:10.3f} MB over the wire"
    print(f"{name:34} {seconds:6.2f} s {memory:6.0f} MB {written:6.1f} MB written {wire} {verdict}", flush=True)


def differences(left, right, path=""):
    if type(left) is not type(right):
        return [path]
    if isinstance(left, dict):
        return [d for key in left.keys() | right.keys() for d in differences(left.get(key), right.get(key), f"{path}.{key}")]
    if isinstance(left, list):
        if len(left) != len(right):
            return [f"{path}[{len(left)}|{len(right)}]"]
        return [d for at, pair in enumerate(zip(left, right)) for d in differences(*pair, f"{path}[{at}]")]
    return [] if left == right else [path]


expected = None


def source(name, arguments, environment=None, counted=None):
    global expected
    best = None
    for _ in range(2):
        result = run(arguments, environment)
        best = result if best is None or result[1] < best[1] else best
    report, seconds, memory, written = best
    moved = None
    if counted:
        proxy, more = counted
        run(more.get("arguments", arguments), {**(environment or {}), **more.get("environment", {})})
        moved = proxy.moved
    report = strip(report)
    expected = expected or report
    say(name, seconds, memory, written, moved, report == expected)
    for path in differences(expected, report)[:8]:
        print("    differs:", path)


def skopeo(*arguments):
    subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", *arguments], check=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def waited(connect):
    for _ in range(200):
        try:
            return connect()
        except OSError:
            time.sleep(0.1)
    sys.exit("the server does not come up")


def connect(address):
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as probe:
        probe.connect(address)


old, new = (f"{folder}/{side}" for side in ("old", "new"))
source("docker-archive (plain)", [f"{old}.tar", f"{new}.tar"])
source("docker-archive (docker 25)", [f"{old}.docker25.tar", f"{new}.docker25.tar"])
source("docker-archive (whole in gzip)", [f"{old}.tar.gz", f"{new}.tar.gz"])
source("oci (gzip layers)", [f"oci:{old}.oci", f"oci:{new}.oci"])
source("oci-archive (zstd layers)", [f"oci-archive:{old}.oci-zstd.tar", f"oci-archive:{new}.oci-zstd.tar"])

snapshots = [f"{scratch}/{side}.snapshot" for side in ("old", "new")]
for side, path in zip(("old", "new"), snapshots):
    subprocess.run([imgdrift, "snapshot", f"{folder}/{side}.tar", "-o", path, "--no-cache"], check=True, stdout=subprocess.DEVNULL)
sizes = [f"{os.path.getsize(path) / 1e6:.1f} MB" for path in snapshots]
source(f"snapshot: ({', '.join(sizes)})", [f"snapshot:{path}" for path in snapshots])
source("snapshot: on the left", [f"snapshot:{snapshots[0]}", f"{new}.tar"])

docker = Proxy("/var/run/docker.sock", f"{scratch}/docker.sock")
names = ["docker:drift-big:old", "docker:drift-big:new"]
source("docker:", names, counted=(docker, {"environment": {"DOCKER_HOST": f"unix://{scratch}/docker.sock"}}))

storage = ["--root", f"{scratch}/podman", "--runroot", f"{scratch}/podman-run", "--storage-driver", "vfs"]
address = f"{scratch}/podman.sock"
service = subprocess.Popen(["podman", *storage, "system", "service", "--time", "0", f"unix://{address}"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    waited(lambda: connect(address))
    for side in ("old", "new"):
        subprocess.run(["podman", *storage, "load", "-q", "-i", f"{folder}/{side}.tar"], check=True, stdout=subprocess.DEVNULL)
    podman = Proxy(address, f"{scratch}/podman-proxy.sock")
    source("podman:", ["podman:drift-big:old", "podman:drift-big:new"], {"CONTAINER_HOST": f"unix://{address}"},
           (podman, {"environment": {"CONTAINER_HOST": f"unix://{scratch}/podman-proxy.sock"}}))
finally:
    service.terminate()
    shutil.rmtree(f"{scratch}/podman", ignore_errors=True)

port = free_port()
with open(f"{scratch}/registry.yml", "w") as config:
    config.write(f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {scratch}/registry\nhttp:\n  addr: 127.0.0.1:{port}\n")
registry = subprocess.Popen(["docker-registry", "serve", f"{scratch}/registry.yml"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    waited(lambda: connect(("127.0.0.1", port)))
    for side in ("old", "new", "altered"):
        skopeo("--dest-tls-verify=false", f"docker-archive:{folder}/{side}.tar", f"docker://127.0.0.1:{port}/big:{side}")

    def named(port, *tags):
        return [f"registry:127.0.0.1:{port}/big:{tag}" for tag in tags]

    def through_proxy(*tags, cache=None):
        proxy = Proxy(("127.0.0.1", port), ("127.0.0.1", 0))
        report, seconds, memory, written = run(named(proxy.address[1], *tags), cache=cache)
        return report, seconds, memory, written, proxy.moved

    proxy = Proxy(("127.0.0.1", port), ("127.0.0.1", 0))
    source("registry:", named(port, "old", "new"), counted=(proxy, {"arguments": named(proxy.address[1], "old", "new")}))

    # new and altered share every layer but one.
    def blobs(tag):
        manifest = subprocess.run(["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://127.0.0.1:{port}/big:{tag}"],
                                  check=True, capture_output=True, text=True).stdout
        return {layer["digest"]: layer["size"] for layer in json.loads(manifest)["layers"]}

    differ = blobs("new").items() ^ blobs("altered").items()
    union = dict(blobs("new").items() | blobs("altered").items())
    cache = f"{scratch}/cache"
    *_, moved = result = through_proxy("new", "altered", cache=cache)
    say("registry: shared base, cold", *result[1:])
    print(f"    every layer once is {sum(union.values()) / 1e6:.3f} MB; those that differ {sum(size for _, size in differ) / 1e6:.3f} MB")
    say("registry: the same, warm cache", *through_proxy("new", "altered", cache=cache)[1:])
    shutil.rmtree(cache)
    through_proxy("new", "new", cache=cache)
    run([f"{new}.tar", f"{new}.tar"], cache=cache)
    say("registry: only what differs is new", *through_proxy("new", "altered", cache=cache)[1:])
    report, *costs = through_proxy("new", "new")
    say(f"registry: one manifest, {report['verdict']}", *costs)
finally:
    registry.terminate()
sys.exit(1 if failed else 0)
