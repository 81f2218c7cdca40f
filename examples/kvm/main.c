/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c - a guest on /dev/kvm, whose memory is 2 MiB objects; its dirty pages; a second
 * guest that is forked from it, and shares all that neither has written since. */
#include "guest.h"
#include "ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((uint64_t)1 << 20)
#define ENTRY 0x1000 /* where a guest's code is */
#define MAX_VISITS 16 /* in one script */

extern const unsigned char guest_code[], guest_code_end[];

/* What a guest is asked to do: look into a page, and write to it if value is not 0. */
struct visit {
	uint64_t page;
	uint32_t value;
	uint32_t saw; /* what it said was there */
};

struct script {
	struct visit *visits;
	unsigned nr;
	unsigned next;
	unsigned nr_refused; /* accesses to what is no memory of the guest */
	unsigned nr_by_hand; /* writes that came out to the monitor */
};

static int failed;

static void expect(int condition, const char *what)
{
	if (condition)
		return;
	printf("WRONG: %s\n", what);
	failed = 1;
}

static void on_port(struct kvm_run *run, struct script *script)
{
	uint32_t *data = (uint32_t *)((unsigned char *)run + run->io.data_offset);

	if (run->io.port == PORT_PAGE && script->next == script->nr)
		*data = UINT32_MAX;
	else if (run->io.port == PORT_PAGE)
		*data = (uint32_t)script->visits[script->next].page;
	else if (run->io.port == PORT_SAW)
		script->visits[script->next].saw = *data;
	else if (run->io.port == PORT_VALUE)
		*data = script->visits[script->next++].value;
}

/* A write to what is shared, or any access to what is not there. The address is the
 * guest's, so it may be anything. */
static void on_memory(struct guest *guest, struct script *script)
{
	struct kvm_run *run = guest->machine.run;

	if (run->mmio.is_write &&
	    guest_write(guest, run->mmio.phys_addr, run->mmio.data, run->mmio.len) == 0) {
		script->nr_by_hand++;
		return;
	}
	script->nr_refused++;
	memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
}

static void play(struct guest *guest, struct script *script)
{
	struct kvm_run *run = guest->machine.run;

	for (;;) {
		machine_run(&guest->machine);
		switch (run->exit_reason) {
		case KVM_EXIT_IO:
			on_port(run, script);
			break;
		case KVM_EXIT_MMIO:
			on_memory(guest, script);
			break;
		case KVM_EXIT_HLT:
			expect(script->next == script->nr, "the guest stopped early");
			return;
		default:
			fprintf(stderr, "an exit that was not expected: %u\n", run->exit_reason);
			exit(1);
		}
	}
}

/* Runs the guest's code again from its start: one machine, several scripts. */
static struct script run_visits(struct guest *guest, struct visit *visits, unsigned nr)
{
	struct script script = { visits, nr, 0, 0, 0 };

	machine_start(&guest->machine, ENTRY);
	play(guest, &script);
	return script;
}

/* The log has exactly the pages that were written, less those written by hand. */
static void check_dirty(struct guest *guest, const struct visit *visits, unsigned nr,
			const char *who)
{
	uint64_t pages[MAX_VISITS];
	unsigned found = guest_gather_dirty(guest, pages, MAX_VISITS);
	unsigned i, j, written = 0;

	for (i = 0; i < nr; i++) {
		int logged = 0;

		for (j = 0; j < found && j < MAX_VISITS; j++)
			logged |= pages[j] == visits[i].page;
		written += visits[i].value != 0;
		expect(logged == (visits[i].value != 0), "a page and the log disagree");
	}
	expect(found == written, "the log has other pages");
	printf("%s wrote %u of its pages, and KVM's log has %u, the same\n", who, written, found);
}

static void visit(struct visit *visit, uint64_t page, uint32_t value)
{
	visit->page = page;
	visit->value = value;
	visit->saw = 0;
}

static const uint64_t written[] = { 2, 511, 512, 777, 2047 };
#define NR_WRITTEN (sizeof(written) / sizeof(written[0]))

static uint32_t stamp(uint64_t page)
{
	return 0xa0000000u + (uint32_t)page;
}

static void parent_writes(struct guest *parent)
{
	struct visit visits[NR_WRITTEN];
	struct script script;
	unsigned i;

	for (i = 0; i < NR_WRITTEN; i++)
		visit(&visits[i], written[i], stamp(written[i]));
	script = run_visits(parent, visits, NR_WRITTEN);
	expect(script.nr_by_hand == 0 && script.nr_refused == 0, "it should just have written");
	check_dirty(parent, visits, NR_WRITTEN, "guest A");
}

static void child_reads(struct guest *child)
{
	struct visit visits[NR_WRITTEN];
	unsigned i;

	for (i = 0; i < NR_WRITTEN; i++)
		visit(&visits[i], written[i], 0);
	(void)run_visits(child, visits, NR_WRITTEN);
	for (i = 0; i < NR_WRITTEN; i++)
		expect(visits[i].saw == stamp(written[i]), "the child sees something else");
	printf("guest B sees what A wrote, and has copied %u pages\n", child->nr_copies);
}

static void child_writes(struct guest *child)
{
	uint64_t before = memory_free(child->memory);
	struct visit first[2], second[1];
	struct script script;

	visit(&first[0], 2, 0xb0000002u);
	visit(&first[1], 777, 0xb0000309u);
	script = run_visits(child, first, 2);
	expect(script.nr_by_hand == 2 && child->nr_copies == 2, "two writes, two copies");
	printf("guest B wrote 2 pages: %u copied, %u memory slots, %llu KiB more in use\n",
	       child->nr_copies, guest_nr_slots(child),
	       (unsigned long long)(before - memory_free(child->memory)) / 1024);

	visit(&second[0], 2, 0xb1000002u);
	script = run_visits(child, second, 1);
	expect(second[0].saw == 0xb0000002u, "its first write is lost");
	expect(script.nr_by_hand == 0, "its own page still comes out");
	check_dirty(child, second, 1, "guest B");
}

static void parent_goes_on(struct guest *parent)
{
	struct visit visits[5];
	struct script script;

	visit(&visits[0], 2, 0);
	visit(&visits[1], 777, 0);
	visit(&visits[2], 512, 0xa1000200u);
	visit(&visits[3], 2048, 1);     /* just behind its memory */
	visit(&visits[4], 0x7ffff, 1);  /* far from it */
	script = run_visits(parent, visits, 5);
	expect(visits[0].saw == stamp(2) && visits[1].saw == stamp(777),
	       "the child's writes are seen by the parent");
	expect(parent->nr_copies == 1, "a write to what is shared copies a page");
	printf("guest A sees none of it, and had %u page copied for a write of its own\n",
	       parent->nr_copies);
	expect(script.nr_refused == 4, "a read and a write at each of two wrong addresses");
	printf("guest A's %u accesses beyond its memory were refused\n", script.nr_refused);
}

static void child_alone(struct guest *child)
{
	unsigned before = child->nr_copies;
	struct visit last[1];

	visit(&last[0], 1000, 0xb00003e8u);
	(void)run_visits(child, last, 1);
	expect(child->nr_copies == before, "nobody shares it any more");
	printf("guest A is gone: guest B wrote to what was shared, and nothing was copied\n");
}

int main(void)
{
	static struct memory memory;
	static struct guest a, b;
	const char *missing = machine_missing();
	uint64_t free_bytes;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (missing != NULL) {
		printf("SKIP: %s\n", missing);
		return 77;
	}
	memory_init(&memory, 64 * MIB);
	free_bytes = memory_free(&memory);
	guest_boot(&a, &memory, 8 * MIB, ENTRY, guest_code, (size_t)(guest_code_end - guest_code));
	printf("guest A has 8 MiB: %u objects of 2 MiB, %u memory slots\n",
	       (unsigned)((free_bytes - memory_free(&memory)) / BLOCK_BYTES), guest_nr_slots(&a));
	parent_writes(&a);

	guest_fork(&b, &a);
	printf("guest B is forked from A: %u references to each object\n",
	       (unsigned)gm_ref_count(b.pieces[0].object));
	child_reads(&b);
	child_writes(&b);
	parent_goes_on(&a);
	guest_end(&a);
	child_alone(&b);
	guest_end(&b);

	expect(memory_free(&memory) == free_bytes, "memory was lost");
	printf("both are gone: all %llu MiB are free again\n",
	       (unsigned long long)(memory_free(&memory) / MIB));
	memory_end(&memory);
	return failed;
}
