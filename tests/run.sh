#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [--long] [--bare] - installs what the tests need, and runs them all.
#
#   --long  more steps of everything random (GM_TEST_LONG=1): hours, not minutes
#   --bare  also the README's commands in a bare Debian 12 tree; needs root
#
# Works in build/ and leaves the result, a line a stage, in build/test-summary.txt.
# The last line is "N passed, N failed, N skipped"; exit 0 if nothing failed.
set -eu

cd "$(dirname "$0")/.."
mkdir -p build
. tests/packages.sh

bare=0
timeouts=2
for option in "$@"; do
	case $option in
	--long)
		export GM_TEST_LONG=1
		timeouts=100
		;;
	--bare) bare=1 ;;
	*)
		echo "usage: sh tests/run.sh [--long] [--bare]"
		exit 2
		;;
	esac
done

summary=build/test-summary.txt
: >"$summary"
passed=0
failed=0
skipped=0

say() {
	echo "$*"
	echo "$*" >>"$summary"
}

# On a terminal the last line of a long step is shown while it works.
if [ -t 1 ]; then
	show() { awk '{ printf "\r\033[K%.78s", $0; fflush() } END { printf "\r\033[K" }'; }
else
	show() { cat >/dev/null; }
fi

run() { # LOG COMMAND...: its exit code; all output goes to LOG
	log=$1
	shift
	{
		rc=0
		"$@" 2>&1 || rc=$?
		echo "$rc" >build/rc
	} | tee -a "$log" | show
	return "$(cat build/rc)"
}

skip() { # STAGE REASON
	skipped=$((skipped + 1))
	say "$1: SKIP: $2"
}

count() { # RESULT: how many tests of the stage ended so
	grep -c "\"result\": \"$1\"" "$testlog" || true
}

# stage NAME SETUP-OPTION...: configures, builds and tests in build/NAME. The
# environment has CC; $suites says which suites, $wrap what runs the tests. Where
# $build is "needed" only what these tests need is built, and where it is the name
# of an earlier stage, its programs are run again.
suites=
wrap=
build=all
testlog_name=testlog
stage() {
	name=$1
	shift
	begin=$(date +%s)
	directory=build/$name
	case $build in
	all | needed) ;;
	*) directory=build/$build ;;
	esac
	log=build/$name.log
	testlog=$directory/meson-logs/$testlog_name.json
	: >"$log"
	rm -f "$testlog"
	if [ -e "$directory/build.ninja" ]; then
		set -- --reconfigure "$@"
	else
		rm -rf "$directory"
	fi
	rc=0
	rebuild=--no-rebuild
	case $build in
	all)
		run "$log" meson setup "$directory" --werror "$@" &&
			run "$log" ninja -k 0 -C "$directory" || rc=$?
		;;
	needed)
		run "$log" meson setup "$directory" --werror "$@" || rc=$?
		rebuild=
		;;
	esac
	# shellcheck disable=SC2086 # words
	[ "$rc" = 0 ] && run "$log" $wrap meson test -C "$directory" $rebuild \
		--print-errorlogs --timeout-multiplier "$timeouts" $suites || rc=$?
	ok=0 bad=0 out=0
	if [ -e "$testlog" ]; then
		# A control of an instrument is expected to fail.
		ok=$(($(count OK) + $(count EXPECTEDFAIL)))
		out=$(count SKIP)
		bad=$(($(wc -l <"$testlog") - ok - out))
	fi
	if [ "$rc" != 0 ] && [ "$bad" = 0 ]; then
		bad=1 # it could not be built or run
	fi
	passed=$((passed + ok))
	failed=$((failed + bad))
	skipped=$((skipped + out))
	say "$name: $ok passed, $bad failed, $out skipped ($(($(date +%s) - begin)) s)"
	report "$directory/meson-logs/$testlog_name.txt"
	if [ "$bad" != 0 ]; then
		sed -n '/^Summary of Failures:/,/^Ok:/p; /^FAILED: /p; /meson.build.*ERROR/p' \
			"$log" | grep -v -e "^$" -e "^Ok:" | head -n 30
		grep ' error: ' "$log" | sort -u | head -n 10
		echo "  the whole log is $log"
	fi
}

# single NAME COMMAND...: a stage that is one command.
single() {
	name=$1
	log=build/$name.log
	shift
	: >"$log"
	rc=0
	run "$log" "$@" || rc=$?
	case $rc in
	0)
		passed=$((passed + 1))
		say "$name: 1 passed, 0 failed, 0 skipped"
		;;
	77) skip "$name" "$(sed -n 's/^SKIP: //p' "$log")" ;;
	*)
		failed=$((failed + 1))
		say "$name: 0 passed, 1 failed, 0 skipped: see $log"
		;;
	esac
}

# Why tests were skipped, and the lines of the instruments, into the summary.
report() {
	[ -e "$1" ] || return 0
	instruments='explorer|mutants|halts|interrupts|faults|fuzz|proofs|differential|coverage'
	grep -E "^(SKIP|$instruments|boots|consumers): " "$1" | sort -u | sed 's/^/  /' |
		tee -a "$summary"
}

# 1. Packages.
packages="meson ninja-build pkg-config libc6-dev gcc g++ clang libclang-rt-14-dev
	binutils check libatomic-ops-dev
	gcc-aarch64-linux-gnu gcc-riscv64-linux-gnu gcc-riscv64-unknown-elf"
# shellcheck disable=SC2086 # words
packages_install $packages || exit 1
packages_install gcc-i686-linux-gnu libc6-dev-i386-cross ||
	echo "Without them the 32-bit stage is skipped."
packages_install clang-19 llvm-19 libclang-rt-19-dev python3 ||
	echo "Without them coverage and a ThreadSanitizer are skipped."
packages_install make cmake autoconf automake ||
	echo "Without them some consumers are skipped."
packages_install gdb gdb-multiarch systemtap-sdt-dev ||
	echo "Without them gdb's script and probes are not tested, or less."
packages_install valgrind || echo "Without it that stage is skipped."
packages_install frama-c-base why3 z3 python3-z3 ||
	echo "Without them proofs are skipped."
packages_install qemu-system-x86 qemu-system-arm qemu-system-misc xz-utils ||
	echo "Without them boots are skipped."

# 2. Both compilers, everything; then the least and the most checks.
CC=gcc stage gcc
# What gcc's stage does for all: it does not depend on how it was built.
alone="--no-suite build --no-suite explore --no-suite proofs --no-suite coverage --no-suite boots"
suites=$alone
# No answer may depend on the lane that GM_CPU_HINT names.
CC=clang stage clang "-Dc_args=-include $(pwd)/tests/any_lane.h"
CC=gcc stage gcc-O3-checks0 --buildtype=release -Dchecks=0 -Ddefault_library=static

# 3. Sanitizers, without suppressions. What one of them finds ends the test.
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
sanitized="-Ddefault_library=static -Db_lundef=false -Dbenchmarks=disabled"
echo 'int main(void) { return 0; }' >build/try.c
for compiler in gcc clang; do
	# shellcheck disable=SC2086
	CC=$compiler stage "$compiler-asan-ubsan" $sanitized -Dchecks=2 \
		-Db_sanitize=address,undefined -Dc_args=-fno-sanitize-recover=all
done

# MSan must have compiled all that writes, so the unit tests do without Check. What
# races deliberately in one thread was looked at above.
suites="$alone --no-suite race"
# shellcheck disable=SC2086
CC=clang stage clang-msan $sanitized -Db_sanitize=memory -Dc_args=-DUNIT_WITHOUT_CHECK

# TSan looks at what has threads.
suites="--suite threads --suite stress"
build=needed
for compiler in gcc clang clang-19; do
	if ! command -v $compiler >/dev/null; then
		skip "$compiler-tsan" "no $compiler"
		continue
	fi
	# Where addresses are randomised too widely for it, TSan needs them fixed.
	$compiler -fsanitize=thread build/try.c -o build/try
	if ! build/try 2>/dev/null; then
		wrap="setarch $(uname -m) -R"
	fi
	if $wrap build/try 2>build/try.log; then
		# shellcheck disable=SC2086
		CC=$compiler stage "$compiler-tsan" $sanitized -Db_sanitize=thread
	else
		skip "$compiler-tsan" "$(head -n 1 build/try.log)"
	fi
	wrap=
done

# Valgrind sees what compilers do not instrument: the library and Check alike.
if command -v valgrind >/dev/null; then
	suites="--suite unit --wrapper $(pwd)/tests/valgrind.sh"
	testlog_name=testlog-valgrind.sh # Meson names it by the wrapper
	build=gcc
	export CK_FORK=no
	stage valgrind
	unset CK_FORK
	testlog_name=testlog
else
	skip valgrind "no valgrind"
fi
suites=$alone
build=all

# 4. The narrow state word: 32-bit.
rc=0
sh tests/build/i386.sh build/i386-root >build/i386-root.log 2>&1 || rc=$?
case $rc in
0)
	stage i386 --cross-file build/i386-root/i386.ini -Ddefault_library=static \
		-Dbenchmarks=disabled
	;;
77) skip i386 "$(sed -n 's/^SKIP: //p' build/i386-root.log)" ;;
*)
	failed=$((failed + 1))
	say "i386: 0 passed, 1 failed, 0 skipped: see build/i386-root.log"
	;;
esac

# 5. What the short form does by replay alone; and a bare Debian.
[ "${GM_TEST_LONG:-0}" != 1 ] || single fuzz-engines sh tests/fuzz/engine.sh smoke build/engines
[ $bare = 0 ] || single bare sh tests/build/bare.sh build/bare

if [ "$passed" = 0 ]; then
	failed=$((failed + 1))
	say "no test ran"
fi
say "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
