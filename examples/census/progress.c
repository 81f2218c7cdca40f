/* SPDX-License-Identifier: BSD-2-Clause */
/* progress.c - contracts in progress.h. */
#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH 38

void progress_begin(struct progress *progress, const char *who, const char *what, uint64_t total)
{
	progress->who = who;
	progress->what = what;
	progress->total = total != 0 ? total : 1;
	progress->shown = 0;
	progress->on = isatty(STDERR_FILENO);
	progress_at(progress, 0);
}

void progress_at(struct progress *progress, uint64_t done)
{
	char bar[WIDTH + 1];
	unsigned percent, i;

	if (!progress->on)
		return;
	if (done > progress->total)
		done = progress->total;
	percent = (unsigned)((double)done / (double)progress->total * 100.0);
	if (percent + 1 == progress->shown)
		return;
	progress->shown = percent + 1;
	for (i = 0; i < WIDTH; i++)
		bar[i] = i * 100 < percent * WIDTH ? '#' : '.';
	bar[WIDTH] = '\0';
	fprintf(stderr, "\r%-9s %-21s [%s] %3u %%", progress->who, progress->what, bar, percent);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->on)
		fprintf(stderr, "\r%*s\r", WIDTH + 40, "");
	progress->on = 0;
}
