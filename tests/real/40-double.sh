#!/bin/sh
# One Dockerfile, built twice: a = classic builder, b = BuildKit (the one inside dockerd 20.10). Usage: 40-double.sh [OUTDIR]
# DOCKER: a client that can speak to that BuildKit without buildx (Debian's docker.io client).
set -eu
here=$(cd "$(dirname "$0")" && pwd); out=${1:-$here/../double}; mkdir -p "$out"
docker=${DOCKER:-/usr/bin/docker}
for n in 1 2; do
  for b in a b; do
    kit=0; [ $b = b ] && kit=1
    DOCKER_BUILDKIT=$kit $docker build --no-cache --network host --build-arg PIP_TRUSTED_HOST -t drift-double:$b$n "$here/double" </dev/null
    $docker save drift-double:$b$n -o "$out/$b$n.tar"
    $docker run --rm drift-double:$b$n dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\n' > "$out/$b$n.dpkg.txt"
    $docker run --rm drift-double:$b$n pip list --format json --disable-pip-version-check > "$out/$b$n.pip.json"
  done
done
chmod a+r "$out"/*
