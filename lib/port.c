/* SPDX-License-Identifier: BSD-2-Clause */
/* port.c - the embedder's hooks; contracts in granmem/port.h. */
#include <granmem/port.h>

static gm_panic_hook *panic_hook;
static gm_notice_hook *notice_hook;

void gm_port_set_panic(gm_panic_hook *hook)
{
	panic_hook = hook;
}

void gm_port_set_notice(gm_notice_hook *hook)
{
	notice_hook = hook;
}

void gm_port_panic(const char *text, const void *object)
{
	if (panic_hook == NULL)
		__builtin_trap();
	panic_hook(text, object);
}

void gm_port_notice(const char *text, const void *object)
{
	if (notice_hook != NULL)
		notice_hook(text, object);
}
