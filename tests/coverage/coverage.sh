#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# coverage.sh DIRECTORY - builds everything in DIRECTORY with clang-19's counters,
# runs the tests, and tells what of lib/ and the inline headers none of them reached.
#
# Left out are the tests of the build; threads that race (suite stress) and random
# numbers (fuzz), because which of the rare ways they take is luck; and instruments
# that have builds of their own. What is left takes the same ways each time.
#
# Built with all checks (-Dchecks=2): each assertion is a branch, and each place that
# asserts counts by itself, so a test must hit the hook there. Not built, and not
# counted, is what is only for 32 bits or for fewer checks.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
without="build stress fuzz explore halt coverage proofs"
unset GM_TEST_LONG

for tool in clang-19 llvm-profdata-19 llvm-cov-19 python3; do
	if ! command -v $tool >/dev/null; then
		echo "SKIP: coverage: there is no $tool"
		exit 77
	fi
done
# Atomic: a count that threads lose makes the difference of two counts wrong, which is how
# the other way of a branch is counted.
count="-fprofile-instr-generate -fprofile-update=atomic -fcoverage-mapping -fcoverage-mcdc"
mkdir -p "$1"
out=$(cd "$1" && pwd)
# Of what runs unasked, as Meson's own checks do: else it would be left wherever this began.
export LLVM_PROFILE_FILE="$out/unasked.profraw"
echo 'int main(void) { return 0; }' >"$out/try.c"
# shellcheck disable=SC2086 # words
if ! clang-19 $count "$out/try.c" -o "$out/try" 2>"$out/try.log"; then
	echo "SKIP: coverage: clang-19 does not link with $count"
	exit 77
fi

# quietly LOG COMMAND...: shows the log only if the command fails.
quietly() {
	log=$out/$1
	shift
	if ! "$@" >"$log" 2>&1; then
		tail -n 40 "$log"
		echo "coverage: failed: $*"
		exit 1
	fi
}

# measure NAME ROOT EXCLUSIONS SUBDIRECTORY... < PROGRAMS: merges the counts of
# their runs, in NAME.raw, and reports.
measure() {
	name=$1
	shift
	quietly "$name.merge.log" llvm-profdata-19 merge -sparse "$out/$name.raw"/*.profraw \
		-o "$out/$name.profdata"
	sed 's/^/-object /' | xargs llvm-cov-19 export -instr-profile="$out/$name.profdata" \
		-skip-expansions >"$out/$name.json" 2>"$out/$name.export.log"
	python3 "$here/coverage.py" "$out/$name.json" "$@"
}

# 1. The control: a program that is not covered.
rm -rf "$out/control.raw"
# shellcheck disable=SC2086 # words
quietly control.log clang-19 $count "$here/control/control.c" -o "$out/control"
LLVM_PROFILE_FILE=$out/control.raw/%m.profraw "$out/control" >/dev/null
if echo "$out/control" | measure control "$here" "$here/control/exclusions.txt" control \
	>"$out/control.txt" || ! diff "$here/control/expected.txt" "$out/control.txt"; then
	echo "coverage: the control was not reported as it should be"
	exit 1
fi

# 2. All tests. A new build each time: what clang says of a file is said when it is compiled.
build=$out/build
rm -rf "$build" "$out/all.raw"
quietly setup.log env CC=clang-19 LDFLAGS="$count" \
	CFLAGS="$count -Wno-parentheses-equality -DGM_ENV_HEADER='\"$here/env.h\"'" \
	meson setup "$build" "$top" --buildtype=debug -Doptimization=1 \
	-Ddefault_library=static -Dchecks=2 -Dbenchmarks=disabled -Db_lundef=false
quietly build.log ninja -C "$build"
omit=
for suite in $without; do
	omit="$omit --no-suite $suite"
done
# shellcheck disable=SC2086 # words
quietly test.log env LLVM_PROFILE_FILE="$out/all.raw/%4m.profraw" \
	meson test -C "$build" --no-rebuild $omit

# 3. The report. What clang cannot count is not covered.
failed=0
if grep 'unsupported MC/DC' "$out/build.log" | sort -u |
	grep -E '(lib|include/granmem)/[a-z_/]*\.[ch]:'; then
	failed=1
fi
meson introspect "$build" --targets >"$out/targets.json"
python3 -c 'import json, sys
for target in json.load(sys.stdin):
    if target["type"] == "executable":
        print(*target["filename"], sep="\n")' <"$out/targets.json" |
	measure all "$top" "$here/exclusions.txt" lib include/granmem || failed=1
exit $failed
