/* SPDX-License-Identifier: BSD-2-Clause */
/* string.c - what compilers and libfdt expect of every program. granmem does not. */
#include <stddef.h>
#include <stdint.h>

#include "string.h"

void *memcpy(void *to, const void *from, size_t n)
{
	return memmove(to, from, n);
}

void *memmove(void *to, const void *from, size_t n)
{
	unsigned char *t = to;
	const unsigned char *f = from;
	size_t i;

	if ((uintptr_t)t <= (uintptr_t)f) {
		for (i = 0; i < n; i++)
			t[i] = f[i];
	} else {
		for (i = n; i > 0; i--)
			t[i - 1] = f[i - 1];
	}
	return to;
}

void *memset(void *to, int value, size_t n)
{
	unsigned char *t = to;
	size_t i;

	for (i = 0; i < n; i++)
		t[i] = (unsigned char)value;
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;
	size_t i;

	for (i = 0; i < n; i++) {
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	}
	return 0;
}

void *memchr(const void *in, int value, size_t n)
{
	const unsigned char *p = in;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == (unsigned char)value)
			return (void *)(uintptr_t)(p + i);
	}
	return NULL;
}

size_t strlen(const char *text)
{
	size_t n = 0;

	while (text[n] != '\0')
		n++;
	return n;
}

size_t strnlen(const char *text, size_t max)
{
	size_t n = 0;

	while (n < max && text[n] != '\0')
		n++;
	return n;
}

char *strchr(const char *text, int c)
{
	return memchr(text, c, strlen(text) + 1);
}

char *strrchr(const char *text, int c)
{
	size_t n = strlen(text) + 1;

	while (n > 0) {
		if (text[--n] == (char)c)
			return (char *)(uintptr_t)(text + n);
	}
	return NULL;
}

int strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}
