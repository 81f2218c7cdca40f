/* SPDX-License-Identifier: BSD-2-Clause */
/* trap.c - aarch64: aborts to the hook, everything else ends the program. */
#include "../support.h"

struct frame { /* as trap_entry.S lays it out */
	uint64_t x[31], pc, pstate;
};

/* ESR_ELx.EC, DDI 0487 D17: aborts of instructions and of data, from below or from here. */
#define EC_INSTRUCTION_LOWER 0x20
#define EC_INSTRUCTION 0x21
#define EC_DATA_LOWER 0x24
#define EC_DATA 0x25
#define ISS_WRITE 0x40

void trap(struct frame *frame, uint64_t vector, uint64_t syndrome, uint64_t address);

void trap(struct frame *frame, uint64_t vector, uint64_t syndrome, uint64_t address)
{
	struct fault fault = { .address = address, .pc = frame->pc };
	unsigned class = (unsigned)(syndrome >> 26);

	if (class == EC_INSTRUCTION || class == EC_INSTRUCTION_LOWER)
		fault.flags = FAULT_EXEC;
	else if ((syndrome & ISS_WRITE) != 0)
		fault.flags = FAULT_WRITE;
	if (class == EC_INSTRUCTION_LOWER || class == EC_DATA_LOWER)
		fault.flags |= FAULT_USER;
	if ((class & ~5u) == EC_INSTRUCTION_LOWER && fault_handle(&fault)) {
		frame->pc = fault.pc;
		return;
	}
	print("trap: vector ");
	print_number(vector);
	print(" syndrome ");
	print_hex(syndrome);
	trap_fatal(&fault);
}
