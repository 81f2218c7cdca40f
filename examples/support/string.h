/* SPDX-License-Identifier: BSD-2-Clause */
/* string.h - see string.c; there is no libc whose header could be meant. */
#ifndef SUPPORT_STRING_H
#define SUPPORT_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *in, int value, size_t n);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t max);
char *strchr(const char *text, int c);
char *strrchr(const char *text, int c);
int strcmp(const char *a, const char *b);

#endif
