#!/usr/bin/env python3
"""Time and memory of a comparison as ratios to a floor measured in the same run.

    measure.py IMGDRIFT DIR      DIR holds old.tar new.tar (plain layers) and old.oci new.oci (gzip layers)

Floor for plain layers: `openssl dgst -sha256` over both tarballs at once. For gzip layers: all of them through
`igzip -dc` (Debian's isal), two at a time. The page cache is dropped before each run where that is allowed.
"""
import glob
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

imgdrift, folder = sys.argv[1:3]
RUNS = 3


def drop_caches():
    try:
        os.sync()
        with open("/proc/sys/vm/drop_caches", "w") as file:
            file.write("3")
    except OSError:
        pass


def timed(work):
    best = float("inf")
    for _ in range(RUNS):
        start = time.monotonic()
        work()
        best = min(best, time.monotonic() - start)
    return best


def quiet(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def together(commands):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda command: quiet(*command), commands))


def peak_memory(*command):
    """MB of the largest resident set, by GNU time's rusage."""
    code = "import resource,subprocess,sys;subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL);" \
           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss//1024)"
    return int(subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True).stdout)


plain = [f"{folder}/{side}.tar" for side in ("old", "new")]
oci = [f"{folder}/{side}.oci" for side in ("old", "new")]
blobs = [blob for side in oci for blob in glob.glob(f"{side}/blobs/sha256/*") if open(blob, "rb").read(2) == b"\x1f\x8b"]
blobs.sort(key=os.path.getsize, reverse=True)
together([["openssl", "dgst", "-sha256", path] for path in plain])
for name, pair, floor in (
    ("plain", plain, [["openssl", "dgst", "-sha256", path] for path in plain]),
    ("gzip", oci, [["igzip", "-dc", blob] for blob in blobs]),
):
    low = timed(lambda: together(floor))
    ours = timed(lambda: quiet(imgdrift, *pair, "--format", "json"))
    memory = peak_memory(imgdrift, *pair, "--format", "json")
    print(f"{name}: floor {low:.2f} s, imgdrift {ours:.2f} s, ratio {ours / low:.2f}, peak memory {memory} MB")
drop_caches()
start = time.monotonic()
quiet(imgdrift, *plain, "--format", "json")
print(f"plain, page cache dropped: {time.monotonic() - start:.2f} s")
