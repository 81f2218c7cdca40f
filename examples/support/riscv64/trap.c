/* SPDX-License-Identifier: BSD-2-Clause */
/* trap.c - riscv64: page faults to the hook, everything else ends the program. */
#include "../support.h"

struct frame { /* as trap_entry.S lays it out */
	uint64_t registers[16], pc, status;
};

/* scause, privileged specification, tables 4.2 and 8.6: page faults; access faults, where
 * nothing answers; page faults of the second stage. */
#define FETCH_FAULT 12
#define LOAD_FAULT 13
#define STORE_FAULT 15
#define FETCH_ACCESS 1
#define LOAD_ACCESS 5
#define STORE_ACCESS 7
#define FETCH_GUEST 20
#define LOAD_GUEST 21
#define STORE_GUEST 23
#define STATUS_SPP 0x100 /* the trap is from supervisor mode */

/* The FAULT_ flags of a cause, or -1 if it is none of these. */
static int flags_of(uint64_t cause)
{
	switch (cause) {
	case FETCH_FAULT:
	case FETCH_ACCESS:
		return FAULT_EXEC;
	case LOAD_FAULT:
	case LOAD_ACCESS:
		return 0;
	case STORE_FAULT:
	case STORE_ACCESS:
		return FAULT_WRITE;
	case FETCH_GUEST:
		return FAULT_GUEST | FAULT_EXEC;
	case LOAD_GUEST:
		return FAULT_GUEST;
	case STORE_GUEST:
		return FAULT_GUEST | FAULT_WRITE;
	default:
		return -1;
	}
}

void trap(struct frame *frame);

void trap(struct frame *frame)
{
	struct fault fault = { .pc = frame->pc };
	uint64_t cause, value;
	int flags;

	__asm__ volatile("csrr %0, scause" : "=r"(cause));
	__asm__ volatile("csrr %0, stval" : "=r"(fault.address));
	flags = flags_of(cause);
	if (flags >= 0) {
		fault.flags = (unsigned)flags;
		if ((frame->status & STATUS_SPP) == 0)
			fault.flags |= FAULT_USER;
		if ((fault.flags & FAULT_GUEST) != 0) {
			/* htval: the guest's physical address, but for its two lowest bits. */
			__asm__ volatile("csrr %0, 0x643" : "=r"(value));
			fault.address = value << 2 | (fault.address & 3);
		}
		if (fault_handle(&fault)) {
			frame->pc = fault.pc;
			return;
		}
	}
	print("trap: cause ");
	print_number(cause);
	trap_fatal(&fault);
}
