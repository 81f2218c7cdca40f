#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# explore.sh DIRECTORY [ARGUMENT...] - builds the explorer in DIRECTORY and runs it.
# GM_TEST_LONG=1 explores further.
set -eu

directory=$1
shift
[ "${GM_TEST_LONG:-0}" != 1 ] || set -- "$@" --long
sh "$(dirname "$0")/build.sh" "$directory"
# What is cut short is not taken for explored.
if "$directory/explore" --exactly ref/get+put --limit 2 >"$directory/cut"; then
	echo "a case that was cut is content"
	exit 1
fi
exec "$directory/explore" "$@"
