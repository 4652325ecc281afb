#!/bin/sh
# The new image with ten hand alterations (see big/ALTERATIONS.md). Usage: 50-altered.sh [DIR with new.tar]
set -eu
here=$(cd "$(dirname "$0")" && pwd); out=${1:-$here/../big}
[ -e "$here/altered/planted.pem" ] || openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -out "$here/altered/planted.pem" \
   -days 3650 -subj "/C=US/O=Example Trust Services/CN=Example Global Root CA" -addext basicConstraints=critical,CA:TRUE 2>/dev/null
/usr/bin/python3 "$here/altered/alter.py" "$out/new.tar" "$out/altered.hand.tar" drift-big:altered
docker load -i "$out/altered.hand.tar"         # the engine accepts it
docker save drift-big:altered -o "$out/altered.tar"; chmod a+r "$out/altered.tar"
rm "$out/altered.hand.tar"
