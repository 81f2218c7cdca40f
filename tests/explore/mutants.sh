#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# mutants.sh - break the library one way at a time; the explorer has to notice.
#
#   sh tests/explore/mutants.sh [text]     only mutants whose line contains text
#
# Reads mutants.txt; works on a copy. Prints mutant | killed by, and ends with 1
# if one survived or did not apply.
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$top/include" "$top/lib" "$work/"
mkdir "$work/tests"
cp -r "$here" "$work/tests/explore"
sh "$work/tests/explore/build.sh" "$work/out" || exit 2
killed=0
total=0
trim() { sed 's/^ *//; s/ *$//'; }
grep -v '^#' "$here/mutants.txt" | grep -F -- "${1:-}" >"$work/list"
while IFS= read -r line; do
	name=$(printf '%s' "$line" | cut -d'|' -f1 | trim)
	file=$(printf '%s' "$line" | cut -d'|' -f2 | trim)
	edit=$(printf '%s' "$line" | cut -d'|' -f3- | trim)
	total=$((total + 1))
	sed -i "$edit" "$work/$file"
	if cmp -s "$work/$file" "$top/$file"; then
		printf '%-45s | DID NOT APPLY\n' "$name"
	elif ! sh "$work/tests/explore/build.sh" "$work/out" 2>"$work/errors"; then
		printf '%-45s | DOES NOT COMPILE\n' "$name"
	elif timeout 900 "$work/out/explore" --first >"$work/result"; then
		printf '%-45s | SURVIVED\n' "$name"
	else
		killed=$((killed + 1))
		printf '%-45s | %s\n' "$name" \
			"$(grep -m1 -a VIOLATION "$work/result" | sed 's/VIOLATION in //; s/ (.*//')"
	fi
	cp "$top/$file" "$work/$file"
done <"$work/list"
echo "explorer mutants: $killed of $total killed"
[ "$killed" -eq "$total" ]
