#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build.sh - compile the explorer by hand: sh tests/explore/build.sh DIRECTORY
#
# The library and the cases are compiled with -fsanitize=thread, which makes the
# compiler call memory.c at each plain access; the explorer itself is not, and
# the sanitizer's own library is not linked. EXPLORE_TOP names another tree.
set -e
top=${EXPLORE_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
out=$1
cc=${CC:-gcc}
mkdir -p "$out"
cd "$top"
flags="-std=c11 -D_GNU_SOURCE -g -Wall -Wextra -Wconversion -Wshadow -fno-pie -Iinclude -Ilib
	-Itests/explore -DGM_ATOMIC_HEADER=\"explore_atomic.h\""
objects=

# compile FILE FLAGS: unless the object is newer than the file and all headers.
compile() {
	object="$out/$(basename "$1" .c).o"
	objects="$objects $object"
	if [ ! -e "$object" ] || [ -n "$(find "$1" include lib/*.h tests/explore/*.h \
		-name '*.[ch]' -newer "$object" | head -n 1)" ]; then
		$cc $flags $2 -c "$1" -o "$object"
	fi
}

for file in lib/port.c lib/ref.c lib/table.c lib/verify.c lib/pool*.c lib/radix*.c lib/adhoc*.c \
	lib/blocks*.c lib/compound*.c lib/folio*.c tests/explore/case_*.c; do
	compile "$file" "-O1 -fsanitize=thread"
done
for file in memory plain schedule operations places trace main; do
	compile "tests/explore/$file.c" -O2
done
$cc -no-pie $objects -o "$out/explore"
