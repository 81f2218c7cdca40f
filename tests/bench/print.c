/* SPDX-License-Identifier: BSD-2-Clause */
/* print.c - tables for the reader, and the file of results; see bench.h. */
#include "bench.h"

#include <stdarg.h>

__attribute__((format(printf, 1, 2))) static void record(const char *format, ...)
{
	const char *path = getenv("BENCH_RESULTS");
	va_list arguments;
	FILE *file;

	if (path == NULL)
		return;
	file = fopen(path, "a");
	if (file == NULL)
		bench_check(1, path);
	va_start(arguments, format);
	vfprintf(file, format, arguments);
	va_end(arguments);
	fclose(file);
}

void bench_times(const struct bench *candidates, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		struct bench_spread spread = bench_spread(&candidates[i]);

		printf("  %-52s %10.2f ns  (%.2f .. %.2f)\n", candidates[i].name, spread.median,
		       spread.low, spread.high);
	}
}

/* sign: 1 for at most the goal, -1 for at least. */
static void verdict(double value, double goal, int sign)
{
	if (goal != 0)
		printf("   goal %s %-8.2f %s", sign > 0 ? "<=" : ">=", goal,
		       sign * value <= sign * goal ? "met" : "MISSED");
	printf("\n");
}

static void show(const char *metric, const struct bench_spread *spread, double goal, int sign)
{
	printf("  %-52s %10.3f  (%.3f .. %.3f)", metric, spread->median, spread->low, spread->high);
	verdict(spread->median, goal, sign);
	record("metric %s %.6g\n", metric, spread->median);
}

void bench_ratio(const char *metric, const struct bench *candidate, const struct bench *limit,
		 double goal)
{
	struct bench_spread spread = bench_versus(candidate, limit);

	show(metric, &spread, goal, 1);
}

void bench_scaling(const char *metric, const struct bench *candidate, const struct bench *limit,
		   double goal)
{
	struct bench_spread spread = bench_speedup(candidate, limit);

	show(metric, &spread, goal, -1);
}

void bench_figure(const char *metric, double value, double goal)
{
	printf("  %-52s %10.3f", metric, value);
	verdict(value, goal, 1);
	record("metric %s %.6g\n", metric, value);
}

void bench_point(const char *plot, const char *series, double x, double y)
{
	record("point %s %s %.6g %.6g\n", plot, series, x, y);
	record("metric growth.%s.%s.%.0f %.6g\n", plot, series, x, y);
}

void bench_skip(const char *what, const char *why)
{
	printf("  SKIP: %s: %s\n", what, why);
}

void bench_check(int err, const char *what)
{
	if (err == 0)
		return;
	printf("cannot run: %s (error %d)\n", what, err);
	exit(1);
}
