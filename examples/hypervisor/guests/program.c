/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.c - what the two guests do to each other. Both run this: the table of steps at
 * the end says who does what, and when.
 */
#include "guest.h"

#define SHARED AREA                        /* what guest 0 shares, to be read */
#define SHARED_PAGES 4
#define SHARED_WORDS (SHARED_PAGES * PAGE_BYTES / 8)
#define LENT (AREA + 8 * PAGE_BYTES)       /* and to be written to, until it takes it back */
#define LENT_STORES 1000
#define RETURNED (AREA + 16 * PAGE_BYTES)  /* what it gives back to the hypervisor */
#define RETURNED_PAGES 8
#define SEEN (WINDOW_BASE + PAGE_BYTES)    /* where guest 1 sees SHARED, */
#define SEEN_LENT (WINDOW_BASE + 0x300000) /* and LENT */

static uint64_t self, point;

/* Every page is a fault, on both CPUs at once. */
static void use_memory(void)
{
	int64_t before = call(CALL_PAGES, 0, 0, 0);
	uint64_t n;

	for (n = 0; n < PAGES; n++) {
		expect(*page(AREA, n) == 0, "a page is zeroes at first");
		*page(AREA, n) = mark(self, n);
	}
	for (n = 0; n < PAGES; n++)
		expect(*page(AREA, n) == mark(self, n), "what was written is there");
	expect(call(CALL_PAGES, 0, 0, 0) - before == PAGES, "a page for each that was used");
}

static void say_used(void)
{
	say("has # pages, which were zeroes at first", PAGES, 0);
}

static void share(void)
{
	uint64_t before = references(SHARED), n;

	for (n = 0; n < SHARED_WORDS; n++)
		page(SHARED, 0)[n] = mark(0, n);
	expect(call(CALL_SHARE, SHARED, SHARED_PAGES * PAGE_BYTES, SHARE_READ) == 1, "share");
	say("shares 4 pages; references to their 2 MiB: # before, # now", before,
	    references(SHARED));
}

static void check_shared(void)
{
	uint64_t n;

	for (n = 0; n < SHARED_WORDS; n++)
		expect(page(SEEN, 0)[n] == mark(0, n), "what guest 0 wrote");
}

static void accept(void)
{
	uint64_t n;

	expect(call(CALL_ACCEPT, 1, SEEN, 0) == 0, "accept");
	expect(call(CALL_ACCEPT, 1, SEEN_LENT, 0) == -GM_EEXIST, "accept once");
	for (n = 0; n < SHARED_PAGES; n++)
		expect(probe_write(page(SEEN, n), 1) != 0, "it may not be written to");
	check_shared();
	say("sees what guest 0 wrote, and cannot write to it; references: #", references(SEEN), 0);
}

static void lend(void)
{
	*page(LENT, 0) = 0;
	expect(call(CALL_SHARE, LENT, 2 * PAGE_BYTES, SHARE_WRITE) == 2, "lend");
}

/* Guest 0 takes the pages back while guest 1 is writing, */
static void take_back(void)
{
	uint64_t last, n;

	while (*page(LENT, 0) < LENT_STORES)
		;
	expect(call(CALL_REVOKE, 2, 0, 0) == 0, "take back");
	last = *page(LENT, 0);
	for (n = 0; n < 200000; n++)
		expect(*page(LENT, 0) == last, "nobody writes any more");
	expect(call(CALL_REVOKE, 2, 0, 0) == -GM_ENOENT, "take back once");
}

/* Guest 1 may not have them where it likes. */
static void misplace(void)
{
	uint64_t end = WINDOW_BASE + WINDOW_BYTES, value;

	expect(call(CALL_ACCEPT, 2, RAM_BASE, 0) == -GM_ERANGE, "in RAM");
	expect(call(CALL_ACCEPT, 2, end - PAGE_BYTES, 0) == -GM_ERANGE, "over the window's end");
	expect(call(CALL_ACCEPT, 2, -(uint64_t)PAGE_BYTES, 0) == -GM_ERANGE, "over the end of all");
	expect(call(CALL_ACCEPT, 2, SEEN_LENT + 8, 0) == -GM_EALIGN, "between pages");
	/* The first of the pages would fit here, and SEEN is in the way of the second. */
	expect(call(CALL_ACCEPT, 2, WINDOW_BASE, 0) == -GM_EBUSY, "where something is");
	expect(probe_read(page(WINDOW_BASE, 0), &value) != 0, "then none of them is there");
}

/* and guest 1 writes until it cannot. */
static void borrow(void)
{
	uint64_t n = 0, value;

	expect(call(CALL_ACCEPT, 2, SEEN_LENT, 0) == 0, "borrow");
	while (probe_write(page(SEEN_LENT, 0), n + 1) == 0)
		n++;
	expect(n >= LENT_STORES, "stores before that");
	expect(probe_read(page(SEEN_LENT, 1), &value) != 0, "both pages are gone");
	check_shared();
}

static void say_taken_back(void)
{
	say("took 2 pages back while guest 1 wrote to them, and nothing wrote since; references: #",
	    references(LENT), 0);
}

static void say_told(void)
{
	say("was told that the pages are gone", 0, 0);
}

static void give_back(void)
{
	uint64_t before = references(RETURNED), between, n;

	expect(call(CALL_GIVE_BACK, SHARED, PAGE_BYTES, 0) == -GM_EEXIST, "it is shared");
	expect(call(CALL_GIVE_BACK, RETURNED, RETURNED_PAGES * PAGE_BYTES, 0) == 0, "give back");
	between = references(SHARED);
	for (n = 0; n < RETURNED_PAGES; n++)
		expect(*page(RETURNED, n) == 0, "it is zeroes again");
	expect(references(SHARED) == before, "references are as before");
	say("gave 8 pages back; references: # before, # then; used again, they are zeroes",
	    before, between);
}

static void attack(void)
{
	hostile(self);
}

static void all_at_once(void)
{
	storm(self, point);
}

static void afterwards(void)
{
	settle(self);
}

static void end(void)
{
	call(CALL_STOP, 0, 0, 0);
}

static void outlive(void)
{
	while (call(CALL_MEET, point, 0, 0) != MEET_ENDED)
		;
	check_shared();
	say("guest 0 is gone, and what it shared is still there; references: #",
	    references(SEEN), 0);
	end();
}

static void wait(void)
{
}

static void (*const steps[][2])(void) = {
	/* guest 0        guest 1 */
	{ use_memory,     use_memory },
	{ say_used,       wait },
	{ wait,           say_used },
	{ share,          wait },
	{ wait,           accept },
	{ lend,           wait },
	{ wait,           misplace },
	{ take_back,      borrow },
	{ say_taken_back, wait },
	{ wait,           say_told },
	{ give_back,      wait },
	{ all_at_once,    all_at_once },
	{ afterwards,     afterwards },
	{ calm,           wait },
	{ wait,           calm },
	{ wait,           attack },
	{ attack,         wait },
	{ end,            outlive },
};

/* Both do a step, and wait for the other one, before either does the next. */
void program(uint64_t id)
{
	self = id;
	for (;;) {
		steps[point++][id]();
		while ((uint64_t)call(CALL_MEET, point, 0, 0) < point)
			;
	}
}
