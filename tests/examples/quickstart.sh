#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# quickstart.sh QUICKSTART EXPECTED - it says what its page says.
set -eu

"$1" | diff -u "$2" -
