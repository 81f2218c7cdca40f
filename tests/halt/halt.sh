#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# halt.sh halts|interrupts DIRECTORY - stop anywhere, or interrupt anywhere (see
# main.c): with each compiler that is here, at -O0 and -O2. Builds in DIRECTORY.
# GM_TEST_LONG=1 runs every pair at every point. Another order of builds, or fewer of
# them, in HALT_BUILDS: words such as gcc-O0.
set -eu

mode=$1
directory=$2
here=$(dirname "$0")

case $(uname -sm) in
"Linux x86_64") ;;
*)
	echo "SKIP: $mode needs x86-64 Linux, this is $(uname -sm)"
	exit 77
	;;
esac

mkdir -p "$directory"
log=$directory/$mode.log
: >"$log"
status=0
ran=0

# What is saved of an operation and put back are the registers that every x86-64 has;
# libc's memset would use wider ones, where there are some.
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX2_Usable,-AVX512F_Usable

# form COMPILER OPTION: each part with both compilers, and with both options.
form() {
	case ${GM_TEST_LONG:-0}$1$2 in
	1*) echo --long ;;
	0gcc-O2 | 0clang-O0) echo --part=1 ;;
	*) echo --part=2 ;;
	esac
}

# one COMPILER OPTION: builds it, runs it, and adds what it says to the log.
one() {
	out=$directory/$1$2
	# Both modes build the same, and may do so at the same moment.
	flock "$directory/lock" sh "$here/build.sh" "$out" "$1" "$2"
	echo "$1 $2:"
	rc=0
	"$out/halt" "$mode" "$(form "$1" "$2")" >"$out/$mode.out" || rc=$?
	cat "$out/$mode.out"
	if [ $rc = 77 ]; then
		exit 77
	fi
	grep '^sum: ' "$out/$mode.out" >>"$log" || {
		echo "it did not come to its end"
		echo "sum: 0 points, 0 runs, 1 failed" >>"$log"
		rc=1
	}
	[ $rc = 0 ] || status=1
	ran=$((ran + 1))
}

for build in ${HALT_BUILDS:-gcc-O2 clang-O2 gcc-O0 clang-O0}; do
	compiler=${build%-*}
	if command -v "$compiler" >/dev/null; then
		one "$compiler" "-${build##*-}"
	else
		echo "$compiler is not installed: left out"
	fi
done
if [ $ran = 0 ]; then
	echo "SKIP: $mode: no compiler"
	exit 77
fi

# sum: P points, R runs, F failed, ...
[ "$mode" = halts ] && finding=blocked || finding=violations
awk -v mode="$mode" -v finding="$finding" '
	{ points += $2; failed += $6 }
	END { printf "%s: %d points, %d %s\n", mode, points, failed, finding }' "$log"
exit $status
