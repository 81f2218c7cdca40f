/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress_pages.h - table pages for a walker that many threads use. The includer defines
 * PAGE and NR_PAGES, and fail().
 *
 * A page that is given back is overwritten at once, as plain memory, by what is present,
 * and nothing that a walker makes: who comes too late is found by a sanitizer, or by what
 * it finds.
 */
#ifndef STRESS_PAGES_H
#define STRESS_PAGES_H

#include <granmem/types.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *table_pages; /* NR_PAGES of them, the program's to allocate and to free */
static unsigned nr_used;

static struct {
	pthread_mutex_t lock;
	unsigned char used[NR_PAGES];
} page_state = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void *table_at(struct gm_paddr paddr)
{
	if (paddr.value < PAGE || paddr.value > NR_PAGES * PAGE)
		fail("an entry leads to no table page");
	return table_pages + (paddr.value - PAGE);
}

/* Hooks of struct gm_walker_config. */

static int take(void *ctx, uint64_t bytes, struct gm_paddr *out)
{
	unsigned i;

	(void)ctx, (void)bytes;
	pthread_mutex_lock(&page_state.lock);
	for (i = 0; i < NR_PAGES && page_state.used[i]; i++)
		;
	if (i < NR_PAGES) {
		page_state.used[i] = 1;
		nr_used++;
	}
	pthread_mutex_unlock(&page_state.lock);
	out->value = (i + 1) * PAGE;
	return i < NR_PAGES ? 0 : -GM_ENOMEM;
}

static void give(void *ctx, struct gm_paddr table, uint64_t bytes)
{
	size_t i = (size_t)(table.value / PAGE) - 1;

	(void)ctx;
	memset(table_pages + i * PAGE, 0x5b, (size_t)bytes);
	pthread_mutex_lock(&page_state.lock);
	if (!page_state.used[i])
		fail("a page was freed twice");
	page_state.used[i] = 0;
	nr_used--;
	pthread_mutex_unlock(&page_state.lock);
}

static void *where(void *ctx, struct gm_paddr table, uint64_t bytes)
{
	(void)ctx, (void)bytes;
	return table_at(table);
}

#endif
