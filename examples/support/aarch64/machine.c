/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.c - aarch64: PL011, PSCI and the end, as the device tree says. */
#include "../devicetree.h"
#include "../string.h"
#include "../support.h"

#define UART_FULL 0x20 /* PL011: flags at 0x18, DDI 0183 */
#define PSCI_CPU_ON 0xc4000003u
#define PSCI_SYSTEM_OFF 0x84000008u
#define SEMIHOSTING_EXIT 0x18
#define APPLICATION_EXIT 0x20026

extern const char start_other[];

static volatile uint32_t *uart;
static int psci_is_smc;

void console_put(char c)
{
	while (uart == NULL || (uart[0x18 / 4] & UART_FULL) != 0)
		cpu_relax();
	uart[0] = (unsigned char)c;
}

/* SMC Calling Convention (DEN 0028): arguments in x0 .. x3, the answer in x0. */
static int64_t psci(uint32_t call, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = call;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;

	if (psci_is_smc)
		__asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
	else
		__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
	return (int64_t)x0;
}

void machine_start(unsigned index, const void *tree);

void machine_start(unsigned index, const void *tree)
{
	uint64_t level;

	if (index != 0) {
		cpu_arrived(index);
		machine_halt();
	}
	__asm__("mrs %0, CurrentEL" : "=r"(level));
	machine.name = level >> 2 == 2 ? "aarch64-el2" : "aarch64";
	devicetree_init(tree, (uintptr_t)image, (uintptr_t)image_end);
	machine.devices[0] = devicetree_device("arm,pl011");
	uart = (volatile uint32_t *)(uintptr_t)machine.devices[0];
	psci_is_smc = strcmp(devicetree_text("/psci", "method"), "smc") == 0;
	machine_run();
}

int cpu_start(unsigned index, void (*function)(void *arg), void *arg)
{
	uint64_t mpidr;

	cpu_starts[index].function = function;
	cpu_starts[index].arg = arg;
	if (devicetree_cpu(index, &mpidr) != 0 ||
	    psci(PSCI_CPU_ON, mpidr, (uintptr_t)start_other, index) != 0)
		return -1;
	return cpu_wait(index);
}

/* PSCI can only say "off"; that something is wrong goes through semihosting. */
_Noreturn void machine_exit(int code)
{
	uint64_t block[2] = { APPLICATION_EXIT, (uint64_t)code };
	register uint64_t x0 __asm__("x0") = SEMIHOSTING_EXIT;
	register uint64_t *x1 __asm__("x1") = block;

	if (code != 0)
		__asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
	machine_halt();
}

_Noreturn void machine_halt(void)
{
	for (;;)
		__asm__ volatile("wfi");
}
