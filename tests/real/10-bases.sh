#!/bin/sh
# The two base images: bookworm as released (old), bookworm with updates and security (new).
# MIRROR and SECURITY are Debian mirrors; by default the ones that this machine's own apt uses.
set -eu
mirror_ending() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 "/$1/\$"; }
MIRROR=${MIRROR:-$(mirror_ending debian)}
SECURITY=${SECURITY:-$(mirror_ending debian-security)}
work=${TMPDIR:-/tmp}/imgdrift-bases; mkdir -p "$work"
echo "deb $MIRROR bookworm main" > "$work/old.list"
printf 'deb %s bookworm main\ndeb %s bookworm-updates main\ndeb %s bookworm-security main\n' \
    "$MIRROR" "$MIRROR" "$SECURITY" > "$work/new.list"
for side in old new; do
  t=$work/base-$side.tar
  [ -e "$t" ] || mmdebstrap --variant=minbase --architectures=amd64 --include=ca-certificates --aptopt='Acquire::Languages "none"' \
      bookworm "$t" - < "$work/$side.list"
  docker import -c 'CMD ["bash"]' -m "mmdebstrap bookworm ($side)" "$t" drift-base:$side
done
