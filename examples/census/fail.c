/* SPDX-License-Identifier: BSD-2-Clause */
/* fail.c - contracts in fail.h. */
#include "fail.h"

#include <stdarg.h>
#include <stdio.h>

int fail_set(struct fail *fail, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(fail->text, sizeof(fail->text), format, arguments);
	va_end(arguments);
	return -1;
}

int fail_memory(struct fail *fail)
{
	return fail_set(fail, "out of memory");
}
