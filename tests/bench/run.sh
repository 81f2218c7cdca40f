#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [--quick] [--1t] - builds the benchmarks and runs them all, each pinned.
#
#   --quick  shorter rounds: about a minute
#   --1t     also the lookup in 1 TiB of 4 KiB objects: needs about 13 GiB of memory
#
# CC and CFLAGS say how to build (cc, -O2); everything goes to build/bench. Prints
# ratios and "met" or "MISSED", which is not a failure: exit 0 unless something
# cannot be built or run.
set -eu

cd "$(dirname "$0")/../.."
out=build/bench
mkdir -p $out
. tests/packages.sh

quick=
one_tib=0
for option in "$@"; do
	case $option in
	--quick) quick=--quick ;;
	--1t) one_tib=1 ;;
	*)
		echo "usage: sh tests/bench/run.sh [--quick] [--1t]"
		exit 2
		;;
	esac
done

CC=${CC:-cc}
CFLAGS=${CFLAGS:--O2}
packages_install libc6-dev libatomic-ops-dev util-linux
command -v "$CC" >/dev/null || packages_install gcc
packages_install valgrind || echo "Without it no instructions are counted."

# The first and the last of the processors that this shell may use.
cpus=$(taskset -cp $$ | sed 's/.*: //')
first=${cpus%%[-,]*}
last=${cpus##*[-,]}

echo "processor  $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) of them"
echo "kernel     $(uname -srm)"
echo "compiler   $($CC --version | head -n 1)"
echo "flags      -std=c11 $CFLAGS"
echo "load       $(cut -d ' ' -f 1-3 /proc/loadavg)"
echo "huge pages $(cat /sys/kernel/mm/transparent_hugepage/enabled 2>/dev/null || echo none)"

sources=$(ls lib/*.c | grep -v lib/exports.c)
build() { # NAME
	# shellcheck disable=SC2086 # words
	$CC -std=c11 $CFLAGS -Iinclude $sources "tests/bench/$1.c" -o "$out/$1" -lpthread
}
for name in bench_ref bench_lookup bench_claim bench_setup bench_memory count_pairs; do
	build $name
done

# shellcheck disable=SC2086 # an option or nothing
{
	taskset -c "$first,$last" $out/bench_ref $quick
	sh tests/bench/instructions.sh $out/count_pairs
	taskset -c "$last" $out/bench_lookup $quick
	taskset -c "$last" $out/bench_lookup $quick --huge adhoc folio
	if [ $one_tib = 1 ]; then
		taskset -c "$last" $out/bench_lookup $quick --1t
	fi
	taskset -c "$last" $out/bench_claim $quick
	taskset -c "$last" $out/bench_setup $quick
	taskset -c "$last" $out/bench_memory
}
echo "load       $(cut -d ' ' -f 1-3 /proc/loadavg)"
