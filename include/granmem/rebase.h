/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rebase.h - metadata whose virtual address changes, before the second CPU starts.
 *
 * A kernel boots where the loader put it, makes its tables there, and some time later
 * maps the same memory elsewhere: at its direct map, in the upper half. What a table
 * points to in its own metadata then has to point to the new address:
 *
 *     struct gm_rebase_move moves[] = {
 *             { 0x100000, 0xffffffff80100000, image_bytes },  the image: code, structs
 *             { 0x800000, 0xffff800000800000, buffer_bytes }, the tables' buffers
 *     };
 *     struct gm_rebase rebase = { moves, 2, 0 };
 *
 *     gm_rebase_space(&space, &rebase)
 *
 * Each pointer that leads into one of the moves is changed by as much as the memory was
 * moved; all others stay. So all the memory that moves is told at once, and the calls are
 * made once for each table, space, store or index. A move has whole blocks: a table's
 * buffer, what a hook gave, a self-hosted table's region, or the part of it where its
 * metadata is. Where parts of a range go different ways they are moves of their own.
 *
 * Required of all calls: the memory can be reached at the new address already (at the
 * old one it need not be), and so the arguments are new addresses; nothing else runs on
 * what is changed, no call on it was interrupted half-way, and what is frozen stays
 * frozen. Objects, references, pins and orphans stay as they are, and the caller's own
 * pointers to descriptors are his: gm_rebase_pointer.
 *
 * Changed are the pointers
 *
 *   of a table    into its static part, its slabs (nodes and descriptors, free or not),
 *                 what is left of its buffer; to code: its hooks
 *   of a space    to its regions, and to their tables
 *   of a store    into its slabs; to its space and its hook
 *   of an index   to its store, to its nodes and objects
 *
 * and, if `opaque` is set, the hooks' contexts and the owners of objects and indexes,
 * where the memory that these point to moves. They are left alone else, since an owner
 * may be any number. Not changed are the embedder's parts of extended descriptors,
 * address spaces of map.h, and walkers. After the call to_virtual must answer with new
 * addresses, and so must grow: by what they read, or since the caller put others into
 * struct gm_table.
 *
 * The errors, in the order they are checked; none has changed anything:
 *   -GM_EINVAL     no table, or not a kind that has one
 *   -GM_ESIZE      a move of no bytes
 *   -GM_EOVERFLOW  a move that begins or ends beyond the last address
 *   -GM_EALIGN     a distance that is not a multiple of 64
 *   -GM_EEXIST     moves that overlap, before or after
 *   -GM_ERANGE     a block of metadata is partly in a move, and partly not
 *   -GM_EALIGN     a slab's distance is not a multiple of its size: 4 KiB to 64 KiB, or
 *                  a granule if that is more; multiples of 64 KiB are always right
 *
 * Context: a thread; before the second CPU starts, or while all others wait.
 */
#ifndef GM_REBASE_H
#define GM_REBASE_H

#include <granmem/index.h>
#include <granmem/space.h>
#include <granmem/table.h>

GM_BEGIN_DECLS

struct gm_rebase_move {
	uintptr_t from;  /* where the first byte was */
	uintptr_t to;    /* where it is now */
	uintptr_t bytes; /* not 0 */
};

struct gm_rebase {
	const struct gm_rebase_move *moves;
	unsigned nr_moves;
	int opaque; /* not 0: contexts and owners are pointers, too */
};

/*
 * gm_rebase_pointer - where a pointer leads to now: to the same byte as before.
 *
 * NULL, and what is in no move, stay. Pure.
 */
GM_INLINE void *gm_rebase_pointer(const struct gm_rebase *rebase, const void *pointer);

/*
 * gm_rebase_table - one table; its struct is where `table` says, moved or not.
 *
 * Returns 0 or the errors above. Cost: a walk over the words of a folio table, over the
 * root slots and nodes of an ad-hoc one (not where nothing is), and with `opaque` over all
 * descriptors.
 */
GM_MUST_CHECK int gm_rebase_table(enum gm_region_kind kind, struct gm_table *table,
				  const struct gm_rebase *rebase);

/*
 * gm_rebase_space - a space and all its tables, all or nothing.
 *
 * Requires of no table that gm_rebase_table was called for it. Returns 0 or the errors
 * above.
 */
GM_MUST_CHECK int gm_rebase_space(struct gm_space *space, const struct gm_rebase *rebase);

/*
 * gm_rebase_store - a store of nodes, for which each of its indexes needs
 * gm_rebase_index, too, before or after it.
 *
 * Returns 0 or the errors above.
 */
GM_MUST_CHECK int gm_rebase_store(struct gm_index_store *store, const struct gm_rebase *rebase);

/* gm_rebase_index - one index. Returns 0 or the errors above that are about the moves. */
GM_MUST_CHECK int gm_rebase_index(struct gm_index *index, const struct gm_rebase *rebase);

GM_END_DECLS

#include <granmem/inline/rebase.h>

#endif
