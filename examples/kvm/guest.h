/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest.h - a guest's memory: pieces of objects, each a memory slot of KVM.
 *
 *   guest A   [ 2 MiB object a ][ 2 MiB object b ]...
 *   guest B   [ a      ][c][ a ][ 2 MiB object b ]...     c: its own copy of 4 KiB
 *
 * A piece holds one reference to its object. What somebody else holds, too, is a
 * read-only slot: a write comes out to the monitor, which copies the 4 KiB that it is in.
 */
#ifndef KVM_GUEST_H
#define KVM_GUEST_H

#include "machine.h"
#include "memory.h"

#define GUEST_PIECES 32

struct piece {
	uint64_t gpa;
	uint64_t bytes; /* 0: this slot is not in use */
	struct gm_desc *object;
	uint64_t offset; /* of the piece in its object */
	int writable;
};

struct guest {
	struct memory *memory;
	struct machine machine;
	struct piece pieces[GUEST_PIECES]; /* the index is the number of the slot */
	unsigned nr_copies;                /* pages copied because others hold them */
};

/* guest_boot - a guest with `bytes` of memory in 2 MiB objects, and this code at `entry`. */
void guest_boot(struct guest *guest, struct memory *memory, uint64_t bytes, uint64_t entry,
		const void *code, size_t code_bytes);

/* guest_fork - a guest that sees what the parent sees; nothing is copied. */
void guest_fork(struct guest *child, struct guest *parent);

/* guest_write - what the guest, or the monitor for it, writes to its memory. Returns 0,
 * or -GM_ERANGE if [gpa, gpa + bytes) is not in one page of the guest's memory. */
int guest_write(struct guest *guest, uint64_t gpa, const void *from, uint64_t bytes);

/*
 * guest_gather_dirty - the pages that the guest itself wrote since it was asked last,
 * by KVM's log. What the monitor wrote for it is not in it.
 *
 * Returns how many; the first `max` of them are in pages. Their objects become dirty.
 */
unsigned guest_gather_dirty(struct guest *guest, uint64_t *pages, unsigned max);

unsigned guest_nr_slots(const struct guest *guest);

/* guest_end - every reference is put; what nobody else holds is free memory. */
void guest_end(struct guest *guest);

#endif
