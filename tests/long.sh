#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# long.sh STEPS LONG-STEPS PROGRAM [ARGUMENT...] - runs PROGRAM STEPS ARGUMENT...,
# or with LONG-STEPS where GM_TEST_LONG is 1.
set -eu

steps=$1
[ "${GM_TEST_LONG:-0}" != 1 ] || steps=$2
program=$3
shift 3
exec "$program" "$steps" "$@"
