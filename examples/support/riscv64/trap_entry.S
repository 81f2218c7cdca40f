/* SPDX-License-Identifier: BSD-2-Clause */
/* trap_entry.S - riscv64: saves what C may change, and calls trap(frame). */
#define FRAME 144		/* 16 registers, pc, status */

	.text
	.balign 4
	.globl trap_entry
trap_entry:
	addi sp, sp, -FRAME
	.set at, 0
	.irp reg, ra, t0, t1, t2, t3, t4, t5, t6, a0, a1, a2, a3, a4, a5, a6, a7
	sd \reg, at(sp)
	.set at, at + 8
	.endr
	csrr t0, sepc
	csrr t1, sstatus
	sd t0, 128(sp)
	sd t1, 136(sp)
	mv a0, sp
	call trap
	ld t0, 128(sp)
	ld t1, 136(sp)
	csrw sepc, t0
	csrw sstatus, t1
	.set at, 0
	.irp reg, ra, t0, t1, t2, t3, t4, t5, t6, a0, a1, a2, a3, a4, a5, a6, a7
	ld \reg, at(sp)
	.set at, at + 8
	.endr
	addi sp, sp, FRAME
	sret

	/* int probe_read(from, value), int probe_write(to, value) */
	.globl probe_read, probe_write, probe_load, probe_store, probe_failed
probe_read:
probe_load:
	ld a2, 0(a0)
	sd a2, 0(a1)
	li a0, 0
	ret
probe_write:
probe_store:
	sd a1, 0(a0)
	li a0, 0
	ret
probe_failed:
	li a0, -1
	ret

	.section .note.GNU-stack, "", @progbits
