/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enter.S - riscv64: into a guest, and out of it.
 *
 * uint64_t arch_enter(struct arch_vcpu *) returns when the guest comes out, with scause.
 * While the guest runs sscratch leads to it, and its register 0, which is always zero,
 * has the hypervisor's stvec.
 */
#define VCPU_A0 80
#define VCPU_PC 256
#define VCPU_STATUS 264
#define VCPU_HOST 272

	.text
	.globl arch_enter
arch_enter:
	sd ra, VCPU_HOST(a0)
	sd sp, VCPU_HOST + 8(a0)
	sd gp, VCPU_HOST + 16(a0)
	sd tp, VCPU_HOST + 24(a0)
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	sd s\n, VCPU_HOST + 32 + 8 * \n(a0)
	.endr
	la t0, guest_left
	csrrw t0, stvec, t0
	sd t0, 0(a0)
	csrw sscratch, a0
	ld t0, VCPU_PC(a0)
	csrw sepc, t0
	ld t0, VCPU_STATUS(a0)
	csrw sstatus, t0
	.irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20
	ld x\n, 8 * \n(a0)
	.endr
	.irp n, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	ld x\n, 8 * \n(a0)
	.endr
	ld a0, VCPU_A0(a0)
	sret

	.balign 4
guest_left:
	csrrw a0, sscratch, a0
	.irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20
	sd x\n, 8 * \n(a0)
	.endr
	.irp n, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	sd x\n, 8 * \n(a0)
	.endr
	csrr t0, sscratch
	sd t0, VCPU_A0(a0)
	csrr t0, sepc
	sd t0, VCPU_PC(a0)
	csrr t0, sstatus
	sd t0, VCPU_STATUS(a0)
	ld t0, 0(a0)
	csrw stvec, t0
	ld ra, VCPU_HOST(a0)
	ld sp, VCPU_HOST + 8(a0)
	ld gp, VCPU_HOST + 16(a0)
	ld tp, VCPU_HOST + 24(a0)
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	ld s\n, VCPU_HOST + 32 + 8 * \n(a0)
	.endr
	csrr a0, scause
	ret

	.section .note.GNU-stack, "", @progbits
