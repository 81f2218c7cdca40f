/* SPDX-License-Identifier: BSD-2-Clause */
/* say.c - text, through the hypervisor. */
#include "guest.h"

static unsigned put_number(char *to, uint64_t number)
{
	char digits[20];
	unsigned n = 0, i;

	do {
		digits[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	for (i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	return n;
}

void say(const char *text, uint64_t first, uint64_t second)
{
	char line[SAY_BYTES + 20];
	unsigned n = 0;

	for (; *text != '\0' && n < SAY_BYTES; text++) {
		if (*text != '#') {
			line[n++] = *text;
			continue;
		}
		n += put_number(line + n, first);
		first = second;
	}
	call(CALL_SAY, (uintptr_t)line, n, 0);
}

void expect(int condition, const char *what)
{
	if (condition)
		return;
	say("this is wrong:", 0, 0);
	say(what, 0, 0);
	call(CALL_STOP, 1, 0, 0);
}
