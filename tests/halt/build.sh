#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build.sh DIRECTORY COMPILER OPTION - builds halt in DIRECTORY, from the library's
# own source with that compiler and option (-O0, -O2), unless it is newer than all.
#
# Position-dependent and bound at start: the halted side shall not meet the linker.
# Formats of page tables are always at -O2: their functions are pure, so that nothing is
# there for another side to see, and would be most of the steps.
set -eu

out=$1
cc=$2
option=$3
cd "$(dirname "$0")/../.."
mkdir -p "$out"
[ ! -e "$out/halt" ] || [ -n "$(find lib include tests/halt tests/model -newer "$out/halt" \
	-name '*.[ch]' | head -n 1)" ] || exit 0

flags="-std=c11 -D_GNU_SOURCE $option -g -fno-pie -Wall -Wextra -Wpedantic -Wconversion
	-Wno-sign-conversion -Wshadow -Werror -Iinclude -Ilib -Itests"
objects=
for file in lib/*.c tests/halt/*.c; do
	case $file in
	lib/exports.c | lib/hosted.c) continue ;;
	esac
	object=$out/$(basename "$file" .c).o
	objects="$objects $object"
	case $file in
	lib/pte*.c) more=-O2 ;;
	*) more= ;;
	esac
	# shellcheck disable=SC2086 # words
	$cc $flags $more -c "$file" -o "$object"
done
# shellcheck disable=SC2086
$cc -no-pie -Wl,-z,now $objects -o "$out/halt"
