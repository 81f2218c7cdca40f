#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# mutants.sh - break the library one way at a time; the explorer has to notice.
#
#   sh tests/explore/mutants.sh orders [text]   every memory order, one step weaker
#   sh tests/explore/mutants.sh rules [text]    the mutants of mutants.txt
#
# Only mutants whose line contains text. Works on a copy. Prints
# mutant | killed by, and ends with 1 if one survived or did not apply.
here=$(cd "$(dirname "$0")" && pwd)
top=${EXPLORE_TOP:-$(cd "$here/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$top/include" "$top/lib" "$work/"
mkdir "$work/tests"
cp -r "$here" "$work/tests/explore"
EXPLORE_TOP=$work
export EXPLORE_TOP
sh "$work/tests/explore/build.sh" "$work/out" || exit 2
killed=0
total=0

# Each line with an order: what weakens it, and the cases that should see it.
orders() {
	cd "$top" || exit 2
	grep -nE 'gm_atomic_[a-z]+_(acquire|release|acq_rel)' lib/ref.c lib/pool*.c \
		lib/radix*.[ch] lib/adhoc*.c lib/blocks*.c lib/compound*.c lib/folio*.[ch] \
		include/granmem/inline/[b-z]*.h include/granmem/inline/adhoc.h |
		sed 's/^\([^:]*\):\([0-9]*\):.*gm_atomic_\([a-z]*\)_\([a-z_]*\)(.*/\1 \2 \3 \4/' |
		while read -r file line operation order; do
			weaker=relaxed
			[ "$order" = acq_rel ] && weaker='acquire release'
			for to in $weaker; do
				echo "$file:$line $operation $order -> $to | $file |" \
					"${line}s/_$order(/_$to(/"
			done
		done
}

# The cases that should see a mutant of a file.
cases_of() {
	case $1 in
	*ref.*|*desc.*) echo limits/ ref/ ;;
	*pool*) echo pool/ folio/ adhoc/ ;;
	*radix*|*adhoc*) echo adhoc/ ;;
	*compound*) echo compound/ ;;
	*folio*) echo folio/ ;;
	*) echo compound/ folio/ adhoc/ ;;
	esac
}

hunt() {
	for cases in $(cases_of "$1"); do
		timeout 900 "$work/out/explore" --first --case "$cases" >"$work/result" || return 1
	done
}

if [ "$1" = orders ]; then orders; else grep -v '^#' "$here/mutants.txt"; fi |
	grep -F -- "${2:-}" >"$work/list"
while IFS='|' read -r name file edit; do
	file=$(echo "$file" | tr -d ' ')
	total=$((total + 1))
	sed -i "${edit# }" "$work/$file"
	if cmp -s "$work/$file" "$top/$file"; then
		verdict='DID NOT APPLY'
	elif ! sh "$work/tests/explore/build.sh" "$work/out" 2>"$work/errors"; then
		verdict='DOES NOT COMPILE'
	elif hunt "$file"; then
		verdict=SURVIVED
	else
		killed=$((killed + 1))
		verdict=$(sed -n 's/^VIOLATION in \(.*\) ([^(]*)$/\1/p' "$work/result" | head -n 1)
	fi
	printf '%-60s | %s\n' "$name" "$verdict"
	cp "$top/$file" "$work/$file"
done <"$work/list"
echo "explorer mutants: $killed of $total killed"
[ "$killed" -eq "$total" ]
