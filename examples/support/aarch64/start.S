/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.S - aarch64, from where the loader leaves us to C.
 *
 * The image has Linux's header, so any loader that starts Linux starts it: at EL1 or
 * EL2, MMU off, x0 = the device tree. The second CPU comes from PSCI CPU_ON with
 * x0 = its index. We stay at the level we came in at. Both CPUs turn the MMU on with
 * one static table, since memory without it is Device memory, where neither unaligned
 * nor atomic accesses need to work.
 */
#define STACK 16384
#define MAIR 0xbb44ff00		/* PAGING_MAIR */
/* T0SZ: 39 bits of address; inner and outer write-back, inner shareable; 4 KiB granule */
#define TCR (25 | 1 << 8 | 1 << 10 | 3 << 12)
#define TCR_EL1_REST (1 << 23 | 2 << 32)	/* no TTBR1; 40 bits of physical address */
#define TCR_EL2_REST (1 << 31 | 1 << 23 | 2 << 16)	/* bits that are one; 40 bits */
#define SCTLR_EL1_VALUE 0x30d01805	/* the bits that are one, I, C, M (DDI 0487, D17) */
#define SCTLR_EL2_VALUE 0x30c51835	/* likewise, SA with it */
#define HCR_RW (1 << 31)

	.section .text.start, "ax"
	.globl start
start:					/* Documentation/arm64/booting.rst */
	b first
	.long 0
	.quad 0x200000			/* offset from a multiple of 2 MiB */
	.quad image_bytes
	.quad 2				/* little-endian, 4 KiB pages */
	.quad 0, 0, 0
	.ascii "ARM\x64"
	.long 0

first:
	mov x20, x0
	mov x19, #0
	b common
	.globl start_other
start_other:
	mov x19, x0
common:
	msr daifset, #15
	ldr x0, =support_stacks + STACK
	mov x1, #STACK
	madd x0, x1, x19, x0
	mov sp, x0
	mov x29, #0

	ldr x1, =MAIR
	mrs x0, CurrentEL
	cmp x0, #2 << 2
	b.eq 2f

	msr mair_el1, x1
	ldr x1, =TCR | TCR_EL1_REST
	msr tcr_el1, x1
	ldr x1, =table_el1
	msr ttbr0_el1, x1
	ldr x1, =vectors_el1
	msr vbar_el1, x1
	isb
	tlbi vmalle1
	dsb nsh
	ldr x1, =SCTLR_EL1_VALUE
	msr sctlr_el1, x1
	isb
	b 3f

2:	msr mair_el2, x1
	ldr x1, =HCR_RW
	msr hcr_el2, x1
	ldr x1, =0x33ff			/* CPTR_EL2: floating point does not trap */
	msr cptr_el2, x1
	ldr x1, =TCR | TCR_EL2_REST
	msr tcr_el2, x1
	ldr x1, =table_el2
	msr ttbr0_el2, x1
	ldr x1, =vectors_el2
	msr vbar_el2, x1
	isb
	tlbi alle2
	dsb nsh
	ldr x1, =SCTLR_EL2_VALUE
	msr sctlr_el2, x1
	isb

3:	mov x0, x19
	mov x1, x20
	bl machine_start		/* (index, device tree) */
	brk #0

	/* paging_switch(root, tcr): the size of a granule may not change while it is used, so
	 * the MMU is off in between. */
	.globl paging_switch
paging_switch:
	mrs x2, sctlr_el1
	bic x3, x2, #1
	dsb sy
	msr sctlr_el1, x3
	isb
	msr ttbr0_el1, x0
	msr tcr_el1, x1
	isb
	tlbi vmalle1
	dsb nsh
	msr sctlr_el1, x2
	isb
	ret
	.ltorg

	/* One to one in blocks of 1 GiB: the first is devices, RAM is above. At EL1, AP 0 is
	 * read and write for us alone; at EL2, AP[1] is one. */
	.data
	.macro table name, ap
	.balign 4096
\name:	.quad 1 << 54 | 1 << 10 | \ap | 1
	.set block, 1 << 30
	.rept 511
	.quad block | 1 << 10 | 3 << 8 | \ap | 1 << 2 | 1
	.set block, block + (1 << 30)
	.endr
	.endm

	table table_el1, 0
	table table_el2, 1 << 6

	.section .note.GNU-stack, "", @progbits
