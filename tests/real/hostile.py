#!/usr/bin/env python3
"""Archives that mean harm at full size: how long, how much memory, which answer.   hostile.py IMGDRIFT [FOLDER]"""
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import time

imgdrift = sys.argv[1]
folder = sys.argv[2] if len(sys.argv) > 2 else "."


def archive(name, layer_path, diff_id):
    config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": [diff_id]}}).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": None, "Layers": ["layer.tar"]}]).encode()
    path = f"{folder}/{name}.tar"
    with tarfile.open(path, "w") as tar:
        tar.add(layer_path, "layer.tar")
        for entry, data in ((config_name, config), ("manifest.json", manifest)):
            info = tarfile.TarInfo(entry)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def bomb():
    """A layer of one 10 GB file of zeros in some 10 MB of gzip."""
    path = f"{folder}/bomb.gz"
    block, size = bytes(1 << 20), 10 << 30
    info = tarfile.TarInfo("zeros")
    info.size = size
    with gzip.open(path, "wb", 9) as out:
        out.write(info.tobuf(tarfile.GNU_FORMAT))
        for _ in range(size // len(block)):
            out.write(block)
        out.write(bytes(1024))
    return archive("bomb", path, "sha256:" + "0" * 64)


def million():
    path = f"{folder}/million.layer"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for at in range(1_000_000):
            tar.addfile(tarfile.TarInfo(f"d{at % 1000:03}/file-{at:07}"))
    digest = hashlib.file_digest(open(path, "rb"), "sha256").hexdigest()
    return archive("million", path, "sha256:" + digest)


for make in (bomb, million):
    path = make()
    start = time.monotonic()
    run = subprocess.Popen([imgdrift, "digest", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    _, status, usage = os.wait4(run.pid, 0)
    answer = (run.stderr.read() or run.stdout.read()).splitlines()
    print(f"{make.__name__}: {os.path.getsize(path) >> 20} MB archive, {time.monotonic() - start:.1f} s,"
          f" {usage.ru_maxrss >> 10} MB, exit {os.waitstatus_to_exitcode(status)}: {answer[0]}")
