/* SPDX-License-Identifier: BSD-2-Clause */
/* aarch64.S - into a guest and out of it. Offsets: struct arch_vcpu in arch.h. */

#define VCPU_PC 256
#define VCPU_STATUS 264
#define VCPU_HOST 272

	.text
	.globl	arch_enter
	/* uint64_t arch_enter(struct arch_vcpu *): the reason, 0 for a synchronous exit. */
arch_enter:
	stp	x19, x20, [x0, #VCPU_HOST + 0]
	stp	x21, x22, [x0, #VCPU_HOST + 16]
	stp	x23, x24, [x0, #VCPU_HOST + 32]
	stp	x25, x26, [x0, #VCPU_HOST + 48]
	stp	x27, x28, [x0, #VCPU_HOST + 64]
	stp	x29, x30, [x0, #VCPU_HOST + 80]
	mrs	x1, tpidr_el2
	str	x1, [x0, #VCPU_HOST + 96]
	mrs	x1, vbar_el2
	str	x1, [x0, #VCPU_HOST + 104]
	adr	x1, exits
	msr	vbar_el2, x1
	msr	tpidr_el2, x0
	ldp	x1, x2, [x0, #VCPU_PC]
	msr	elr_el2, x1
	msr	spsr_el2, x2
	isb
	.irp	n, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28
	ldr	x\n, [x0, #8 * \n]
	.endr
	.irp	n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 30
	ldr	x\n, [x0, #8 * \n]
	.endr
	ldr	x0, [x0]
	eret

	/* The guest's x0 is in the host's stack slot; x0 is the guest. */
	.macro	leave reason
	.balign	128
	stp	x0, x1, [sp, #-16]!
	mov	x1, #\reason
	b	left
	.endm

left:
	mrs	x0, tpidr_el2
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20
	str	x\n, [x0, #8 * \n]
	.endr
	.irp	n, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	str	x\n, [x0, #8 * \n]
	.endr
	ldp	x2, x3, [sp], #16
	stp	x2, x3, [x0]
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	stp	x2, x3, [x0, #VCPU_PC]
	ldr	x2, [x0, #VCPU_HOST + 96]
	msr	tpidr_el2, x2
	ldr	x2, [x0, #VCPU_HOST + 104]
	msr	vbar_el2, x2
	isb
	ldp	x19, x20, [x0, #VCPU_HOST + 0]
	ldp	x21, x22, [x0, #VCPU_HOST + 16]
	ldp	x23, x24, [x0, #VCPU_HOST + 32]
	ldp	x25, x26, [x0, #VCPU_HOST + 48]
	ldp	x27, x28, [x0, #VCPU_HOST + 64]
	ldp	x29, x30, [x0, #VCPU_HOST + 80]
	mov	x0, x1
	ret

	/* Arm ARM D1.3: sixteen entries of 128 bytes. While a guest runs only those of a
	 * lower exception level in AArch64 (9th to 12th) are ways out. */
	.balign	2048
exits:
	.rept	8
	.balign	128
	b	.
	.endr
	leave	0
	leave	1
	leave	2
	leave	3
	.rept	4
	.balign	128
	b	.
	.endr
