/* SPDX-License-Identifier: BSD-2-Clause */
/* start.S - aarch64: a guest's first instructions, its calls, and accesses that may fail. */
#include "../../calls.h"

	.section .text.start, "ax"
	.globl guest_start
guest_start:				/* x0: which guest */
	ldr x1, =RAM_STACK
	mov sp, x1
	ldr x1, =vectors
	msr vbar_el1, x1
	isb
	bl program
	.ltorg

	.text
	.globl call, probe_read, probe_write
call:
	hvc #0
	ret

	/* An error of memory here ends the function with -1; elsewhere it ends the guest. */
probes:
probe_read:
	ldr x2, [x0]
	str x2, [x1]
	mov w0, #0
	ret
probe_write:
	str x1, [x0]
	mov w0, #0
	ret
probes_end:

	.balign 2048
vectors:
	.balign 512			/* from EL1 with its own stack: synchronous */
	.skip 512
	mrs x2, elr_el1
	ldr x3, =probes
	ldr x4, =probes_end
	cmp x2, x3
	ccmp x2, x4, #2, hs
	b.hs 1f
	msr elr_el1, x30
	mov w0, #-1
	eret
1:	mov x0, #CALL_STOP
	mov x1, #1
	hvc #0
	.ltorg

	.section .note.GNU-stack, "", @progbits
