/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enter.S - aarch64: into a guest, and out of it.
 *
 * uint64_t arch_enter(struct arch_vcpu *) returns when the guest comes out, with what it
 * came by: 0 a synchronous exception, 1 an IRQ, 2 an FIQ, 3 an SError.
 */
#define VCPU_PC 256
#define VCPU_STATUS 264
#define VCPU_HOST 272

	.text
	.globl arch_enter
arch_enter:
	stp x19, x20, [x0, #VCPU_HOST]
	stp x21, x22, [x0, #VCPU_HOST + 16]
	stp x23, x24, [x0, #VCPU_HOST + 32]
	stp x25, x26, [x0, #VCPU_HOST + 48]
	stp x27, x28, [x0, #VCPU_HOST + 64]
	stp x29, x30, [x0, #VCPU_HOST + 80]
	mrs x1, vbar_el2
	str x1, [x0, #VCPU_HOST + 96]
	adr x1, guest_vectors
	msr vbar_el2, x1
	msr tpidr_el2, x0
	ldr x1, [x0, #VCPU_PC]
	ldr x2, [x0, #VCPU_STATUS]
	msr elr_el2, x1
	msr spsr_el2, x2
	.irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20
	ldr x\n, [x0, #8 * \n]
	.endr
	.irp n, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	ldr x\n, [x0, #8 * \n]
	.endr
	ldr x0, [x0]
	eret

	/* Arm ARM D1.3: sixteen vectors of 128 bytes. While a guest runs only those of a
	 * lower level that is AArch64 are used, the ninth to the twelfth; any other is a
	 * mistake of ours. The guest's x0 and x1 wait on our stack. */
	.balign 2048
guest_vectors:
	.set vector, 0
	.rept 16
	.balign 128
	.if vector / 4 == 2
	stp x0, x1, [sp, #-16]!
	mov x1, #vector - 8
	b left
	.else
	b .
	.endif
	.set vector, vector + 1
	.endr

left:
	mrs x0, tpidr_el2
	.irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20
	str x\n, [x0, #8 * \n]
	.endr
	.irp n, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	str x\n, [x0, #8 * \n]
	.endr
	ldp x2, x3, [sp], #16
	stp x2, x3, [x0]
	mrs x2, elr_el2
	mrs x3, spsr_el2
	str x2, [x0, #VCPU_PC]
	str x3, [x0, #VCPU_STATUS]
	ldr x2, [x0, #VCPU_HOST + 96]
	msr vbar_el2, x2
	isb
	ldp x19, x20, [x0, #VCPU_HOST]
	ldp x21, x22, [x0, #VCPU_HOST + 16]
	ldp x23, x24, [x0, #VCPU_HOST + 32]
	ldp x25, x26, [x0, #VCPU_HOST + 48]
	ldp x27, x28, [x0, #VCPU_HOST + 64]
	ldp x29, x30, [x0, #VCPU_HOST + 80]
	mov x0, x1
	ret

	.section .note.GNU-stack, "", @progbits
