#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# headers.sh SOURCE-ROOT LANGUAGE COMPILER - every public header compiles alone,
# with all its bodies.
#
# LANGUAGE: c11, c++17, kernel (the flags that kernels compile with), or env
# (the environment comes from an embedder's own header). Exit 77: no compiler.
set -eu

root=$1
language=$2
compiler=$3
command -v "$compiler" >/dev/null || { echo "SKIP: no $compiler"; exit 77; }

warnings="-Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow -Werror"
case $language in
c11)
	flags="-x c -std=c11 $warnings"
	;;
c++17)
	# gm_paddr() makes a struct gm_paddr, which -Wshadow of g++ calls hiding.
	flags="-x c++ -std=c++17 $warnings -Wno-shadow"
	;;
kernel)
	flags="-x c -std=gnu99 -Wall -Wextra -Wundef -Wstrict-prototypes
		-Wdeclaration-after-statement -Werror -mgeneral-regs-only"
	;;
env)
	flags="-x c -std=c11 $warnings -Wno-keyword-macro
		-I$root/tests/build -DGM_ENV_HEADER=\"env_kernel.h\""
	;;
*)
	echo "unknown language $language"
	exit 1
	;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

macros() { # the names that a text defines
	# shellcheck disable=SC2086 # flags are words
	"$compiler" $flags -I"$root/include" -dM -E "$1" | awk '{ sub(/\(.*/, "", $2); print $2 }' |
		sort -u
}

# What the compiler, <stddef.h>, <stdint.h> and <atomic_ops.h> define is theirs.
case $language in
env) echo '#include "env_kernel.h"' ;;
*) printf '#include <stddef.h>\n#include <stdint.h>\n' ;;
esac >"$work/theirs.h"
echo '#include <atomic_ops.h>' >>"$work/theirs.h"
macros "$work/theirs.h" >"$work/theirs"

sed -n 's/^[[:space:]]*\(gm_[a-z0-9_]*\);$/\1/p' "$root/lib/granmem.map" | sort >"$work/functions"

headers=0
used=0
failed=0
for path in "$root"/include/granmem/*.h; do
	name=granmem/${path##*/}
	headers=$((headers + 1))
	# Twice, so that the guard is seen to work. The address of each function that
	# there is, so that each body is compiled.
	printf '#include <%s>\n#include <%s>\n' "$name" "$name" >"$work/alone.c"
	# shellcheck disable=SC2086
	"$compiler" $flags -I"$root/include" -E -P "$work/alone.c" | grep -o 'gm_[a-z0-9_]*(' |
		tr -d '(' | sort -u | comm -12 - "$work/functions" >"$work/has" || true
	{
		echo 'extern void (*const used[])(void);'
		echo 'void (*const used[])(void) = {'
		sed 's/.*/(void (*)(void))&,/' "$work/has"
		echo '0 };'
	} >>"$work/alone.c"
	used=$((used + $(wc -l <"$work/has")))
	# shellcheck disable=SC2086
	if ! "$compiler" $flags -O1 -I"$root/include" -c "$work/alone.c" -o "$work/alone.o"; then
		echo "$name does not compile alone as $language with $compiler"
		failed=1
		continue
	fi
	macros "$work/alone.c" | comm -23 - "$work/theirs" | grep -v '^GM_' >"$work/clash" || true
	# hosted.h is for processes and may include what a libc has
	if [ -s "$work/clash" ] && [ "$name" != granmem/hosted.h ]; then
		echo "$name defines names without the prefix:" "$(cat "$work/clash")"
		failed=1
	fi
done
[ "$headers" -gt 0 ] || { echo "no headers found"; exit 1; }
[ "$used" -gt "$(wc -l <"$work/functions")" ] || { echo "no functions found"; exit 1; }
[ $failed = 0 ] && echo "$headers headers"
exit $failed
