# Archives of files that were made just now, in the order that the directory happens to have.
out=$1; mkdir -p "$out"; work=$(mktemp -d); cd "$work"
mkdir tree; for name in one two three; do echo "the text of $name" > tree/$name; done
mkdir -p tree/bin; printf '#!/bin/sh\necho run\n' > tree/bin/run; chmod 755 tree/bin/run; ln -s one tree/link
order=$(find tree -mindepth 1 | shuf)

tar -cf "$out/plain.tar" tree
tar -czf "$out/tree.tar.gz" tree
tar -cJf "$out/tree.tar.xz" tree
tar -cjf "$out/tree.tar.bz2" tree
tar --zstd -cf "$out/tree.tar.zst" tree
tar --format=posix -czf "$out/pax.tar.gz" tree
tar --no-recursion -cf "$out/shuffled.tar" $order
find tree | cpio -o -H newc --quiet > "$out/tree.cpio"
zip -q -r "$out/tree.zip" tree
zip -q -r -X "$out/stripped.zip" tree
zip -q "$out/shuffled.zip" $order
python3 -c 'import shutil, sys; shutil.make_archive(sys.argv[1], "zip", ".", "tree")' "$out/made"

mkdir outer; cp "$out/tree.tar.gz" "$out/tree.zip" outer/; echo beside > outer/note
tar -czf "$out/nested.tar.gz" outer
zip -q -r "$out/nested.zip" outer

echo "compressed with its name and time" > named.txt
gzip -k named.txt && cp named.txt.gz "$out/"
gzip -n -c named.txt > "$out/nameless.gz"
python3 -c 'import gzip, sys; gzip.open(sys.argv[1], "wb").write(b"written by Python\n")' "$out/python.gz"
{ gzip -c named.txt; gzip -c named.txt; } > "$out/members.gz"

mkdir -p pkg/DEBIAN pkg/usr/share/zoo; printf 'Package: zoo\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.com>\nDescription: zoo\n' > pkg/DEBIAN/control
cp tree/one pkg/usr/share/zoo/; dpkg-deb --root-owner-group -b pkg "$out/zoo_1_all.deb" > /dev/null
dpkg-deb --root-owner-group -Zgzip -b pkg "$out/zoo_1_gzip.deb" > /dev/null
cd / && rm -rf "$work"
