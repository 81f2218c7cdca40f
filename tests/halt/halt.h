/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * halt.h - what the files of this instrument share; main.c has the overview.
 */
#ifndef HALT_H
#define HALT_H

#include <stddef.h>
#include <stdint.h>

#include <granmem/desc.h>

/* A bit for an error that an operation may answer; 0 is success. */
#define ANSWER(err) (1ull << (err))

/* In an operation's variants: its caller has the embedder's lock n. Two that need the
 * same one never run beside each other. */
#define WITH_LOCK(n) (0x10000u << (n))
#define ALL_LOCKS 0xffff0000u

/* What an operation says of itself. */
struct outcome {
	int answer;        /* 0, or a negative enum gm_err */
	long refs;         /* references it came by, or gave up */
	const char *wrong; /* a check of its own that failed */
};

/* One call of the library, with what its caller needs for it. */
struct operation {
	const char *name;
	void (*run)(struct outcome *out);
	uint64_t answers;  /* ANSWER bits: what its contract allows */
	unsigned variants; /* of the world, in which it can be called; and WITH_LOCK bits */
	unsigned refs;     /* of the world's object that its caller holds */
	unsigned pins;     /* of these, pinned ones */
};

/* A small table (or pool, or lock) and all that can be done with it. setup makes
 * it in memory_begin()'s memory, with so many references held; check runs when
 * both sides have finished, may change everything, and says what is wrong. */
struct world {
	const char *name;
	unsigned variants; /* ways to begin: a bit for each */
	unsigned nr_ops;
	const struct operation *ops;
	void (*setup)(unsigned variant, unsigned refs, unsigned pins);
	const char *(*check)(const struct outcome *halted, const struct outcome *other);
};

extern const struct world world_compound, world_folio, world_adhoc, world_adhoc_small,
	world_adhoc_big, world_pool, world_word, world_map, world_walker, world_index, world_lock,
	world_wait, world_torn;

/*
 * memory.c: the memory that both sides share, at one address in both.
 *
 * world: what operations work on. At its begin lies the world's own struct: static
 * variables would be another's in the other process. stack: that the halted
 * operation runs on. mail: what must outlive a restore.
 */
#define WORLD_BYTES ((size_t)256 << 10)
#define STACK_BYTES ((size_t)32 << 10)

struct mail {
	const char *panic; /* the library's assertion hook was called */
};

/* must - a world that cannot be set up is a mistake of this program's: it ends. */
void must(int right, const char *what);

extern unsigned char *memory_world;
extern struct mail *mail;
/* What the halted operation says; on its stack, so that it is restored with it. */
extern struct outcome *memory_halted;

/* Which side does an operation run on? 0 is the halted one. */
static inline unsigned side(const struct outcome *out)
{
	return out != memory_halted;
}

void memory_init(void);
void memory_begin(void);                       /* a new world */
void *memory_take(size_t bytes, size_t align); /* part of it, zero; the first at its begin */
void *memory_stack_top(void);
void memory_save(const void *stack_pointer); /* both may be changed now */
void memory_restore(void);                   /* back to what was saved */
int memory_world_changed(void);              /* since memory_save */
/* Is the world as it was when this slot was kept? memory_keep keeps it. */
int memory_is_kept(unsigned slot);
void memory_keep(unsigned slot);
void memory_forget(unsigned slot);
void memory_keep_none(void);

/*
 * bound.c: run an operation that may not end.
 */
enum verdict {
	FINISHED,
	OTHER_SLOW,    /* it took more cycles than its bound: count its instructions */
	OTHER_BLOCKED, /* it did not answer within its bound */
	HALTED_BLOCKED /* the halted one did not finish when it was resumed */
};

/* An operation may take this many instructions; where they are not counted it must
 * take so few cycles that they need not be; and after so many ticks of 20 ms of the
 * processor's time it is given up. */
#define BOUND_INSTRUCTIONS 400000ul
#define BOUND_CYCLES 400000ull
#define BOUND_TICKS 4

/* BOUND_INSTRUCTIONS, or fewer where operations are known to be short. */
extern unsigned long bound_instructions;

void bound_init(void);
/* Who gets the traps that are not from counting; context: a ucontext_t. */
void bound_on_trap(void (*handler)(void *context));
/* Runs op; counted: by single steps, *longest is raised to their number. Returns
 * FINISHED, OTHER_SLOW (then memory has to be put back) or OTHER_BLOCKED. */
enum verdict bound_run(const struct operation *op, struct outcome *out, int counted,
		       unsigned long *longest);
/* For code that bound_run does not run: after bound_arm, expired is called from a
 * signal handler unless bound_disarm comes first. */
void bound_arm(void (*expired)(void));
void bound_disarm(void);

/*
 * How an operation is halted: ptrace.c stops another process, trap.c interrupts
 * this one.
 */
struct driver {
	const char *name;
	/* 1, or 0 where the machine does not allow it: why says the reason. */
	int (*init)(const char **why);
	/* Halt before the first instruction of op. */
	void (*start)(const struct operation *op);
	/* Execute one instruction; 0: that was the last one. */
	int (*step)(void);
	/* The halted one's registers: where it is, and its stack. */
	uintptr_t (*at)(void);
	const void *(*stack)(void);
	/* Run `other` while it is halted, then let it finish. What step comes to next
	 * is not changed by it, but memory is. */
	enum verdict (*run)(const struct operation *other, struct outcome *out, int counted,
			    unsigned long *longest);
};

extern const struct driver driver_ptrace, driver_trap;

/* Where a finished operation returns to: a trap instruction. */
extern char halt_end[];

/*
 * points.c: all points of all pairs of a world.
 */
struct tally {
	unsigned long points;  /* instructions at which something was halted */
	unsigned long runs;    /* other operations that ran there */
	unsigned long failed;  /* of these, those that blocked or left something wrong */
	unsigned long blocked; /* of those, the ones that did not end */
	unsigned long counted; /* runs whose instructions were counted */
	unsigned long longest; /* the most that one of these took */
};

struct plan {
	unsigned per_point;   /* others that run at an ordinary point; 0: all */
	unsigned every;       /* ordinary points where any run: one of so many */
	unsigned uncounted;   /* runs between two whose instructions are counted */
	unsigned part;        /* of the operations, which is halted here: 1 or 2; 0: all */
	unsigned long enough; /* failures after which to stop; 0: never */
	int quiet;            /* failures are expected */
	int progress;         /* show a line that changes */
};

void points_visit(const struct driver *driver, const struct world *world, const struct plan *plan,
		  struct tally *tally);

#endif
