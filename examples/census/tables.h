/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tables.h - the machine's memory in one kind of granmem table: made, looked up,
 * compared with what the kernel said, and taken down again.
 *
 * Each range of RAM is a region of a gm_space with a table of its own; metadata
 * comes from reserved virtual memory as the tables ask for it.
 */
#ifndef CENSUS_TABLES_H
#define CENSUS_TABLES_H

#include "progress.h"
#include "rebuild.h"

#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>
#include <granmem/hosted.h>
#include <granmem/space.h>

/* One table of each region, whichever kind it is. */
union tables_any {
	struct gm_table table;
	struct gm_compound compound;
	struct gm_folio folio;
	struct gm_adhoc adhoc;
};

struct tables {
	enum gm_region_kind kind;
	struct gm_space space;
	struct gm_region *regions;
	union tables_any *any;
	struct gm_hosted memory;
	unsigned page_shift;
};

/* A part of an object that one descriptor describes. */
struct tables_piece {
	uint64_t pfn;
	uint64_t nr;
};

/* What was found out about one kind. */
struct tables_result {
	const char *name;
	uint64_t nr_descriptors; /* live ones */
	uint64_t nr_split;       /* objects that took more than one */
	struct gm_stats stats;   /* with everything in it */
	uint64_t resident;       /* bytes of metadata in memory then */
	double fill_seconds;     /* init and create, counts included */
	double lookups_per_second;
	double drop_seconds;
	uint64_t nr_checked;
	uint64_t nr_wrong;
	char first_wrong[200];
};

/* tables_name - of a kind, at most 8 letters. */
const char *tables_name(enum gm_region_kind kind);

/* tables_run - all of it for one kind. Returns 0, or -1 with the reason if a
 * table refused what it should take or was not sound; lookups that disagree are
 * no error here but counted in nr_wrong. */
int tables_run(enum gm_region_kind kind, const struct image *image, const struct model *model,
	       struct tables_result *out, struct progress *progress, struct fail *fail);

/*
 * What follows is between tables.c, tables_fill.c, tables_check.c and
 * tables_speed.c.
 */

/* tables_init, tables_release - empty tables for all ranges; nr_pieces is how
 * many descriptors there will be. */
int tables_init(struct tables *tables, enum gm_region_kind kind, const struct image *image,
		uint64_t nr_pieces, struct fail *fail);
void tables_release(struct tables *tables);

/* tables_first_piece, tables_next_piece - the parts of an object in this kind of
 * table: ad-hoc takes any object whole, the others naturally aligned powers of
 * two. next returns 0 behind the last. */
void tables_first_piece(enum gm_region_kind kind, const struct model_object *object,
			struct tables_piece *out);
int tables_next_piece(enum gm_region_kind kind, const struct model_object *object,
		      struct tables_piece *piece);

/* tables_references - how many an object gets: its creator's, and one for each
 * time it is mapped, as far as a count can go. */
gm_word tables_references(const struct model_object *object);

/* tables_fill, tables_drop - create every object with its references; drop them
 * all and see that nothing is left. */
int tables_fill(struct tables *tables, const struct model *model, struct progress *progress,
		struct fail *fail);
int tables_drop(struct tables *tables, const struct model *model, struct progress *progress,
		struct fail *fail);

/* tables_verify - the library's own check of I1 to I10, and the number of objects. */
int tables_verify(const struct tables *tables, uint64_t nr_objects, struct fail *fail);

/* tables_check - look up every page and compare. */
void tables_check(const struct tables *tables, const struct image *image,
		  const struct model *model, struct tables_result *out,
		  struct progress *progress);

/* tables_speed - lookups per second (get and put) of pages of objects in random
 * order. Returns 0 and the rate, 0.0 if there are no objects; -1 with the reason. */
int tables_speed(const struct tables *tables, const struct model *model, double *out,
		 struct fail *fail);

/* tables_now - seconds of a clock that never goes back. */
double tables_now(void);

#endif
