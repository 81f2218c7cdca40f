/* SPDX-License-Identifier: BSD-2-Clause */
/* guest.c - pieces of objects as memory slots; fork, and copy on write in 4 KiB. */
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *piece_at(const struct guest *guest, const struct piece *piece)
{
	return memory_at(guest->memory, piece->object, piece->offset);
}

/* KVM changes no slot in place: it is taken away and made again. */
static void piece_show(const struct guest *guest, const struct piece *piece)
{
	unsigned slot = (unsigned)(piece - guest->pieces);

	machine_slot(&guest->machine, slot, piece->gpa, piece->bytes, piece_at(guest, piece),
		     piece->writable);
}

static void piece_hide(const struct guest *guest, const struct piece *piece)
{
	machine_slot(&guest->machine, (unsigned)(piece - guest->pieces), piece->gpa, 0, NULL, 1);
}

/* piece_add - takes over the caller's reference to the object. */
static struct piece *piece_add(struct guest *guest, uint64_t gpa, uint64_t bytes,
			       struct gm_desc *object, uint64_t offset, int writable)
{
	struct piece *piece = guest->pieces;

	while (piece->bytes != 0)
		if (++piece == guest->pieces + GUEST_PIECES) {
			fprintf(stderr, "more than %d pieces\n", GUEST_PIECES);
			exit(1);
		}
	piece->gpa = gpa;
	piece->bytes = bytes;
	piece->object = object;
	piece->offset = offset;
	piece->writable = writable;
	piece_show(guest, piece);
	return piece;
}

static struct piece *piece_of(struct guest *guest, uint64_t gpa)
{
	struct piece *piece;

	for (piece = guest->pieces; piece < guest->pieces + GUEST_PIECES; piece++)
		if (gpa - piece->gpa < piece->bytes)
			return piece;
	return NULL;
}

void guest_boot(struct guest *guest, struct memory *memory, uint64_t bytes, uint64_t entry,
		const void *code, size_t code_bytes)
{
	uint64_t gpa;

	memset(guest, 0, sizeof(*guest));
	guest->memory = memory;
	machine_open(&guest->machine);
	for (gpa = 0; gpa < bytes; gpa += BLOCK_BYTES)
		piece_add(guest, gpa, BLOCK_BYTES, memory_claim(memory, BLOCK_BYTES), 0, 1);
	must(guest_write(guest, entry, code, code_bytes), "write the guest's code");
}

void guest_fork(struct guest *child, struct guest *parent)
{
	struct piece *piece;

	memset(child, 0, sizeof(*child));
	child->memory = parent->memory;
	machine_open(&child->machine);
	for (piece = parent->pieces; piece < parent->pieces + GUEST_PIECES; piece++) {
		if (piece->bytes == 0)
			continue;
		must(gm_ref_get_checked(piece->object), "share an object");
		piece_add(child, piece->gpa, piece->bytes, piece->object, piece->offset, 0);
		piece_hide(parent, piece);
		piece->writable = 0;
		piece_show(parent, piece);
	}
}

/* Does nobody else hold it? Then all of its references are this guest's pieces. */
static int only_mine(const struct guest *guest, const struct gm_desc *object)
{
	const struct piece *piece;
	gm_word mine = 0;

	for (piece = guest->pieces; piece < guest->pieces + GUEST_PIECES; piece++)
		mine += piece->bytes != 0 && piece->object == object;
	return gm_ref_count(object) == mine;
}

/* The page at gpa gets an object of its own; what is before and behind it in the piece
 * stays where it is. */
static struct piece *copy_page(struct guest *guest, struct piece *piece, uint64_t gpa)
{
	struct gm_desc *page = memory_claim(guest->memory, PAGE_BYTES);
	struct piece old = *piece;
	uint64_t before = gpa - old.gpa;
	uint64_t behind = old.bytes - before - PAGE_BYTES;

	memcpy(memory_at(guest->memory, page, 0),
	       memory_at(guest->memory, old.object, old.offset + before), PAGE_BYTES);
	guest->nr_copies++;
	piece_hide(guest, piece);
	piece->bytes = 0;
	if (before != 0) {
		must(gm_ref_get_checked(old.object), "keep what is before the page");
		piece_add(guest, old.gpa, before, old.object, old.offset, 0);
	}
	if (behind != 0) {
		must(gm_ref_get_checked(old.object), "keep what is behind the page");
		piece_add(guest, gpa + PAGE_BYTES, behind, old.object,
			  old.offset + before + PAGE_BYTES, 0);
	}
	gm_adhoc_put(&guest->memory->table, old.object);
	return piece_add(guest, gpa, PAGE_BYTES, page, 0, 1);
}

int guest_write(struct guest *guest, uint64_t gpa, const void *from, uint64_t bytes)
{
	struct piece *piece = piece_of(guest, gpa);
	uint64_t page = gpa & ~(PAGE_BYTES - 1);

	if (piece == NULL || bytes > PAGE_BYTES - (gpa - page))
		return -GM_ERANGE;
	if (!piece->writable && only_mine(guest, piece->object)) {
		piece_hide(guest, piece);
		piece->writable = 1;
		piece_show(guest, piece);
	} else if (!piece->writable) {
		piece = copy_page(guest, piece, page);
	}
	memcpy((unsigned char *)piece_at(guest, piece) + (gpa - piece->gpa), from, (size_t)bytes);
	gm_desc_set_flags(piece->object, GM_FLAG_DIRTY);
	return 0;
}

unsigned guest_gather_dirty(struct guest *guest, uint64_t *pages, unsigned max)
{
	uint64_t bits[BLOCK_BYTES / PAGE_BYTES / 64];
	const struct piece *piece;
	unsigned nr = 0;

	for (piece = guest->pieces; piece < guest->pieces + GUEST_PIECES; piece++) {
		uint64_t page;

		if (piece->bytes == 0 || !piece->writable)
			continue;
		memset(bits, 0, sizeof(bits));
		machine_dirty(&guest->machine, (unsigned)(piece - guest->pieces), bits);
		for (page = 0; page < piece->bytes >> PAGE_SHIFT; page++) {
			if (!(bits[page / 64] >> page % 64 & 1))
				continue;
			gm_desc_set_flags(piece->object, GM_FLAG_DIRTY);
			if (nr < max)
				pages[nr] = (piece->gpa >> PAGE_SHIFT) + page;
			nr++;
		}
	}
	return nr;
}

unsigned guest_nr_slots(const struct guest *guest)
{
	unsigned i, nr = 0;

	for (i = 0; i < GUEST_PIECES; i++)
		nr += guest->pieces[i].bytes != 0;
	return nr;
}

void guest_end(struct guest *guest)
{
	struct piece *piece;

	machine_close(&guest->machine);
	for (piece = guest->pieces; piece < guest->pieces + GUEST_PIECES; piece++)
		if (piece->bytes != 0)
			gm_adhoc_put(&guest->memory->table, piece->object);
}
