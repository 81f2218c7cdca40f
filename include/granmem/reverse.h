/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reverse.h - from an object to its mappings: migration, poison and reclaim take it out
 * of them.
 *
 *   the owner's list        places                               tables
 *   +----------+
 *   | area     |----------> walker, address, offset, bytes ----> leaf -> object   goes
 *   | area     |----------> ...                            ----> leaf -> another  stays
 *   +----------+                                           ----> nothing
 *
 * Nothing is recorded beside the tables for each mapping. An object's owner (a file, a
 * guest's memory, the pages that a process forked) knows the areas that may map it: they
 * are few and change rarely, where leaves are many and change often. So the owner's list
 * is asked, by a hook, for places, and each place is compared with the tables leaf by
 * leaf. A list may therefore say too much, or be older than the tables: what does not
 * map the object there, or does no more, stays as it is. If it says too little, the map
 * count does not become 0.
 *
 * To take an object away from everybody:
 *
 *   1  let nobody map it any more: whoever answers faults asks the owner
 *   2  gm_reverse_unmap
 *   3  gm_map_count is 0: nothing reaches it, and what hardware noted is reported. Freeze
 *      it (ref.h) with the references that are the caller's own
 *
 * Exists where a machine word holds an entry (64 bits).
 */
#ifndef GM_REVERSE_H
#define GM_REVERSE_H

#include <granmem/walker.h>

#if GM_CONFIG_64BIT

GM_BEGIN_DECLS

/* Bytes [offset, offset + bytes) of the object may be mapped at va, in order. */
struct gm_reverse_place {
	struct gm_walker *walker;
	uint64_t va;
	uint64_t offset;
	uint64_t bytes;
};

/*
 * The next place. Returns 1 and all of *place, or 0: there are no more; ctx knows which
 * were told. In any order, and the same one may be told again; those of one walker in a
 * row share an invalidation. So a walker is in use until the hook has returned a place of
 * another one, or gm_reverse_unmap has returned.
 */
typedef int gm_reverse_next_hook(void *ctx, const struct gm_desc *desc,
				 struct gm_reverse_place *place);

/*
 * gm_reverse_unmap - unmap [offset, offset + size) of an object wherever it may be mapped.
 *
 * Requires a reference. What lies only in part in the bytes, or in a place, is split. All
 * is invalidated, reported and given up before the call returns, as by
 * gm_walker_unmap without a gather. Frames that nobody counts stay.
 *
 * Returns 0: no place maps any of it; whether something else does says gm_map_count.
 * -GM_ESIZE (0); -GM_ERANGE (not inside the object); else the first error of
 * gm_walker_unmap_object: all other places have been dealt with, and the same call again
 * does the rest. Context: where the hooks may be called; like each call of these
 * walkers inside of what their quiesce waits for, and quiesce leaves it, as for
 * gm_walker_unmap without a gather. Beside any other call of these walkers.
 */
GM_MUST_CHECK int gm_reverse_unmap(struct gm_desc *desc, uint64_t offset, uint64_t size,
				   gm_reverse_next_hook *next, void *ctx);

GM_END_DECLS

#endif

#endif
