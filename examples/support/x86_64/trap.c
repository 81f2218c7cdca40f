/* SPDX-License-Identifier: BSD-2-Clause */
/* trap.c - x86-64: page faults to the hook, everything else ends the program. */
#include "../support.h"
#include "machine.h"

#define NMI 2
#define PAGE_FAULT 14
#define CODE_SEGMENT 8
#define GATE 0x8e00 /* present, interrupt gate */

struct frame { /* as trap_entry.S pushes it */
	uint64_t registers[15];
	uint64_t vector, error, pc, cs, flags, sp, ss;
};

static struct {
	uint16_t low, segment, type, middle;
	uint32_t high, reserved;
} gates[32];

extern const char trap_entries[];

void trap_init(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) pointer = { sizeof(gates) - 1, (uintptr_t)gates };
	unsigned i;

	for (i = 0; i < 32; i++) {
		uint64_t entry = (uintptr_t)trap_entries + i * 16;

		gates[i].low = (uint16_t)entry;
		gates[i].segment = CODE_SEGMENT;
		gates[i].type = GATE;
		gates[i].middle = (uint16_t)(entry >> 16);
		gates[i].high = (uint32_t)(entry >> 32);
	}
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

void trap(struct frame *frame);

void trap(struct frame *frame)
{
	struct fault fault = { .pc = frame->pc };

	if (frame->vector == NMI) {
		paging_flush_asked();
		return;
	}
	__asm__ volatile("movq %%cr2, %0" : "=r"(fault.address));
	if (frame->vector == PAGE_FAULT) {
		fault.flags = (frame->error & 2 ? FAULT_WRITE : 0) |
			      (frame->error & 4 ? FAULT_USER : 0) |
			      (frame->error & 16 ? FAULT_EXEC : 0);
		if (fault_handle(&fault)) {
			frame->pc = fault.pc;
			return;
		}
	}
	print("trap: exception ");
	print_number(frame->vector);
	print(" error ");
	print_hex(frame->error);
	trap_fatal(&fault);
}
