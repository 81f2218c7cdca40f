#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [--quick] - builds the benchmarks and what they compare with, and runs them
# all: about nine minutes on an idle machine of two processors.
#
#   --quick  shorter rounds, and without 1 TiB of objects: about two minutes
#
# CC and CFLAGS say how to build (cc, -O2); everything goes to build/bench: the
# tables (bench.txt), bench.json (each figure by its name), pictures (*.svg), and the
# model of a larger machine in words (model.md).
# Prints ratios and "met" or "MISSED", which is not a failure: exit 0 unless
# something cannot be built or run. What is missing is named, "SKIP: ...".
set -eu

cd "$(dirname "$0")/../.."
out=build/bench
mkdir -p $out
. tests/packages.sh

quick=
for option in "$@"; do
	case $option in
	--quick) quick=--quick ;;
	*)
		echo "usage: sh tests/bench/run.sh [--quick]"
		exit 2
		;;
	esac
done

CC=${CC:-cc}
CFLAGS=${CFLAGS:--O2}
# No figure shall depend on where in a line of the cache a loop happens to lie.
flags="-std=c11 $CFLAGS -falign-functions=64 -falign-loops=64 -Iinclude"
packages_install libc6-dev libatomic-ops-dev
command -v "$CC" >/dev/null || packages_install gcc
packages_install valgrind || echo "Without it no instructions are counted."
packages_install libc6-dbg || true # valgrind wants it

# The library and what all benchmarks share, each as an archive.
objects() { # ARCHIVE SOURCE...
	archive=$out/$1
	shift
	rm -rf "$archive" "$archive.o"
	mkdir "$archive.o"
	for source in "$@"; do
		name=${source##*/}
		# shellcheck disable=SC2086 # words
		$CC $flags -c "$source" -o "$archive.o/${name%.c}.o"
	done
	ar rcs "$archive" "$archive.o"/*.o
}

build() { # NAME OBJECTS-AND-LIBRARIES...
	name=$1
	shift
	# shellcheck disable=SC2086 # words
	$CC $flags "tests/bench/$name.c" "$@" $out/support.a $out/granmem.a -lpthread -lm \
		-o $out/$name
}

echo "Building in $out"
. tests/bench/peers.sh
# shellcheck disable=SC2046 # words
objects granmem.a $(ls lib/*.c | grep -v lib/exports.c)
# shellcheck disable=SC2046
objects support.a $(ls tests/bench/*.c | grep -v -e /bench_ -e /peer_ -e /bitmap -e /count)
# shellcheck disable=SC2046
objects census.a $(ls examples/census/*.c | grep -v /main)
for name in bench_lookup bench_claim bench_setup bench_memory bench_xlate bench_index bench_model \
	bench_map bench_walker; do
	build $name
done
build bench_census $out/census.a
# shellcheck disable=SC2086 # words
for name in bench_ref bench_growth bench_scale count; do
	build $name $maps $out/support.a $maps_libs
done
# shellcheck disable=SC2086
build bench_outofline $owners $out/support.a $owners_libs

# 1 TiB of 4 KiB objects has 12 GiB of metadata.
available_kib() {
	sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo
}

one_tib() {
	if [ -n "$quick" ]; then
		echo "  SKIP: lookup.*.4k.1t.*: not with --quick"
	elif [ "$(available_kib)" -lt $((14 << 20)) ]; then
		echo "  SKIP: lookup.*.4k.1t.*: less than 14 GiB of memory are free"
	else
		$out/bench_lookup --1t
	fi
}

export BENCH_RESULTS=$out/results.txt
rm -f $BENCH_RESULTS $out/*.svg

run_all() {
	echo "processor  $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc)"
	echo "kernel     $(uname -srm)"
	echo "compiler   $($CC --version | head -n 1)"
	echo "flags      $flags"
	echo "load       $(cut -d ' ' -f 1-3 /proc/loadavg)"
	echo "huge pages $(cat /sys/kernel/mm/transparent_hugepage/enabled 2>&1)"
	# shellcheck disable=SC2086 # an option or nothing
	{
		$out/bench_ref $quick
		sh tests/bench/instructions.sh $out/count $out
		$out/bench_lookup $quick
		$out/bench_lookup $quick --huge adhoc folio
		one_tib
		$out/bench_outofline $quick
		$out/bench_growth $quick
		$out/bench_claim $quick
		$out/bench_scale $quick
		$out/bench_xlate $quick
		$out/bench_index $quick
		$out/bench_map $quick
		$out/bench_walker $quick
		$out/bench_setup $quick
		$out/bench_memory $quick
		$out/bench_census tests/data/census.snap
		$out/bench_model $quick
	}
	echo "load       $(cut -d ' ' -f 1-3 /proc/loadavg)"
}

begin=$(date +%s)
echo 1 >$out/rc
{
	run_all 2>&1
	echo 0 >$out/rc
} | tee $out/bench.txt
[ "$(cat $out/rc)" = 0 ] || exit 1

# The last value of each name, in the order of their first.
awk '
$1 == "metric" {
	if (!($2 in value))
		name[++nr] = $2
	value[$2] = $3
}
END {
	print "{"
	for (i = 1; i <= nr; i++)
		printf "  \"%s\": %s%s\n", name[i], value[name[i]], i < nr ? "," : ""
	print "}"
}' $BENCH_RESULTS >$out/bench.json

awk -f tests/bench/model.awk $BENCH_RESULTS tests/bench/model.md >$out/model.md ||
	echo "SKIP: $out/model.md: not every figure of it was measured"

picture() { # PLOT TITLE X-TITLE Y-TITLE OPTIONS...
	plot=$1 title=$2 x_title=$3 y_title=$4
	shift 4
	awk -v plot="$plot" -v title="$title" -v x_title="$x_title" -v y_title="$y_title" "$@" \
		-f tests/bench/plot.awk $BENCH_RESULTS >"$out/$plot.svg"
}
picture objects "Random lookups, objects of 4 KiB side by side" "objects" "ns a lookup" \
	-v x_log=1 -v y_log=1
picture span "Random lookups, 65536 objects of 4 KiB scattered over a span" "span" \
	"ns a lookup" -v x_log=2 -v x_step=4 -v x_gib=1
picture threads "References to one object, $(nproc) processors" "threads" \
	"ns for each pair that anybody did" -v x_log=2 -v x_step=2
picture occupancy "Claim and release, fragmented memory" "per cent of memory in use" \
	"ns a pair"

echo "$(grep -c : $out/bench.json) figures in $out/bench.json, $(grep -c MISSED $out/bench.txt) \
goals missed, $(grep -c SKIP: $out/bench.txt || true) skipped; pictures: $(echo $out/*.svg)"
echo "$(($(date +%s) - begin)) s"
