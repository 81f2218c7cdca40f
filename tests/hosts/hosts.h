/* SPDX-License-Identifier: BSD-2-Clause */
/* hosts.h - what the drivers of examples/hosts/ share. */
#ifndef HOSTS_H
#define HOSTS_H

#include <stdio.h>
#include <stdlib.h>

#define expect(cond) ((cond) ? (void)0 : hosts_fail(__FILE__, __LINE__, #cond))

static inline void hosts_fail(const char *file, int line, const char *text)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, text);
	exit(1);
}

#endif
