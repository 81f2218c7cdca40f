#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# trace.sh SOURCE-ROOT DIRECTORY - the trace hooks: nothing when they are off, seen
# when they are on. The library as two files is in DIRECTORY.
#
# 1. Off: each source with a hook compiles to the same object as without its hooks.
# 2. A tracer of the embedder's own sees what happens, in order.
# 3. USDT: every event is a probe in the notes of the program, and gdb stops at one.
set -eu

root=$1
made=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fail() {
	echo "FAILED: $*"
	failed=1
}

# 1. The same path below each directory, so that nothing but the hooks differs.
mkdir "$work/with" "$work/without"
cp -R "$root/lib" "$root/include" "$work/with/"
cp -R "$root/lib" "$root/include" "$work/without/"
sources=$(cd "$root" && grep -l '^[[:space:]]*GM_TRACE(' lib/*.c)
for source in $sources; do
	sed -i '/^[[:space:]]*GM_TRACE(.*;$/d' "$work/without/$source"
	! grep -n 'GM_TRACE(' "$work/without/$source" || fail "$source: a hook of two lines"
done
compared=0
for compiler in gcc clang riscv64-linux-gnu-gcc; do
	command -v $compiler >/dev/null || { echo "SKIP: no $compiler"; continue; }
	for source in $sources; do
		for side in with without; do
			(cd "$work/$side" && $compiler -std=c11 -O2 -ffreestanding -Iinclude \
				"-DGM_ATOMIC_HEADER=<granmem/inline/atomic_builtin.h>" \
				-c "$source" -o object.o)
		done
		cmp "$work/with/object.o" "$work/without/object.o" || fail "$compiler: $source"
		compared=$((compared + 1))
	done
done
echo "off: $compared objects of $(echo "$sources" | wc -w) sources are the same without hooks"

# 2.
cat >"$work/tracer.h" <<'END'
#include <stdio.h>
#define GM_TRACE(event, object, address, bytes) \
	((void)(object), printf("%s %#llx %#llx\n", #event, (unsigned long long)(address), \
				(unsigned long long)(bytes)))
END
cat >"$work/life.c" <<'END'
#include "granmem.h"
static unsigned char memory[512 << 10];
int main(void)
{
	static struct gm_adhoc table;
	struct gm_table_config config = { .base = { 0x100000 }, .size = 64 << 20, .nr_lanes = 1 };
	struct gm_claim claim = { .size = 4096, .type = 1 };
	struct gm_object object = { { 0x400000 }, 2 << 20, 1, 0 };
	struct gm_desc *desc, *other;

	if (gm_adhoc_init(&table, &config, memory, sizeof(memory)) != 0 ||
	    gm_adhoc_create(&table, &object, &desc) != 0 ||
	    gm_adhoc_claim(&table, &claim, &other) != 0 || !gm_adhoc_put(&table, other))
		return 1;
	return gm_adhoc_release_range(&table, object.base, 4096) != 0;
}
END
cat >"$work/expected" <<'END'
create 0x400000 0x200000
create 0x100000 0x1000
remove 0x100000 0x1000
release 0x400000 0x1000
END
cc -std=c11 -I"$made" -DGM_TRACE_HEADER="\"$work/tracer.h\"" "$work/life.c" "$made/granmem.c" \
	-o "$work/life"
"$work/life" >"$work/seen"
grep -v -e '^grow ' -e '^search ' "$work/seen" | diff -u "$work/expected" - || fail "other events"
grep -q '^grow ' "$work/seen" || fail "no growth was seen"

# 3.
if ! echo '#include <sys/sdt.h>' | cc -E - >/dev/null 2>&1; then
	echo "SKIP: USDT: no <sys/sdt.h> (package systemtap-sdt-dev)"
	exit $failed
fi
cc -std=gnu11 -g -O2 -I"$made" -DGM_TRACE_HEADER="\"$root/lib/trace_usdt.h\"" "$work/life.c" \
	"$made/granmem.c" -o "$work/usdt"
"$work/usdt"
readelf -n "$work/usdt" >"$work/notes"
events=$(sed -n 's/^ \*   \([a-z][a-z]*\)  *\(descriptor\|table\|pool\) .*/\1/p' \
	"$root/include/granmem/trace.h")
for event in $events; do
	grep -A 1 'Provider: granmem' "$work/notes" | grep -q "Name: $event\$" ||
		fail "no probe $event in the notes"
done
if command -v gdb >/dev/null; then
	gdb -nx -batch -ex 'info probes stap granmem' -ex 'break -probe-stap granmem:create' \
		-ex run \
		-ex 'printf "at %#lx, %#lx\n", $_probe_arg1, $_probe_arg2' "$work/usdt" \
		>"$work/gdb" 2>&1 || true
	if grep -q 'ptrace: Operation not permitted' "$work/gdb"; then
		echo "SKIP: gdb may not trace a process here"
	else
		grep -q 'at 0x400000, 0x200000' "$work/gdb" || { cat "$work/gdb"; fail "gdb"; }
	fi
fi
echo "usdt: $(grep -c 'Provider: granmem' "$work/notes") probes of" $events
exit $failed
