/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.S - riscv64, from where the firmware leaves us to C.
 *
 * S mode (HS mode where the hart has the H extension), no translation; a0 = the hart,
 * a1 = the device tree. Any hart may be the first. The second comes from SBI's HSM
 * hart_start with a1 = its index. Memory needs no mapping: its attributes are fixed.
 *
 * OpenSBI before 1.3 lets a hart go before it has written where to (sbi_hsm_hart_start), so
 * that one which is late itself comes to where the first one came. Who is not the first
 * there has the index that is being started.
 */
#define STACK_SHIFT 14

	.section .text.start, "ax"
	.globl start, start_other
start:
	mv s1, a1
	la t0, start_taken
	li t1, 1
	amoswap.w.aqrl t1, t1, (t0)
	li s0, 0
	beqz t1, common
	la t0, start_index
	lw s0, (t0)
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

	.data
	.balign 4
	.globl start_index
start_taken:
	.word 0
start_index:
	.word 0

	.section .note.GNU-stack, "", @progbits
