/* SPDX-License-Identifier: BSD-2-Clause */
/* rebase_index.c - stores and indexes; contracts in granmem/rebase.h. */
#include "rebase_internal.h"

int gm_rebase_store(struct gm_index_store *store, const struct gm_rebase *rebase)
{
	int err = gm_rebase_check(rebase);

	if (err == 0)
		err = gm_rebase_check_block(rebase, (uintptr_t)store->nodes.lanes,
					    store->static_bytes, sizeof(struct gm_pool_lane));
	if (err == 0)
		err = gm_rebase_check_pool(rebase, &store->nodes);
	if (err != 0)
		return err;
	store->space = (const struct gm_space *)gm_rebase_pointer(rebase, store->space);
	store->grow = (gm_grow_hook *)gm_rebase_moved(rebase, (gm_word)store->grow);
	store->grow_ctx = gm_rebase_opaque(rebase, store->grow_ctx);
	/* The slots come after the sets. */
	gm_rebase_pool(rebase, &store->nodes, GM_INDEX_KINDS, GM_INDEX_SLOTS, GM_INDEX_SHADOW);
	return 0;
}

int gm_rebase_index(struct gm_index *index, const struct gm_rebase *rebase)
{
	int err = gm_rebase_check(rebase);

	if (err != 0)
		return err;
	index->store = (struct gm_index_store *)gm_rebase_pointer(rebase, index->store);
	index->owner = gm_rebase_opaque(rebase, index->owner);
	gm_rebase_words(rebase, &index->top[GM_INDEX_KINDS], 1, GM_INDEX_SHADOW);
	return 0;
}
