/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of the edges of granmem/port.h, hosted.h, granmem.h and space.h: what no
 * sensible caller does, and what the system refuses.
 */
#include "machine.h"

#include <granmem/hosted.h>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRAPPED 9

static struct machine machine;

static void trapped(int number)
{
	(void)number;
	exit(TRAPPED);
}

/* Without a hook a panic stops the program there and then. */
static void test_default_panic_traps(void)
{
	int status;
	pid_t child = fork();

	expect(child >= 0);
	if (child == 0) {
		signal(SIGILL, trapped);
		signal(SIGTRAP, trapped);
		signal(SIGABRT, trapped);
		gm_port_set_panic(NULL);
		gm_port_panic("text", NULL);
		exit(0);
	}
	expect(waitpid(child, &status, 0) == child);
	expect(WIFEXITED(status) && WEXITSTATUS(status) == TRAPPED);
}

static void test_hosted_grow_refuses(void)
{
	struct gm_hosted hosted;
	struct gm_hosted last;

	expect_eq(gm_hosted_reserve(&hosted, 64 * KIB, 0, 0), 0);
	expect(gm_hosted_grow(&hosted, 0, 64) == NULL);
	expect(gm_hosted_grow(&hosted, 64, 0) == NULL);
	expect(gm_hosted_grow(&hosted, 64, 48) == NULL);
	expect(gm_hosted_grow(&hosted, 64 * KIB + 1, 64) == NULL);
	expect(gm_hosted_grow(&hosted, 64 * KIB, 64) == hosted.memory);
	expect(gm_hosted_grow(&hosted, 1, 1) == NULL);
	gm_hosted_release(&hosted);
	/* At the end of the address space the next multiple is 0. */
	memset(&last, 0, sizeof(last));
	last.next = ~(gm_word)0 - 10;
	last.end = ~(uintptr_t)0;
	expect(gm_hosted_grow(&last, 1, 4096) == NULL);
	expect(gm_hosted_grow(&last, 1, 1) != NULL);
}

static void test_hosted_resident_of_what_is_unmapped(void)
{
	struct gm_hosted hosted;

	expect_eq(gm_hosted_reserve(&hosted, 64 * KIB, 0, 0), 0);
	memset(gm_hosted_grow(&hosted, 4096, 4096), 1, 4096);
	expect_eq(gm_hosted_resident(&hosted), 4096);
	expect_eq(munmap(hosted.memory, hosted.bytes), 0);
	expect_eq(gm_hosted_resident(&hosted), 0);
}

/* An unpin is a put: only the last one ends the object. */
static void test_unpin(void)
{
	struct gm_object object = machine_object(MID_BASE, 4 * KIB, 1);
	struct gm_desc *desc;

	machine_begin(&machine);
	expect_eq(gm_space_create(&machine.space, &object, &desc), 0);
	expect_eq(gm_pin(desc), 0);
	expect_eq(gm_unpin(&machine.space, desc), 0);
	expect(gm_ref_is_sole(desc));
	expect_eq(gm_pin(desc), 0);
	expect_eq(gm_put(&machine.space, desc), 0);
	expect_eq(gm_unpin(&machine.space, desc), 1);
	machine_end(&machine);
}

static int visited(void *ctx, struct gm_desc *desc)
{
	(void)ctx;
	(void)desc;
	return 1;
}

/* A region whose kind is none is no memory to anybody. */
static void test_region_of_no_kind(void)
{
	struct gm_region *mid = &machine.regions[1];
	struct gm_object object = machine_object(MID_BASE, 4 * KIB, 1);
	struct gm_claim claim;
	struct gm_desc *desc;

	memset(&claim, 0, sizeof(claim));
	claim.size = 4 * KIB;
	claim.type = 1;
	claim.min = gm_paddr(MID_BASE);
	claim.max = gm_paddr(MID_BASE + MID_SIZE);
	machine_begin(&machine);
	mid->kind = (enum gm_region_kind)99;
	expect_eq(gm_space_create(&machine.space, &object, &desc), -GM_ENOTRAM);
	expect_eq(gm_space_find_get(&machine.space, object.base, 0, &desc), -GM_ENOTRAM);
	expect_eq(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc), -GM_ERANGE);
	expect_eq(gm_space_reap(&machine.space, NULL, NULL), 0);
	expect_eq(gm_space_for_each(&machine.space, visited, NULL), 0);
	mid->kind = GM_REGION_FOLIO;
	machine_end(&machine);
}

UNIT_MAIN("edges", UNIT_TEST(test_default_panic_traps), UNIT_TEST(test_hosted_grow_refuses),
	  UNIT_TEST(test_hosted_resident_of_what_is_unmapped), UNIT_TEST(test_unpin),
	  UNIT_TEST(test_region_of_no_kind))
