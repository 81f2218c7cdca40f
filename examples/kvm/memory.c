/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.c - "physical" memory of a process: reserved, untouched until a guest writes. */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>

#define REGION_BASE ((uint64_t)4 << 30)
#define METADATA_BYTES ((uint64_t)1 << 20)

void must(int err, const char *what)
{
	if (err == 0)
		return;
	fprintf(stderr, "%s: %s\n", what, gm_error_text(err));
	exit(1);
}

void memory_init(struct memory *memory, uint64_t bytes)
{
	struct gm_table_config config = { .base = gm_paddr(REGION_BASE), .size = bytes,
		.nr_lanes = 1, .zeroed = 1, .grow = gm_hosted_grow,
		.grow_ctx = &memory->metadata };
	struct gm_metadata need;
	void *buffer;

	must(gm_hosted_reserve(&memory->metadata, METADATA_BYTES, 0, 0), "metadata");
	must(gm_hosted_reserve(&memory->bytes, bytes + BLOCK_BYTES, 0, 0), "memory");
	memory->view = gm_hosted_grow(&memory->bytes, (size_t)bytes, (size_t)BLOCK_BYTES);
	must(gm_adhoc_metadata_size(&config, 0, &need), "metadata_size");
	buffer = gm_hosted_grow(&memory->metadata, (size_t)need.bytes, (size_t)need.align);
	must(gm_adhoc_init(&memory->table, &config, buffer, need.bytes), "init");
}

void memory_end(struct memory *memory)
{
	struct gm_verify found;

	must(gm_adhoc_verify(&memory->table, &found), "verify");
	gm_hosted_release(&memory->bytes);
	gm_hosted_release(&memory->metadata);
}

struct gm_desc *memory_claim(struct memory *memory, uint64_t bytes)
{
	struct gm_claim claim = { .size = bytes, .align = bytes, .type = TYPE_GUEST };
	struct gm_desc *object;

	must(gm_adhoc_claim(&memory->table, &claim, &object), "claim");
	return object;
}

void *memory_at(const struct memory *memory, const struct gm_desc *object, uint64_t offset)
{
	struct gm_run run;

	must(gm_run_at(object, offset, 0, PAGE_SHIFT, 0, &run), "run_at");
	return memory->view + (run.paddr.value - REGION_BASE);
}

uint64_t memory_free(const struct memory *memory)
{
	return gm_table_free_bytes(&memory->table.table);
}
