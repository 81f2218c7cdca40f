/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.c - where a kernel begins, and powers off with minimal()'s answer. There is
 * no libc; that of Linux is asked to exit where the program runs on it.
 */
int minimal(void);
void start(void);

#if defined(__x86_64__)
__asm__(".globl _start\n_start: xor %ebp, %ebp\nand $-16, %rsp\ncall start\n");
static void power_off(long code)
{
	__asm__ volatile("syscall" : : "a"(231L), "D"(code) : "rcx", "r11", "memory");
}
#elif defined(__i386__)
__asm__(".globl _start\n_start: xor %ebp, %ebp\nand $-16, %esp\ncall start\n");
static void power_off(long code)
{
	__asm__ volatile("int $0x80" : : "a"(252L), "b"(code) : "memory");
}
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: mov x29, #0\nbl start\n");
static void power_off(long code)
{
	register long x0 __asm__("x0") = code;
	register long x8 __asm__("x8") = 94;

	__asm__ volatile("svc #0" : : "r"(x0), "r"(x8) : "memory");
}
#elif defined(__riscv)
__asm__(".globl _start\n_start: li s0, 0\ncall start\n");
static void power_off(long code)
{
	register long a0 __asm__("a0") = code;
	register long a7 __asm__("a7") = 94;

	__asm__ volatile("ecall" : : "r"(a0), "r"(a7) : "memory");
}
#endif

void start(void)
{
	for (;;)
		power_off(minimal());
}
