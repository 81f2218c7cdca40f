/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * census - a real machine's memory in granmem's three tables, side by side.
 *
 * Exit code: 0; 1 if something failed or a lookup disagrees with the kernel's
 * flags; 2 for a command line that makes no sense.
 */
#include "live.h"
#include "report.h"
#include "snapshot.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

struct options {
	const char *record;
	const char *snapshot;
	const char *svg;
	const char *root;
};

static const char usage[] =
	"usage: census [--snapshot FILE] [--record FILE] [--svg FILE] [--root DIR]\n"
	"\n"
	"Reads what Linux says about every page of this machine (as root), rebuilds the\n"
	"objects that memory is used as, creates them in each of granmem's three tables,\n"
	"looks up every page, and compares.\n"
	"\n"
	"  --snapshot FILE  replay a recorded machine; needs no root\n"
	"  --record FILE    save what was read\n"
	"  --svg FILE       draw a picture, too\n"
	"  --root DIR       read DIR/proc and DIR/sys instead of this machine's\n"
	"  --help           this text\n";

static const char **option_of(struct options *options, const char *name)
{
	if (strcmp(name, "--record") == 0)
		return &options->record;
	if (strcmp(name, "--snapshot") == 0)
		return &options->snapshot;
	if (strcmp(name, "--svg") == 0)
		return &options->svg;
	if (strcmp(name, "--root") == 0)
		return &options->root;
	return NULL;
}

/* Returns 0; 1 for --help; -1 for what makes no sense. */
static int parse(int nr, char **arguments, struct options *options)
{
	const char **option;
	int i;

	*options = (struct options){ .root = "" };
	for (i = 1; i < nr; i++) {
		if (strcmp(arguments[i], "--help") == 0)
			return 1;
		option = option_of(options, arguments[i]);
		if (option == NULL) {
			fprintf(stderr, "census: unknown argument %s\n", arguments[i]);
			return -1;
		}
		if (++i == nr) {
			fprintf(stderr, "census: %s needs an argument\n", arguments[i - 1]);
			return -1;
		}
		*option = arguments[i];
	}
	return 0;
}

/* Did any lookup disagree? */
static int is_wrong(const struct tables_result *results)
{
	unsigned i;

	for (i = 0; i < REPORT_KINDS; i++) {
		if (results[i].nr_wrong != 0)
			return 1;
	}
	return 0;
}

static int describe(const struct image *image, const struct options *options,
		    struct progress *progress, struct fail *fail)
{
	static const enum gm_region_kind kinds[REPORT_KINDS] = {
		GM_REGION_COMPOUND, GM_REGION_FOLIO, GM_REGION_ADHOC
	};
	struct tables_result results[REPORT_KINDS];
	struct model model;
	struct report report = { .image = image, .model = &model, .results = results };
	unsigned i;
	int err;

	if (rebuild(image, &model, fail) != 0)
		return -1;
	err = 0;
	for (i = 0; err == 0 && i < REPORT_KINDS; i++)
		err = tables_run(kinds[i], image, &model, &results[i], progress, fail);
	if (err == 0) {
		report_print(&report, stdout);
		if (options->svg != NULL)
			err = report_svg(&report, options->svg, fail);
		if (err == 0 && is_wrong(results))
			err = fail_set(fail, "lookups disagree with the kernel's flags");
	}
	model_free(&model);
	return err;
}

static int run(const struct options *options, struct fail *fail)
{
	struct progress progress;
	struct image image;
	int err;

	if (options->snapshot != NULL)
		err = snapshot_load(options->snapshot, &image, fail);
	else
		err = live_read(options->root, &image, &progress, fail);
	if (err != 0)
		return -1;
	if (options->record != NULL)
		err = snapshot_save(&image, options->record, fail);
	if (err == 0)
		err = describe(&image, options, &progress, fail);
	image_free(&image);
	return err;
}

int main(int nr, char **arguments)
{
	struct options options;
	struct fail fail;

	setlocale(LC_CTYPE, "");
	switch (parse(nr, arguments, &options)) {
	case 1:
		fputs(usage, stdout);
		return 0;
	case -1:
		fputs(usage, stderr);
		return 2;
	}
	if (run(&options, &fail) == 0)
		return 0;
	fflush(stdout);
	fprintf(stderr, "census: %s\n", fail.text);
	return 1;
}
