#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# size.sh - bytes of code, at -O2, of what an embedder links for each use, beside
# a bare bitmap allocator; for each architecture whose compiler is here.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# names PATTERN...: the files of lib/, but for those that only check a table
names() {
	for pattern in "$@"; do
		(cd "$top/lib" && ls $pattern.c)
	done | grep -v _verify | sed 's/\.c$//'
}

core="error port ref pool pool_walk table"
tree=$(names 'radix*' 'adhoc*')
blocks=$(names 'blocks*')

# bytes COMPILER NAME...: the sum of .text and .rodata of those files of lib/
bytes() {
	compiler=$1
	shift
	sum=0
	for name in "$@"; do
		case $name in
		bitmap) file=$top/tests/bench/bitmap.c ;;
		*) file=$top/lib/$name.c ;;
		esac
		$compiler -std=c11 -O2 -ffreestanding -fno-asynchronous-unwind-tables \
			-I"$top/include/granmem/freestanding" -I"$top/include" -I"$work/ao" \
			-c "$file" -o "$work/object.o"
		text=$(size "$work/object.o" 2>/dev/null | awk 'NR == 2 { print $1 }')
		sum=$((sum + text))
	done
	echo "$sum"
}

mkdir "$work/ao"
cp -r /usr/include/atomic_ops.h /usr/include/atomic_ops "$work/ao/"
printf '%-10s %8s %8s %8s %8s %8s\n' "bytes" bitmap counts compound folio ad-hoc
for compiler in gcc aarch64-linux-gnu-gcc riscv64-linux-gnu-gcc; do
	if ! command -v "$compiler" >/dev/null; then
		echo "SKIP $compiler: not installed"
		continue
	fi
	case $compiler in
	aarch64*) flags="-mno-outline-atomics" name=aarch64 ;;
	riscv64*) flags="-mcmodel=medany" name=riscv64 ;;
	*) flags="" name=x86-64 ;;
	esac
	cc="$compiler $flags"
	# One by one, so that what cannot be compiled ends the script.
	bitmap=$(bytes "$cc" bitmap)
	counts=$(bytes "$cc" ref port)
	# shellcheck disable=SC2086,SC2046 # words
	{
		compound=$(bytes "$cc" ref port table $blocks $(names 'compound*'))
		folio=$(bytes "$cc" $core $blocks $(names 'folio*'))
		adhoc=$(bytes "$cc" $core $tree)
	}
	printf '%-10s %8d %8d %8d %8d %8d\n' "$name" "$bitmap" "$counts" "$compound" "$folio" \
		"$adhoc"
done
