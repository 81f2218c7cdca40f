#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# explore.sh DIRECTORY [ARGUMENT...] - builds the explorer in DIRECTORY and runs it.
set -eu

directory=$1
shift
sh "$(dirname "$0")/build.sh" "$directory"
exec "$directory/explore" "$@"
