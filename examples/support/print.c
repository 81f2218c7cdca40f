/* SPDX-License-Identifier: BSD-2-Clause */
/* print.c - text and numbers, a character at a time; the first line and the last. */
#include "support.h"

void print(const char *text)
{
	for (; *text != '\0'; text++)
		console_put(*text);
}

static void print_digits(uint64_t number, unsigned base)
{
	char digits[20];
	unsigned n = 0;

	do {
		digits[n++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number != 0);
	while (n > 0)
		console_put(digits[--n]);
}

void print_number(uint64_t number)
{
	print_digits(number, 10);
}

void print_hex(uint64_t number)
{
	print("0x");
	print_digits(number, 16);
}

_Noreturn void fatal(const char *text)
{
	print("fatal: ");
	print(text);
	print("\n");
	machine_exit(2);
}

_Noreturn void machine_run(void)
{
	print("granmem on ");
	print(machine.name);
	print("\n");
	machine_exit(kernel());
}
