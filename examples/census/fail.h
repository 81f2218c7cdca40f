/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fail.h - why something failed, in words for the user.
 *
 * A function that may fail takes a struct fail, writes one line into it and
 * returns -1; who called it adds nothing and prints it at the end.
 */
#ifndef CENSUS_FAIL_H
#define CENSUS_FAIL_H

struct fail {
	char text[320];
};

/* fail_set - write the reason; cut if too long. Returns -1, always. */
__attribute__((format(printf, 2, 3))) int fail_set(struct fail *fail, const char *format, ...);

/* fail_memory - the reason is that malloc had nothing. Returns -1, always. */
int fail_memory(struct fail *fail);

#endif
