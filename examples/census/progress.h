/* SPDX-License-Identifier: BSD-2-Clause */
/* progress.h - one line that says how far the work is; only on a terminal. */
#ifndef CENSUS_PROGRESS_H
#define CENSUS_PROGRESS_H

#include <stdint.h>

struct progress {
	const char *who;
	const char *what;
	uint64_t total;
	unsigned shown; /* per cent, plus one; 0: nothing yet */
	int on;         /* standard error is a terminal */
};

/* progress_begin - a new line of work, `total` steps long: "who: what". */
void progress_begin(struct progress *progress, const char *who, const char *what,
		    uint64_t total);

/* progress_at - so many steps are done. Cheap: draws only what is new to see. */
void progress_at(struct progress *progress, uint64_t done);

/* progress_end - wipe the line. */
void progress_end(struct progress *progress);

#endif
