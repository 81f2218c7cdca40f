#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# engine.sh libfuzzer|afl|pack TARGET DIRECTORY [SECONDS] - a target under a fuzzing
# engine, with sanitizers, from the source tree's root; TARGET is claim, find, ...
#
#   libfuzzer   begins with the corpus, works in DIRECTORY/TARGET until stopped, or
#               for SECONDS; what it finds stays in DIRECTORY (package
#               libclang-rt-19-dev, clang-19)
#   afl         the same with AFL++ (package afl++)
#   smoke       (DIRECTORY alone) do the engines that are here find what is to be found?
#               A part of tests/run.sh --long: each target is the library compiled anew,
#               so the short form has the plain replay only
#   pack        what libfuzzer found in DIRECTORY becomes the corpus: the fewest
#               inputs that reach all of the code, smallest first
set -eu

how=$1
[ "$how" != smoke ] || set -- smoke control "$2"
target=$2
directory=$3
seconds=${4:-0}
corpus=tests/fuzz/corpus/$target.txt
work=$directory/$target
flags="-g -O1 -std=c11 -D_GNU_SOURCE= -DGM_CONFIG_CHECKS=1 -Iinclude -Itests -w"
flags="$flags -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all"
sources="tests/fuzz/fuzz_$target.c tests/fuzz/oracle.c tests/fuzz/world.c"
sources="$sources tests/fuzz/world_calls.c lib/*.c"
case $target in
snapshot)
	for file in fail image snapshot snapshot_write; do
		sources="$sources examples/census/$file.c"
	done
	;;
esac
mkdir -p "$work"

build() { # COMPILER
	# shellcheck disable=SC2086 # words
	"$1" $flags $sources -o "$directory/fuzz_$target"
}

unpack() {
	# shellcheck disable=SC2086
	cc -std=c11 -D_GNU_SOURCE= -Iinclude -Itests -w tests/fuzz/driver.c $sources \
		-o "$directory/replay_$target"
	"$directory/replay_$target" --unpack "$work" "$corpus"
}

# Every file a paragraph of hexadecimal lines.
pack() {
	echo "# SPDX-License-Identifier: BSD-2-Clause"
	for file in $(ls -Sr "$directory/fewest"); do
		echo
		od -An -v -tx1 -w48 "$directory/fewest/$file" | tr -d ' '
	done
}

skip() {
	echo "SKIP: $*"
	exit 77
}

# The planted fault is found; a target of the library runs, and finds nothing.
smoke() { # ENGINE
	sh "$0" "$1" control "$directory" 30 >"$directory/log" 2>&1 || true
	found=$(find "$directory" -name 'crash-*' -o -path '*/crashes/id*' | head -n 1)
	if [ -z "$found" ] || ! sh "$0" "$1" find "$directory/find" 5 >>"$directory/log" 2>&1; then
		tail -n 20 "$directory/log"
		echo "$1: the planted fault was not found, or something else was"
		exit 1
	fi
	rm -r "$found"
	echo "$1: works"
}

case $how in
smoke)
	mkdir -p "$directory"
	command -v clang-19 >/dev/null || skip "no clang-19"
	smoke libfuzzer
	if command -v afl-clang-fast >/dev/null; then
		smoke afl
	else
		echo "SKIP: no AFL++"
	fi
	;;
libfuzzer)
	build clang-19
	unpack
	"$directory/fuzz_$target" -max_len=128 -max_total_time="$seconds" \
		-artifact_prefix="$directory/" "$work"
	;;
afl)
	build afl-clang-fast
	unpack
	export AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
	if [ "$seconds" != 0 ]; then
		set -- -V "$seconds"
	else
		set --
	fi
	afl-fuzz -i "$work" -o "$directory/afl_$target" -m none "$@" -- "$directory/fuzz_$target"
	;;
pack)
	build clang-19
	rm -rf "$directory/fewest"
	mkdir "$directory/fewest"
	"$directory/fuzz_$target" -set_cover_merge=1 -use_counters=0 "$directory/fewest" "$work"
	pack >"$corpus.new"
	mv "$corpus.new" "$corpus"
	;;
*)
	sed -n '3,16s/^# \{0,1\}//p' "$0"
	exit 2
	;;
esac
