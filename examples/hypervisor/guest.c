/* SPDX-License-Identifier: BSD-2-Clause */
/* guest.c - a guest's memory: its tables, and a page when it needs one. */
#include "guest.h"

#include "grant.h"

struct guest guests[NR_GUESTS];

/* Each call of a walker is in a section: a table page that was taken out is freed once each
 * CPU has left the call that it was in, if it was in one. */
static void quiesce(void *ctx)
{
	(void)ctx;
	sections_wait();
}

static void invalidate(void *ctx, const struct gm_walker_range *ranges, unsigned nr)
{
	struct guest *guest = ctx;

	for (; nr > 0; nr--, ranges++)
		arch_forget(gm_walker_root(&guest->tables), guest->id, ranges->va, ranges->bytes);
}

void guest_init(unsigned id)
{
	struct guest *guest = &guests[id];
	struct gm_walker_config config = {
		.leaves = GM_RUN_LEAF(12),
		.map = &guest->counts,
		.space = &memory,
		.table_type = TYPE_TABLE,
		.node = GM_NODE_ANY,
		.invalidate = invalidate,
		.quiesce = quiesce,
		.ctx = guest,
	};
	struct gm_map_config count = {
		.memory = &memory,
		.lanes = guest->lanes,
		.nr_lanes = SUPPORT_CPUS,
		.classes = { [TYPE_GUEST] = GM_MAP_ANONYMOUS },
	};

	guest->id = id;
	arch_format(&config.format);
	count.format = config.format;
	must(gm_map_init(&guest->counts, &count), "counts");
	must(gm_walker_init(&guest->tables, &config), "a guest's tables");
}

/* Nobody here asks what was accessed or written to, so entries say from the beginning
 * that it was, and no access faults for that. */
int guest_map(struct guest *guest, uint64_t address, struct gm_desc *object, uint64_t offset,
	      uint32_t prot)
{
	struct gm_map_request request = {
		.desc = object,
		.offset = offset,
		.prot = prot,
		.flags = GM_PTE_ACCESSED | GM_PTE_DIRTY,
	};
	struct gm_walker_gather gather;
	int err;

	gm_walker_gather_init(&gather);
	section_begin();
	err = gm_walker_map(&guest->tables, address, PAGE_BYTES, &request, &gather);
	section_end();
	gm_walker_gather_finish(&guest->tables, &gather);
	arch_publish();
	return err;
}

/* When this returns no processor reaches what was there, and the references are put. */
int guest_unmap(struct guest *guest, uint64_t address, uint64_t bytes)
{
	struct gm_walker_gather gather;
	int err;

	gm_walker_gather_init(&gather);
	do {
		/* Busy: the other CPU is in the middle of a change there. */
		section_begin();
		err = gm_walker_unmap(&guest->tables, address, bytes, &gather);
		section_end();
	} while (err == -GM_EBUSY);
	gm_walker_gather_finish(&guest->tables, &gather);
	return err;
}

int guest_lookup(struct guest *guest, uint64_t address, struct gm_walker_at *at)
{
	int err;

	section_begin();
	err = gm_walker_lookup(&guest->tables, address, at);
	section_end();
	return err;
}

int guest_is_ram(uint64_t address, uint64_t bytes)
{
	if (bytes == 0)
		return -GM_ESIZE;
	if (address < RAM_BASE || address - RAM_BASE >= RAM_BYTES ||
	    bytes > RAM_BYTES - (address - RAM_BASE))
		return -GM_ERANGE;
	return 0;
}

/* What was there may have been this guest's own, or somebody's before it. */
static void clear(uint64_t paddr)
{
	uint64_t *words = memory_at(paddr);
	unsigned i;

	for (i = 0; i < PAGE_BYTES / sizeof(*words); i++)
		words[i] = 0;
}

/* RAM gets a page, from a block that the guest has, or gets, too. */
static int add_page(struct guest *guest, uint64_t page)
{
	struct gm_desc **block = &guest->blocks[(page - RAM_BASE) / BLOCK_BYTES];
	uint64_t offset = (page - RAM_BASE) % BLOCK_BYTES;
	int err = *block == NULL ? memory_claim(block) : 0;

	if (err != 0)
		return err;
	clear(gm_desc_base(*block) + offset);
	do {
		/* Busy: the other CPU takes out a table page near by. */
		err = guest_map(guest, page, *block, offset,
				GM_PROT_READ | GM_PROT_WRITE | GM_PROT_EXEC);
	} while (err == -GM_EBUSY);
	return err;
}

int guest_fault(struct guest *guest, uint64_t address, uint32_t prot)
{
	struct gm_walker_at at;
	int err = guest_lookup(guest, address, &at);

	if (err == -GM_EBUSY)
		return 0; /* in the middle of a change */
	if (err == 0 && (at.pte.prot & prot) != 0) {
		arch_publish(); /* the processor did not know of it yet */
		return 0;
	}
	if (err == 0 || guest_is_ram(address, 1) != 0)
		return -GM_ERANGE;
	return add_page(guest, address & ~(uint64_t)(PAGE_BYTES - 1));
}

void guest_load(struct guest *guest, const void *program, uint64_t bytes)
{
	const unsigned char *from = program;
	uint64_t at, i;

	if (bytes > RAM_PROGRAM)
		fatal("a program that is too large");
	for (at = 0; at < bytes; at += PAGE_BYTES) {
		struct gm_walker_at page;
		unsigned char *to;

		must(guest_fault(guest, RAM_BASE + at, GM_PROT_WRITE), "memory for the program");
		must(guest_lookup(guest, RAM_BASE + at, &page), "memory for the program");
		to = memory_at(page.paddr.value);
		for (i = 0; i < PAGE_BYTES && at + i < bytes; i++)
			to[i] = from[at + i];
		arch_publish_code(to, PAGE_BYTES);
	}
}

void guest_end(struct guest *guest)
{
	unsigned i;

	grant_leave(guest); /* from now on nobody else changes its tables */
	gm_walker_destroy(&guest->tables);
	for (i = 0; i < RAM_BYTES / BLOCK_BYTES; i++)
		if (guest->blocks[i] != NULL)
			gm_put(&memory, guest->blocks[i]);
	atomic_store(&guest->met, MEET_ENDED);
}
