/* SPDX-License-Identifier: BSD-2-Clause */
/* hostile.c - whatever number a guest gives, it gets an error and nothing else happens. */
#include "guest.h"

#define RAM_END (RAM_BASE + RAM_BYTES)
#define WINDOW_END (WINDOW_BASE + WINDOW_BYTES)
#define TOP (~(uint64_t)PAGE_BYTES + 1) /* the last page of 2^64 */
#define BIT(n) ((uint64_t)1 << (n))
#define NR(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t refused;

static void refuse(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	expect(call(number, a, b, c) < 0, "this was not refused");
	refused++;
}

/* Requests that are nearly right, and the reason why each of them is not. */
static const struct {
	uint64_t number, a, b, c;
	int error;
} cases[] = {
	{ CALL_SAY, RAM_BASE, 0, 0, GM_ESIZE },
	{ CALL_SAY, RAM_BASE, SAY_BYTES + 1, 0, GM_ESIZE },
	{ CALL_SAY, RAM_END - 1, 2, 0, GM_ERANGE },
	{ CALL_SAY, RAM_BASE - 1, 2, 0, GM_ERANGE },
	{ CALL_SAY, WINDOW_BASE + PAGE_BYTES, 1, 0, GM_ERANGE },
	{ CALL_SAY, UNUSED, 1, 0, GM_ENOENT },
	{ CALL_SAY, UNUSED - 1, 2, 0, GM_ENOENT },
	{ CALL_MEET, MEET_ENDED, 0, 0, GM_EINVAL },
	{ CALL_SHARE, AREA, 0, SHARE_READ, GM_ESIZE },
	{ CALL_SHARE, AREA, (SHARE_PAGES + 1) * PAGE_BYTES, SHARE_READ, GM_ESIZE },
	{ CALL_SHARE, AREA + 8, PAGE_BYTES, SHARE_READ, GM_EALIGN },
	{ CALL_SHARE, AREA, PAGE_BYTES + 1, SHARE_READ, GM_EALIGN },
	{ CALL_SHARE, AREA, PAGE_BYTES, SHARE_WRITE + 1, GM_EINVAL },
	{ CALL_SHARE, RAM_END - PAGE_BYTES, 2 * PAGE_BYTES, SHARE_READ, GM_ERANGE },
	{ CALL_SHARE, AREA, TOP, SHARE_READ, GM_ERANGE },
	{ CALL_SHARE, WINDOW_BASE + PAGE_BYTES, PAGE_BYTES, SHARE_READ, GM_ERANGE },
	{ CALL_SHARE, UNUSED, PAGE_BYTES, SHARE_READ, GM_ENOENT },
	{ CALL_SHARE, UNUSED - PAGE_BYTES, 2 * PAGE_BYTES, SHARE_READ, GM_ENOENT },
	{ CALL_GIVE_BACK, AREA, 0, 0, GM_ESIZE },
	{ CALL_GIVE_BACK, AREA + 8, PAGE_BYTES, 0, GM_EALIGN },
	{ CALL_GIVE_BACK, AREA, 8, 0, GM_EALIGN },
	{ CALL_GIVE_BACK, WINDOW_BASE + PAGE_BYTES, PAGE_BYTES, 0, GM_ERANGE },
	{ CALL_REFERENCES, UNUSED, 0, 0, GM_ENOENT },
	{ CALL_REFERENCES, WINDOW_END, 0, 0, GM_ENOENT },
	{ CALL_REFERENCES, BIT(63), 0, 0, GM_ERANGE },
	{ CALL_ACCEPT, 0, WINDOW_BASE, 0, GM_ENOENT },
	{ CALL_ACCEPT, 2 * NR_GRANTS + 1, WINDOW_BASE, 0, GM_ENOENT },
	{ CALL_REVOKE, 0, 0, 0, GM_ENOENT },
	{ CALL_REVOKE, 2 * NR_GRANTS + 1, 0, 0, GM_ENOENT },
	{ 0, AREA, PAGE_BYTES, 0, GM_ENOTSUP },
	{ CALL_STOP + 1, AREA, PAGE_BYTES, 0, GM_ENOTSUP },
};

/* Addresses that are not RAM, and lengths that are none. */
static const uint64_t addresses[] = {
	0, 1, PAGE_BYTES, 0x9000000, 0x10000000, 0x40200000, RAM_BASE - PAGE_BYTES, RAM_BASE - 1,
	RAM_END, RAM_END + PAGE_BYTES, WINDOW_BASE, WINDOW_END - PAGE_BYTES, WINDOW_END, BIT(32),
	BIT(39), BIT(40), BIT(41), BIT(48), BIT(52), BIT(63), RAM_BASE + BIT(63), TOP, ~(uint64_t)0,
};
static const uint64_t lengths[] = {
	0, RAM_BYTES + PAGE_BYTES, BIT(31), BIT(32), BIT(52), BIT(63), TOP - RAM_BASE,
	TOP - RAM_BASE + PAGE_BYTES, TOP, ~(uint64_t)0,
};
static const uint64_t numbers[] = {
	0, 2 * NR_GRANTS + 1, 64, BIT(32), BIT(32) + 1, BIT(61), BIT(63), ~(uint64_t)0,
};

static void refuse_ranges(uint64_t address, uint64_t bytes)
{
	refuse(CALL_SAY, address, bytes, 0);
	refuse(CALL_SHARE, address, bytes, SHARE_WRITE);
	refuse(CALL_GIVE_BACK, address, bytes, 0);
}

/* Nothing answers there; what is in the hypervisor's memory at such an address is not
 * what the guest reaches. */
static void touch(uint64_t address)
{
	uint64_t value;

	expect(probe_read(page(address & ~(uint64_t)7, 0), &value) != 0, "a load beyond memory");
	expect(probe_write(page(address & ~(uint64_t)7, 0), 1) != 0, "a store beyond memory");
	refused += 2;
}

/* Grants of its own until there are no more, which it can all take back. */
static void exhaust(void)
{
	int64_t grants[NR_GRANTS], answer;
	unsigned n = 0;

	while ((answer = call(CALL_SHARE, AREA + 64 * PAGE_BYTES, PAGE_BYTES, SHARE_WRITE)) > 0)
		grants[n++] = answer;
	expect(answer == -GM_ELIMIT && n > 0, "the limit of grants");
	refused++;
	while (n-- > 0)
		expect(call(CALL_REVOKE, (uint64_t)grants[n], 0, 0) == 0, "revoke");
}

void hostile(uint64_t id)
{
	uint64_t before = references(AREA), theirs = (1 - id) * NR_GRANTS + 1, i, j;
	int64_t pages = call(CALL_PAGES, 0, 0, 0);

	refused = 0;
	for (i = 0; i < NR(cases); i++, refused++)
		expect(call(cases[i].number, cases[i].a, cases[i].b, cases[i].c) == -cases[i].error,
		       "the reason of a refusal");
	for (i = 0; i < NR(addresses); i++) {
		for (j = 0; j < NR(lengths); j++)
			refuse_ranges(addresses[i], lengths[j]);
		refuse_ranges(addresses[i], PAGE_BYTES);
		touch(addresses[i]);
	}
	for (j = 0; j < NR(lengths); j++)
		refuse_ranges(AREA, lengths[j]);
	for (i = 0; i < NR(numbers); i++) {
		refuse(CALL_REVOKE, numbers[i], 0, 0);
		refuse(CALL_ACCEPT, numbers[i], WINDOW_BASE, 0);
	}
	for (i = 0; i < NR_GRANTS; i++) {
		refuse(CALL_REVOKE, theirs + i, 0, 0); /* only its owner may */
		refuse(CALL_ACCEPT, id * NR_GRANTS + 1 + i, WINDOW_BASE, 0); /* only the other */
	}
	exhaust();
	expect(references(AREA) == before, "references are as before");
	expect(call(CALL_PAGES, 0, 0, 0) == pages, "pages are as before");
	say("# hostile requests and accesses were refused, and nothing has changed", refused, 0);
}
