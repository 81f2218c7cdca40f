/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.c - what both sides share, and putting it back; contracts in halt.h. */
#include "halt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* More than any world has operations. */
#define NR_KEPT 64

/* The part of the stack that is restored: below the pointer lie 128 bytes which a
 * function may use without moving it. */
#define RED_ZONE 128

/* The most that anything in a world is aligned to. */
#define ALIGN ((size_t)64 << 10)

unsigned char *memory_world;
struct mail *mail;
struct outcome *memory_halted;

static unsigned char *stack;
static unsigned char *saved_world, *saved_stack;
static unsigned char *kept[NR_KEPT];
static unsigned char is_kept[NR_KEPT];
static size_t used;       /* of the world */
static size_t stack_from; /* what was saved */

static void *map(size_t bytes, int flags)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return memory;
}

void must(int right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "setup: %s\n", what);
	exit(1);
}

void memory_init(void)
{
	uintptr_t memory;
	unsigned i;

	memory = (uintptr_t)map(ALIGN + WORLD_BYTES + STACK_BYTES + sizeof(*mail), MAP_SHARED);
	memory_world = (unsigned char *)((memory + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1));
	stack = memory_world + WORLD_BYTES;
	mail = (struct mail *)(void *)(stack + STACK_BYTES);
	memory_halted = (struct outcome *)(void *)(stack + STACK_BYTES - 64);
	saved_world = map(WORLD_BYTES + STACK_BYTES, MAP_PRIVATE);
	saved_stack = saved_world + WORLD_BYTES;
	for (i = 0; i < NR_KEPT; i++)
		kept[i] = map(WORLD_BYTES, MAP_PRIVATE);
}

void memory_begin(void)
{
	memset(memory_world, 0, used);
	used = 0;
	memory_keep_none();
}

void *memory_take(size_t bytes, size_t align)
{
	size_t at = (used + align - 1) & ~(align - 1);

	if (at + bytes > WORLD_BYTES) {
		fprintf(stderr, "a world is larger than WORLD_BYTES\n");
		exit(1);
	}
	used = at + bytes;
	return memory_world + at;
}

void *memory_stack_top(void)
{
	return stack + STACK_BYTES - 128;
}

void memory_save(const void *stack_pointer)
{
	stack_from = (size_t)((const unsigned char *)stack_pointer - stack) - RED_ZONE;
	memcpy(saved_world, memory_world, used);
	memcpy(saved_stack + stack_from, stack + stack_from, STACK_BYTES - stack_from);
}

void memory_restore(void)
{
	memcpy(memory_world, saved_world, used);
	memcpy(stack + stack_from, saved_stack + stack_from, STACK_BYTES - stack_from);
}

int memory_world_changed(void)
{
	return memcmp(memory_world, saved_world, used) != 0;
}

int memory_is_kept(unsigned slot)
{
	return is_kept[slot] && memcmp(memory_world, kept[slot], used) == 0;
}

void memory_keep(unsigned slot)
{
	is_kept[slot] = 1;
	memcpy(kept[slot], memory_world, used);
}

void memory_forget(unsigned slot)
{
	is_kept[slot] = 0;
}

void memory_keep_none(void)
{
	memset(is_kept, 0, sizeof(is_kept));
}
