/* SPDX-License-Identifier: BSD-2-Clause */
/* race.c - counting the operations, and stopping between them. */
#include "race.h"

#include <granmem/port.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

char race_now[200];
int race_blind;

static const struct race_plan *plan;
static unsigned plan_length;
static unsigned long steps;
static unsigned long between_steps;
static int armed;
static int inside;
static unsigned lanes[2];

void race_step(void)
{
	unsigned i;

	if (!armed || inside) {
		between_steps += armed;
		return;
	}
	steps++;
	for (i = 0; i < plan_length; i++) {
		if (steps == plan[i].at) {
			inside = 1;
			plan[i].run(plan[i].what);
			inside = 0;
		}
	}
}

unsigned race_lane(void)
{
	return lanes[inside];
}

void race_lanes(unsigned call, unsigned between)
{
	lanes[0] = call;
	lanes[1] = between;
}

void race_arm(const struct race_plan *interference, unsigned nr)
{
	plan = interference;
	plan_length = nr;
	steps = 0;
	between_steps = 0;
	armed = 1;
}

unsigned long race_disarm(void)
{
	armed = 0;
	return steps;
}

unsigned long race_between(void)
{
	return between_steps;
}

void race_fail(const char *text, const char *file, int line)
{
	printf("%s\n%s:%d: %s\n", race_now, file, line, text);
	exit(1);
}

static void panicked(const char *text, const void *object)
{
	(void)object;
	race_fail(text, "assertion", 0);
}

static void crashed(int number)
{
	(void)number;
	race_fail("a wild pointer was followed", "signal", 0);
}

void race_begin(void)
{
	gm_port_set_panic(panicked);
	signal(SIGSEGV, crashed);
	signal(SIGBUS, crashed);
}
