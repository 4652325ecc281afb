# What a compiler writes when its directory, its build id or its archive's dates vary.
out=$1; mkdir -p "$out"; work=$(mktemp -d); cd "$work"; cp /src/*.c .
gcc -O2 -c one.c two.c
ar cruU "$out/libdated.a" one.o two.o
ar crD "$out/libclean.a" one.o two.o
gcc -O2 -Wl,--build-id=uuid main.c one.o two.o -o "$out/uuid"
gcc -O2 -g -c "$work/one.c" -o "$out/debug.o"
gcc -O2 -g "$work/main.c" one.o two.o -o "$out/debug"
gcc -O2 -g -gz "$work/main.c" one.o two.o -o "$out/debug-compressed"
cp "$out/debug" "$out/stripped" && objcopy --only-keep-debug "$out/stripped" "$out/stripped.debug" && strip "$out/stripped" \
 && objcopy --add-gnu-debuglink="$out/stripped.debug" "$out/stripped"
gcc -O2 -shared -fPIC -g "$work/two.c" -o "$out/libtwo.so"
ar crU "$out/libdebug.a" "$out/debug.o"
cd / && rm -rf "$work"
