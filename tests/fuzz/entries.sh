#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# entries.sh SOURCE-ROOT - does a fuzz target call each function that takes numbers?
#
# Those are the exported ones with an address, size, offset, count, level, flags or
# index among their arguments, or a configuration, a request or a format. A call by
# struct table_ops is one of each table. Exceptions have a reason; one that no longer
# excepts anything is an error.
set -eu

cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

cat >"$work/exceptions" <<'END'
gm_atomic_.*: operations on words, which are the caller's
gm_state_.*: pure, and proved for every word by tests/proofs/
gm_(blocks|radix)_.*: what tables are made of; they have checked the numbers
gm_table_(check.*|configure|contains|get|give_free|lane.*|nr_lanes|take_free): the same
gm_adhoc_(find_below|find_get_rest): the same, and called by each lookup
gm_index_(covers|find_get_rest|lookup|start|unit): the same, for the index
gm_pool_(take|return)_rest: called by gm_pool_take and gm_pool_return
gm_ref_(get_refused|get_saturate|put_rest|undo_as): called by gm_ref_get, _try_get, _put, _undo
gm_desc_(get|resize): any fields, which say nothing by themselves
gm_map_(fold|gather_add|give_back|set_prot|split|take): for walkers; fuzz_walker is one
gm_(compound|folio)_init_hosted: called by init, where there is no buffer
gm_rebase_table: the caller's own memory, not numbers from outside
gm_space_is_ram: a switch over any kind
gm_(find_get|pfn_at): short names of what is called
END

sed -n 's/^[[:space:]]*\(gm_[a-z0-9_]*\);$/\1/p' lib/granmem.map | sort -u >"$work/map"

# Prototypes, one a line, without comments.
cat include/granmem/*.h | tr '\n\t' '  ' | sed 's,/\*,\n&,g' | sed 's,^/\*.*\*/,,' |
	tr '\n' ' ' | tr ';{}' '\n\n\n' >"$work/prototypes"
awk '
	function is_number(type) {
		return type ~ "^(const )?(uint(8|16|32|64)_t|size_t|unsigned|int|gm_word|" \
				"enum gm_[a-z_]*|struct gm_(paddr|pfn)) [a-z0-9_]+$" ||
			type ~ "^const struct gm_([a-z]*_config|object|claim|region|pte|" \
				"pte_format|map_request) [*]"
	}
	match($0, /gm_[a-z0-9_]+\(/) {
		name = substr($0, RSTART, RLENGTH - 1)
		rest = substr($0, RSTART + RLENGTH)
		sub(/\)[^)]*$/, "", rest)
		n = split(rest, args, /, */)
		for (i = 1; i <= n; i++) {
			gsub(/^ +| +$/, "", args[i])
			gsub(/ +/, " ", args[i])
			if (is_number(args[i])) {
				print name
				break
			}
		}
	}' "$work/prototypes" | sort -u | comm -12 - "$work/map" >"$work/entries"

# What the targets call.
cat tests/fuzz/*.[ch] >"$work/sources"
{
	grep -o 'gm_[a-z0-9_]*(' "$work/sources" | tr -d '('
	grep -o 'ops->[a-z_]*(' "$work/sources" | tr -d '(' | while read -r call; do
		for table in compound folio adhoc; do
			echo "gm_${table}_${call#ops->}"
		done
	done
} | sort -u >"$work/called"

comm -23 "$work/entries" "$work/called" >"$work/missing"
while IFS=: read -r pattern _; do
	grep -qxE "$pattern" "$work/missing" || {
		echo "an exception that is none: $pattern"
		failed=1
	}
	grep -vxE "$pattern" "$work/missing" >"$work/left" || true
	mv "$work/left" "$work/missing"
done <"$work/exceptions"
if [ -s "$work/missing" ]; then
	echo "takes numbers, and no target calls it:" $(cat "$work/missing")
	failed=1
fi
[ $failed = 0 ] && echo "$(wc -l <"$work/entries") entries"
exit $failed
