/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * support.h - what a bare-metal example finds under its feet.
 *
 * One directory for each architecture has its start-up code; it brings the first
 * CPU to C with physical memory mapped one to one, learns what the machine has,
 * and calls kernel():
 *
 *   x86_64    PVH: 32-bit protected mode -> long mode, memory map from Xen's start info
 *   aarch64   a Linux image: EL1 or EL2, whichever it is entered in; a device tree
 *   riscv64   S or HS mode under SBI firmware; a device tree
 *
 * Nothing here is granmem's, and nothing of granmem needs it. There are no
 * interrupts and no timers; all devices are polled.
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define SUPPORT_CPUS 2
#define SUPPORT_STACK 16384
#define SUPPORT_PAGE 4096

/* The example: called once, on CPU 0. What it returns is the exit code of QEMU. */
int kernel(void);

/* -- The machine: filled in before kernel() is called. */

enum memory_kind {
	MEMORY_USABLE,
	MEMORY_RESERVED, /* firmware's, the program itself, the device tree, the initrd */
};

struct memory_range {
	uint64_t base, size; /* bytes, in whole pages; a size of 0: nothing is left of it */
	enum memory_kind kind;
};

#define MEMORY_RANGES 32
#define MACHINE_DEVICES 2

/* The program: code and constants, then data, in whole pages. */
extern const char image[], image_data[], image_end[];

struct machine {
	const char *name;              /* architecture and level, as run.sh calls it */
	struct memory_range memory[MEMORY_RANGES]; /* usable ones overlap nothing */
	unsigned nr_ranges;
	uint64_t initrd, initrd_bytes; /* 0: there is none */
	const void *device_tree;       /* NULL: there is none */
	uint64_t devices[MACHINE_DEVICES]; /* pages of registers that are used here, or 0 */
};

extern struct machine machine;

/* For the architectures: RAM first, then what of it is taken. */
void memory_add(uint64_t base, uint64_t size);
void memory_reserve(uint64_t base, uint64_t size);

/* -- Text over a serial line. Not for two CPUs at once. */

void print(const char *text);
void print_number(uint64_t number); /* decimal */
void print_hex(uint64_t number);    /* with 0x: for what differs from machine to machine */
void console_put(char c);           /* the architecture's */

/* -- The end. */

_Noreturn void machine_exit(int code); /* power off; 0 .. 63 */
_Noreturn void machine_halt(void);     /* this CPU does nothing any more */
_Noreturn void fatal(const char *text);

/* -- CPUs. */

/* The caller's, from 0: its place in the array of stacks. */
static inline unsigned cpu_index(void);

/* cpu_start - CPU `index` (from 1) calls function(arg), and halts when that returns.
 * Returns 0 once it is there; -1 if it never comes. Each index once. */
int cpu_start(unsigned index, void (*function)(void *arg), void *arg);

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
	__asm__ volatile("pause");
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* All of nr CPUs come to the barrier before one leaves it; zero is ready for use. */
struct barrier {
	atomic_uint arrived, round;
};

static inline void barrier_wait(struct barrier *barrier, unsigned nr)
{
	unsigned round = atomic_load(&barrier->round);

	if (atomic_fetch_add(&barrier->arrived, 1) + 1 == nr) {
		atomic_store(&barrier->arrived, 0);
		atomic_store(&barrier->round, round + 1);
	} else {
		while (atomic_load(&barrier->round) == round)
			cpu_relax();
	}
}

/* -- Sections: what one CPU takes away, another may still be looking at. */

/* Around a look; not within each other. */
void section_begin(void);
void section_end(void);

/* sections_wait - returns when every CPU has left the section that it was in, if it was; the
 * caller leaves its own meanwhile. */
void sections_wait(void);

/* -- Translation. At first virtual addresses are physical ones, all of them writable and
 * executable; a kernel that wants it otherwise has page tables of its own. */

/* Bits of the addresses that paging_start's tables may translate. */
#define PAGING_BITS 39
#if defined(__x86_64__)
#undef PAGING_BITS
#define PAGING_BITS 48
#endif

/* paging_start - this CPU translates by the tables at root from now on.
 *
 * They must map the program, the stacks and the devices where they are. granule_shift:
 * 12, or what aarch64 has besides. Memory types are those of PAT after reset on x86-64
 * and of PAGING_MAIR on aarch64. riscv64: Sv39. aarch64: at EL1. */
void paging_start(uint64_t root, unsigned granule_shift);

/* MAIR_EL1: 0 Device-nGnRnE, 1 Normal write-back, 2 Normal non-cacheable, 3 Normal
 * write-through. */
#define PAGING_MAIR 0xbb44ff00

/* paging_publish - entries that became present are seen by this CPU. */
void paging_publish(void);

/* paging_flush - no CPU that was started knows any translation from before the call
 * any more when it returns. May be called by all at once, and in the fault hook. */
void paging_flush(void);

/* -- Faults. */

#define FAULT_WRITE 1u
#define FAULT_EXEC 2u
#define FAULT_USER 4u
#define FAULT_GUEST 8u /* of the second stage: address is the guest's physical one */

struct fault {
	uint64_t address;
	uint64_t pc;    /* where to go on: the hook may change it */
	unsigned flags; /* neither WRITE nor EXEC: a load */
};

/* Called for a page fault, on the CPU that took it, with others perhaps in it too.
 * 1: handled, go on at fault->pc. 0: it ends the program, as it does without a hook. */
typedef int fault_hook(struct fault *fault);
extern fault_hook *support_fault_hook;

/* One access of 8 bytes: 0, or -1 if it ended in a fault that the hook did not handle. */
int probe_read(const volatile uint64_t *from, uint64_t *value);
int probe_write(volatile uint64_t *to, uint64_t value);

/* -- For the architectures. */

struct cpu_start {
	void (*function)(void *arg);
	void *arg;
	atomic_uint there;
};
extern struct cpu_start cpu_starts[SUPPORT_CPUS];
extern unsigned char support_stacks[SUPPORT_CPUS][SUPPORT_STACK];

void cpu_arrived(unsigned index); /* CPU index is in C; comes back when it is done */
int cpu_wait(unsigned index);     /* 0 when it arrived, -1 after a long time */
_Noreturn void machine_run(void); /* the machine is known: the first line, kernel(), the end */
int fault_handle(struct fault *fault); /* the hook, then probes: 1 go on, 0 report */
_Noreturn void trap_fatal(const struct fault *fault); /* the end of that report, and the end */

static inline unsigned cpu_index(void)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

	return (unsigned)((frame - (uintptr_t)support_stacks) / SUPPORT_STACK);
}

#endif
