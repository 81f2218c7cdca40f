#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [DIRECTORY] - builds the unikernel in DIRECTORY (build/bare), boots it on three
# architectures, and compares what it says with expected.txt. Exit 77: on none of them.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
support=$here/../support
mkdir -p "${1:-build/bare}"
directory=$(cd "${1:-build/bare}" && pwd)
export TIMEOUT=60

all=0
failed=0
for machine in x86_64 aarch64 riscv64; do
	rc=0
	sh "$support/build.sh" $machine "$directory" unikernel "$here"/*.c || rc=$?
	if [ $rc = 0 ]; then
		sed "s/MACHINE/$machine/" "$here/expected.txt" >"$directory/unikernel.expected"
		sh "$support/expect.sh" "$directory/unikernel.expected" $machine "$directory" \
			unikernel || rc=$?
	fi
	[ $rc != 77 ] || continue # it said why
	all=$((all + 1))
	if [ $rc = 0 ]; then
		cat "$directory/unikernel.$machine.said"
	else
		failed=$((failed + 1))
	fi
done
[ $all != 0 ] || exit 77
[ $failed = 0 ]
