#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# demo.sh - installs what is missing, builds, and shows the library at work:
# the quickstart, then this machine's memory in three tables. As root on a machine
# that lets its memory be read the census is live, elsewhere of a recorded machine.
set -eu

cd "$(dirname "$0")/.."
mkdir -p build
. tests/packages.sh

packages_install meson ninja-build pkg-config gcc libc6-dev libatomic-ops-dev || exit 1

echo "Building in build/demo"
if ! {
	[ -e build/demo/build.ninja ] || meson setup build/demo --buildtype=release \
		-Dtests=disabled -Dbenchmarks=disabled
	ninja -C build/demo
} >build/demo.log 2>&1; then
	tail -n 30 build/demo.log
	echo "The build failed; the whole log is build/demo.log."
	exit 1
fi

printf '\n== quickstart: 64 GiB of guest memory (examples/quickstart/quickstart.c)\n\n'
build/demo/examples/quickstart/quickstart

census=build/demo/examples/census/census
rc=0
if [ "$(id -u)" = 0 ] && head -c 8 /proc/kpageflags >/dev/null 2>&1; then
	printf '\n== census: the memory of this machine\n\n'
	$census || rc=$?
	[ $rc != 0 ] || exit 0
	echo "The census of this machine failed."
fi
printf '\n== census: the memory of a recorded machine (as root: of this one)\n\n'
$census --snapshot tests/data/census.snap
exit $rc
