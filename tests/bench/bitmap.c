/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bitmap.c - the thing to compare sizes with: a lock-free frame allocator that is
 * a bitmap and nothing else. No counts, no owners, one size.
 */
#include <granmem/atomic.h>
#include <granmem/granule.h>

#define WORD_BITS (8 * sizeof(gm_word))

size_t bitmap_take(gm_word *free, size_t nr_words);
void bitmap_return(gm_word *free, size_t frame);

/* The number of a frame that was free, or nr_words * WORD_BITS. */
size_t bitmap_take(gm_word *free, size_t nr_words)
{
	size_t i;

	for (i = 0; i < nr_words; i++) {
		gm_word bits;

		while ((bits = gm_atomic_load_relaxed(&free[i])) != 0) {
			/* acquire: pairs with the release of bitmap_return */
			if (gm_atomic_cas_acquire(&free[i], bits, bits & (bits - 1)))
				return i * WORD_BITS + gm_granule_trailing(bits);
		}
	}
	return nr_words * WORD_BITS;
}

void bitmap_return(gm_word *free, size_t frame)
{
	/* release: pairs with the acquire of bitmap_take */
	gm_atomic_add_release(&free[frame / WORD_BITS], (gm_word)1 << (frame % WORD_BITS));
}
