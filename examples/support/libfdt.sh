#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# libfdt.sh DIRECTORY - the sources of libfdt, as DIRECTORY/libfdt.
#
# Debian's libfdt-dev is compiled for the host, so the source package is fetched with an
# apt configuration of its own: nothing is installed, and apt's own lists stay as they
# are. Its tar file is checked against Debian's signed index; where this release's is
# out of reach, the next release's will do. Exit 77: it cannot be had here.
set -eu

mkdir -p "$1"
work=$(cd "$1" && pwd)
[ ! -e "$work/libfdt/libfdt.h" ] || exit 0
skip() {
	echo "SKIP: $*"
	exit 77
}

for tool in apt-get tar xz; do
	command -v $tool >/dev/null || skip "no $tool to fetch libfdt's sources with"
done
cd "$work"
trap 'rm -rf "$work/lists" "$work/cache" "$work/unpacked" "$work"/*.tar.xz' EXIT

own=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(CODENAME)' \
	'Created-By: Packages' 2>log | sed -n 's/^Debian \(.*\) \([a-z]*\)$/\1 \2/p' | head -n 1)
site=${own% *}
for release in ${own#* } trixie; do
	mkdir -p lists/partial cache/archives/partial
	echo "deb-src $site $release main" >sources.list
	apt="apt-get -q -o Dir::Etc::SourceList=$work/sources.list -o Dir::Etc::SourceParts=-
		-o Dir::State::Lists=$work/lists -o Dir::State::Status=/dev/null
		-o Dir::Cache=$work/cache -o APT::Sandbox::User="
	{ $apt update && $apt source --download-only --tar-only device-tree-compiler; } \
		>>log 2>&1 || true
	if tar -xJf device-tree-compiler_*.orig.tar.xz --one-top-level=unpacked \
		--strip-components=1 2>>log; then
		mv unpacked/libfdt libfdt
		# The file that an embedder replaces; ours is beside this script.
		rm libfdt/libfdt_env.h
		exit 0
	fi
	rm -rf lists
done
tail -n 3 log
skip "could not fetch libfdt's sources (device-tree-compiler)"
