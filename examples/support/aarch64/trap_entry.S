/* SPDX-License-Identifier: BSD-2-Clause */
/* trap_entry.S - aarch64: every vector saves all registers and calls trap(frame, vector). */
#define FRAME 272		/* x0 .. x30, pc, pstate, and alignment */

	.macro vectors el
	.text
	.balign 2048
	.globl vectors_el\el
vectors_el\el:
	.set vector, 0
	.rept 16
	.balign 128
	sub sp, sp, #FRAME
	stp x0, x1, [sp]
	mov x1, #vector
	b common_el\el
	.set vector, vector + 1
	.endr

common_el\el:
	.irp n, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28
	save \n
	.endr
	str x30, [sp, #240]
	mrs x2, elr_el\el
	mrs x3, spsr_el\el
	stp x2, x3, [sp, #248]
	mrs x2, esr_el\el
	mrs x3, far_el\el
	mov x0, sp
	bl trap				/* (frame, vector, syndrome, address) */
	ldp x2, x3, [sp, #248]
	msr elr_el\el, x2
	msr spsr_el\el, x3
	ldr x30, [sp, #240]
	.irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28
	restore \n
	.endr
	add sp, sp, #FRAME
	eret
	.endm

	/* Registers n and n + 1. */
	.altmacro
	.macro save n
	save2 \n, %(\n + 1)
	.endm
	.macro save2 n, m
	stp x\n, x\m, [sp, #8 * \n]
	.endm
	.macro restore n
	restore2 \n, %(\n + 1)
	.endm
	.macro restore2 n, m
	ldp x\n, x\m, [sp, #8 * \n]
	.endm

	vectors 1
	vectors 2

	/* int probe_read(from, value), int probe_write(to, value) */
	.globl probe_read, probe_write, probe_load, probe_store, probe_failed
probe_read:
probe_load:
	ldr x2, [x0]
	str x2, [x1]
	mov w0, #0
	ret
probe_write:
probe_store:
	str x1, [x0]
	mov w0, #0
	ret
probe_failed:
	mov w0, #-1
	ret

	.section .note.GNU-stack, "", @progbits
