#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# proofs.sh SOURCE-ROOT OUTPUT - proves the goals in C (goals/) for all numbers, and the
# contracts in ACSL (wp/) for all memory, about the shipped source; then plants
# faults, which have to be found. OUTPUT is a directory that is made anew.
set -eu

root=$1
out=$2
here=$root/tests/proofs
rm -rf "$out"
mkdir -p "$out"
export PYTHONDONTWRITEBYTECODE=1

proved=0
goals=0
failed=0
ran=0

missing() { # PART NAME
	echo "SKIP: proofs of $1: no $2"
}

complain() {
	echo "$*"
	failed=1
}

# compile INCLUDE FILE TARGET: a goal file to IR, as it is written.
compile() {
	clang --target="$3-linux-gnu" -std=c11 -ffreestanding -O0 -Xclang -disable-O0-optnone \
		-fno-discard-value-names -S -emit-llvm -Wall -Wextra -Werror \
		-Wno-unused-function -D__SANITIZE_THREAD__ \
		-DGM_ATOMIC_HEADER="\"$here/goals/atomic.h\"" -I"$1/include" -I"$1" \
		-I"$here/goals" "$here/goals/$2.c" -o "$out/$2-$3.ll"
}

# The line that prove.py ends with, "K of N goals, K of N controls", into the sums.
add_goals() {
	read -r some _ all _ <"$1"
	proved=$((proved + some))
	goals=$((goals + all))
}

# 1. Bits: what packed words and masks do, for both sizes of a word.
bits() {
	for target in x86_64 i386; do
		for file in state granule ref pin steps words run pte_x86_64 pte_aarch64 \
			pte_riscv64 control; do
			compile "$root" "$file" "$target"
			rc=0
			"$python" "$here/prove.py" "$out/$file-$target.ll" \
				>"$out/$file-$target.log" || rc=$?
			[ $rc = 0 ] || complain "goals of $file, $target:"
			sed '$d' "$out/$file-$target.log"
			tail -n 1 "$out/$file-$target.log" >"$out/last"
			add_goals "$out/last"
			echo "  $file $target: $(cat "$out/last")"
		done
	done
}

# planted FILE SED GOALS FUNCTION: a fault in a copy of the source is found.
planted() {
	mkdir "$out/fault"
	cp -R "$root/include" "$root/lib" "$out/fault"
	sed -i "$2" "$out/fault/$1"
	! cmp -s "$root/$1" "$out/fault/$1" || complain "nothing to plant in $1: $2"
	compile "$out/fault" "$3" x86_64
	if "$python" "$here/prove.py" --only "$4" "$out/$3-x86_64.ll" >"$out/planted.log" ||
		! grep -q -e 'is false' -e 'undefined' "$out/planted.log"; then
		complain "a fault in $1 was not found by $4: $2"
	fi
	rm -rf "$out/fault"
}

bit_faults() {
	planted include/granmem/desc.h 's/(GM_PINS_LIMIT - 1)/GM_PINS_LIMIT/' \
		state prove_racing_additions
	planted include/granmem/inline/desc.h 's/(GM_REFS_LEAKED - 2)/(GM_REFS_LEAKED - 1)/' \
		state prove_tests
	planted include/granmem/inline/radix.h 's/value - GM_RADIX_NODE/value/' \
		words prove_slots
	planted include/granmem/blocks.h 's/^\(#define GM_BLOCKS_FREE_BITS.*\)0x3f1/\10x3ff/' \
		words prove_folio_words
	planted include/granmem/inline/granule.h 's/return 64;/return 63;/' \
		granule prove_trailing
	planted lib/pte_riscv64.c 's/? PBMT_RESERVED : 1/? PBMT_RESERVED : 2/' \
		pte_riscv64 prove_pte_leaf
	planted lib/pte.c 's/err == 0 && again == entry ? 0/err == 0 ? 0/' \
		pte_riscv64 prove_pte_entry
	planted lib/pte.c 's/return 7;/return 5;/' pte_x86_64 prove_pte_table
	planted lib/pte_shape.c 's/spare = 2;/spare = 0;/' pte_riscv64 prove_pte_shape
}

# 2. Ranges: WP over the same source with contracts in front of it.
# field FILE NAME: what a contract file's comment says.
field() {
	sed -n "s/^ \* $2: //p" "$here/wp/$1.c"
}

# contracts FILE: "proved all", as Frama-C says.
contracts() {
	# shellcheck disable=SC2046 # options are words
	WHY3CONFIG=$out/why3.conf frama-c -c11 -machdep gcc_x86_64 -wp -wp-rte -wp-prover z3 \
		-wp-par 1 -wp-timeout 20 -wp-fct "$(field "$1" functions)" $(field "$1" options) \
		-cpp-extra-args="-I$root/include -I$root -D__SANITIZE_THREAD__ -U__x86_64__ \
			-DGM_ENV_HEADER='\"$here/wp/env.h\"' \
			-DGM_ATOMIC_HEADER='\"$here/wp/atomic.h\"'" \
		"$here/wp/$1.c" >"$out/wp-$1.log" 2>&1 || true
	sed -n 's/.*Proved goals: *\([0-9]*\) \/ \([0-9]*\)$/\1 \2/p' "$out/wp-$1.log"
}

ranges() {
	why3 -C "$out/why3.conf" config detect >"$out/why3.log" 2>&1 || true
	for file in range run; do
		sum=$(contracts $file)
		if [ -z "$sum" ]; then
			complain "contracts of $file: $(tail -n 3 "$out/wp-$file.log")"
			goals=$((goals + 1))
			continue
		fi
		proved=$((proved + ${sum% *}))
		goals=$((goals + ${sum#* }))
		echo "  contracts of $file: ${sum% *} of ${sum#* } goals"
		[ "${sum% *}" = "${sum#* }" ] ||
			complain "$(grep -e Failed -e Timeout "$out/wp-$file.log")"
	done
	sum=$(contracts control)
	{ [ -n "$sum" ] && [ "${sum% *}" != "${sum#* }" ]; } ||
		complain "a wrong contract was proved, or not read: $sum"
}

python=
for try in python3 /usr/bin/python3; do
	if $try -c 'import z3' 2>"$out/python.log"; then
		python=$try
		break
	fi
done
if ! command -v clang >"$out/which"; then
	missing "the bits" clang
elif [ -z "$python" ]; then
	missing "the bits" python3-z3
else
	ran=1
	bits
	bit_faults
fi
for tool in frama-c why3 z3; do
	command -v $tool >"$out/which" || { missing "the ranges" $tool; tool=; break; }
done
if [ -n "$tool" ]; then
	ran=1
	ranges
fi

[ $ran = 1 ] || exit 77
echo "proofs: $proved of $goals goals proved"
[ $failed = 0 ] && [ "$proved" = "$goals" ] && [ "$goals" -gt 0 ]
