#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# size.sh SOURCE-ROOT DIRECTORY - what the least of an embedder links, and how deep
# its stack becomes; the library is the two files in DIRECTORY.
#
# For each machine, at -O2: bytes of code and of constants of the library that the
# linker keeps for tests/consumers/kernel/minimal_*.c, and of data; and the deepest
# stack of each call, on its everyday way and at worst.
#
# Fails above the limits below. Nothing of libgcc may be needed. Exit 77: no compiler.
set -eu

root=$1
made=$2
here=$root/tests/build
kernel=$root/tests/consumers/kernel
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
tried=0

# What may not be passed: bytes of code on riscv64, and of stack on hot paths anywhere.
limit_compound=2048
limit_adhoc=8192
limit_stack=512

# measure NAME PREFIX FLAGS...: the two minimal embedders
measure() {
	name=$1
	prefix=$2
	shift 2
	for tool in gcc ld nm size; do
		command -v "$prefix$tool" >/dev/null || {
			echo "SKIP: size on $name: no $prefix$tool"
			return 0
		}
	done
	tried=1
	mkdir "$work/$name"
	cd "$work/$name"
	options="-std=c11 -O2 -ffreestanding -ffunction-sections -fdata-sections -fno-pic
		-fno-asynchronous-unwind-tables -DMINIMAL_AMALGAMATION -I$made $*"
	# shellcheck disable=SC2086
	"${prefix}gcc" $options -fcallgraph-info=su -c "$made/granmem.c" -o core.o
	for table in compound adhoc; do
		# shellcheck disable=SC2086
		"${prefix}gcc" $options -c "$kernel/minimal_$table.c" -o "$table.o"
		# A symbol of libgcc, or any other, would be undefined here.
		"${prefix}ld" -static --gc-sections -e minimal -Map map -o "$table" \
			"$table.o" core.o
		# Of the sections that are kept, those that are the library's. The
		# embedder's code is its one function, as the linker has shortened it.
		"${prefix}size" -A "$table.o" | grep -v '^\.text' >own
		"${prefix}nm" -S -t d "$table" |
			awk '$4 == "minimal" { print ".text", $2 + 0 }' >>own
		"${prefix}size" -A "$table" >all
		bytes() { # KIND: in the image, less what the embedder itself brings
			awk -v kind="^\\\\.$1" '$1 ~ kind { sum += FILENAME == "own" ? -$2 : $2 }
				END { print sum + 0 }' own all
		}
		text=$(bytes text)
		echo "size $name $table: text $text rodata $(bytes rodata) data $(bytes 's*data')" \
			"bss $(bytes 's*bss')"
		case $name in riscv64*) ;; *) continue ;; esac
		eval "limit=\$limit_$table"
		if [ "$text" -le "$limit" ]; then
			echo "size $name $table: limit $limit kept"
		else
			echo "FAILED: $text bytes of text, the limit is $limit"
			failed=1
		fi
	done
	python3 "$here/depth.py" core.ci "$limit_stack" "$name" || failed=1
}

measure x86-64 ""
measure aarch64 aarch64-linux-gnu- -mno-outline-atomics
measure riscv64 riscv64-linux-gnu- -mcmodel=medany
measure riscv64-without-assertions riscv64-linux-gnu- -mcmodel=medany -DGM_CONFIG_CHECKS=0

[ "$tried" = 1 ] || exit 77
exit "$failed"
