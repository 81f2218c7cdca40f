# SPDX-License-Identifier: BSD-2-Clause
# peers.sh - read by run.sh, which sets out (where to build), CC, flags and quick: gets
# what others' libraries need, as far as it can be had, and compiles their peer_*.c.
# Words are to be split wherever there are no quotes. Sets maps, owners (objects to
# link) and maps_libs, owners_libs.

maps=
maps_libs=
owners=
owners_libs=

# peer LIST NAME FLAGS LIBRARIES: compiled with the flags, if that is possible.
peer() {
	if ! $CC $flags -DNDEBUG $3 -c "tests/bench/peer_$2.c" -o "$out/peer_$2.o" \
		2>"$out/peer_$2.log" ||
		! echo 'int main(void) { return 0; }' |
		$CC -x c - -x none $4 -o "$out/try" 2>>"$out/peer_$2.log"; then
		echo "SKIP: $2: it cannot be built, see $out/peer_$2.log"
		return 0
	fi
	case $1 in
	maps)
		maps="$maps $out/peer_$2.o"
		maps_libs="$maps_libs $4"
		;;
	owners)
		owners="$owners $out/peer_$2.o"
		owners_libs="$owners_libs $4"
		;;
	esac
}

# unpack PACKAGE DIRECTORY: a Debian package's files, without installing it.
unpack() {
	rm -rf "$2"
	mkdir -p "$2"
	(cd "$2" && apt-get -q download "$1") >"$2.log" 2>&1 &&
		dpkg-deb -x "$2"/*.deb "$2" >>"$2.log" 2>&1 && rm -f "$2"/*.deb
}

# Of the kernel, what the XArray and its own test-suite's headers are.
unpack_xarray() {
	[ ! -e $linux/ready ] || return 0
	if [ -n "$quick" ]; then
		echo "SKIP: xarray: 140 MB to fetch, which --quick does not; once without it"
		return 1
	fi
	echo "Fetching and unpacking linux-source-6.1 for its XArray (140 MB)"
	if ! unpack linux-source-6.1 $linux.deb ||
		! mkdir -p $linux || ! tar -xJf $linux.deb/usr/src/linux-source-6.1.tar.xz \
		-C $linux --strip-components=1 --wildcards '*/tools/testing/radix-tree' \
		'*/tools/include' '*/tools/lib/*.c' '*/lib/xarray.c' '*/include/linux/*.h' \
		2>>$linux.deb.log; then
		echo "SKIP: xarray: no linux-source-6.1, see $linux.deb.log"
		return 1
	fi
	rm -rf $linux.deb
	echo '#define XA_CHUNK_SHIFT 6' >$linux/tools/testing/radix-tree/generated/map-shift.h
	echo '#define CONFIG_64BIT 1' >$linux/tools/testing/radix-tree/generated/bit-length.h
	touch $linux/ready
}

unpack_dpdk() {
	[ ! -e $dpdk/usr/include/dpdk ] || return 0
	if ! packages_install librte-eal23 || ! unpack libdpdk-dev $dpdk; then
		echo "SKIP: dpdk: no librte-eal23 or no libdpdk-dev, see $dpdk.log"
		return 1
	fi
}

linux=$out/linux
dpdk=$out/dpdk
libraries="libck-dev liburcu-dev libjudy-dev libjemalloc-dev libgoogle-perftools-dev
	libtcmalloc-minimal4 libmimalloc-dev"

# All at once, or as many of them as there are.
# shellcheck disable=SC2086 # words
if ! packages_install $libraries; then
	for package in $libraries; do
		packages_install "$package" >/dev/null || echo "SKIP: $package: it cannot be had"
	done
fi

peer maps linux "" ""
peer maps ck "" "-lck"
peer maps urcu "" "-lurcu-memb -lurcu-cds"
peer maps judy "" "-lJudy"
if unpack_xarray; then
	radix=$linux/tools/testing/radix-tree
	peer maps xarray "-std=gnu11 -w -D_LGPL_SOURCE -I$radix -I$linux/tools/include -I$linux" \
		"-lurcu"
fi
peer owners jemalloc "" "-ljemalloc"
peer owners tcmalloc "" "-ltcmalloc_minimal"
peer owners mimalloc "" "-lmimalloc"
if unpack_dpdk; then
	machine=$($CC -print-multiarch 2>/dev/null || $CC -dumpmachine)
	peer owners dpdk "-I$dpdk/usr/include/dpdk -I$dpdk/usr/include/$machine/dpdk" \
		"-l:librte_eal.so.23"
fi
