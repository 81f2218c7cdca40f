/* SPDX-License-Identifier: BSD-2-Clause */
/* control.c - a program that is not covered: coverage.py must say so, and no more. */
#include <stdio.h>

#define CHECK(cond) ((cond) ? 1 : 0)

static int both(int a, int b)
{
	if (a && b)
		return 1;
	return 0;
}

static int either(int a, int b)
{
	return CHECK(a || b);
}

static int excluded(int a)
{
	if (a > 5)
		return 1;
	return 0;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 100)
		return 1;
	printf("%d\n", both(argc, 1) + both(argc - 1, 1) + either(argc - 1, 0) + either(argc, 0) +
			       excluded(argc));
	return 0;
}
