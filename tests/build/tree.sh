#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tree.sh SOURCE-ROOT - the rules of the house that a machine can check:
# licence lines, lengths, lists that name every file, and the layers.
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
	hosted) echo 12 ;;
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
	lib/hosted* | include/granmem/hosted.h | include/granmem/inline/hosted.h) continue ;;
	esac
	foreign=$(sed -n 's/^#[[:space:]]*include <\(.*\)>.*/\1/p' "$file" |
		grep -v -x -e 'granmem/.*' -e stddef.h -e stdint.h -e atomic_ops.h || true)
	[ -z "$foreign" ] || complain "$file includes <$foreign>"
done

[ $failed = 0 ] && echo "$(wc -l <"$work/files") files"
exit $failed
