/* SPDX-License-Identifier: BSD-2-Clause */
/* high.c - for 32 bits: a table so far up that a word does not hold all of a node's place. */
#include "granmem.h"

#define BASE ((uint64_t)1 << 45)

static unsigned char memory[256 << 10] __attribute__((aligned(64)));
struct gm_adhoc high;

/* Here a debugger looks around. */
__attribute__((noinline)) void high_stop(void);
void high_stop(void)
{
	__asm__ volatile("" : : : "memory");
}

int main(void)
{
	const struct gm_table_config config = { .base = { BASE }, .size = 16 << 20 };
	const struct gm_object object = { { BASE + 64 }, 64, 1, 0 };
	struct gm_desc *desc;
	struct gm_verify found;

	if (gm_adhoc_init(&high, &config, memory, sizeof(memory)) != 0 ||
	    gm_adhoc_create(&high, &object, &desc) != 0 || gm_adhoc_verify(&high, &found) != 0)
		return 1;
	high_stop();
	return 0;
}
