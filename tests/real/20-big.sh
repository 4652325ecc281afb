#!/bin/sh
# The big pair, with the CLASSIC builder. Usage: 20-big.sh [OUTDIR]   (needs 10-bases.sh first)
set -eu
cd "$(dirname "$0")"
out=${1:-../big}; mkdir -p "$out"
for side in old new; do
  ver=1.4.0; [ $side = new ] && ver=1.5.0
  DOCKER_BUILDKIT=0 docker build --no-cache --network host --build-arg PIP_TRUSTED_HOST -f big/Dockerfile \
     --build-arg BASE=drift-base:$side --build-arg APP_VERSION=$ver -t drift-big:$side big/$side
  docker save drift-big:$side -o "$out/$side.tar"
  docker run --rm drift-big:$side dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\n' > "$out/$side.dpkg.txt"
  docker run --rm drift-big:$side pip list --format json --disable-pip-version-check > "$out/$side.pip.json"
done
