/* SPDX-License-Identifier: BSD-2-Clause */
/* objects.c - a space with a few objects; contracts in objects.h. */
#include "objects.h"

static struct gm_compound *table(void)
{
	return &objects()->table;
}

static struct gm_paddr base_of(unsigned first)
{
	return gm_paddr(OBJECTS_BASE + first * OBJECT_BYTES);
}

int objects_write(const struct gm_pte_format *format, unsigned level, gm_word *slot)
{
	gm_word value = gm_atomic_load_relaxed(slot);
	struct gm_pte pte;
	uint64_t entry;

	if (gm_pte_decode(format, level, value, &pte) != 0 || pte.is != GM_PTE_LEAF ||
	    (pte.prot & GM_PROT_WRITE) == 0)
		return 0;
	pte.flags |= GM_PTE_ACCESSED | GM_PTE_DIRTY;
	return gm_pte_leaf(format, level, &pte, &entry) == 0 &&
	       gm_atomic_cas_relaxed(slot, value, (gm_word)entry);
}

void objects_begin(size_t world_bytes)
{
	struct gm_table_config config = { .base = base_of(0),
					  .size = NR_OBJECTS * OBJECT_BYTES,
					  .granule_shift = OBJECT_SHIFT,
					  .desc_size = DESC_BYTES,
					  .nr_lanes = 1,
					  .zeroed = 1 };
	struct gm_region region = { .base = config.base,
				    .size = config.size,
				    .kind = GM_REGION_COMPOUND };
	struct gm_metadata metadata;
	struct objects *o;
	void *buffer;

	memory_begin();
	o = memory_take(world_bytes, 64);
	must(gm_compound_metadata_size(&config, 0, &metadata) == 0, "metadata_size");
	buffer = memory_take(metadata.bytes, metadata.align);
	must(gm_compound_init(&o->table, &config, buffer, metadata.bytes) == 0, "init");
	region.table = &o->table.blocks.table;
	gm_space_init(&o->space, &o->region, 1);
	must(gm_space_add(&o->space, &region) == 0, "add");
}

struct gm_desc *objects_make(unsigned first, unsigned nr, unsigned type, void *owner)
{
	struct gm_object object = { .base = base_of(first),
				    .size = nr * OBJECT_BYTES,
				    .type = type,
				    .owner = owner };
	struct gm_desc *desc;

	return gm_compound_create(table(), &object, &desc) == 0 ? desc : NULL;
}

struct gm_desc *objects_at(unsigned first)
{
	return gm_compound_find(table(), base_of(first));
}

const char *objects_check(long refs)
{
	struct gm_verify verify;

	if (gm_compound_verify(table(), &verify) != 0)
		return verify.first;
	return verify.nr_references == (uint64_t)refs ? NULL : "the count of references is wrong";
}

const char *objects_end(void)
{
	struct gm_verify verify;
	struct gm_desc *desc;
	unsigned i;

	(void)gm_compound_reap(table(), NULL, NULL);
	for (i = 0; i < NR_OBJECTS; i++) {
		desc = objects_at(i);
		while (desc != NULL && !gm_compound_put(table(), desc))
			;
	}
	if (gm_compound_verify(table(), &verify) != 0)
		return verify.first;
	return verify.nr_objects == 0 ? NULL : "an object remains that nobody can find";
}
