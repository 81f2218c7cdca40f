/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_memory.h - memory for a table that can be moved to another address, where the
 * setup says so; else it is malloc's.
 *
 * There are two halves, which move independently: the table's struct and its buffer, and
 * what the hooks gave.
 */
#ifndef MODEL_MEMORY_H
#define MODEL_MEMORY_H

#include "model.h"

#include <sys/mman.h>

#define MODEL_HALF_BYTES ((size_t)32 << 20)
#define MODEL_HALF_ALIGN ((size_t)2 << 20)

static unsigned char *model_new_place(struct model *m)
{
	size_t bytes = MODEL_HALF_BYTES + 2 * MODEL_HALF_ALIGN;
	unsigned char *at =
		mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t skip;

	MODEL_EXPECT(m, at != MAP_FAILED);
	skip = -(uintptr_t)at & (MODEL_HALF_ALIGN - 1);
	/* Not always next to each other. */
	skip += MODEL_HALF_ALIGN * model_random(m, 2);
	MODEL_EXPECT(m, skip == 0 || munmap(at, skip) == 0);
	at += skip;
	MODEL_EXPECT(m, munmap(at + MODEL_HALF_BYTES, bytes - skip - MODEL_HALF_BYTES) == 0);
	MODEL_EXPECT(m, mprotect(at, MODEL_HALF_BYTES, PROT_READ | PROT_WRITE) == 0);
	return at;
}

/* NULL if there is no more. */
static void *model_take(struct model *m, unsigned half, size_t bytes, size_t align)
{
	void *memory = NULL;

	if (!m->setup->moves)
		return posix_memalign(&memory, align, bytes) == 0 ? memory : NULL;
	if (m->halves[half] == NULL)
		m->halves[half] = model_new_place(m);
	m->half_used[half] = (m->half_used[half] + align - 1) & ~(align - 1);
	if (bytes > MODEL_HALF_BYTES - m->half_used[half])
		return NULL;
	m->half_used[half] += bytes;
	return m->halves[half] + m->half_used[half] - bytes;
}

static void model_give(struct model *m, void *memory)
{
	if (!m->setup->moves)
		free(memory);
}

static void model_drop_halves(struct model *m)
{
	unsigned half;

	for (half = 0; half < 2; half++)
		if (m->halves[half] != NULL)
			MODEL_EXPECT(m, munmap(m->halves[half], MODEL_HALF_BYTES) == 0);
}

#endif
