#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# instructions.sh COUNT WORK-DIRECTORY - instructions of single-thread paths, as
# callgrind counts them: what a function of count.c executes, calls included,
# divided by its 2000 loops, less the same of a loop that does nothing, or that only
# makes addresses up.
set -eu

program=$1
work=$2
echo "instructions: callgrind"
if ! command -v valgrind >/dev/null; then
	echo "  SKIP: instructions: valgrind is not installed"
	exit 0
fi
if ! valgrind --tool=callgrind --callgrind-out-file="$work/callgrind.out" "$program" \
	>"$work/callgrind.log" 2>&1; then
	echo "  SKIP: instructions: valgrind does not run here, see $work/callgrind.log"
	exit 0
fi
callgrind_annotate --inclusive=yes --threshold=100 "$work/callgrind.out" >"$work/callgrind.txt"

# function, what is subtracted, the metric's name, the goal (0: none)
while read -r function less metric goal; do
	awk -v function_name="$function" -v less="$less" -v metric="$metric" -v goal="$goal" \
		-v results="${BENCH_RESULTS:-/dev/null}" '
	function instructions(text) {
		gsub(/,/, "", text)
		return text / 2000
	}
	{
		name = $0
		sub(/^.*:/, "", name)
		sub(/[ .\047].*$/, "", name)
		if (name == function_name && !(name in seen)) {
			found = 1
			value += instructions($1)
		}
		if (name == less && !(name in seen))
			value -= instructions($1)
		seen[name] = 1
	}
	END {
		if (!found) {
			printf "  SKIP: %s: its library is not here\n", metric
			exit
		}
		printf "  %-52s %10.1f", metric, value
		if (goal != 0)
			printf "   goal <= %-8s %s", goal, value <= goal + 0.05 ? "met" : "MISSED"
		print ""
		printf "metric %s %.1f\n", metric, value >>results
	}' "$work/callgrind.txt"
done <<'TABLE'
pair_get count_empty ref.get_put.instructions 12
pair_try_get count_empty ref.tryget_put.instructions 12
ck_pair count_empty ref.ck_cas.instructions 0
urcu_pair count_empty ref.urcu_ref.instructions 0
linux_pair count_empty ref.linux_cas.instructions 0
flat_random lookup_addresses lookup.flat.instructions 0
leaves_random lookup_addresses lookup.two_levels.instructions 0
adhoc_random lookup_addresses lookup.adhoc.instructions 0
folio_random lookup_addresses lookup.folio.instructions 0
compound_random lookup_addresses lookup.compound.instructions 0
xarray_random lookup_addresses lookup.xarray.instructions 0
judy_random lookup_addresses lookup.judy.instructions 0
ck_ht_random lookup_addresses lookup.ck_ht.instructions 0
lfht_read_random lookup_addresses lookup.lfht.instructions 0
lookup_flat_get_put lookup_addresses findget_put.flat_faa.instructions 0
lookup_leaves_get_put lookup_addresses findget_put.two_levels_faa.instructions 0
adhoc_get_put lookup_addresses findget_put.adhoc.instructions 0
folio_get_put lookup_addresses findget_put.folio.instructions 0
compound_get_put lookup_addresses findget_put.compound.instructions 0
count_run_pfn count_empty xlate.contiguous.instructions 0
count_adhoc_4k count_empty object.create_destroy.4k.adhoc.instructions 0
count_adhoc_2m count_empty object.create_destroy.2m.adhoc.instructions 0
count_compound_4k count_empty object.create_destroy.4k.compound.instructions 0
count_compound_2m count_empty object.create_destroy.2m.compound.instructions 0
count_folio_4k count_empty object.create_destroy.4k.folio.instructions 0
count_claim_4k count_empty claim_release.4k.instructions 0
count_claim_2m count_empty claim_release.2m.instructions 0
TABLE
