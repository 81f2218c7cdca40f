/* SPDX-License-Identifier: BSD-2-Clause */
/* live.c - flags and counts of every page; contract in live.h. */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64
#include "live.h"

#include "kpf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Pages in one read: half a megabyte of each file. */
#define CHUNK 65536u

struct live {
	int flags_fd;
	int count_fd;
	uint64_t flags[CHUNK];
	uint64_t flags_again[CHUNK];
	uint64_t counts[CHUNK];
};

static int open_proc(const char *root, const char *name, struct fail *fail)
{
	char path[1024];
	int fd;

	snprintf(path, sizeof(path), "%s/proc/%s", root, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		return fail_set(fail,
				"reading %.100s needs root: run this as root, or replay a "
				"snapshot with --snapshot FILE",
				path);
	if (fd < 0)
		return fail_set(fail,
				"cannot open %.100s: %s (the kernel needs "
				"CONFIG_PROC_PAGE_MONITOR); --snapshot FILE replays a recorded "
				"machine",
				path, strerror(errno));
	return fd;
}

/* nr words, one a page, from pfn on. What lies behind the end of the file is
 * memory that the kernel has no struct page for. */
static int read_words(int fd, uint64_t pfn, uint64_t *out, size_t nr, uint64_t missing,
		      struct fail *fail)
{
	size_t bytes = nr * sizeof(*out), got = 0, i;
	ssize_t step;

	while (got < bytes) {
		step = pread(fd, (char *)out + got, bytes - got,
			     (off_t)(pfn * sizeof(*out) + got));
		if (step < 0 && errno == EINTR)
			continue;
		if (step < 0)
			return fail_set(fail, "cannot read flags or counts from page %" PRIu64
					      " on: %s",
					pfn, strerror(errno));
		if (step == 0)
			break;
		got += (size_t)step;
	}
	for (i = got / sizeof(*out); i < nr; i++)
		out[i] = missing;
	return 0;
}

static int read_chunk(struct live *live, uint64_t pfn, size_t nr, struct image *image,
		      struct fail *fail)
{
	size_t i;

	if (read_words(live->flags_fd, pfn, live->flags, nr, KPF_NOPAGE, fail) != 0 ||
	    read_words(live->count_fd, pfn, live->counts, nr, 0, fail) != 0 ||
	    read_words(live->flags_fd, pfn, live->flags_again, nr, KPF_NOPAGE, fail) != 0)
		return -1;
	for (i = 0; i < nr; i++) {
		uint64_t flags = live->flags[i] & KPF_USED;

		if (flags != (live->flags_again[i] & KPF_USED))
			image->nr_changed++;
		if (image_add_run(image, flags, live->counts[i], 1, fail) != 0)
			return -1;
	}
	return 0;
}

static int read_range(struct live *live, const struct image_range *range, struct image *image,
		      struct progress *progress, struct fail *fail)
{
	uint64_t done, nr, before = image->nr_pages;

	if (image_add_range(image, range->pfn, range->nr, fail) != 0)
		return -1;
	for (done = 0; done < range->nr; done += nr) {
		nr = range->nr - done < CHUNK ? range->nr - done : CHUNK;
		if (read_chunk(live, range->pfn + done, (size_t)nr, image, fail) != 0)
			return -1;
		progress_at(progress, before + done + nr);
	}
	return 0;
}

/* MemFree counts pages that a flag may not show: see rebuild.h. */
static uint64_t read_free_bytes(const char *root)
{
	char path[1024], line[128];
	uint64_t kilobytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/meminfo", root);
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "MemFree: %" SCNu64 " kB", &kilobytes) == 1)
			break;
	}
	fclose(file);
	return kilobytes < UINT64_MAX >> 10 ? kilobytes << 10 : 0;
}

static void name_machine(struct image *image)
{
	struct utsname name;
	char *at;

	if (uname(&name) != 0)
		return;
	snprintf(image->machine, sizeof(image->machine), "%.20s %.48s %.20s", name.sysname,
		 name.release, name.machine);
	for (at = image->machine; *at != '\0'; at++) {
		if (*at < 0x20 || *at > 0x7e)
			*at = '?';
	}
}

static unsigned page_shift(void)
{
	long bytes = sysconf(_SC_PAGESIZE);
	unsigned shift = IMAGE_SHIFT_MIN;

	while (shift < IMAGE_SHIFT_MAX && bytes > 1L << shift)
		shift++;
	return shift;
}

static int read_all(struct live *live, const char *root, struct image *image,
		    struct progress *progress, struct fail *fail)
{
	struct image_range *ranges;
	uint64_t total = 0;
	size_t nr_ranges, i;
	int err = 0;

	if (live_ranges(root, image->page_shift, &ranges, &nr_ranges, fail) != 0)
		return -1;
	for (i = 0; i < nr_ranges; i++)
		total += ranges[i].nr;
	name_machine(image);
	image->free_bytes = read_free_bytes(root);
	progress_begin(progress, "reading", "flags and counts", total);
	for (i = 0; err == 0 && i < nr_ranges; i++)
		err = read_range(live, &ranges[i], image, progress, fail);
	progress_end(progress);
	free(ranges);
	return err;
}

int live_read(const char *root, struct image *out, struct progress *progress, struct fail *fail)
{
	struct live *live = malloc(sizeof(*live));
	int err = -1;

	image_init(out, page_shift());
	if (live == NULL)
		return fail_memory(fail);
	live->count_fd = -1;
	live->flags_fd = open_proc(root, "kpageflags", fail);
	if (live->flags_fd >= 0)
		live->count_fd = open_proc(root, "kpagecount", fail);
	if (live->count_fd >= 0)
		err = read_all(live, root, out, progress, fail);
	if (live->flags_fd >= 0)
		close(live->flags_fd);
	if (live->count_fd >= 0)
		close(live->count_fd);
	free(live);
	if (err != 0)
		image_free(out);
	return err;
}
