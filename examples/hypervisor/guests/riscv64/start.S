/* SPDX-License-Identifier: BSD-2-Clause */
/* start.S - riscv64: a guest's first instructions, its calls, and accesses that may fail. */
#include "../../calls.h"

	.section .text.start, "ax"
	.globl guest_start
guest_start:				/* a0: which guest */
	li sp, RAM_STACK
	la t0, handler
	csrw stvec, t0
	call program

	.text
	.globl call, probe_read, probe_write
call:
	ecall
	ret

	/* An error of memory here ends the function with -1; elsewhere it ends the guest. */
probes:
probe_read:
	ld a2, 0(a0)
	sd a2, 0(a1)
	li a0, 0
	ret
probe_write:
	sd a1, 0(a0)
	li a0, 0
	ret
probes_end:

	.balign 4
handler:
	csrr t0, sepc
	la t1, probes
	la t2, probes_end
	bltu t0, t1, 1f
	bgeu t0, t2, 1f
	csrw sepc, ra
	li a0, -1
	sret
1:	li a0, CALL_STOP
	li a1, 1
	ecall

	.section .note.GNU-stack, "", @progbits
