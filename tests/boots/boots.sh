#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# boots.sh SOURCE-ROOT DIRECTORY - builds the programs here without an operating system,
# boots each on the emulated machines it is for, and compares what they say. DIRECTORY
# keeps what is built. The last line is "boots: K of N".
#
# A program is a directory: NAME/NAME.c, whose first comment lists its machines, more
# sources beside it and, for one architecture, below it; what it says is expected.txt,
# here or, for one machine, in a directory of that name.
set -eu

root=$1
directory=$2
here=$root/tests/boots
support=$root/examples/support
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)

head -c 5000 "$support/support.h" >"$directory/initrd"
good=0
all=0

# build ARCHITECTURE NAME: once for all machines of an architecture.
build() {
	[ ! -e "$directory/$1-$2.built" ] || return "$(cat "$directory/$1-$2.built")"
	rc=0
	sources=$(find "$here/$2" -maxdepth 1 -name '*.c'; find "$here/$2/$1" -name '*.[cS]' 2>&-)
	# shellcheck disable=SC2086 # words
	sh "$support/build.sh" "$1" "$directory" "$2" $sources || rc=$?
	echo $rc >"$directory/$1-$2.built"
	return $rc
}

rm -f "$directory"/*.built
for program in "$here"/*/; do
	name=$(basename "$program")
	for machine in $(sed -n 's/^ \* machines: //p' "$program$name.c"); do
		rc=0
		build "${machine%-*}" "$name" || rc=$?
		if [ $rc = 0 ]; then
			said=$program$machine/expected.txt
			[ -e "$said" ] || said=${program}expected.txt
			sed "s/MACHINE/$machine/" "$said" \
				>"$directory/$name.expected"
			sh "$support/expect.sh" "$directory/$name.expected" "$machine" \
				"$directory" "$name" -initrd "$directory/initrd" || rc=$?
		fi
		case $rc in
		0) good=$((good + 1)) ;;
		77) continue ;; # it said why
		*) echo "FAILED: $name on $machine" ;;
		esac
		all=$((all + 1))
	done
done
[ $all != 0 ] || exit 77
echo "boots: $good of $all"
[ $good = $all ]
