/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faults.h - what the parts of the fault instrument share.
 *
 * A point is one operation beside one fault: an allocation that is refused, a
 * count at its boundary, a programmer's error. At each the answer must be the
 * documented one, and everything else as it was before. What was not is a loss.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>
#include <granmem/space.h>

#include "model/table_ops.h"

/* The kinds of table, as a set. */
#define ON_COMPOUND 1u
#define ON_FOLIO 2u
#define ON_ADHOC 4u
#define ON_ALL 7u
#define ON_BLOCKS (ON_COMPOUND | ON_FOLIO)

#define KINDS_NR 3u

/* Where the metadata of a world comes from, and what fails there. */
enum source {
	HOOK_ONCE,     /* the grow hook, which refuses the n-th call */
	HOOK_FROM,     /* the grow hook, which refuses the n-th call and all later ones */
	HOOK_MISPLACE, /* the grow hook, whose n-th memory is not aligned as asked for */
	BUFFER,        /* a buffer that n - 1 slabs are left of */
	REGION,        /* the region itself, of which n - 1 slabs are free */
	DESCS,         /* no growth, and n - 1 free descriptors; nodes enough */
	NODES_0,       /* no growth, and n - 1 free nodes of a level; descriptors enough */
	NODES_1,
	NODES_2,
	SOURCES_NR
};

/* Points, and what they found. A control has a tally of its own, and is quiet. */
struct tally {
	unsigned long points;
	unsigned long lost;
	unsigned long skipped;
	int quiet;
	int failed; /* the point under way */
	char label[160];
};
extern struct tally *tally;

void point_begin(const char *operation, const char *kind, const char *fault, unsigned n);
int point_require(int cond, const char *file, int line, const char *text);
#define REQUIRE(cond) point_require((cond) != 0, __FILE__, __LINE__, #cond)

/* What the hooks of port.h were told since port_begin. With `jump` the panic hook
 * does not return, but goes there. */
struct port_record {
	unsigned panics;
	unsigned notices;
	void *jump; /* a jmp_buf */
};
extern struct port_record port;

void port_begin(void);

/*
 * A world: a table over 2 MiB, half of it below 1 GiB, so that an object there may
 * need nodes of three levels on either side.
 */
#define GRANULE ((uint64_t)4096)
#define MIDDLE ((uint64_t)1 << 30)
#define WORLD_BASE (MIDDLE - ((uint64_t)1 << 20))
#define WORLD_SIZE ((uint64_t)2 << 20)
#define WORLD_TYPE 3u

struct world {
	const struct table_ops *ops;
	unsigned kind; /* ON_... */
	enum source source;
	union {
		struct gm_compound compound;
		struct gm_folio folio;
		struct gm_adhoc adhoc;
		struct gm_table table; /* the first member of each */
	} any;
	unsigned char *memory; /* what to_virtual leads into */
	void *buffer;

	/* The grow hook. */
	unsigned nr_calls, nr_refused;
	unsigned refuse_first, refuse_last;
	unsigned misplace;   /* the call to answer with misplaced memory, or 0 */
	uint64_t given;      /* bytes, well placed */
	void *memories[512]; /* of the hook and of world_feed */
	unsigned nr_memories;

	/* Elements that were taken out of the pools, to leave them empty. */
	struct {
		struct gm_pool *pool;
		void *element;
	} drained[4096];
	unsigned nr_drained;

	/* Objects that leave no memory for growth. */
	struct gm_desc *cover[512];
	unsigned nr_cover;
};

extern const char *const kind_names[KINDS_NR];
extern const char *const source_names[SOURCES_NR];

/* kind: 0 .. KINDS_NR - 1; slabs: how many the buffer has on top of what init needs. */
void world_begin(struct world *w, unsigned kind, enum source source, unsigned slabs);

/* Everything that lives goes, and nothing must be left. */
void world_end(struct world *w);

/* Two objects that no operation is about: one shared and pinned, with flags. */
void world_bystanders(struct world *w);

/* The memory of the n-th fault, before it happens; [target, target + size) stays free. */
void world_starve(struct world *w, uint64_t target, uint64_t size, unsigned n);

/* From here the n-th fault happens; until world_repair. */
void world_arm(struct world *w, unsigned n);
void world_undrain(struct world *w);
void world_repair(struct world *w);

/* The pools of a table; returns how many. [0] has the descriptors. */
unsigned world_pools(struct world *w, struct gm_pool *pools[5]);

/* For operations: an object, a claim. */
int world_create(struct world *w, uint64_t base, uint64_t size);
struct gm_desc *world_find(struct world *w, uint64_t base);
int world_release(struct world *w, uint64_t base, uint64_t size);

/* All that can be seen of a table from outside, but generations. */
struct record {
	struct gm_desc *desc;
	uint64_t base, size;
	void *owner;
	gm_word flags, state;
};

struct snapshot {
	struct gm_stats stats;
	struct gm_verify verify;
	uint64_t given;
	unsigned nr;
	struct record records[1024];
};

void snapshot_take(struct world *w, struct snapshot *out);
/* Is it as it was, but for metadata that is not in use? */
void snapshot_unchanged(const struct snapshot *before, const struct snapshot *after);
/* Have `takes` bytes left the free memory (negative: joined it), and is all sound? */
void snapshot_moved(const struct snapshot *before, const struct snapshot *after, int64_t takes);

/* An operation that may need memory. */
enum appetite {
	NEVER, /* its contract says that it needs none */
	MAYBE,
	ALWAYS, /* with empty pools it must ask for some */
};

struct operation {
	const char *name;
	unsigned kinds; /* of table that have it */
	enum appetite appetite;
	int64_t takes;         /* bytes that leave the free memory */
	uint64_t target, size; /* free memory that it needs, or 0 */
	void (*prepare)(struct world *w);
	int (*run)(struct world *w);
};
extern const struct operation operations[];
extern const unsigned nr_operations;

/* The parts of the instrument; each adds to the tally. */
void sweep_operation(const struct operation *operation, unsigned kind, enum source source);
void sweep_all(void);
void counts_all(void);
void misuse_all(void);
void starts_all(void);
void hosted_all(void);
void index_all(void);

/* What must be found out. Returns how many were not. */
unsigned controls_all(void);
unsigned counts_controls(void);

#endif
