/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unit.h - the little that the unit tests share.
 *
 * A test is a function without arguments; UNIT_MAIN lists those of a file. They
 * run under Check, each in a process of its own. Where Check does not exist
 * (cross-compiled tests) define UNIT_WITHOUT_CHECK: then they run one after
 * another, and the first failure ends the program.
 */
#ifndef UNIT_H
#define UNIT_H

#include <granmem/port.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef UNIT_WITHOUT_CHECK
#include <check.h>
#endif

struct unit_test {
	const char *name;
	void (*run)(void);
};

static inline void unit_fail(const char *file, int line, const char *text)
{
#ifndef UNIT_WITHOUT_CHECK
	ck_abort_msg("%s:%d: %s", file, line, text);
#else
	fprintf(stderr, "%s:%d: %s\n", file, line, text);
	exit(1);
#endif
}

static inline void unit_equal(const char *file, int line, const char *text,
			      unsigned long long left, unsigned long long right)
{
	char message[400];

	if (left == right)
		return;
	snprintf(message, sizeof(message), "%s: %#llx is not %#llx", text, left, right);
	unit_fail(file, line, message);
}

#define expect(cond) ((cond) ? (void)0 : unit_fail(__FILE__, __LINE__, #cond))

/* Both sides are compared as 64-bit integers; pointers need a cast. */
#define expect_eq(left, right)                                          \
	unit_equal(__FILE__, __LINE__, #left " == " #right,             \
		   (unsigned long long)(left), (unsigned long long)(right))

/* The assertion hook of the tests: it notes the call and returns. */
struct unit_record {
	unsigned nr;
	const char *text;
	const void *object;
};

static struct unit_record unit_panics;
static struct unit_record unit_notices;

static inline void unit_panic(const char *text, const void *object)
{
	unit_panics.nr++;
	unit_panics.text = text;
	unit_panics.object = object;
}

static inline void unit_notice(const char *text, const void *object)
{
	unit_notices.nr++;
	unit_notices.text = text;
	unit_notices.object = object;
}

static inline void unit_begin(void)
{
	memset(&unit_panics, 0, sizeof(unit_panics));
	memset(&unit_notices, 0, sizeof(unit_notices));
	gm_port_set_panic(unit_panic);
	gm_port_set_notice(unit_notice);
}

/* What happens after a caller's bug is tested only where it is asserted. */
#define UNIT_ASSERTS (GM_CONFIG_CHECKS >= 1)

/* 1 if the assertion hook was called exactly once since the last question. */
static inline int unit_panicked(void)
{
	unsigned nr = unit_panics.nr;

	unit_panics.nr = 0;
	return nr == 1;
}

/* A small generator with a fixed seed: every run tests the same numbers. */
static inline unsigned long long unit_random(unsigned long long *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

#define UNIT_TEST(function) { #function, function }

#ifndef UNIT_WITHOUT_CHECK
#define UNIT_MAIN(file, ...)                                            \
	static const struct unit_test unit_tests[] = { __VA_ARGS__ };   \
	START_TEST(unit_run)                                            \
	{                                                               \
		unit_begin();                                           \
		unit_tests[_i].run();                                   \
		if (unit_panics.nr != 0)                                \
			unit_fail(file, 0, unit_panics.text);           \
	}                                                               \
	END_TEST                                                        \
	int main(void)                                                  \
	{                                                               \
		int nr = (int)(sizeof(unit_tests) / sizeof(unit_tests[0])); \
		Suite *suite = suite_create(file);                      \
		TCase *tcase = tcase_create(file);                      \
		SRunner *runner;                                        \
		int failed;                                             \
                                                                        \
		tcase_add_loop_test(tcase, unit_run, 0, nr);            \
		tcase_set_timeout(tcase, 120);                          \
		suite_add_tcase(suite, tcase);                          \
		runner = srunner_create(suite);                         \
		srunner_run_all(runner, CK_NORMAL);                     \
		failed = srunner_ntests_failed(runner);                 \
		srunner_free(runner);                                   \
		return failed != 0;                                     \
	}
#else
#define UNIT_MAIN(file, ...)                                            \
	static const struct unit_test unit_tests[] = { __VA_ARGS__ };   \
	int main(void)                                                  \
	{                                                               \
		size_t nr = sizeof(unit_tests) / sizeof(unit_tests[0]); \
		size_t i;                                               \
                                                                        \
		for (i = 0; i < nr; i++) {                              \
			fprintf(stderr, "%s: %s\n", file, unit_tests[i].name); \
			unit_begin();                                   \
			unit_tests[i].run();                            \
			if (unit_panics.nr != 0)                        \
				unit_fail(file, 0, unit_panics.text);   \
		}                                                       \
		printf("%s: %u tests passed\n", file, (unsigned)nr);    \
		return 0;                                               \
	}
#endif

#endif
