#!/bin/sh
# Which paths differ, by oracle.py. Usage: 60-oracle.sh OUT
set -eu
here=$(cd "$(dirname "$0")" && pwd); out=$1
for pair in big/old:big/new big/old:big/altered big/new:big/altered double/a1:double/a2 double/b1:double/b2; do
  left=${pair%%:*}; right=${pair##*:}
  python3 "$here/oracle.py" "$out/$left.tar" "$out/$right.tar" -o "$out/$left-$(basename "$right").oracle.json"
done
