#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build.sh ARCHITECTURE DIRECTORY NAME SOURCE... - a bare-metal program as
# DIRECTORY/ARCHITECTURE/NAME, from its sources, the start-up code here, granmem's core
# compiled as a kernel does, and libfdt. What is shared is compiled once a DIRECTORY.
# With $LINK, a linker script, it is from its sources alone.
# Exit 77: something that it needs is not here.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
architecture=$1
mkdir -p "$2"
work=$(cd "$2" && pwd)
out=$work/$architecture
name=$3
shift 3
skip() {
	echo "SKIP: $architecture: $*"
	exit 77
}
first() { # NAME...: the first that is installed
	for tool in "$@"; do
		if command -v "$tool" >/dev/null; then
			echo "$tool"
			return
		fi
	done
	skip "no $1" >&2
}

case $architecture in
x86_64)
	compiler=$(first x86_64-linux-gnu-gcc gcc) || exit 77
	flags="-m64 -mgeneral-regs-only -mno-red-zone"
	;;
aarch64)
	compiler=$(first aarch64-linux-gnu-gcc) || exit 77
	flags="-mgeneral-regs-only -mno-outline-atomics"
	;;
riscv64)
	compiler=$(first riscv64-unknown-elf-gcc riscv64-linux-gnu-gcc) || exit 77
	flags="-march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany"
	;;
esac
atomic_ops=$(pkg-config --variable=includedir atomic_ops) || skip "no atomic_ops"

mkdir -p "$out"
exec 9>"$work/lock"
flock 9

if [ $architecture != x86_64 ]; then
	sh "$here/libfdt.sh" "$work/libfdt"
fi
if [ ! -e "$work/ao" ]; then
	mkdir "$work/ao"
	cp -R "$atomic_ops/atomic_ops.h" "$atomic_ops/atomic_ops" "$work/ao/"
fi

flags="$flags -std=c11 -O2 -g -ffreestanding -nostdinc -fno-pic -fno-stack-protector
	-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections
	-fno-tree-loop-distribute-patterns
	-isystem $($compiler -print-file-name=include) -isystem $work/ao
	-isystem $work/libfdt/libfdt
	-I$root/include -I$root/include/granmem/freestanding -I$here -I$here/$architecture
	-DGM_ENV_HEADER=\"support_env.h\" ${CFLAGS-}"
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow -Wundef -Werror"

# compile DIRECTORY FLAGS SOURCE...: objects, as many at a time as there are processors.
compile() {
	objects=$out/$1
	extra=$2
	shift 2
	mkdir -p "$objects"
	# shellcheck disable=SC2086 # words
	realpath "$@" | (cd "$objects" && xargs -P "$(nproc)" -n 1 $compiler $flags $extra -c)
}

# archive NAME FLAGS SOURCE...: an archive, unless it is newer than all that it is made of.
archive() {
	archive=$out/$1.a
	newer=all
	[ ! -e "$archive" ] ||
		newer=$(find "$root/lib" "$root/include" "$here" -newer "$archive")
	if [ -z "$newer" ]; then
		return
	fi
	directory=$1.o
	rm -rf "$archive" "${out:?}/$directory"
	shift
	compile "$directory" "$@"
	"${compiler%gcc}ar" rcs "$archive" "$objects"/*.o
}

# shellcheck disable=SC2086 # words
core=$(sed "/^#/d; s|^|$root/lib/|" "$root/lib/sources.txt")
archive granmem "$warnings" $core
support=$(ls "$here"/*.c "$here/$architecture"/*.[cS])
libraries=$out/granmem.a
if [ $architecture = x86_64 ]; then
	support=$(echo "$support" | grep -v devicetree)
else
	archive libfdt "-w" "$work"/libfdt/libfdt/*.c
	libraries="$libraries $out/libfdt.a"
fi
# shellcheck disable=SC2086
archive support "$warnings" $support

script=$here/$architecture/link.ld
libraries="$out/support.o/*.o $libraries"
if [ -n "${LINK-}" ]; then
	script=$LINK
	libraries=
fi
rm -rf "$out/$name.o"
compile "$name.o" "$warnings" "$@"
# shellcheck disable=SC2086
$compiler $flags -nostdlib -static -no-pie -Wl,--gc-sections,--build-id=none \
	-Wl,-z,max-page-size=4096,-z,noexecstack -T "$script" \
	-o "$out/$name" "$out/$name.o"/*.o $libraries
if [ $architecture != x86_64 ]; then
	"${compiler%gcc}objcopy" -O binary "$out/$name" "$out/$name.image"
fi
