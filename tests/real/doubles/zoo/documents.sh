# Documents that carry the date on which they were made.
out=$1; mkdir -p "$out"; mkdir /tmp/zoo; cd /tmp/zoo
convert -size 32x32 gradient:red-blue "$out/dated.png"
convert "$out/dated.png" "$out/plain.jpg"
printf '.TH ZOO 1\n.SH NAME\nzoo \\- a page\n' > zoo.1
groff -man -Tps zoo.1 > "$out/zoo.ps"
groff -man -Thtml zoo.1 > "$out/zoo.html" 2>/dev/null || groff -man -Txhtml zoo.1 > "$out/zoo.html"
ps2pdf "$out/zoo.ps" "$out/zoo.pdf"
printf '#include <libintl.h>\nvoid f(void) { gettext("hello"); gettext("bye"); }\n' > t.c
xgettext -o zoo.pot t.c && cp zoo.pot "$out/" && msginit -i zoo.pot -o de.po -l de --no-translator >/dev/null 2>&1
sed -i 's/^msgstr ""$/msgstr "hallo"/; 0,/msgstr "hallo"/s//msgstr ""/' de.po
cp de.po "$out/" && msgfmt -o "$out/zoo.mo" de.po
cd / && rm -rf /tmp/zoo
