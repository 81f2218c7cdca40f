/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest.S - aarch64: one access of a guest at EL1, whose memory is what stage 2 maps.
 *
 * guest_access(pc, address, value, syndrome) enters EL1 at pc and comes
 * back with what x1 was then, by HVC or by an abort of stage 2, whose ESR_EL2 is put into
 * *syndrome.
 */
	.text
	.globl guest_access
guest_access:
	stp x29, x30, [sp, #-112]!
	stp x19, x20, [sp, #16]
	stp x21, x22, [sp, #32]
	stp x23, x24, [sp, #48]
	stp x25, x26, [sp, #64]
	stp x27, x28, [sp, #80]
	mrs x9, vbar_el2
	stp x3, x9, [sp, #96]
	ldr x9, =guest_vectors
	msr vbar_el2, x9
	msr elr_el2, x0
	mov x9, #0x3c5			/* EL1h, everything masked */
	msr spsr_el2, x9
	isb
	mov x0, x1
	mov x1, x2
	eret

	.balign 2048
guest_vectors:
	.set vector, 0
	.rept 16
	.balign 128
	.if vector == 8			/* synchronous, from a lower level in AArch64 */
	b guest_left
	.else
	b .
	.endif
	.set vector, vector + 1
	.endr

guest_left:
	ldp x3, x9, [sp, #96]
	msr vbar_el2, x9
	isb
	mrs x9, esr_el2
	str x9, [x3]
	mov x0, x1
	ldp x27, x28, [sp, #80]
	ldp x25, x26, [sp, #64]
	ldp x23, x24, [sp, #48]
	ldp x21, x22, [sp, #32]
	ldp x19, x20, [sp, #16]
	ldp x29, x30, [sp], #112
	ret

	/* The guest's program. It is where it is for us: memory is mapped one to one. */
	.globl guest_load, guest_store
guest_load:
	ldr x1, [x0]
	hvc #0
guest_store:
	str x1, [x0]
	hvc #0

	.section .note.GNU-stack, "", @progbits
