#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# freestanding.sh SOURCE-ROOT TOOLS COMPILER FLAGS SOURCE... - the core without a
# libc, for the machine whose binutils have the prefix TOOLS.
#
# Compiles the core with -ffreestanding -nostdinc: the compiler's own headers, the
# shim for <assert.h>, and a copy of <atomic_ops.h> are all there is. Then links
# the archive into one object, which may need nothing from outside. Prints the
# bytes of code at -O2. Exit 77: no such compiler.
set -eu

root=$1
tools=$2
compiler=$3
flags=$4
shift 4
for tool in "$compiler" "${tools}ld" "${tools}nm"; do
	command -v "$tool" >/dev/null || { echo "SKIP: no $tool"; exit 77; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

atomic_ops=$(pkg-config --variable=includedir atomic_ops)
mkdir "$work/ao"
cp -R "$atomic_ops/atomic_ops.h" "$atomic_ops/atomic_ops" "$work/ao/"

case $compiler in
*clang*) own=$("$compiler" -print-resource-dir)/include ;;
*) own=$("$compiler" -print-file-name=include) ;;
esac

build() { # OPTIMIZE CHECKS SOURCE...: one archive; fails if it needs anything
	out=$work/$1-$2
	options="$1 -DGM_CONFIG_CHECKS=$2"
	shift 2
	mkdir "$out"
	for source in "$@"; do
		# shellcheck disable=SC2086 # options and flags are words
		"$compiler" -std=c11 $options $flags \
			-Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Werror \
			-ffreestanding -nostdinc -isystem "$own" -isystem "$work/ao" \
			-I"$root/include" -I"$root/include/granmem/freestanding" \
			-c "$source" -o "$out/$(basename "$source" .c).o" || return 1
	done
	"${tools}ar" rcs "$out/libgranmem.a" "$out"/*.o || return 1
	"${tools}ld" -r -o "$out/all" --whole-archive "$out/libgranmem.a" || return 1
	undefined=$("${tools}nm" -u "$out/all" | awk '{ print $NF }' | sort -u)
	if [ -n "$undefined" ]; then
		for name in $undefined; do
			users=$(cd "$out" && "${tools}nm" -A -u ./*.o |
				sed -n "s,^\./\(.*\):.* U $name\$,\1,p")
			echo "$compiler $options:" $users "needs $name"
		done
		return 1
	fi
}

failed=0
build -O2 1 "$@" || failed=1
build -Os 0 "$@" || failed=1
build -O0 2 "$@" || failed=1
[ $failed = 0 ] || exit 1

cd "$work/-O2-1"
"${tools}size" ./*.o | awk 'NR > 1 { sub(/.*\//, "", $6); print $6, $1 }'
