#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# size.sh - bytes of code, at -O2, of what an embedder links for each use, beside
# a bare bitmap allocator; for each architecture whose compiler is here.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

core="error port ref pool pool_walk table"
tree="radix radix_cut radix_init adhoc adhoc_init adhoc_grow adhoc_claim adhoc_search
	adhoc_release"
blocks="blocks blocks_claim blocks_release blocks_verify"

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
	# shellcheck disable=SC2086
	printf '%-10s %8d %8d %8d %8d %8d\n' "$name" "$(bytes "$cc" bitmap)" \
		"$(bytes "$cc" ref port)" \
		"$(bytes "$cc" ref port table $blocks compound compound_claim compound_walk)" \
		"$(bytes "$cc" $core $blocks folio folio_init folio_mark folio_walk)" \
		"$(bytes "$cc" $core $tree)"
done
