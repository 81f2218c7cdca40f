#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# mutant.sh DIRECTORY NUMBER - is the mutant in this line of DIRECTORY/list killed?
#
# DIRECTORY/top is the tree, DIRECTORY/out its objects. Writes "VERDICT | line" to
# DIRECTORY/NUMBER.verdict, VERDICT being killed, survived, or why there is none.
set -u
directory=$1
number=$2
line=$(sed -n "${number}p" "$directory/list")
work=$directory/work$number
result=$directory/$number.result

# part N: of the line.
part() {
	printf '%s\n' "$line" | cut -d'|' -f"$1" | sed 's/^ *//; s/ *$//'
}

finish() {
	printf '%s | %s\n' "$1" "$line" >"$directory/$number.verdict"
	rm -rf "$work"
	exit 0
}

kind=$(part 1)
killer=$(part 2) # of a survivor: the reason
name=$(part 3)
test=${killer#* }
objects=$directory/out
case $killer in
unit*)
	what=unit:$test
	objects=$directory/unit
	;;
*ref/* | *limits/*) what=ref ;;
*pool/*) what=pool ;;
*radix/*) what=radix ;;
*walker/* | *map/*) what=walker ;;
*index/*) what=index ;;
*) what=tables ;;
esac

# run PROGRAM-DIRECTORY [ARGUMENT...]: 0 if the killer found something.
run() {
	if [ "${what#unit:}" != "$what" ]; then
		timeout 60 "$1/unit_$test" >"$result" 2>&1
		grep -q '^[0-9]*%: Checks: [0-9]*, Failures: \([1-9]\|0, Errors: [1-9]\)' "$result"
		return
	fi
	program=$1/explore
	shift
	timeout 120 "$program" --first --exactly "$test" "$@" >"$result" 2>&1
	grep -q -e "^VIOLATION in $test: " -e "^$test: the set-up failed: " "$result"
}

case $kind in
order)
	run "$directory/out" --weaken "$name" && finish killed
	grep -q '^explorer: ' "$result" || finish 'does not run'
	finish survived
	;;
control)
	[ "$objects" = "$directory/out" ] || EXPLORE_TOP=$directory/top \
		sh "$directory/top/tests/explore/build.sh" "$objects" "$what" >"$result" 2>&1 ||
		finish 'does not compile'
	run "$objects" && finish killed
	grep -q -e '^explorer: ' -e '^100%: Checks: [1-9]' "$result" || finish 'does not run'
	finish survived
	;;
esac

# A rule, a duty, or a survivor: the tree again, with one edit, and what that makes stale.
file=$(part 4)
edit=$(printf '%s\n' "$line" | cut -d'|' -f5- | sed 's/^ *//')
mkdir "$work"
sed "$edit" "$directory/top/$file" >"$work/edited" 2>"$result" || finish 'does not apply'
cmp -s "$work/edited" "$directory/top/$file" && finish 'does not apply'
[ "$kind" != survivor ] || finish survived
cp -rp "$directory/top" "$work/top"
cp -rp "$objects" "$work/out"
cat "$work/edited" >"$work/top/$file"
EXPLORE_TOP=$work/top sh "$work/top/tests/explore/build.sh" "$work/out" "$what" >"$result" 2>&1 ||
	finish 'does not compile'
run "$work/out" && finish killed
finish survived
