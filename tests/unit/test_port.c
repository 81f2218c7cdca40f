/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of granmem/port.h: hooks are called, replaced, and have defaults. */
#include <granmem/port.h>

#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static int other_calls;

static void other_hook(const char *text, const void *object)
{
	(void)text;
	(void)object;
	other_calls++;
}

static void test_panic_hook(void)
{
	int object = 0;

	gm_port_panic("text", &object);
	expect_eq(unit_panics.nr, 1);
	expect(strcmp(unit_panics.text, "text") == 0);
	expect(unit_panics.object == &object);
	gm_port_set_panic(other_hook);
	gm_port_panic("text", &object);
	expect_eq(other_calls, 1);
	expect(unit_panicked());
}

static void test_notice_hook(void)
{
	int object = 0;

	gm_port_notice("text", &object);
	expect_eq(unit_notices.nr, 1);
	expect(strcmp(unit_notices.text, "text") == 0);
	expect(unit_notices.object == &object);
	gm_port_set_notice(NULL);
	gm_port_notice("text", &object);
	expect_eq(unit_notices.nr, 1);
}

/* The default panic ends the program by a signal (which one depends on the
 * processor), so it is looked at from outside. */
static void test_default_panic(void)
{
	int status;
	pid_t child = fork();

	expect(child >= 0);
	if (child == 0) {
		gm_port_set_panic(NULL);
		gm_port_panic("text", NULL);
		_exit(0);
	}
	expect(waitpid(child, &status, 0) == child);
	expect(WIFSIGNALED(status));
}

static void test_check(void)
{
	int object = 0;

	expect_eq(GM_CHECK(1, "true", &object), 1);
	expect_eq(unit_panics.nr, 0);
#if GM_CONFIG_CHECKS >= 1
	expect_eq(GM_CHECK(0, "false", &object), 0);
	expect(strcmp(unit_panics.text, "false") == 0);
	expect(unit_panicked());
#else
	expect_eq(GM_CHECK(0, "false", &object), 1);
#endif
}

UNIT_MAIN("port", UNIT_TEST(test_panic_hook), UNIT_TEST(test_notice_hook),
	  UNIT_TEST(test_default_panic), UNIT_TEST(test_check))
