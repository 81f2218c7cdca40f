/* SPDX-License-Identifier: BSD-2-Clause */
/* live_ranges.c - where the RAM is; contract in live.h. */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64
#include "live.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_LENGTH 1024

struct list {
	struct image_range *ranges;
	size_t nr;
};

/* Bytes [first, end) to whole pages inside; nothing if there are none. */
static int add_bytes(struct list *list, uint64_t first, uint64_t end, unsigned shift)
{
	uint64_t page = (uint64_t)1 << shift;
	uint64_t pfn = (first >> shift) + ((first & (page - 1)) != 0);
	struct image_range *grown;

	end >>= shift;
	if (pfn >= end)
		return 0;
	grown = realloc(list->ranges, (list->nr + 1) * sizeof(*grown));
	if (grown == NULL)
		return -1;
	grown[list->nr++] = (struct image_range){ .pfn = pfn, .nr = end - pfn };
	list->ranges = grown;
	return 0;
}

static int compare_ranges(const void *left, const void *right)
{
	const struct image_range *a = left, *b = right;

	return a->pfn < b->pfn ? -1 : a->pfn > b->pfn;
}

/* Sorts, and joins what touches or overlaps. */
static void tidy(struct list *list)
{
	size_t i, kept = 0;

	if (list->nr == 0)
		return;
	qsort(list->ranges, list->nr, sizeof(*list->ranges), compare_ranges);
	for (i = 1; i < list->nr; i++) {
		struct image_range *last = &list->ranges[kept];
		const struct image_range *range = &list->ranges[i];
		uint64_t end = range->pfn + range->nr;

		if (range->pfn > last->pfn + last->nr)
			list->ranges[++kept] = *range;
		else if (end > last->pfn + last->nr)
			last->nr = end - last->pfn;
	}
	list->nr = kept + 1;
}

/* Lines like "  00100000-bfffffff : System RAM", the end included. Who may not
 * see the addresses reads zeros. */
static int read_iomem(const char *root, struct list *list, unsigned shift, struct fail *fail)
{
	char path[PATH_LENGTH], line[256], name[64];
	uint64_t first, last;
	FILE *file;
	int err = 0;

	snprintf(path, sizeof(path), "%s/proc/iomem", root);
	file = fopen(path, "r");
	if (file == NULL)
		return errno == ENOENT || errno == EACCES ?
			       0 :
			       fail_set(fail, "cannot open %.200s: %s", path, strerror(errno));
	while (err == 0 && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %63[^\n]", &first, &last, name) != 3)
			continue;
		if (strncmp(name, "System RAM", 10) != 0 || last <= first || last == UINT64_MAX)
			continue;
		if (add_bytes(list, first, last + 1, shift) != 0)
			err = fail_memory(fail);
	}
	fclose(file);
	return err;
}

/* The first word of a small file, or "" if there is none. */
static void read_word(const char *path, char *out, size_t size)
{
	FILE *file = fopen(path, "r");

	out[0] = '\0';
	if (file == NULL)
		return;
	if (fgets(out, (int)size, file) == NULL)
		out[0] = '\0';
	out[strcspn(out, " \n")] = '\0';
	fclose(file);
}

static int add_block(const char *dir, const char *name, uint64_t block_bytes, struct list *list,
		     unsigned shift, struct fail *fail)
{
	char path[PATH_LENGTH + 300], word[32];
	uint64_t index;

	snprintf(path, sizeof(path), "%s/%s/state", dir, name);
	read_word(path, word, sizeof(word));
	if (strcmp(word, "online") != 0)
		return 0;
	snprintf(path, sizeof(path), "%s/%s/phys_index", dir, name);
	read_word(path, word, sizeof(word));
	index = strtoull(word, NULL, 16);
	if (word[0] == '\0' || index >= UINT64_MAX / block_bytes)
		return fail_set(fail, "%.200s says \"%.30s\"", path, word);
	if (add_bytes(list, index * block_bytes, (index + 1) * block_bytes, shift) != 0)
		return fail_memory(fail);
	return 0;
}

/* Memory blocks may have holes; the flags of their pages say so (NOPAGE). */
static int read_blocks(const char *root, struct list *list, unsigned shift, struct fail *fail)
{
	char dir[PATH_LENGTH], path[PATH_LENGTH + 32], word[32];
	struct dirent *entry;
	uint64_t block_bytes;
	int err = 0;
	DIR *blocks;

	snprintf(dir, sizeof(dir), "%s/sys/devices/system/memory", root);
	snprintf(path, sizeof(path), "%s/block_size_bytes", dir);
	read_word(path, word, sizeof(word));
	block_bytes = strtoull(word, NULL, 16);
	blocks = block_bytes != 0 ? opendir(dir) : NULL;
	if (blocks == NULL)
		return fail_set(fail, "/proc/iomem shows no addresses of RAM to this user, and "
				      "there are no memory blocks in /sys/devices/system/memory");
	while (err == 0 && (entry = readdir(blocks)) != NULL) {
		if (strncmp(entry->d_name, "memory", 6) == 0 &&
		    isdigit((unsigned char)entry->d_name[6]))
			err = add_block(dir, entry->d_name, block_bytes, list, shift, fail);
	}
	closedir(blocks);
	return err;
}

int live_ranges(const char *root, unsigned page_shift, struct image_range **out, size_t *nr_out,
		struct fail *fail)
{
	struct list list = { .ranges = NULL };
	int err = read_iomem(root, &list, page_shift, fail);

	if (err == 0 && list.nr == 0)
		err = read_blocks(root, &list, page_shift, fail);
	if (err == 0 && list.nr == 0)
		err = fail_set(fail, "no memory block is online");
	if (err != 0) {
		free(list.ranges);
		return -1;
	}
	tidy(&list);
	*out = list.ranges;
	*nr_out = list.nr;
	return 0;
}
