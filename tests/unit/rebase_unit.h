/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rebase_unit.h - memory that moves, and a machine whose space, tables and metadata are
 * all in it.
 *
 * There are three pieces, each of which moves by itself: the structs, the buffers, and
 * what the hooks give. Where a piece was nothing can be touched any more.
 */
#ifndef REBASE_UNIT_H
#define REBASE_UNIT_H

#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>
#include <granmem/rebase.h>
#include <granmem/verify.h>

#include <sys/mman.h>

#include "unit.h"

#define KIB ((uint64_t)1024)
#define MIB (1024 * KIB)
#define PIECE_BYTES ((size_t)16 << 20)
#define PIECE_ALIGN ((size_t)2 << 20)
#define NR_PIECES 3
#define STRUCTS 0u
#define BUFFERS 1u
#define HOOKS 2u

static unsigned char *pieces[NR_PIECES];
static size_t piece_used[NR_PIECES];

static inline unsigned char *new_piece(void)
{
	size_t bytes = PIECE_BYTES + PIECE_ALIGN;
	unsigned char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	expect(at != MAP_FAILED);
	return at + (-(uintptr_t)at & (PIECE_ALIGN - 1));
}

static inline void *take_piece(unsigned piece, size_t bytes, size_t align)
{
	if (pieces[piece] == NULL)
		pieces[piece] = new_piece();
	piece_used[piece] = (piece_used[piece] + align - 1) & ~(align - 1);
	expect(bytes <= PIECE_BYTES - piece_used[piece]);
	piece_used[piece] += bytes;
	return pieces[piece] + piece_used[piece] - bytes;
}

/* Copies a piece, `more` bytes behind a multiple of 2 MiB, and tells of it. */
static inline void move_piece(unsigned piece, size_t more, struct gm_rebase_move *move)
{
	unsigned char *old = pieces[piece];

	pieces[piece] = new_piece() + more;
	memcpy(pieces[piece], old, piece_used[piece]);
	move->from = (uintptr_t)old;
	move->to = (uintptr_t)pieces[piece];
	move->bytes = PIECE_BYTES;
}

static inline void forbid(const struct gm_rebase_move *move)
{
	expect_eq(mprotect((void *)move->from, PIECE_BYTES, PROT_NONE), 0);
}

/* The machine: 4 MiB for each kind of table, and registers. */
#define REGION_BYTES (4 * MIB)
#define COMPOUND_BASE (64 * MIB)
#define FOLIO_BASE (96 * MIB)
#define ADHOC_BASE (128 * MIB)
#define DEVICE_BASE (256 * MIB)
#define NR_KINDS 3

struct machine {
	struct gm_space space;
	struct gm_region regions[5];
	struct gm_compound compound;
	struct gm_folio folio;
	struct gm_adhoc adhoc;
	char owner[16]; /* whose the objects are */
};

static struct machine *machine;

static const uint64_t bases[NR_KINDS] = { COMPOUND_BASE, FOLIO_BASE, ADHOC_BASE };

/* Where metadata comes from. */
enum source { BUFFER, GROWN, HOSTED };

static inline void *machine_grow(void *ctx, size_t bytes, size_t align)
{
	(void)ctx;
	return take_piece(HOOKS, bytes, align);
}

/* The regions' memory lies side by side in its piece. */
static inline void *machine_to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	unsigned kind = 0;

	(void)ctx;
	while (base.value - bases[kind] >= REGION_BYTES)
		kind++;
	expect(size <= REGION_BYTES - (base.value - bases[kind]));
	return pieces[HOOKS] + kind * REGION_BYTES + (base.value - bases[kind]);
}

static inline int machine_init(unsigned kind, const struct gm_table_config *config, void *buffer,
			       uint64_t bytes)
{
	if (kind == 0)
		return gm_compound_init(&machine->compound, config, buffer, bytes);
	if (kind == 1)
		return gm_folio_init(&machine->folio, config, buffer, bytes);
	return gm_adhoc_init(&machine->adhoc, config, buffer, bytes);
}

static inline int machine_size(unsigned kind, const struct gm_table_config *config,
			       uint64_t nr_objects, struct gm_metadata *out)
{
	if (kind == 0)
		return gm_compound_metadata_size(config, nr_objects, out);
	if (kind == 1)
		return gm_folio_metadata_size(config, nr_objects, out);
	return gm_adhoc_metadata_size(config, nr_objects, out);
}

static inline struct gm_table *machine_table(unsigned kind)
{
	if (kind == 0)
		return &machine->compound.blocks.table;
	return kind == 1 ? &machine->folio.blocks.table : &machine->adhoc.table;
}

static inline void add_table(unsigned kind, enum source source, unsigned desc_size)
{
	struct gm_table_config config;
	struct gm_metadata metadata = { 0, 64 };
	struct gm_region region;
	void *buffer = NULL;

	memset(&config, 0, sizeof(config));
	config.base = gm_paddr(bases[kind]);
	config.size = REGION_BYTES;
	config.desc_size = desc_size;
	config.grow = source == GROWN ? machine_grow : NULL;
	config.to_virtual = source == HOSTED ? machine_to_virtual : NULL;
	config.grow_ctx = machine->owner;
	config.to_virtual_ctx = machine->owner;
	if (source != HOSTED) {
		expect_eq(machine_size(kind, &config, source == BUFFER ? 5000 : 0, &metadata), 0);
		buffer = take_piece(BUFFERS, (size_t)metadata.bytes, 64);
	}
	expect_eq(machine_init(kind, &config, buffer, metadata.bytes), 0);
	memset(&region, 0, sizeof(region));
	region.base = config.base;
	region.size = config.size;
	region.kind = (enum gm_region_kind)(GM_REGION_COMPOUND + kind);
	region.table = machine_table(kind);
	expect_eq(gm_space_add(&machine->space, &region), 0);
}

static inline void begin_machine_of(enum source source, unsigned desc_size)
{
	struct gm_region device;
	unsigned kind;

	memset(pieces, 0, sizeof(pieces));
	memset(piece_used, 0, sizeof(piece_used));
	machine = take_piece(STRUCTS, sizeof(*machine), 64);
	gm_space_init(&machine->space, machine->regions, 5);
	if (source == HOSTED)
		(void)take_piece(HOOKS, PIECE_BYTES, PIECE_ALIGN);
	for (kind = 0; kind < NR_KINDS; kind++)
		add_table(kind, source, desc_size);
	memset(&device, 0, sizeof(device));
	device.base = gm_paddr(DEVICE_BASE);
	device.size = MIB;
	device.kind = GM_REGION_DEVICE;
	expect_eq(gm_space_add(&machine->space, &device), 0);
}

static inline void begin_machine(enum source source)
{
	begin_machine_of(source, 0);
}

/* All pieces, and what this test itself knows of them. */
static inline void move_machine(struct gm_rebase *rebase, struct gm_rebase_move *moves)
{
	unsigned piece;

	rebase->moves = moves;
	rebase->nr_moves = 0;
	for (piece = 0; piece < NR_PIECES; piece++) {
		if (pieces[piece] == NULL)
			continue;
		move_piece(piece, 0, &moves[rebase->nr_moves]);
		forbid(&moves[rebase->nr_moves++]);
	}
	machine = gm_rebase_pointer(rebase, machine);
}

static inline void check_machine(void)
{
	struct gm_verify verify;

	if (gm_verify_space(&machine->space, &verify) != 0)
		unit_fail(__FILE__, __LINE__, verify.first);
}

#endif
