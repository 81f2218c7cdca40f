#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build.sh - compile the explorer by hand: sh tests/explore/build.sh DIRECTORY
#
# The library and the cases are compiled with -fsanitize=thread, which makes the
# compiler call memory.c at each plain access; the explorer itself is not, and
# the sanitizer's own library is not linked.
set -e
top=${EXPLORE_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
out=$1
cc=${CC:-gcc}
mkdir -p "$out"
cd "$top"
flags="-std=c11 -D_GNU_SOURCE -g -Wall -Wextra -Wconversion -Wshadow -fno-pie -Iinclude
	-Itests/explore -DGM_ATOMIC_HEADER=\"explore_atomic.h\""
objects=
for file in lib/port.c lib/ref.c lib/pool.c lib/table.c lib/radix*.c lib/adhoc*.c lib/blocks*.c \
	lib/compound*.c lib/folio*.c lib/verify.c tests/explore/case_*.c; do
	object="$out/$(basename "$file" .c).o"
	$cc $flags -O1 -fsanitize=thread -c "$file" -o "$object"
	objects="$objects $object"
done
for file in memory schedule trace main; do
	$cc $flags -O2 -c "tests/explore/$file.c" -o "$out/$file.o"
	objects="$objects $out/$file.o"
done
$cc -no-pie $objects -o "$out/explore"
