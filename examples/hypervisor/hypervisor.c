/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor.c - two guests, each on a CPU of its own, until both have stopped.
 *
 * Both run the program that the loader has put into memory as the initrd.
 */
#include "guest.h"
#include "hypercall.h"

static atomic_uint nr_ended;

static void accuse(struct guest *guest, const char *why, uint64_t what)
{
	guest->code = 1;
	print("guest ");
	print_number(guest->id);
	print(why);
	print_hex(what);
	print(", at ");
	print_hex(guest->vcpu.pc);
	print("\n");
}

/* Answers what the guest has come out with: 1 go on, 0 it ends. */
static int answer(struct guest *guest, const struct arch_exit *exit)
{
	switch (exit->reason) {
	case ARCH_CALL:
		if (exit->arguments[0] == CALL_STOP) {
			guest->code = exit->arguments[1] != 0;
			return 0;
		}
		arch_answer(&guest->vcpu, hypercall(guest, exit->arguments));
		return 1;
	case ARCH_FAULT:
		if (guest_fault(guest, exit->address, exit->prot) == 0)
			return 1;
		if (exit->prot != GM_PROT_EXEC) {
			arch_tell(&guest->vcpu, exit);
			return 1;
		}
		/* There may be no handler either, and it would be told without end. */
		accuse(guest, " has no code at ", exit->address);
		return 0;
	default:
		accuse(guest, " came out with ", exit->what);
		return 0;
	}
}

static void run(void *arg)
{
	struct guest *guest = arg;
	struct arch_exit exit;

	arch_begin(gm_walker_root(&guest->tables), guest->id);
	guest_load(guest, memory_at(machine.initrd), machine.initrd_bytes);
	arch_start(&guest->vcpu, RAM_BASE, guest->id);
	do {
		arch_run(&guest->vcpu, &exit);
	} while (answer(guest, &exit));
	arch_end();
	guest_end(guest);
	atomic_fetch_add(&nr_ended, 1);
}

int kernel(void)
{
	unsigned i;

	if (machine.initrd == 0)
		fatal("no program for the guests (-initrd)");
	memory_init();
	for (i = 0; i < NR_GUESTS; i++)
		guest_init(i);
	must(cpu_start(1, run, &guests[1]), "the second CPU");
	run(&guests[0]);
	while (atomic_load(&nr_ended) != NR_GUESTS)
		cpu_relax();
	memory_check();
	print("both have ended, and all memory is free\n");
	return guests[0].code | guests[1].code;
}
