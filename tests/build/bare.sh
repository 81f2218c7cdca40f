#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# bare.sh DIRECTORY - the README's two commands in a bare Debian 12.
#
# Makes a minimal system with debootstrap under DIRECTORY, copies the tree into it,
# and runs there: the demo as an ordinary user (who is told what to ask for), the
# demo as root, and all tests. Needs root, the network and 4 GB; takes a while.
# The system is removed if all went well. Exit 77: it cannot be made here.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
system=$(cd "$1" && pwd)/debian

[ "$(id -u)" = 0 ] || { echo "SKIP: needs root"; exit 77; }
command -v debootstrap >/dev/null || { echo "SKIP: no debootstrap"; exit 77; }

mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/debian* 2>/dev/null |
	sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] *\)\{0,1\}\([^ ]*\) .*/\2/p' |
	head -n 1)

# Never remove a tree that the kernel's files are still mounted in.
unmount() {
	if [ -e "$system/proc/self" ]; then
		umount "$system/proc"
	fi
}
if [ -e "$system" ]; then
	unmount
	rm -rf --one-file-system "$system"
fi
trap unmount EXIT

echo "debootstrap from ${mirror:=http://deb.debian.org/debian}"
debootstrap --variant=minbase bookworm "$system" "$mirror" >"$system.log" 2>&1 || {
	tail -n 5 "$system.log"
	exit 1
}
mount -t proc proc "$system/proc"
cp /etc/resolv.conf "$system/etc/resolv.conf"

mkdir "$system/granmem"
(cd "$root" && tar -cf - --exclude=./build --exclude=./.git .) | tar -xf - -C "$system/granmem"

inside() {
	chroot "$system" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
		${http_proxy:+http_proxy="$http_proxy"} "$@"
}

echo "== sh examples/demo.sh, as an ordinary user without sudo"
chown -R nobody: "$system/granmem"
if inside su -s /bin/sh nobody -c "sh /granmem/examples/demo.sh" >"$system.user" 2>&1; then
	echo "it went through without packages"
	exit 1
fi
cat "$system.user"
grep -q 'apt-get install .*meson' "$system.user"
chown -R root: "$system/granmem"

echo "== sh examples/demo.sh"
inside sh /granmem/examples/demo.sh | tee "$system.demo"
grep -q 'pages that agree' "$system.demo"

echo "== sh tests/run.sh"
inside sh /granmem/tests/run.sh | tee "$system.tests"
tail -n 1 "$system.tests" | grep -q '^[1-9][0-9]* passed, 0 failed, [0-9]* skipped$'

unmount
trap - EXIT
rm -rf --one-file-system "$system"
