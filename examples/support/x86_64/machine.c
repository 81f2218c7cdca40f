/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.c - x86-64 under QEMU: what the start info says, serial line, second CPU, end. */
#include "../string.h"
#include "../support.h"
#include "machine.h"

#define SERIAL 0x3f8    /* 16550: data; line status at + 5, where 0x20 is "room" */
#define DEBUG_EXIT 0xf4 /* -device isa-debug-exit: QEMU ends with 2 * value + 1 */
#define LOW_END 0x100000
#define TRAMPOLINE 0x8000
#define APIC 0xfee00000 /* SDM vol. 3, chapter 11; one to one and uncached under QEMU */

/* xen/include/public/arch-x86/hvm/start_info.h */
struct start_info {
	uint32_t magic, version, flags, nr_modules;
	uint64_t modules, command_line, rsdp;
	uint64_t memory_map; /* version 1 on */
	uint32_t nr_memory_map, reserved;
};
struct start_module {
	uint64_t base, size, command_line, reserved;
};
struct start_memory {
	uint64_t base, size;
	uint32_t type, reserved;
};
#define START_MAGIC 0x336ec578
#define START_RAM 1

uint32_t start_info; /* where it is, from start.S */
extern const char trampoline[], trampoline_end[];

static inline void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

void console_put(char c)
{
	while ((in8(SERIAL + 5) & 0x20) == 0)
		cpu_relax();
	out8(SERIAL, (uint8_t)c);
}

static void find_memory(const struct start_info *info)
{
	const struct start_memory *map = (const void *)(uintptr_t)info->memory_map;
	const struct start_module *module = (const void *)(uintptr_t)info->modules;
	uint32_t i;

	if (info->magic != START_MAGIC || info->version < 1)
		fatal("not entered by PVH");
	for (i = 0; i < info->nr_memory_map; i++) {
		if (map[i].type == START_RAM)
			memory_add(map[i].base, map[i].size);
	}
	for (i = 0; i < info->nr_memory_map; i++) {
		if (map[i].type != START_RAM)
			memory_reserve(map[i].base, map[i].size);
	}
	/* Firmware's leavings, the start info perhaps, and the second CPU's first page. */
	memory_reserve(0, LOW_END);
	memory_reserve((uintptr_t)image, (uintptr_t)(image_end - image));
	if (info->nr_modules > 0) {
		machine.initrd = module->base;
		machine.initrd_bytes = module->size;
		memory_reserve(machine.initrd, machine.initrd_bytes);
	}
}

void machine_start(unsigned index);

void machine_start(unsigned index)
{
	trap_init();
	if (index != 0) {
		cpu_arrived(index);
		machine_halt();
	}
	machine.name = "x86_64";
	machine.devices[0] = APIC;
	find_memory((const void *)(uintptr_t)start_info);
	machine_run();
}

static void apic_write(unsigned reg, uint32_t value)
{
	*(volatile uint32_t *)(uintptr_t)(APIC + reg) = value;
}

void machine_send(uint32_t command, unsigned apic_id)
{
	apic_write(0x310, (uint32_t)apic_id << 24);
	apic_write(0x300, command);
	while ((*(volatile uint32_t *)(uintptr_t)(APIC + 0x300) & 0x1000) != 0)
		cpu_relax();
}

/* INIT, then "begin at this page"; QEMU needs no pause between. */
int cpu_start(unsigned index, void (*function)(void *arg), void *arg)
{
	cpu_starts[index].function = function;
	cpu_starts[index].arg = arg;
	memcpy((void *)TRAMPOLINE, trampoline, (size_t)(trampoline_end - trampoline));
	apic_write(0xf0, 0x1ff); /* on */
	machine_send(0x4500, index);
	machine_send(0x4600 | TRAMPOLINE >> 12, index);
	return cpu_wait(index);
}

/* run.sh takes 16 away again, so that QEMU's own 1 is not taken for ours. */
_Noreturn void machine_exit(int code)
{
	out8(DEBUG_EXIT, (uint8_t)(16 + code));
	machine_halt();
}

_Noreturn void machine_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}
