/* SPDX-License-Identifier: BSD-2-Clause */
/* trap_entry.S - x86-64: exceptions 0 to 31 save all registers and call trap(frame). */

	.text
	/* Some exceptions push an error code (SDM vol. 3, table 6-1), the others get a 0. */
#define HAVE_ERROR_CODE 0x60227d00
	.balign 16
	.globl trap_entries
trap_entries:				/* 16 bytes each */
	.set vector, 0
	.rept 32
	.balign 16
	.if !((1 << vector) & HAVE_ERROR_CODE)
	pushq $0
	.endif
	pushq $vector
	jmp common
	.set vector, vector + 1
	.endr

common:
	.irp reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	pushq %\reg
	.endr
	cld
	movq %rsp, %rdi
	movq %rsp, %rbp
	andq $-16, %rsp
	call trap
	movq %rbp, %rsp
	.irp reg, r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax
	popq %\reg
	.endr
	addq $16, %rsp			/* vector and error code */
	iretq

	/* int probe_read(from, value), int probe_write(to, value) */
	.globl probe_read, probe_write, probe_load, probe_store, probe_failed
probe_read:
probe_load:
	movq (%rdi), %rax
	movq %rax, (%rsi)
	xorl %eax, %eax
	ret
probe_write:
probe_store:
	movq %rsi, (%rdi)
	xorl %eax, %eax
	ret
probe_failed:
	movl $-1, %eax
	ret

	.section .note.GNU-stack, "", @progbits
