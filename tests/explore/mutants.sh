#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# mutants.sh DIRECTORY [TEXT] - break the library one way at a time; a test has to
# notice.
#
# The mutants are those of mutants.txt, or of its lines that contain TEXT; each is
# tried against the one test that is known to kill it, two at a time. Works on a
# copy in DIRECTORY. Ends with 1 if one survives that is not listed as a survivor,
# if a listed survivor is killed, if an order has no line, or a line no order, or if
# RULES.md does not name just the rules.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=${EXPLORE_TOP:-$(cd "$here/../.." && pwd)}
directory=$1
text=${2:-}

rm -rf "$directory"
mkdir -p "$directory/top/tests"
directory=$(cd "$directory" && pwd)
cp -rp "$top/include" "$top/lib" "$directory/top/"
cp -rp "$here" "$top/tests/unit" "$directory/top/tests/"
grep -v -e '^#' -e '^$' "$here/mutants.txt" |
	awk -v text="$text" '/^control/ || index($0, text)' >"$directory/list"
failed=0

EXPLORE_TOP=$directory/top sh "$here/build.sh" "$directory/out" >"$directory/build.log" 2>&1 || {
	cat "$directory/build.log"
	exit 1
}
# Every order has its line, and every line its order.
"$directory/out/explore" --orders | sort -u >"$directory/orders"
grep '^order' "$here/mutants.txt" | cut -d'|' -f3 | sed 's/^ *//; s/ *$//' |
	sort -u >"$directory/listed"
if ! cmp -s "$directory/orders" "$directory/listed"; then
	comm -23 "$directory/orders" "$directory/listed" | sed 's/^/an order without a mutant: /'
	comm -13 "$directory/orders" "$directory/listed" | sed 's/^/no such order: /'
	failed=1
fi
# Every rule of the protocol has its mutant in RULES.md, and the table only such.
sed -n '/^|/s/^|[^|]*|//p' "$here/RULES.md" | grep -o '`[^`]*`' | tr -d '`' |
	sort -u >"$directory/ruled"
grep '\[\*\]' "$here/mutants.txt" | grep -v '^#' | cut -d'|' -f3 |
	sed 's/^ *//; s/ *\[\*\] *$//' | sort -u >"$directory/rules"
if ! cmp -s "$directory/rules" "$directory/ruled"; then
	comm -23 "$directory/rules" "$directory/ruled" | sed 's/^/a rule not in RULES.md: /'
	comm -13 "$directory/rules" "$directory/ruled" | sed 's/^/no such rule: /'
	failed=1
fi

# Controls first: what is not broken is not killed. They also compile what the unit
# tests need.
for number in $(grep -n '^control' "$directory/list" | cut -d: -f1); do
	sh "$here/mutant.sh" "$directory" "$number"
done
grep -n -v '^control' "$directory/list" | cut -d: -f1 |
	xargs -P "${EXPLORE_JOBS:-2}" -n 1 sh "$here/mutant.sh" "$directory"

cat "$directory"/*.verdict >"$directory/verdicts"
count() {
	grep -c "$1" "$directory/verdicts" || true
}
# What is wrong: anything but a kill; for survivors and controls anything but that.
grep -v -e '^killed | \(order\|rule\|duty\)' -e '^survived | \(survivor\|control\)' \
	"$directory/verdicts" >"$directory/wrong" || true
if [ -s "$directory/wrong" ]; then
	cat "$directory/wrong"
	failed=1
fi
echo "mutants: $(count '^killed | order') of $(count '| order') ordering killed," \
	"$(count '^killed | rule') of $(count '| \(rule\|survivor\)') logic killed"
exit "$failed"
