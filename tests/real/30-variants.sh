#!/bin/sh
# Every archive form of the big pair. Usage: 30-variants.sh [DIR]
set -eu
here=$(cd "$(dirname "$0")" && pwd); cd "${1:-$here/../big}"
for s in old new; do
  python3 "$here/docker25.py" $s.tar $s.docker25.tar
  skopeo copy -q docker-archive:$s.tar docker-archive:$s.skopeo.tar:drift-big:$s
  rm -rf $s.oci; skopeo copy -q --dest-compress-format gzip --dest-compress-level 1 docker-archive:$s.tar oci:$s.oci:$s
  skopeo copy -q --dest-compress-format zstd --dest-compress-level 3 docker-archive:$s.tar oci-archive:$s.oci-zstd.tar:$s
  pigz -6 -p 2 -k -f -c $s.tar > $s.tar.gz
done
