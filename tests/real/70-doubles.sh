#!/bin/sh
# Every Dockerfile under doubles/ built twice, more than a minute apart: OUTDIR/doubles/NAME-{1,2}.tar, and NAME-kit-{1,2}.tar
# for those that BuildKit builds too. What is there already is not built again.
# Usage: 70-doubles.sh [OUTDIR [NAME...]]   (needs 10-bases.sh first)
# DOCKER: a client that can speak to the engine's BuildKit without buildx (Debian's docker.io client).
set -eu
here=$(cd "$(dirname "$0")" && pwd); out=${1:-$here/..}/doubles; mkdir -p "$out"; [ $# -eq 0 ] || shift
docker=${DOCKER:-/usr/bin/docker}
names=${*:-$(ls "$here/doubles")}

build() { # BUILDER NAME TURN
  tag=$2; [ "$1" = 0 ] || tag=$2-kit
  [ ! -e "$out/$tag-$3.tar" ] || return 0
  DOCKER_BUILDKIT=$1 $docker build --no-cache --network host --build-arg PIP_TRUSTED_HOST -t drift-doubles:$tag-$3 "$here/doubles/$2" </dev/null \
      > "$out/$tag-$3.log" 2>&1 || { tail -5 "$out/$tag-$3.log" >&2; exit 1; }
  $docker save drift-doubles:$tag-$3 -o "$out/$tag-$3.tar"; chmod a+r "$out/$tag-$3.tar"
  echo "$tag-$3: $(du -h "$out/$tag-$3.tar" | cut -f1)"
}

for turn in 1 2; do
  [ $turn = 1 ] || sleep 70
  for name in $names; do
    build 0 "$name" $turn
    case $name in git|users) build 1 "$name" $turn ;; esac
  done
done
for name in $names; do
  for tag in "$name" "$name-kit"; do
    [ ! -e "$out/$tag-2.tar" ] || python3 "$here/oracle.py" "$out/$tag-1.tar" "$out/$tag-2.tar" -o "$out/$tag.oracle.json"
  done
done
