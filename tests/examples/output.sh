#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# output.sh PROGRAM EXPECTED - it says what its page says, or why it cannot run here.
set -eu

rc=0
said=$("$1") || rc=$?
case $rc in
0) echo "$said" | diff -u "$2" - ;;
*)
	echo "$said"
	exit $rc
	;;
esac
