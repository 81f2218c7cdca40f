#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# symbols.sh LIBRARY-DIRECTORY MAP - the symbol map names exactly the functions
# that public headers declare and the library defines.
#
# The directory is where the build has the objects and the shared library.
# symbols.sh --list LIBRARY-DIRECTORY prints the names for the map.
set -eu

# What a header declares has default visibility in the objects (lib/exports.h).
declared() {
	find "$1" -name '*.o' -exec readelf -Ws {} + |
		awk '$5 == "GLOBAL" && $6 == "DEFAULT" && $7 != "UND" { print $8 }' | sort -u
}

if [ "$1" = --list ]; then
	declared "$2" | sed 's/.*/\t\t&;/'
	exit
fi

library=$1
map=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

declared "$library" >"$work/declared"
sed -n 's/^[[:space:]]*\(gm_[a-z0-9_]*\);$/\1/p' "$map" | sort >"$work/map-all"
sort -u "$work/map-all" >"$work/map"
if ! grep -q '^gm_hosted_' "$work/declared"; then
	# built without the hosted layer
	grep -v '^gm_hosted_' "$work/map" >"$work/map-core"
	mv "$work/map-core" "$work/map"
fi
nm -D --defined-only "$library"/libgranmem.so |
	awk '$2 == "T" || $2 == "W" || $2 == "D" || $2 == "B" || $2 == "R" { print $3 }' |
	sed 's/@.*//' | sort >"$work/exported"

failed=0
differ() { # TEXT FILE FILE: lines only in the first
	lines=$(comm -23 "$2" "$3")
	if [ -n "$lines" ]; then
		printf '%s:\n%s\n' "$1" "$lines"
		failed=1
	fi
}
[ -s "$work/declared" ] || { echo "no objects under $library"; exit 1; }
differ "declared in a public header, but not in the map" "$work/declared" "$work/map"
differ "in the map, but nothing defines it" "$work/map" "$work/declared"
differ "in the map, but not exported" "$work/map" "$work/exported"
differ "exported, but not in the map" "$work/exported" "$work/map"
if [ -n "$(uniq -d "$work/map-all")" ]; then
	printf 'twice in the map:\n%s\n' "$(uniq -d "$work/map-all")"
	failed=1
fi
foreign=$(grep -v '^gm_' "$work/declared" || true)
hidden=$(find "$library" -name '*.o' -exec readelf -Ws {} + |
	awk '$5 == "GLOBAL" && $7 != "UND" && $8 !~ /^gm_/ { print $8 }' | sort -u)
if [ -n "$foreign$hidden" ]; then
	printf 'defined without the prefix:\n%s\n%s\n' "$foreign" "$hidden"
	failed=1
fi
[ $failed = 0 ] && echo "$(wc -l <"$work/map") names"
exit $failed
