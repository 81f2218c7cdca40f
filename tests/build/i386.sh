#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# i386.sh DIRECTORY - a Meson cross file for 32-bit x86, as DIRECTORY/i386.ini.
#
# Check for i386 is only unpacked under DIRECTORY: nothing foreign is installed,
# and apt's own lists stay as they are. Programs are linked statically, so that
# they run on a system without 32-bit libraries. Exit 77: it cannot be had here.
set -eu

mkdir -p "$1"
work=$(cd "$1" && pwd)
skip() {
	echo "SKIP: $*"
	exit 77
}

case $(uname -m) in
x86_64) ;;
*) skip "32-bit x86 programs do not run on $(uname -m)" ;;
esac

cd "$work"
echo 'int main(void) { return sizeof(void *) != 4; }' >try.c
compiler=
for candidate in "i686-linux-gnu-gcc" "gcc -m32"; do
	# shellcheck disable=SC2086 # words
	if $candidate -static try.c -o try 2>/dev/null; then
		compiler=$candidate
		break
	fi
done
[ -n "$compiler" ] || skip "no compiler for i386 (package gcc-i686-linux-gnu)"
./try || skip "this system does not run 32-bit programs"

if [ ! -e sysroot/usr/lib/i386-linux-gnu/libcheck_pic.a ]; then
	command -v apt-get >/dev/null || skip "no apt-get to fetch Check for i386 with"
	mkdir -p lists/partial cache/archives/partial debs
	apt="apt-get -q -o APT::Architectures::=i386 -o Dir::State::Lists=$work/lists
		-o Dir::Cache=$work/cache -o APT::Sandbox::User="
	# An index that is out of reach does not matter if the packages are found.
	$apt update >log 2>&1 || true
	if ! (cd debs && $apt download check:i386 libsubunit-dev:i386) >>log 2>&1; then
		tail -n 5 log
		skip "could not fetch Check for i386"
	fi
	for package in debs/*.deb; do
		dpkg-deb -x "$package" sysroot
	done
	rm -rf lists cache debs
fi

words=$(echo "$compiler" | sed "s/ /', '/g")
cat >i386.ini <<END
[binaries]
c = ['$words']
ar = 'ar'
strip = 'strip'
pkgconfig = 'pkg-config'

[properties]
sys_root = '$work/sysroot'
pkg_config_libdir = '$work/sysroot/usr/lib/i386-linux-gnu/pkgconfig'

[built-in options]
c_link_args = ['-static']

[host_machine]
system = 'linux'
cpu_family = 'x86'
cpu = 'i686'
endian = 'little'
END
echo "i386 with $compiler"
