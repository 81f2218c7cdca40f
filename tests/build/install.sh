#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# install.sh SOURCE-ROOT - what a user of the installed library relies on.
#
# Installs into a prefix, then builds and runs a consumer with nothing but
# `cc $(pkg-config ...)`: shared and static, C and C++; and compiles the
# installed sources as a kernel does.
set -eu

root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

quietly() { # a command whose output matters only if it fails
	"$@" >"$work/log" 2>&1 || { cat "$work/log"; echo "failed: $*"; exit 1; }
}

quietly meson setup "$work/build" "$root" --prefix "$prefix" --libdir lib \
	-Dtests=disabled -Dexamples=disabled -Dbenchmarks=disabled
quietly meson install -C "$work/build"

# Only the prefix and libatomic_ops are there to be found.
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export PKG_CONFIG_PATH
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Werror"
cp "$root/tests/build/consumer.c" "$work/consumer.c"
cp "$root/tests/build/consumer.c" "$work/consumer.cc"
cd "$work"

cat >foreign.c <<'END'
/* As another language calls: no header, so an inline function must be a symbol. */
extern int gm_ref_try_get(void *desc);
extern unsigned long long gm_granule_size(unsigned shift);

int main(void)
{
	static unsigned long long desc[4];

	return gm_granule_size(12) != 4096 || gm_ref_try_get(desc) == 0;
}
END

# shellcheck disable=SC2046,SC2086 # flags are words
{
	cc -std=c11 $warnings consumer.c -o shared $(pkg-config --cflags --libs granmem)
	cc -std=c11 $warnings consumer.c -o static -static \
		$(pkg-config --static --cflags --libs granmem)
	c++ -std=c++17 $warnings consumer.cc -o shared++ $(pkg-config --cflags --libs granmem)
	cc -std=c11 $warnings foreign.c -o foreign $(pkg-config --libs granmem)
}
for program in shared shared++ foreign; do
	LD_LIBRARY_PATH=$prefix/lib ./$program >/dev/null
	LD_LIBRARY_PATH=$prefix/lib ldd ./$program | grep -q "$prefix/lib/libgranmem.so.0"
done
./static >/dev/null

readelf -d "$prefix/lib/libgranmem.so" | grep -q 'SONAME.*\[libgranmem.so.0\]'
[ "$(readlink "$prefix/lib/libgranmem.so.0")" = libgranmem.so.0.1.0 ]
[ "$(pkg-config --modversion granmem)" = 0.1.0 ]
case $(pkg-config --libs granmem) in
*atomic_ops*) echo "shared users would link with -latomic_ops"; exit 1 ;;
esac
case $(pkg-config --static --libs granmem) in
*-latomic_ops*) ;;
*) echo "static users would not link with -latomic_ops"; exit 1 ;;
esac

# The sources, as a kernel takes them: no header of the system is in reach.
mkdir ao
atomic_ops=$(pkg-config --variable=includedir atomic_ops)
cp -R "$atomic_ops/atomic_ops.h" "$atomic_ops/atomic_ops" ao/
sources=$(pkg-config --variable=sourcedir granmem)/lib
for source in "$sources"/*.c; do
	# shellcheck disable=SC2046
	cc -std=c11 -O2 $(pkg-config --variable=freestanding_cflags granmem) \
		-isystem "$(cc -print-file-name=include)" -isystem ao -I"$prefix/include" \
		-c "$source" -o "$(basename "$source" .c).o"
done
missing=$(cd "$root/lib" && for source in [!h]*.c *.h; do
	[ -e "$sources/$source" ] || echo "$source"
done)
if [ -n "$missing" ]; then
	echo "not installed for kernels:" $missing
	exit 1
fi

# And without the layer for processes, the library needs no libc at all.
quietly meson setup "$work/core" "$root" -Dhosted=false -Dchecks=2 \
	-Dtests=disabled -Dexamples=disabled -Dbenchmarks=disabled
quietly meson compile -C "$work/core"
if nm -D --undefined-only "$work/core/lib/libgranmem.so" | grep ' U '; then
	echo "the core needs the functions above"
	exit 1
fi
