/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of granmem/error.h. */
#include <granmem/error.h>

#include <limits.h>

#include "unit.h"

static const int errors[] = {
	GM_OK, GM_EINVAL, GM_ESIZE, GM_EALIGN, GM_ERANGE, GM_EOVERFLOW, GM_ENOTSUP,
	GM_ENOENT, GM_EEXIST, GM_ETYPE, GM_EPINNED, GM_ENOTRAM, GM_EBUSY, GM_ENOMEM,
	GM_ELIMIT, GM_EORPHAN, GM_ECORRUPT,
};

#define NR_ERRORS (sizeof(errors) / sizeof(errors[0]))

static void test_numbers_differ(void)
{
	size_t i, j;

	expect_eq(GM_OK, 0);
	for (i = 0; i < NR_ERRORS; i++)
		for (j = 0; j < i; j++)
			expect(errors[i] > errors[j]);
}

static void test_texts(void)
{
	const char *unknown = gm_error_text(INT_MAX);
	size_t i, j;

	for (i = 0; i < NR_ERRORS; i++) {
		const char *text = gm_error_text(errors[i]);

		expect(text != NULL && text[0] != '\0');
		expect(strcmp(text, unknown) != 0);
		expect(strcmp(text, gm_error_text(-errors[i])) == 0);
		for (j = 0; j < i; j++)
			expect(strcmp(text, gm_error_text(errors[j])) != 0);
	}
}

static void test_every_other_number(void)
{
	const char *unknown = gm_error_text(INT_MAX);
	int err;
	size_t i;

	for (err = -1000; err <= 1000; err++) {
		for (i = 0; i < NR_ERRORS && errors[i] != abs(err); i++)
			;
		expect_eq(strcmp(gm_error_text(err), unknown) == 0, i == NR_ERRORS);
	}
	expect(strcmp(gm_error_text(INT_MIN), unknown) == 0);
}

UNIT_MAIN("error", UNIT_TEST(test_numbers_differ), UNIT_TEST(test_texts),
	  UNIT_TEST(test_every_other_number))
