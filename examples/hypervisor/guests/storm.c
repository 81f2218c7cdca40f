/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * storm.c - both guests share, accept and take back at once, in no order.
 *
 * Every pair of pages that is shared here has numbers that follow each other, so that
 * whoever sees two pages sees whether they are what was shared.
 */
#include "guest.h"

#define FIRST 128 /* of the pages that are shared here */
#define STORM (AREA + FIRST * PAGE_BYTES)
#define STORM_PAGES 64
#define PLACES 4 /* in the window */
#define PLACE(n) (WINDOW_BASE + 0x400000 + (n) * 2 * PAGE_BYTES)
#define TURNS 1000
#define ENOUGH 50 /* of what the other one shares */

static uint64_t before, accepted, random_state;

static uint64_t random(uint64_t below)
{
	/* xorshift64, by Marsaglia */
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

/* Grant 1 is not in play. */
static uint64_t any_grant(uint64_t id)
{
	return id * NR_GRANTS + 2 + random(NR_GRANTS - 1);
}

static void read_place(uint64_t id, uint64_t address)
{
	uint64_t first = 0, second = 0;

	if (probe_read(page(address, 0), &first) != 0 || probe_read(page(address, 1), &second) != 0)
		return; /* it is gone, or was never there */
	expect(second == first + 1, "pages that were shared together");
	expect(first - mark(1 - id, FIRST) < STORM_PAGES, "pages of the other guest");
}

static void turn(uint64_t id)
{
	uint64_t place = PLACE(random(PLACES));
	int64_t answer = 0;

	switch (random(4)) {
	case 0:
		answer = call(CALL_SHARE, STORM + random(STORM_PAGES) * PAGE_BYTES, 2 * PAGE_BYTES,
			      random(2));
		expect(answer > 0 || answer == -GM_ELIMIT, "share");
		break;
	case 1:
		answer = call(CALL_ACCEPT, any_grant(1 - id), place, 0);
		expect(answer == 0 || answer == -GM_ENOENT || answer == -GM_EEXIST ||
		       answer == -GM_EBUSY, "accept");
		accepted += answer == 0;
		break;
	case 2:
		answer = call(CALL_REVOKE, any_grant(id), 0, 0);
		expect(answer == 0 || answer == -GM_ENOENT || answer == -GM_EBUSY, "revoke");
		break;
	default:
		read_place(id, place);
	}
}

/* Neither ends before both have had enough. */
void storm(uint64_t id, uint64_t point)
{
	uint64_t turns;

	before = references(STORM);
	random_state = id + 1;
	for (turns = 0; turns < TURNS || accepted < ENOUGH; turns++)
		turn(id);
	while ((uint64_t)call(CALL_MEET, point, 0, 0) < point)
		turn(id);
}

void settle(uint64_t id)
{
	uint64_t number;

	for (number = id * NR_GRANTS + 1; number <= (id + 1) * NR_GRANTS; number++)
		while (number != 1 && call(CALL_REVOKE, number, 0, 0) == -GM_EBUSY)
			;
}

void calm(void)
{
	uint64_t n, value;

	for (n = 0; n < 2 * PLACES; n++)
		expect(probe_read(page(PLACE(0), n), &value) != 0, "nothing is left in the window");
	expect(references(STORM) == before, "references are as before");
	say("shared and took back while the other did the same; references are as before", 0, 0);
}
