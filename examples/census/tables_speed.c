/* SPDX-License-Identifier: BSD-2-Clause */
/* tables_speed.c - lookups a second; see tables.h. */
#include "tables.h"

#include <inttypes.h>
#include <stdlib.h>

#define SAMPLES_MAX ((uint64_t)1 << 20)
#define SECONDS_MIN 0.2

/* xorshift: the same order on every machine. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Pages of objects, evenly taken from all there are, then shuffled. */
static uint64_t choose(const struct model *model, unsigned shift, uint64_t *out)
{
	uint64_t step = model->all.nr_pages / SAMPLES_MAX + 1;
	uint64_t seed = 0x9e3779b97f4a7c15u;
	uint64_t next = 0, before = 0, nr = 0, i, other, kept;
	const struct model_object *object;
	size_t at;

	for (at = 0; at < model->nr_objects; at++) {
		object = &model->objects[at];
		for (; next < before + object->nr; next += step)
			out[nr++] = (object->pfn + (next - before)) << shift;
		before += object->nr;
	}
	for (i = nr; i > 1; i--) {
		other = next_random(&seed) % i;
		kept = out[i - 1];
		out[i - 1] = out[other];
		out[other] = kept;
	}
	return nr;
}

static int look_up_all(const struct tables *tables, const uint64_t *samples, uint64_t nr,
		       struct fail *fail)
{
	struct gm_object gone;
	struct gm_desc *desc;
	uint64_t i;
	int err;

	for (i = 0; i < nr; i++) {
		err = gm_space_find_get(&tables->space, gm_paddr(samples[i]), 0, &desc);
		if (err == 0)
			err = gm_ref_put(desc, &gone);
		if (err != 0)
			return fail_set(fail, "0x%" PRIx64 " cannot be looked up: %s", samples[i],
					gm_error_text(err));
	}
	return 0;
}

int tables_speed(const struct tables *tables, const struct model *model, double *out,
		 struct fail *fail)
{
	uint64_t *samples = malloc(SAMPLES_MAX * sizeof(*samples));
	uint64_t nr, done = 0;
	double start, seconds;
	int err = 0;

	*out = 0.0;
	if (samples == NULL)
		return fail_memory(fail);
	nr = choose(model, tables->page_shift, samples);
	if (nr != 0)
		err = look_up_all(tables, samples, nr, fail);
	start = tables_now();
	while (nr != 0 && err == 0) {
		err = look_up_all(tables, samples, nr, fail);
		done += nr;
		seconds = tables_now() - start;
		if (seconds >= SECONDS_MIN) {
			*out = (double)done / seconds;
			break;
		}
	}
	free(samples);
	return err;
}
