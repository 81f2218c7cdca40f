/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.S - x86-64, from where the loader leaves us to C.
 *
 * PVH (Xen's x86/HVM direct boot): an ELF note names the entry, which is reached in
 * 32-bit protected mode, flat segments, no paging, %ebx = struct hvm_start_info.
 * The second CPU comes by INIT and SIPI in real mode, in a page below 1 MiB to which
 * `trampoline` was copied. From start32 on both take the same way.
 */
#define CR0_PE_WP_PG 0x80010001
#define CR4_PAE 0x20
#define EFER 0xc0000080
#define EFER_LME_NXE 0x900
#define STACK 16384

	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 8, 18		/* sizes of name and value; XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.quad start

	.section .text.start, "ax"
	.code32
	.globl start
start:
	movl %ebx, start_info
	xorl %esi, %esi			/* CPU 0 */
start32:				/* %esi: the CPU's index */
	cld
	movl $CR4_PAE, %eax
	movl %eax, %cr4
	movl $pml4, %eax
	movl %eax, %cr3
	movl $EFER, %ecx
	movl $EFER_LME_NXE, %eax
	xorl %edx, %edx
	wrmsr
	movl $CR0_PE_WP_PG, %eax
	movl %eax, %cr0
	lgdt gdt_pointer
	ljmp $8, $start64

	.code64
start64:
	movl $16, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %fs
	movl %eax, %gs
	movl %esi, %edi
	incl %esi
	imull $STACK, %esi
	leaq support_stacks(%rsi), %rsp
	xorl %ebp, %ebp
	call machine_start		/* (index) */
	ud2

	/* Copied to a page below 1 MiB, where segments begin with it. */
	.code16
	.globl trampoline, trampoline_end
trampoline:
	cli
	movw %cs, %ax
	movw %ax, %ds
	lgdtl trampoline_gdt - trampoline
	movl $1, %eax
	movl %eax, %cr0
	ljmpl $24, $trampoline32
	.balign 4
trampoline_gdt:
	.word gdt_end - gdt - 1
	.long gdt
trampoline_end:

	.code32
trampoline32:
	movl $16, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl $1, %esi			/* CPU 1: the only other one */
	jmp start32

	.data
	.balign 8
gdt:	.quad 0
	.quad 0x00af9b000000ffff	/* 8: 64-bit code */
	.quad 0x00cf93000000ffff	/* 16: data */
	.quad 0x00cf9b000000ffff	/* 24: 32-bit code, for the trampoline */
gdt_end:
gdt_pointer:
	.word gdt_end - gdt - 1
	.quad gdt

	/* The first 4 GiB one to one, in pages of 2 MiB. */
	.balign 4096
pml4:	.quad pdpt + 3
	.fill 511, 8, 0
pdpt:	.quad pd + 3, pd + 0x1003, pd + 0x2003, pd + 0x3003
	.fill 508, 8, 0
pd:
	.set page, 0
	.rept 2048
	.quad page + 0x83		/* present, writable, 2 MiB */
	.set page, page + 0x200000
	.endr

	.section .note.GNU-stack, "", @progbits
