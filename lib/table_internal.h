/* SPDX-License-Identifier: BSD-2-Clause */
/* table_internal.h - the lanes of a table. */
#ifndef GM_TABLE_INTERNAL_H
#define GM_TABLE_INTERNAL_H

#include <granmem/table.h>

/* gm_table_init - a table that is configured gets its lanes, gm_table_nr_lanes of them;
 * all of the region is free. */
GM_ALWAYS_INLINE void gm_table_init(struct gm_table *table, struct gm_lane *lanes)
{
	gm_word units = (gm_word)(table->size >> GM_UNIT_SHIFT);
	gm_word step = units;
	gm_word start = 0;
	size_t n;

	/* Lanes begin apart, so that CPUs fill different parts of the region. No
	 * division, which 32 bits may lack: their number is a power of two. */
	for (n = table->lane_mask; n != 0; n >>= 1)
		step >>= 1;
	table->lanes = lanes;
	for (n = 0; n <= table->lane_mask; n++) {
		gm_atomic_store_relaxed(&lanes->free, units);
		gm_atomic_store_relaxed(&lanes->hints[0], start);
		gm_atomic_store_relaxed(&lanes->hints[1], start);
		units = 0;
		start += step;
		lanes++;
	}
}

/*
 * gm_table_get - what a lookup does once a slot led it to a descriptor.
 *
 * Takes a reference, and keeps it if the object covers paddr and is of the type
 * (0: any). Returns 0; 1 (not the object that was meant: look again);
 * -GM_EBUSY, -GM_ETYPE, -GM_ELIMIT; -GM_EORPHAN (mark it, then look again).
 */
GM_ALWAYS_INLINE int gm_table_get(struct gm_desc *desc, uint64_t paddr, unsigned type)
{
	int err = gm_ref_try_get(desc);
	int covers;

	if (err != 0)
		return err;
	/* Only a reference lets us look: is it the object at this address, or one of
	 * another type? */
	covers = gm_desc_covers(desc, paddr);
	if (covers && (type == 0 || gm_ref_type(desc) == type))
		return 0;
	return gm_ref_undo_as(desc, GM_STATE_REFS_ONE, covers ? -GM_ETYPE : 1);
}

#endif
