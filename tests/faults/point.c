/* SPDX-License-Identifier: BSD-2-Clause */
/* point.c - counting points and losses, and listening to the hooks of port.h. */
#include "faults.h"

#include <setjmp.h>
#include <stdio.h>

struct tally *tally;
struct port_record port;

void point_begin(const char *operation, const char *kind, const char *fault, unsigned n)
{
	tally->points++;
	tally->failed = 0;
	snprintf(tally->label, sizeof(tally->label), "%s, %s, %s %u", operation, kind, fault, n);
}

int point_require(int cond, const char *file, int line, const char *text)
{
	if (cond || tally->failed)
		return cond;
	tally->failed = 1;
	tally->lost++;
	if (!tally->quiet)
		fprintf(stderr, "%s:%d: %s: %s\n", file, line, tally->label, text);
	return 0;
}

static void on_panic(const char *text, const void *object)
{
	(void)text;
	(void)object;
	port.panics++;
	if (port.jump != NULL)
		longjmp(*(jmp_buf *)port.jump, 1);
}

static void on_notice(const char *text, const void *object)
{
	(void)text;
	(void)object;
	port.notices++;
}

void port_begin(void)
{
	port.panics = 0;
	port.notices = 0;
	port.jump = NULL;
	gm_port_set_panic(on_panic);
	gm_port_set_notice(on_notice);
}
