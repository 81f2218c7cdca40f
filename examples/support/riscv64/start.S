/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.S - riscv64, from where the firmware leaves us to C.
 *
 * S mode (HS mode where the hart has the H extension), no translation; a0 = the hart,
 * a1 = the device tree. Any hart may be the first. The second comes from SBI's HSM
 * hart_start with a1 = its index. Memory needs no mapping: its attributes are fixed.
 */
#define STACK_SHIFT 14

	.section .text.start, "ax"
	.globl start, start_other
start:
	mv s1, a1
	li s0, 0
	j common
start_other:
	mv s0, a1
common:
	csrw sie, zero
	csrci sstatus, 2
	la t0, trap_entry
	csrw stvec, t0
	la sp, support_stacks
	addi t0, s0, 1
	slli t0, t0, STACK_SHIFT
	add sp, sp, t0
	li ra, 0
	mv tp, zero
	mv a2, s1
	mv a1, a0
	mv a0, s0
	call machine_start		/* (index, hart, device tree) */
	ebreak

	.section .note.GNU-stack, "", @progbits
