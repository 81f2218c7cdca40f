#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fuzz.sh CORPUS-DIRECTORY CONTROL RUNS:TARGET... - each target RUNS times, a hundred
# times that where GM_TEST_LONG is 1; first its corpus, then inputs made from it.
#
# CONTROL has a fault, which a run as short as the shortest must find. The last
# line is "fuzz: N runs, N findings"; exit 0 if there is none.
set -eu

corpus=$1
control=$2
shift 2
times=1
[ "${GM_TEST_LONG:-0}" != 1 ] || times=100
output=$(mktemp)
trap 'rm -f "$output"' EXIT
runs=0
findings=0
least=

run() { # RUNS TARGET: its exit code; $output has what it said, $done how many runs
	name=${2##*/fuzz_}
	code=0
	if [ -t 2 ]; then # it shows its progress
		"$2" "$1" "$corpus/$name.txt" >"$output" || code=$?
	else
		"$2" "$1" "$corpus/$name.txt" >"$output" 2>&1 || code=$?
	fi
	done=$(sed -n "s/^.*fuzz_$name: \([0-9]*\) runs\$/\1/p" "$output")
	done=${done:-0}
	return $code
}

for arg in "$@"; do
	wanted=$((${arg%%:*} * times))
	[ -n "$least" ] && [ "$least" -le "$wanted" ] || least=$wanted
	if run "$wanted" "${arg#*:}" && [ "$done" = "$wanted" ]; then
		echo "$name: $done runs"
	else
		findings=$((findings + 1))
		cat "$output"
	fi
	runs=$((runs + done))
done

if run "$least" "$control"; then
	echo "control: the planted fault was not found in $least runs"
	findings=$((findings + 1))
elif [ $code != 1 ]; then
	cat "$output"
	exit $code
else
	echo "control: the planted fault was found after $done runs"
fi
echo "fuzz: $runs runs, $findings findings"
[ $findings = 0 ]
