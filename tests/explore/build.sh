#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build.sh - compile the explorer by hand: sh tests/explore/build.sh DIRECTORY [WHAT]
#
# WHAT: all (everything; the default), or only what these cases need: ref, pool,
# radix, tables, index, walker; or unit:NAME, which is not the explorer but
# tests/unit/test_NAME.c over the same sources. EXPLORE_TOP names another tree.
#
# For the explorer the library and the cases are compiled with -fsanitize=thread,
# which makes the compiler call plain.c at each plain access; the explorer itself is
# not, and the sanitizer's own library is not linked.
set -e
top=${EXPLORE_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
out=$1
what=${2:-all}
cc=${CC:-gcc}
mkdir -p "$out"
cd "$top"
flags="-std=c11 -D_GNU_SOURCE -g -Wall -Wextra -Wconversion -Wshadow -fno-pie -MMD
	-Iinclude -Ilib -Itests/explore"
objects=

# Is the object newer than all it was made from?
is_fresh() {
	[ -e "$1" ] || return 1
	for source in $(sed 's/^[^:]*://; s/\\$//' "${1%.o}.d"); do
		[ ! "$source" -nt "$1" ] || return 1
	done
}

# compile FLAGS FILE...
compile() {
	more=$1
	shift
	for file in "$@"; do
		object="$out/$(basename "$file" .c).o"
		objects="$objects $object"
		# shellcheck disable=SC2086 # words
		is_fresh "$object" || $cc $flags $more -c "$file" -o "$object"
	done
}

explorer() {
	compile "-O1 -fsanitize=thread -DGM_ATOMIC_HEADER=\"explore_atomic.h\"" lib/port.c "$@"
	compile "-O2 -DGM_ATOMIC_HEADER=\"explore_atomic.h\"" tests/explore/memory.c \
		tests/explore/plain.c tests/explore/schedule.c tests/explore/operations.c \
		tests/explore/places.c tests/explore/trace.c tests/explore/main.c
	$cc -no-pie $objects -o "$out/explore"
}

tables="lib/ref.c lib/table.c lib/verify.c lib/pool*.c lib/radix*.c lib/adhoc*.c lib/blocks*.c
	lib/compound*.c lib/folio*.c"
walker="lib/walker*.c lib/map*.c lib/pte*.c lib/space*.c lib/run.c"
index="lib/space*.c lib/run.c lib/index*.c"
# shellcheck disable=SC2086 # words and patterns
case $what in
ref) explorer lib/ref.c tests/explore/case_ref*.c ;;
pool) explorer lib/pool*.c tests/explore/case_pool.c ;;
radix) explorer lib/pool*.c lib/radix*.c tests/explore/case_radix*.c ;;
tables)
	explorer $tables $(ls tests/explore/case_*.c |
		grep -v -e _ref -e _pool -e _radix -e _index -e _walker -e _map)
	;;
index) explorer $tables $index tests/explore/case_index*.c ;;
walker) explorer $tables $walker tests/explore/case_walker*.c tests/explore/case_map.c ;;
all) explorer $tables $walker lib/index*.c tests/explore/case_*.c ;;
unit:*)
	name=${what#unit:}
	case $name in
	ref*) files=lib/ref.c ;;
	pool) files=$(ls lib/pool*.c) ;;
	radix) files=$(ls lib/pool*.c lib/radix*.c) ;;
	*) files=$(ls lib/*.c | grep -v -e exports -e port) ;;
	esac
	compile -O1 lib/port.c $files "tests/unit/test_$name.c"
	$cc -no-pie $objects -o "$out/unit_$name" $(pkg-config --libs check) -latomic_ops -lpthread
	;;
esac
