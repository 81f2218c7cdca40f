/* SPDX-License-Identifier: BSD-2-Clause */
/* control.c - claims that are false, and steps that are undefined: each has to be
 * found out; and what resembles them, but is so. */
#include "goals.h"

#include <granmem/run.h>

/* The 31st bit of refs is pins' first. */
void refute_carry(void)
{
	gm_word s = (gm_word)any();

	MUST(gm_state_pins(s + GM_STATE_REFS_ONE) == gm_state_pins(s));
}

/* One context too many. */
void refute_limit(void)
{
	gm_word s = (gm_word)any();
	gm_word pins = (gm_word)any();

	ASSUME(pins <= GM_CONTEXTS_MAX + 1 && gm_state_pins(s) <= GM_PINS_LIMIT);
	MUST(gm_state_generation(s + pins * GM_STATE_PINS_ONE) == gm_state_generation(s));
}

/* A freeze that leaves the generation as it is. */
void refute_generation(void)
{
	gm_word s = (gm_word)any();

	MUST(gm_state_generation(gm_state_frozen(s)) == gm_state_generation(s));
}

/* False for one number of 2^64. */
void refute_one_of_all(void)
{
	MUST(any() != 0x123456789abcdef0);
}

/* A sum that wraps lets a range through. */
void refute_sum(void)
{
	uint64_t base = any();
	uint64_t size = any();

	ASSUME(base + size <= GM_PADDR_END);
	MUST(gm_granule_check_range(base, size, 0, GM_PADDR_END) != -GM_EOVERFLOW);
}

void refute_shift(void)
{
	(void)gm_granule_size((unsigned)any());
}

void refute_signed(void)
{
	int number = (int)any();

	ASSUME(number + 1 != 0);
}

void refute_index(void)
{
	unsigned char bytes[4] = { 0, 0, 0, 0 };
	uint64_t index = any();

	ASSUME(index <= 4 && bytes[index] == 0);
}

/* Ways that come together: what each has written stays apart. */
void refute_way(void)
{
	unsigned answer = 1;

	if (any() & 1)
		answer = gm_granule_log2(4);
	MUST(answer == 1);
}

/* Two words are written, one of which has no value on the other way. */
void refute_half_a_way(void)
{
	unsigned first = 1, seen = 1;
	unsigned second;

	if (any() & 1) {
		seen = first;
		first = 2;
		second = 3;
		seen += second;
	}
	MUST(seen != 4);
}

void refute_undefined_on_one_way(void)
{
	unsigned shift = (unsigned)any();

	ASSUME((shift > 64 ? 0 : gm_granule_size(shift)) != 1);
}

void prove_defined_on_one_way(void)
{
	unsigned shift = (unsigned)any();
	uint64_t size = shift > 63 ? 0 : gm_granule_size(shift);

	MUST((size == 0) == (shift >= 64));
}

void refute_switch(void)
{
	unsigned number = (unsigned)any(), answer;

	switch (number) {
	case 7:
		answer = 1;
		break;
	case 9:
		answer = 2;
		break;
	default:
		answer = number;
		break;
	}
	MUST(answer == number || answer == 1);
}

static const unsigned short table[] = { 1, 300, 7, 9 };

void prove_table(void)
{
	MUST(table[any() & 1] < 301 && table[3] == 9 && table[1] == 300);
}

void refute_division(void)
{
	ASSUME(1 / (unsigned)any() < 2);
}
