/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.c - riscv64: 16550, SBI and the end, as the device tree says. */
#include "../devicetree.h"
#include "../string.h"
#include "../support.h"
#include "machine.h"

#define SBI_HSM 0x48534d /* "HSM"; function 0 is hart_start */
#define TEST_PASS 0x5555 /* the "sifive,test0" device; a code goes above TEST_FAIL */
#define TEST_FAIL 0x3333

extern const char start_other[];
extern volatile unsigned start_index; /* of the CPU that is being started */

static volatile uint8_t *uart;
static volatile uint32_t *test;
static uint64_t first_hart;

void console_put(char c)
{
	while (uart == NULL || (uart[5] & 0x20) == 0)
		cpu_relax();
	uart[0] = (uint8_t)c;
}

int64_t machine_sbi(uint64_t extension, uint64_t function, uint64_t a, uint64_t b, uint64_t c,
		    uint64_t d)
{
	register uint64_t a0 __asm__("a0") = a;
	register uint64_t a1 __asm__("a1") = b;
	register uint64_t a2 __asm__("a2") = c;
	register uint64_t a3 __asm__("a3") = d;
	register uint64_t a6 __asm__("a6") = function;
	register uint64_t a7 __asm__("a7") = extension;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a6), "r"(a7)
			 : "memory");
	return (int64_t)a0;
}

/* The first CPU's "riscv,isa" has an h among its single letters. */
static int has_hypervisor(void)
{
	const char *isa = devicetree_text("/cpus/cpu@0", "riscv,isa");

	if (isa == NULL || strnlen(isa, 4) < 4)
		return 0;
	for (isa += 4; *isa != '\0' && *isa != '_'; isa++) {
		if (*isa == 'h')
			return 1;
	}
	return 0;
}

void machine_start(unsigned index, uint64_t hart, const void *tree);

void machine_start(unsigned index, uint64_t hart, const void *tree)
{
	if (index != 0) {
		cpu_arrived(index);
		machine_halt();
	}
	first_hart = hart;
	devicetree_init(tree, (uintptr_t)image, (uintptr_t)image_end);
	machine.name = has_hypervisor() ? "riscv64-hs" : "riscv64";
	machine.devices[0] = devicetree_device("ns16550a");
	machine.devices[1] = devicetree_device("sifive,test0");
	uart = (volatile uint8_t *)(uintptr_t)machine.devices[0];
	test = (volatile uint32_t *)(uintptr_t)machine.devices[1];
	machine_run();
}

/* CPU 0 is the hart we began on; the others follow in the order of the tree. */
int cpu_start(unsigned index, void (*function)(void *arg), void *arg)
{
	unsigned n, others = 0;
	uint64_t hart;

	cpu_starts[index].function = function;
	cpu_starts[index].arg = arg;
	for (n = 0; devicetree_cpu(n, &hart) == 0; n++) {
		if (hart == first_hart || ++others != index)
			continue;
		start_index = index;
		if (machine_sbi(SBI_HSM, 0, hart, (uintptr_t)start_other, index, 0) != 0)
			return -1;
		return cpu_wait(index);
	}
	return -1;
}

_Noreturn void machine_exit(int code)
{
	*test = code == 0 ? TEST_PASS : (uint32_t)code << 16 | TEST_FAIL;
	machine_halt();
}

_Noreturn void machine_halt(void)
{
	for (;;)
		__asm__ volatile("wfi");
}
