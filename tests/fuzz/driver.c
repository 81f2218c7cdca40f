/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver.c - runs a target without a fuzzing engine.
 *
 *   fuzz_NAME RUNS CORPUS [SEED]           each entry of the corpus, then inputs
 *                                          made from them, RUNS in all
 *   fuzz_NAME --unpack DIRECTORY CORPUS    each entry as a file, for an engine
 *
 * A corpus is a text: an entry is a paragraph of hexadecimal lines; lines with
 * `#` are comments. The target runs in a child, so that whatever kills it is a
 * finding with an input. Exit 0: no finding; 1: a finding; 2: it could not run.
 */
#include "fuzz.h"

#include <ctype.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define INPUT_MAX 512u
#define ENTRIES_MAX 1024u
/* Seconds for BATCH runs; more means that one of them does not end. */
#define BATCH 1024u
#define BATCH_SECONDS 120u

struct entry {
	size_t size;
	uint8_t data[INPUT_MAX];
};

/* What the parent sees of a child that is dead. */
struct progress {
	unsigned long runs;
	struct entry input;
};

static struct entry corpus[ENTRIES_MAX];
static unsigned nr_entries;
static unsigned long long seed = 0x9e3779b97f4a7c15ull;

static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % below;
}

static int add_hex(struct entry *entry, const char *line)
{
	unsigned byte;

	for (; isxdigit((unsigned char)line[0]); line += 2) {
		if (sscanf(line, "%2x", &byte) != 1 || !isxdigit((unsigned char)line[1]) ||
		    entry->size == INPUT_MAX)
			return -1;
		entry->data[entry->size++] = (uint8_t)byte;
	}
	return *line == '\n' || *line == '\0' ? 0 : -1;
}

static int load(const char *path)
{
	char line[256];
	FILE *file = fopen(path, "r");
	int err = 0;

	if (file == NULL)
		return -1;
	while (err == 0 && fgets(line, sizeof(line), file) != NULL) {
		if (line[0] == '#')
			continue;
		if (line[0] == '\n')
			nr_entries += corpus[nr_entries].size != 0;
		else
			err = add_hex(&corpus[nr_entries], line);
		if (nr_entries == ENTRIES_MAX - 1)
			err = -1;
	}
	fclose(file);
	nr_entries += corpus[nr_entries].size != 0;
	return nr_entries != 0 ? err : -1;
}

static void erase(struct entry *entry, size_t at, size_t nr)
{
	if (nr > entry->size - at)
		nr = entry->size - at;
	memmove(entry->data + at, entry->data + at + nr, entry->size - at - nr);
	entry->size -= nr;
}

static void insert(struct entry *entry, size_t at, const uint8_t *from, size_t nr)
{
	if (nr > INPUT_MAX - entry->size)
		nr = INPUT_MAX - entry->size;
	memmove(entry->data + at + nr, entry->data + at, entry->size - at);
	memcpy(entry->data + at, from, nr);
	entry->size += nr;
}

/* One change of the kinds that fuzzing engines make. */
static void mutate(struct entry *entry)
{
	const struct entry *other = &corpus[draw(nr_entries)];
	size_t at = draw((uint32_t)entry->size + 1);
	uint8_t bytes[8];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)draw(256);
	switch (draw(entry->size == 0 || at == entry->size ? 2 : 6)) {
	case 0:
		insert(entry, at, bytes, 1 + draw(sizeof(bytes)));
		break;
	case 1:
		i = draw((uint32_t)other->size);
		insert(entry, at, other->data + i, 1 + draw((uint32_t)(other->size - i)));
		break;
	case 2:
		erase(entry, at, 1 + draw(8));
		break;
	case 3:
		entry->data[at] = bytes[0];
		break;
	case 4:
		entry->data[at] ^= (uint8_t)(1u << draw(8));
		break;
	default:
		entry->data[at] = (uint8_t)(entry->data[at] + draw(9) - 4);
		break;
	}
}

static void make(struct entry *input)
{
	unsigned changes = 1 + draw(8);

	memcpy(input, &corpus[draw(nr_entries)], sizeof(*input));
	if (draw(16) == 0)
		input->size = 0;
	while (changes-- > 0)
		mutate(input);
}

static void run_all(struct progress *progress, unsigned long runs)
{
	int show = isatty(2);

	while (progress->runs < runs) {
		unsigned long run = progress->runs++;
		uint8_t *copy;

		if (run % BATCH == 0)
			alarm(BATCH_SECONDS);
		if (show && run % 65536 == 0) {
			fprintf(stderr, "\r%lu of %lu runs", run, runs);
		}
		if (run < nr_entries)
			memcpy(&progress->input, &corpus[run], sizeof(progress->input));
		else
			make(&progress->input);
		/* Of exactly its size, so that a tool sees a read behind it. */
		copy = malloc(progress->input.size + 1);
		if (copy == NULL)
			abort();
		memcpy(copy + 1, progress->input.data, progress->input.size);
		(void)LLVMFuzzerTestOneInput(copy + 1, progress->input.size);
		free(copy);
	}
	if (show)
		fprintf(stderr, "\r");
}

static void print_finding(const char *name, const struct progress *progress, int status)
{
	size_t i;

	if (WIFSIGNALED(status))
		printf("%s: finding: signal %d at run %lu, input:\n", name, WTERMSIG(status),
		       progress->runs);
	else
		printf("%s: finding: exit %d at run %lu, input:\n", name, WEXITSTATUS(status),
		       progress->runs);
	for (i = 0; i < progress->input.size; i++)
		printf("%02x%s", progress->input.data[i], i % 48 == 47 ? "\n" : "");
	printf("\n");
}

static int unpack(const char *directory)
{
	unsigned i;

	for (i = 0; i < nr_entries; i++) {
		char path[4096];
		FILE *file;

		snprintf(path, sizeof(path), "%s/%03u", directory, i);
		file = fopen(path, "wb");
		if (file == NULL ||
		    fwrite(corpus[i].data, 1, corpus[i].size, file) != corpus[i].size ||
		    fclose(file) != 0) {
			perror(path);
			return 2;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	struct progress *progress;
	int status = 0;
	pid_t child;

	name = name != NULL ? name + 1 : argv[0];
	if (argc < 3 || load(argv[argc == 4 && argv[1][0] == '-' ? 3 : 2]) != 0) {
		fprintf(stderr, "usage: %s RUNS CORPUS [SEED] | --unpack DIRECTORY CORPUS\n", name);
		return 2;
	}
	if (argv[1][0] == '-')
		return unpack(argv[2]);
	if (argc > 3)
		seed = strtoull(argv[3], NULL, 0) | 1;
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	child = progress != MAP_FAILED ? fork() : -1;
	if (child == 0) {
		run_all(progress, strtoul(argv[1], NULL, 0));
		exit(0); /* not _exit: leaks are looked for */
	}
	if (child < 0 || waitpid(child, &status, 0) != child) {
		perror(name);
		return 2;
	}
	if (status != 0)
		print_finding(name, progress, status);
	printf("%s: %lu runs\n", name, progress->runs);
	return status != 0;
}
