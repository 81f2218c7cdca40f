/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress_tails.c - while a tail leads to a head, the head's word is its block's.
 *
 *   stress_tails [lives]
 *
 * A lookup relies on it to make progress beside a creator or destroyer that is
 * stopped half-way. One thread creates and removes a block; the other watches
 * the words of its head and of a tail. The number of the life, which is
 * raised before each creation, tells it whether all three looks saw one life.
 */
#include <granmem/compound.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NR ((uint64_t)256)

static struct gm_compound table;
static gm_word life;
static gm_word done;
static gm_word seen; /* a tail that led to its head */
static unsigned long nr_lives;

static void *live_and_die(void *arg)
{
	struct gm_object object = { gm_paddr(0), NR << 12, 1, NULL };
	struct gm_desc *desc;
	unsigned long i;

	/* On a busy machine all lives could be over before the other one looks. */
	for (i = 0; i < nr_lives || gm_atomic_load_relaxed(&seen) == 0; i++) {
		gm_atomic_store_release(&life, i + 1);
		if (gm_compound_create(&table, &object, &desc) != 0 ||
		    gm_compound_put(&table, desc) != 1)
			abort();
	}
	gm_atomic_store_release(&done, 1);
	return arg;
}

int main(int argc, char **argv)
{
	struct gm_table_config config;
	struct gm_metadata metadata;
	struct gm_verify verify;
	unsigned long nr_led = 0;
	pthread_t thread;
	void *buffer;

	nr_lives = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000;
	memset(&config, 0, sizeof(config));
	config.size = NR << 12;
	if (gm_compound_metadata_size(&config, 0, &metadata) != 0)
		return 1;
	buffer = malloc((size_t)(metadata.bytes + metadata.align));
	if (gm_compound_init(&table, &config, buffer, metadata.bytes + metadata.align) != 0 ||
	    pthread_create(&thread, NULL, live_and_die, NULL) != 0)
		return 1;
	while (gm_atomic_load_acquire(&done) == 0) {
		gm_word before = gm_atomic_load_acquire(&life);
		gm_word tail = gm_blocks_load(&table.blocks, NR / 2);
		gm_word head = gm_blocks_load(&table.blocks, 0);

		/* In one life a tail is used without a break, so it was when the head
		 * was looked at. */
		if (tail == 0 || gm_blocks_load(&table.blocks, NR / 2) != tail ||
		    gm_atomic_load_acquire(&life) != before)
			continue;
		nr_led++;
		gm_atomic_store_relaxed(&seen, 1);
		if (head != tail) {
			fprintf(stderr, "stress_tails: a tail leads to a head that is free\n");
			return 1;
		}
	}
	pthread_join(thread, NULL);
	if (gm_compound_verify(&table, &verify) != 0)
		return 1;
	printf("stress_tails: %lu lives, %lu looks at head and tail\n", (unsigned long)life,
	       nr_led);
	free(buffer);
	return 0;
}
