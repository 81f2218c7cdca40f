/* SPDX-License-Identifier: BSD-2-Clause */
/* The world as a kernel of QEMU's machine virt: one CPU goes on, with a stack. */
int world(void);

/* The machine begins at the image's first byte, and linkers put this section first. */
#define START ".section .text.unlikely, \"ax\"\n"

#if defined(__riscv)
__asm__(START
	".globl _start\n"
	"_start: csrr t0, mhartid\n"
	"bnez t0, 1f\n"
	"la sp, stack + 65536\n"
	"call world\n"
	"1: wfi\n"
	"j 1b\n");
#elif defined(__aarch64__)
__asm__(START
	".globl _start\n"
	"_start: adrp x0, stack + 65536\n"
	"mov sp, x0\n"
	"bl world\n"
	"1: wfi\n"
	"b 1b\n");
#endif

unsigned char stack[65536] __attribute__((aligned(4096)));
