#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh SOURCE-ROOT [TEXT] - the ways into a user's program, each of them gone.
#
# Installs the library into a prefix, once; then each consumer (those whose name
# contains TEXT) is copied from its directory here, configured, built, linked and
# run against that prefix with nothing but what the installation says. A kernel's is
# linked, may need nothing, and may have seen no header of the system; where it can
# run on this machine as a program without a libc, it does.
#
# A line for each consumer, and at the end "consumers: K of N". One whose tools are
# not here is a SKIP. Fails if one fails; 77 if none could be tried.
set -eu

root=$1
only=${2:-}
here=$root/tests/consumers
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

meson setup "$work/build" "$root" --prefix "$prefix" --libdir lib -Dtests=disabled \
	-Dexamples=disabled -Dbenchmarks=disabled >"$work/log" 2>&1 &&
	meson install -C "$work/build" >>"$work/log" 2>&1 || {
	cat "$work/log"
	exit 1
}

# Only the prefix and libatomic_ops are there to be found.
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Werror"

# What every kernel that builds the files has: a copy of libatomic_ops' headers.
atomic_ops=$(pkg-config --variable=includedir atomic_ops)
mkdir "$work/ao"
cp -R "$atomic_ops/atomic_ops.h" "$atomic_ops/atomic_ops" "$work/ao/"

flags() { # pkg-config's, which must not make a kernel see what is the system's
	pkg-config "$@" granmem
}

run_shared() { # PROGRAM: runs it with the prefix's library, and no other
	LD_LIBRARY_PATH=$prefix/lib ldd "$1" | grep -q "$prefix/lib/libgranmem.so.0"
	LD_LIBRARY_PATH=$prefix/lib "$1"
}

# shellcheck disable=SC2046,SC2086,SC2251 # flags are words
{
	installed() {
		readelf -d "$prefix/lib/libgranmem.so" | grep 'SONAME.*\[libgranmem.so.0\]'
		[ "$(readlink "$prefix/lib/libgranmem.so.0")" = libgranmem.so.0.1.0 ]
		[ "$(flags --modversion)" = 0.1.0 ]
		case $(flags --cflags --libs) in
		*atomic_ops* | *-I/usr/include*) false ;;
		esac
		case $(flags --static --libs) in
		*-latomic_ops*) ;;
		*) false ;;
		esac
		sources=$(flags --variable=sourcedir)/lib
		for file in $(cd "$root/lib" && find . -name '*.[ch]' ! -name 'hosted*'); do
			[ -e "$sources/$file" ]
		done
		cmp "$(flags --variable=sourcelist)" "$root/lib/sources.txt"
	}
	cc_shared() {
		cc -std=c11 $warnings consumer.c -o program $(flags --cflags --libs)
		run_shared ./program
	}
	cc_static() {
		cc -std=c11 $warnings consumer.c -o program -static \
			$(flags --static --cflags --libs)
		./program
	}
	cxx_shared() {
		c++ -std=c++17 $warnings consumer.cc -o program $(flags --cflags --libs)
		run_shared ./program
	}
	cxx_static() {
		c++ -std=c++17 $warnings consumer.cc -o program -static \
			$(flags --static --cflags --libs)
		./program
	}
	foreign() {
		cc -std=c11 $warnings foreign.c -o program $(flags --libs)
		run_shared ./program
	}
	make_() {
		cp make/* .
		LD_LIBRARY_PATH=$prefix/lib make check
		run_shared ./consumer
	}
	cmake_() {
		cp cmake/* .
		cmake -S . -B b -DCMAKE_PREFIX_PATH="$prefix"
		cmake --build b
		(cd b && LD_LIBRARY_PATH=$prefix/lib ctest --output-on-failure --no-tests=error)
		run_shared b/PkgConfig_GRANMEM
		run_shared b/granmem_granmem
	}
	autotools() {
		cp autotools/* .
		autoreconf -i
		./configure
		LD_LIBRARY_PATH=$prefix/lib make check
		run_shared ./consumer
	}
	meson_installed() {
		cp meson/* .
		meson setup b
		LD_LIBRARY_PATH=$prefix/lib meson test -C b
		run_shared b/sharedc
		! ldd b/staticc | grep granmem
	}
	meson_subproject() { # OPTION
		cp subproject/* .
		mkdir subprojects
		ln -s "$root" subprojects/granmem
		meson setup b "$1"
		meson test -C b
		# It builds none of our tests without being asked.
		! meson introspect --targets b | grep '"name": "test_'
	}
	no_libc() { # without the layer for processes the library needs no libc
		meson setup b "$root" -Dhosted=false -Dchecks=2 -Dtests=disabled \
			-Dexamples=disabled -Dbenchmarks=disabled
		meson compile -C b
		! nm -D --undefined-only b/lib/libgranmem.so | grep ' U '
	}

	# kernel SOURCES TOOLS WHERE COMPILER...: from its files or the amalgamation, with
	# the binutils of prefix TOOLS; WHERE is an address to link it at, or run
	kernel() {
		from=$1
		tools=$2
		where=$3
		shift 3
		case $1 in
		*clang*) own=$("$1" -print-resource-dir)/include ;;
		*) own=$("$1" -print-file-name=include) ;;
		esac
		options="-std=c11 -O2 -ffunction-sections -fdata-sections -fno-pic -MD $warnings
			-isystem $own"
		sources=$(flags --variable=sourcedir)
		case $from in
		amalgamation)
			mkdir copy
			cp "$sources/granmem.c" "$sources/granmem.h" copy/
			options="$options -ffreestanding -nostdinc -Icopy -DMINIMAL_AMALGAMATION"
			list=copy/granmem.c
			;;
		files)
			options="$options $(flags --variable=freestanding_cflags) -isystem $work/ao
				-I$(flags --variable=includedir)"
			list=$(sed -n "s,^[^#],$sources/lib/&,p" "$(flags --variable=sourcelist)")
			;;
		esac
		for source in $list kernel/minimal_adhoc.c kernel/start.c; do
			"$@" $options -c "$source" -o "$(basename "$source" .c).o"
		done
		# No header but the prefix's, the copies, the compiler's own.
		cat ./*.d | tr -s ' \\' '\n\n' | grep '^/' |
			grep -v -e "^$prefix/" -e "^$work/ao/" -e "^$own/" >foreign || true
		[ ! -s foreign ] || { cat foreign; false; }
		emulation=
		case $* in
		i686*) emulation="-m elf_i386" ;;
		esac
		place=
		[ "$where" = run ] || place=-Ttext-segment=$where
		"${tools}ld" $emulation -static --gc-sections $place -o image ./*.o
		undefined=$("${tools}nm" -u image)
		[ -z "$undefined" ] || { echo "$undefined"; false; }
		[ "$where" != run ] || ./image
	}
}

ok=0
failed=0
skipped=0

# consumer NAME NEEDS COMMAND...: one, in a directory of its own
consumer() {
	name=$1
	needs=$2
	shift 2
	case $name in
	*"$only"*) ;;
	*) return 0 ;;
	esac
	for tool in $needs; do
		if ! command -v "$tool" >/dev/null; then
			echo "SKIP: consumer $name: no $tool"
			skipped=$((skipped + 1))
			return 0
		fi
	done
	mkdir -p "$work/$name"
	cp -R "$here/." "$work/$name/"
	cp "$here/consumer.c" "$work/$name/consumer.cc"
	# In the background, because set -e holds only where nobody looks at the result.
	(
		cd "$work/$name"
		"$@"
	) >"$work/log" 2>&1 &
	if wait $!; then
		ok=$((ok + 1))
		echo "consumer $name: ok"
	else
		failed=$((failed + 1))
		echo "consumer $name: FAILED"
		tail -n 20 "$work/log"
	fi
	rm -rf "${work:?}/$name"
}

consumer installed "readelf" installed
consumer cc-shared "cc" cc_shared
consumer cc-static "cc" cc_static
consumer c++-shared "c++" cxx_shared
consumer c++-static "c++" cxx_static
consumer no-header "cc" foreign
consumer make "make cc" make_
consumer cmake "cmake make cc c++" cmake_
consumer autotools "autoreconf automake aclocal make cc" autotools
consumer meson "meson ninja c++" meson_installed
consumer meson-subproject-static "meson ninja" meson_subproject -Ddefault_library=static
consumer meson-subproject-shared "meson ninja" meson_subproject -Ddefault_library=shared
consumer meson-subproject-checks "meson ninja" meson_subproject -Dgranmem:checks=2
consumer no-libc "meson ninja nm" no_libc

bare=-mgeneral-regs-only
consumer kernel-x86-64 "gcc ld" kernel files "" run gcc $bare -mno-red-zone
consumer kernel-x86-64-top "gcc ld" kernel files "" 0xffffffff80000000 \
	gcc $bare -mno-red-zone -mcmodel=kernel
consumer kernel-x86-64-two-files "gcc ld" kernel amalgamation "" run gcc $bare -mno-red-zone
consumer kernel-x86-64-clang "clang ld" kernel amalgamation "" run clang $bare -mno-red-zone
consumer kernel-i386-two-files "i686-linux-gnu-gcc ld" kernel amalgamation "" run \
	i686-linux-gnu-gcc $bare
tools=aarch64-linux-gnu-
consumer kernel-aarch64 "${tools}gcc ${tools}ld" kernel files $tools 0x40080000 \
	${tools}gcc $bare $(flags --variable=aarch64_cflags)
consumer kernel-aarch64-two-files "${tools}gcc ${tools}ld" kernel amalgamation $tools \
	0xffff800010080000 ${tools}gcc $bare -mno-outline-atomics
consumer kernel-aarch64-clang "clang ${tools}ld" kernel amalgamation $tools 0x40080000 \
	clang --target=aarch64-none-elf $bare
tools=riscv64-linux-gnu-
consumer kernel-riscv64-lp64d "${tools}gcc ${tools}ld" kernel files $tools 0x80200000 \
	${tools}gcc -march=rv64gc -mabi=lp64d -mcmodel=medany
consumer kernel-riscv64-lp64 "${tools}gcc ${tools}ld" kernel amalgamation $tools 0x80200000 \
	${tools}gcc -march=rv64imac -mabi=lp64 -mcmodel=medany
consumer kernel-riscv64-clang "clang ${tools}ld" kernel amalgamation $tools 0x80200000 \
	clang --target=riscv64-none-elf -march=rv64imac -mabi=lp64 -mcmodel=medany
tools=riscv64-unknown-elf-
consumer kernel-riscv64-elf "${tools}gcc ${tools}ld" kernel files $tools 0x80200000 \
	${tools}gcc -march=rv64imac -mabi=lp64 -mcmodel=medany
consumer kernel-riscv64-elf-two-files "${tools}gcc ${tools}ld" kernel amalgamation $tools \
	0x80200000 ${tools}gcc -march=rv64imac -mabi=lp64 -mcmodel=medany

echo "consumers: $ok of $((ok + failed + skipped))"
[ $failed = 0 ] || exit 1
[ $ok != 0 ] || exit 77
