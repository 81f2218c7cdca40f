#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# expect.sh EXPECTED MACHINE DIRECTORY NAME [QEMU-OPTION...] - run.sh, and is what it says
# what the file expects? Indented lines are not compared, and "#" there stands for every
# hexadecimal number: those differ from one machine and version of QEMU to the next. The
# last line is the exit code. What was said is in DIRECTORY/NAME.MACHINE.said.
# Exits 0 or 1; 77 as run.sh.
set -eu

expected=$1
log=$3/$4.$2.said
shift
rc=0
sh "$(dirname "$0")/run.sh" "$@" >"$log" || rc=$?
if [ $rc = 77 ]; then
	cat "$log"
	exit 77
fi
echo "exit $rc" >>"$log"
sed '/^  /d; s/0x[0-9a-f]*/#/g' "$log" | diff -u "$expected" - || { cat "$log"; exit 1; }
