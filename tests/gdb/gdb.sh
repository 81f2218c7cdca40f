#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# gdb.sh SOURCE-ROOT DIRECTORY - the gdb script on a process, on its core, and on
# kernels under QEMU's stub: each time the same questions have the same answers, but
# for where things lie. Then faults are made, and seen. The library is the two files
# in DIRECTORY.
set -eu

root=$1
made=$2
here=$root/tests/gdb
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
tried=0

command -v gdb >/dev/null || { echo "SKIP: no gdb"; exit 77; }
gdb -nx -batch -ex 'python print(1)' >/dev/null 2>&1 || {
	echo "SKIP: a gdb without Python"
	exit 77
}

# Where descriptors and owners lie is the target's affair.
look() { # NAME FILE: the answers, compared
	tried=$((tried + 1))
	sed -n '/^LOOK$/,/^LOOKED$/{ /^LOOK/d; p }' "$2" |
		sed 's/\(desc\|owner\) 0x[1-9a-f][0-9a-f]*/\1 SOMEWHERE/g' >"$work/$1.out"
	if diff -u "$here/expected.txt" "$work/$1.out"; then
		echo "gdb on $1: ok"
	else
		tail -n 5 "$2"
		echo "gdb on $1: FAILED"
		failed=1
	fi
}

session() { # NAME GDB IMAGE COMMAND...: looks, and leaves the output
	name=$1
	debugger=$2
	image=$3
	shift 3
	timeout 30 "$debugger" -nx -batch -ex 'set pagination off' -ex 'set confirm off' \
		-ex "source $root/lib/granmem-gdb.py" "$@" "$image" >"$work/$name.log" 2>&1 || true
}

cc -std=c11 -g -O2 -Wall -Wextra -I"$made" "$made/granmem.c" "$here/world.c" "$here/main.c" \
	-o "$work/process"
session process gdb "$work/process" -ex 'break world_stop' -ex run \
	-ex 'echo LOOK\n' -ex "source $here/look.gdb" -ex 'echo LOOKED\n' \
	-ex "generate-core-file $work/core" -ex "source $here/damage.gdb" -ex continue
if grep -q 'ptrace: Operation not permitted' "$work/process.log"; then
	echo "SKIP: gdb may not trace a process here"
else
	look process "$work/process.log"
	for text in "I6: an object's slots are not its size, near 0x80604100" \
		'I2: more pins than references, near 0x200010000' \
		'free bytes are miscounted, near 0x100000000' 'exited normally'; do
		grep -q "$text" "$work/process.log" || {
			echo "damage: nobody says \"$text\""
			failed=1
		}
	done
	[ "$(grep -c 'FAULTS$' "$work/process.log")" = 3 ] || { echo "not 3 faults"; failed=1; }

	session core gdb "$work/process" -ex "core-file $work/core" \
		-ex 'echo LOOK\n' -ex "source $here/look.gdb" -ex 'echo LOOKED\n'
	look core "$work/core.log"
fi

# 32 bits, and addresses that do not fit them: what the library finds right is right.
if command -v i686-linux-gnu-gcc >/dev/null; then
	tried=$((tried + 1))
	i686-linux-gnu-gcc -std=c11 -g -O2 -Wall -Wextra -static -I"$made" "$made/granmem.c" \
		"$here/high.c" -o "$work/high"
	session high gdb "$work/high" -ex 'break high_stop' -ex run -ex 'gm-verify high' \
		-ex "gm-find $(printf '%#x' $(((1 << 45) + 64)))"
	if grep -q '1 objects, 1 references: ok$' "$work/high.log" &&
		grep -q '+0x0 in the object' "$work/high.log"; then
		echo "gdb on 32 bits: ok"
	else
		tail -n 5 "$work/high.log"
		echo "gdb on 32 bits: FAILED"
		failed=1
	fi
else
	echo "SKIP: gdb on 32 bits: no i686-linux-gnu-gcc"
fi

# kernel ARCH ADDRESS MACHINE FLAGS...: the same world, on a bare machine
kernel() {
	arch=$1
	address=$2
	machine=$3
	shift 3
	for tool in "$arch-linux-gnu-gcc" "qemu-system-$arch" gdb-multiarch; do
		command -v "$tool" >/dev/null || { echo "SKIP: gdb on $arch: no $tool"; return 0; }
	done
	"$arch-linux-gnu-gcc" -std=c11 -g -O2 -ffreestanding -fno-pic -static -nostdlib "$@" \
		-Wl,-Ttext="$address",-e,_start,--build-id=none,--no-warn-rwx-segments \
		-I"$made" "$here/bare.c" "$here/world.c" "$made/granmem.c" -o "$work/$arch"
	session "$arch" gdb-multiarch "$work/$arch" -ex "target remote | exec qemu-system-$arch \
		$machine -kernel $work/$arch -m 128 -display none -serial none -monitor none \
		-S -gdb stdio" -ex 'break world_stop' -ex continue \
		-ex 'echo LOOK\n' -ex "source $here/look.gdb" -ex 'echo LOOKED\n' -ex kill
	look "$arch" "$work/$arch.log"
}
kernel riscv64 0x80000000 "-machine virt -bios none" -mcmodel=medany -march=rv64gc
kernel aarch64 0x40080000 "-machine virt -cpu cortex-a57" -mgeneral-regs-only \
	-mno-outline-atomics -mstrict-align

[ "$tried" != 0 ] || exit 77
exit "$failed"
