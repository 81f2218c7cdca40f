/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/rebase.h. */
#ifndef GM_INLINE_REBASE_H
#define GM_INLINE_REBASE_H

GM_BEGIN_DECLS

GM_INLINE void *gm_rebase_pointer(const struct gm_rebase *rebase, const void *pointer)
{
	uintptr_t at = (uintptr_t)pointer;
	unsigned i;

	for (i = 0; at != 0 && i < rebase->nr_moves; i++) {
		const struct gm_rebase_move *move = &rebase->moves[i];

		if (at - move->from < move->bytes)
			return (void *)(at - move->from + move->to);
	}
	return (void *)at;
}

GM_END_DECLS

#endif
