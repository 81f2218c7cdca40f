#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh MACHINE DIRECTORY NAME [QEMU-OPTION...] - runs DIRECTORY/ARCHITECTURE/NAME, which
# build.sh built, on an emulated machine of two CPUs and 128 MiB; prints what it says.
#
#   x86_64   aarch64 (EL1)   aarch64-el2   riscv64 (S mode)   riscv64-hs
#
# Exits with the program's code; 124: it took more than $TIMEOUT seconds (30); 77: QEMU
# is missing.
set -eu

machine=$1
program=$2/${1%-*}/$3
shift 3
common="-smp 2 -m 128M -display none -monitor none -serial stdio -no-reboot"
case $machine in
x86_64)
	qemu=qemu-system-x86_64
	options="-M q35 -cpu max -device isa-debug-exit,iobase=0xf4,iosize=4
		-kernel $program"
	;;
aarch64)
	qemu=qemu-system-aarch64
	options="-M virt -cpu max -semihosting -kernel $program.image"
	;;
aarch64-el2)
	qemu=qemu-system-aarch64
	options="-M virt,virtualization=on -cpu max -semihosting -kernel $program.image"
	;;
riscv64)
	qemu=qemu-system-riscv64
	options="-M virt -cpu rv64,h=false -kernel $program"
	;;
riscv64-hs)
	qemu=qemu-system-riscv64
	options="-M virt -cpu rv64,h=true -kernel $program"
	;;
*)
	echo "run.sh: no machine $machine"
	exit 2
	;;
esac
command -v $qemu >/dev/null || { echo "SKIP: $machine: no $qemu"; exit 77; }

# Firmware says hello first; what is ours begins at "granmem on".
rc=0
# shellcheck disable=SC2086 # words
timeout "${TIMEOUT:-30}" $qemu -accel tcg,thread=multi $common $options "$@" </dev/null \
	>"$program.$machine.log" 2>&1 || rc=$?
tr -d '\r' <"$program.$machine.log" | sed -n '/^granmem on /,$p'
[ $rc != 124 ] || { echo "no end after ${TIMEOUT:-30} seconds"; exit 124; }
if [ $machine = x86_64 ]; then
	# isa-debug-exit: 2 * (16 + code) + 1; QEMU's own codes are below.
	[ $rc -ge 33 ] || { sed 's/^/qemu: /' "$program.$machine.log"; exit 1; }
	rc=$(((rc - 33) / 2))
fi
exit $rc
