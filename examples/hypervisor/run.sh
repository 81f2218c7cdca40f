#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [DIRECTORY] - builds the hypervisor and the guests' program in DIRECTORY
# (build/bare), boots them on two architectures, and compares what they say with
# expected.txt. Exit 77: on none of them.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
support=$here/../support
mkdir -p "${1:-build/bare}"
directory=$(cd "${1:-build/bare}" && pwd)
export TIMEOUT=60

all=0
failed=0
for machine in aarch64-el2 riscv64-hs; do
	architecture=${machine%-*}
	rc=0
	LINK=$here/guests/link.ld sh "$support/build.sh" "$architecture" "$directory" guest \
		"$here"/guests/*.c "$here/guests/$architecture/start.S" || rc=$?
	[ $rc != 0 ] || sh "$support/build.sh" "$architecture" "$directory" hypervisor \
		"$here"/*.c "$here/$architecture"/*.[cS] || rc=$?
	if [ $rc = 0 ]; then
		sed "s/MACHINE/$machine/" "$here/expected.txt" >"$directory/hypervisor.expected"
		sh "$support/expect.sh" "$directory/hypervisor.expected" $machine "$directory" \
			hypervisor -initrd "$directory/$architecture/guest.image" || rc=$?
	fi
	[ $rc != 77 ] || continue # it said why
	all=$((all + 1))
	if [ $rc = 0 ]; then
		cat "$directory/hypervisor.$machine.said"
	else
		failed=$((failed + 1))
	fi
done
[ $all != 0 ] || exit 77
[ $failed = 0 ]
