#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tree.sh SOURCE-ROOT - the rules of the house that a machine can check:
# licence lines, lengths, lists that name every file, the layers, and documents that
# say what the sources say.
set -eu

cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

complain() {
	echo "$*"
	failed=1
}

# Every file of the project but recorded data and generated pictures.
find . \( -path ./.git -o -path ./build \) -prune -o -type f -print |
	grep -v -e '^\./tests/data/' -e '\.svg$' | sort >"$work/files"
[ "$(wc -l <"$work/files")" -gt 50 ] || complain "too few files: is this the source tree?"

# 1. A licence line at the top, and files that stay readable.
while read -r file; do
	case $file in
	./LICENSE | */expected.txt) continue ;;
	esac
	head -n 2 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' ||
		complain "$file: no SPDX line"
	case $file in
	*.md | *.map | */mutants.txt) continue ;;
	esac
	lines=$(wc -l <"$file")
	[ "$lines" -le 400 ] || complain "$file: $lines lines, more than 400"
	long=$(expand -t 8 "$file" | awk 'length($0) > 100 && !/^#error/ { print FNR; exit }')
	[ -z "$long" ] || complain "$file:$long: more than 100 columns"
done <"$work/files"

# 2. The top level is fixed.
for entry in * .[a-z]*; do
	case $entry in
	lib | include | tests | examples | build | meson.build | meson_options.txt) ;;
	granmem.pc.in | LICENSE | README.md | ARCHITECTURE.md | CONTRIBUTING.md | CHANGELOG.md) ;;
	.*) ;;
	*) complain "$entry does not belong at the top level" ;;
	esac
done

# 3. One file knows <atomic_ops.h>, nobody <stdbool.h>.
grep -rl 'include <atomic_ops' lib include tests examples --include='*.[ch]' >"$work/atomic" || true
[ "$(cat "$work/atomic")" = include/granmem/atomic.h ] ||
	complain "<atomic_ops.h> is included by:" $(cat "$work/atomic")
if grep -rn '^#[[:space:]]*include <stdbool' include lib >"$work/stdbool"; then
	complain "<stdbool.h>:" "$(cat "$work/stdbool")"
fi

if grep -nw 'bool' include/granmem/*.h include/granmem/inline/*.h | grep -v '\*.*bool' \
	>"$work/bool"; then
	complain "bool:" "$(cat "$work/bool")"
fi

# 4. The lists name every file.
for file in lib/*.[ch]; do
	grep -q "'${file##*/}'" lib/meson.build || grep -qx "${file#lib/}" lib/sources.txt ||
		complain "$file is neither in lib/sources.txt nor in lib/meson.build"
done
for file in include/granmem/*.h; do
	grep -q "<granmem/${file##*/}>" lib/exports.h || complain "$file is not in lib/exports.h"
done
for file in lib/*.c; do
	stem=${file##*/}
	stem=${stem%.c}
	case $stem in
	*_* | exports) continue ;;
	esac
	[ -e "tests/unit/test_$stem.c" ] || complain "$file has no tests/unit/test_$stem.c"
done
for directory in tests/unit tests/model tests/stress tests/bench; do
	[ -d $directory ] || continue
	for file in $directory/*.c; do
		[ -e "$file" ] || continue
		name=${file##*/}
		name=${name%.c}
		name=${name#test_}
		grep -q "'\(test_\)\{0,1\}$name\(\.c\)\{0,1\}'" $directory/meson.build ||
			complain "$file is not in $directory/meson.build"
	done
done

# 5. Layers: a file includes only what is below its own. Files that belong to one
# layer share its number with the part of their name before the first _.
layer() {
	case $1 in
	env | config) echo 0 ;;
	error | types | port | atomic | trace) echo 1 ;;
	granule | memory) echo 2 ;;
	desc | pte) echo 3 ;;
	ref) echo 4 ;;
	pool) echo 5 ;;
	radix) echo 6 ;;
	table) echo 7 ;;
	blocks) echo 8 ;;
	compound | folio | adhoc) echo 9 ;;
	run) echo 9 ;;
	space) echo 10 ;;
	map) echo 11 ;;
	index | report | verify) echo 11 ;;
	walker) echo 12 ;;
	hosted | rebase) echo 12 ;;
	reverse) echo 13 ;;
	granmem) echo 14 ;;
	exports) echo 15 ;;
	*) echo unknown ;;
	esac
}
for file in lib/*.c lib/*.h include/granmem/*.h include/granmem/inline/*.h; do
	stem=${file##*/}
	stem=${stem%.*}
	stem=${stem%%_*}
	own=$(layer "$stem")
	[ "$own" != unknown ] || { complain "$file: $stem has no layer in $0"; continue; }
	sed -n 's/^#[[:space:]]*include [<"]\(.*\)[>"].*/\1/p' "$file" >"$work/includes"
	while read -r header; do
		case $header in
		granmem/*) ;;
		*) continue ;;
		esac
		below=${header##*/}
		below=${below%.h}
		[ "$below" != "$stem" ] || continue
		below=$(layer "$below")
		[ "$below" != unknown ] && [ "$below" -lt "$own" ] ||
			complain "$file includes <$header>, which is not below it"
	done <"$work/includes"
done

# 6. The core includes nothing of a libc.
for file in lib/*.c lib/*.h include/granmem/*.h include/granmem/inline/*.h; do
	case $file in
	lib/trace_usdt.h) continue ;;
	lib/hosted* | include/granmem/hosted.h) continue ;;
	esac
	foreign=$(sed -n 's/^#[[:space:]]*include <\(.*\)>.*/\1/p' "$file" |
		grep -v -x -e 'granmem/.*' -e stddef.h -e stdint.h -e atomic_ops.h || true)
	[ -z "$foreign" ] || complain "$file includes <$foreign>"
done

# 7. The page of calls in granmem.h has every call that is for users. The others, which
# layers call of each other, are of a layer that has no users, or named here.
internal='gm_(atomic|blocks|pool|radix|state)_.*|gm_[a-z]*_[a-z_]*_rest
gm_adhoc_(find_below|offset)|gm_desc_(flags_word|get|resize|set)
gm_index_(covers|lookup|place|start|unit)|gm_port_(notice|panic)
gm_ref_(get_refused|get_saturate|publish_like)|gm_space_is_ram
gm_table_(check|check_claim|configure|contains|get|give_free|lane.*|nr_lanes|take_free)
gm_(find_get|get|pfn_at|pin|put|unpin)' # the last are the short names, below the page
awk '/call  *what it does/ { on = 1 }
	/Below stand short names/ { on = 0 }
	!on { next }
	{
		gsub(/[^a-z0-9_<>\[\]]/, " ")
		for (i = 1; i <= NF; i++) {
			name = $i
			if (name ~ /^_[a-z]/)
				name = stem name # gm_map_take, _fold
			else if (name !~ /^gm_/)
				continue
			split(name, parts, "_")
			stem = "gm_" parts[2]
			sub(/<t>/, "t", name)
			short = name # gm_ref_put[_many] is two
			sub(/\[.*/, "", short)
			gsub(/[][]/, "", name)
			print short
			print name
		}
	}' include/granmem/granmem.h | sort -u >"$work/paged"
for table in compound folio adhoc; do
	sed "s/^gm_t_/gm_${table}_/" "$work/paged"
done | sort -u >"$work/page"
sed -n 's/^[[:space:]]*\(gm_[a-z0-9_]*\);$/\1/p' lib/granmem.map | sort >"$work/map"
# shellcheck disable=SC2086 # a pattern a word
grep -vxE "$(echo $internal | tr ' ' '|')" "$work/map" >"$work/calls"
missing=$(comm -13 "$work/page" "$work/calls")
[ -z "$missing" ] || complain "not in the page of calls of granmem.h:" $missing
comm -23 "$work/page" "$work/map" >"$work/beyond"
while read -r name; do # what has no symbol: inline, and returns a struct
	grep -q "GM_LOCAL_INLINE.*[ *]$name(" include/granmem/*.h ||
		complain "granmem.h: there is no $name"
done <"$work/beyond"

# 8. The README's excerpt of the quickstart is in it, line by line (comments, spaces
# and the checks apart), and so is what it prints.
example=examples/quickstart
squeeze() {
	sed -e 's,/\*.*\*/,,' -e 's/must(\(.*\), "[a-z_]*")/\1/' | tr -d ' \t;'
}
excerpt() { # HEADING: the indented lines below it, up to text
	awk -v heading="$1" '$0 ~ heading { on = 1; next }
		on && /^[^ ]/ { if (seen) exit }
		on && /^    / { seen = 1; print substr($0, 5) }' README.md
}
squeeze <$example/quickstart.c | tr -d '\n' >"$work/program"
excerpt '^## A first program' | squeeze | sed 's/\.\.\./\n/' >"$work/excerpt"
[ "$(wc -l <"$work/excerpt")" -gt 5 ] || complain "README.md: no excerpt of the quickstart"
awk 'NR == FNR { rest = $0; next }
	$0 == "" { next }
	!(at = index(rest, $0)) { print; exit }
	{ rest = substr(rest, at + length($0)) }' "$work/program" "$work/excerpt" >"$work/strange"
[ ! -s "$work/strange" ] || complain "README.md: not in the quickstart: $(cat "$work/strange")"
excerpt '^It prints' >"$work/printed"
head -n "$(wc -l <"$work/printed")" $example/expected.txt | cmp -s - "$work/printed" &&
	[ -s "$work/printed" ] || complain "README.md: the quickstart prints something else"

# 9. The list of directories in CONTRIBUTING.md has all that have tests.
for directory in tests/*/; do
	grep -q "\`$directory\`" CONTRIBUTING.md || complain "CONTRIBUTING.md: no $directory"
done

[ $failed = 0 ] && echo "$(wc -l <"$work/files") files"
exit $failed
