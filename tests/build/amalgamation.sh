#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# amalgamation.sh SOURCE-ROOT DIRECTORY - the library as two files, which are in
# DIRECTORY, does what it does as many.
#
# 1. granmem.c compiles, with warnings as errors and none but the compiler's own
#    headers in reach, for every compiler and machine; it needs nothing to link.
# 2. So it does in an environment that defines everything itself, with atomic
#    operations of the embedder's, and granmem.h does as C++ and twice.
# 3. The unit tests of the core pass over it, with granmem.h as their only header of
#    the library: with gcc for 64 bits, and with clang for 32.
#
# A compiler that is not there is a SKIP of its lines.
set -eu

root=$1
made=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow -Wundef
	-Wstrict-prototypes -Wmissing-prototypes -Werror"
mkdir "$work/alone"
cp "$made/granmem.c" "$made/granmem.h" "$work/alone/"

fail() {
	echo "FAILED: $*"
	failed=1
}

# 1. and 2. compile NAME COMPILER FLAGS...
compile() {
	name=$1
	compiler=$2
	shift 2
	command -v "$compiler" >/dev/null || { echo "SKIP: $name: no $compiler"; return 0; }
	case $compiler in
	*clang*) own=$("$compiler" -print-resource-dir)/include ;;
	*) own=$("$compiler" -print-file-name=include) ;;
	esac
	for checks in $levels; do
		options="-O$checks -DGM_CONFIG_CHECKS=$checks"
		# shellcheck disable=SC2086 # words
		"$compiler" -std=c11 $options $warnings -ffreestanding -nostdinc -fno-pic \
			-isystem "$own" "$@" -c "$work/alone/granmem.c" -o "$work/object.o" || {
			fail "$name $options"
			continue
		}
		# Only the names: nm of this machine reads the others' objects, too.
		needs=$(nm -u "$work/object.o" | awk '{ print $NF }')
		[ -z "$needs" ] || fail "$name $options needs" $needs
	done
}

bare=-mgeneral-regs-only
levels="0 1 2"
compile x86-64-gcc gcc $bare -mcmodel=kernel -mno-red-zone
levels=1
compile x86-64-clang clang $bare -mcmodel=kernel -mno-red-zone
compile i386-gcc i686-linux-gnu-gcc $bare
compile i386-clang clang --target=i386-none-elf $bare
compile aarch64-gcc aarch64-linux-gnu-gcc $bare -mno-outline-atomics
compile aarch64-clang clang --target=aarch64-none-elf $bare
compile riscv64-gcc riscv64-linux-gnu-gcc -mcmodel=medany
compile riscv64-elf-gcc riscv64-unknown-elf-gcc -march=rv64imac -mabi=lp64 -mcmodel=medany
compile riscv64-clang clang --target=riscv64-none-elf -mcmodel=medany
env="-DGM_ENV_HEADER=\"env_kernel.h\" -I$root/tests/build"
compile hostile-gcc gcc $env
compile hostile-clang clang $env -Wno-keyword-macro
atomics="-DGM_ATOMIC_HEADER=\"atomic_own.h\" -I$root/tests/build"
compile own-atomics-gcc gcc $atomics
compile own-atomics-clang clang $atomics
compile hostile-own-atomics gcc $env $atomics

cat >"$work/alone/user.cc" <<'END'
#include "granmem.h"
#include "granmem.h"
int used(gm_space *space, gm_desc *desc) { return gm_put(space, desc); }
END
for compiler in g++ clang++; do
	command -v $compiler >/dev/null || { echo "SKIP: no $compiler"; continue; }
	# shellcheck disable=SC2086
	$compiler -x c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -c "$work/alone/user.cc" \
		-o "$work/object.o" || fail "granmem.h with $compiler"
done

# 3. Each public header is the one header; hosted.h, for processes, is its own.
mkdir -p "$work/include/granmem"
for header in "$root"/include/granmem/*.h; do
	echo '#include "granmem.h"' >"$work/include/granmem/${header##*/}"
done
mv "$work/alone/granmem.h" "$work/include/granmem/"
cp "$root/include/granmem/hosted.h" "$work/include/granmem/"
mv "$work/alone/granmem.c" "$work/include/granmem/"

# What the rest of the library and the tests of examples need is not in the core.
tests=$(cd "$root/tests/unit" && ls test_*.c | grep -v -e census -e snapshot)

# one.sh SOURCES DIRECTORY COMPILER... TEST: compiles it, and runs it
cat >"$work/one.sh" <<'END'
sources=$1
to=$2
shift 2
for test in "$@"; do :; done
command=$*
command=${command% "$test"}
if ! $command "$sources/$test" "$to/core.o" "$to/hosted.o" -pthread -o "$to/$test.out" \
	>"$to/$test.log" 2>&1 || ! "$to/$test.out" >>"$to/$test.log" 2>&1; then
	echo "$test" >>"$to/failed"
	tail -n 5 "$to/$test.log"
fi
END

# unit NAME COMPILER...: all of them, linked statically where they are not this machine's
unit() {
	name=$1
	shift
	mkdir "$work/$name"
	if ! printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' |
		"$@" -x c - -o "$work/$name/try" 2>/dev/null || ! "$work/$name/try" >/dev/null; then
		echo "SKIP: unit tests over the amalgamation: no programs with $name"
		return 0
	fi
	common="$* -std=c11 -O0 -D_GNU_SOURCE= -DUNIT_WITHOUT_CHECK -I$work/include
		-I$root/tests"
	$common -O1 -c "$work/include/granmem/granmem.c" -o "$work/$name/core.o" &&
		$common -c "$root/lib/hosted.c" -o "$work/$name/hosted.o" || {
		fail "$name"
		return 0
	}
	for test in $tests; do
		echo "$test"
	done | xargs -P 2 -n 1 sh "$work/one.sh" "$root/tests/unit" "$work/$name" $common
	if [ -e "$work/$name/failed" ]; then
		fail "$name:" $(cat "$work/$name/failed")
	else
		echo "$name: $(echo $tests | wc -w) unit tests over the amalgamation"
	fi
}
# Each compiler and each width once; all four were compiled above.
unit gcc gcc
unit clang-32 clang --target=i686-linux-gnu -static

[ $failed = 0 ] && echo "$(wc -l <"$made/granmem.h") + $(wc -l <"$made/granmem.c") lines"
exit $failed
