/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walker.h - whole page tables: build, look up, protect, unmap, tear down.
 *
 *      root          table            table            table
 *     +------+      +------+         +------+         +------+
 *     |      |      |      |         |  0   |         | leaf |  4 KiB
 *     | table|----->| table|-------->| leaf |  2 MiB  | leaf |
 *     |      |      | BUSY |         | table|-------->| BUSY |  in transition
 *     +------+      +------+         +------+         +------+
 *
 * A layer of its own: a kernel that has page tables already links only pte and
 * run. The walker takes table pages from the embedder (a hook, or a granmem table:
 * then each is an object of a type that the embedder names) and encodes entries by
 * pte.h; the references and counts behind leaves are map.h's.
 *
 * Entries are the only truth: there is no lock and no count beside them. An entry
 * changes by compare-and-swap from what was seen, and is one of
 *
 *   0       nothing is mapped, and anybody may put something here
 *   table   leads to a table page
 *   leaf    a granule, a block, or one part of a contiguous or NAPOT run
 *   BUSY    not present: somebody is about to map here, or is splitting what was here
 *   CLOSED  not present: nothing is mapped, and the page may be about to go
 *
 * Hardware takes BUSY and CLOSED for "not present". Who meets BUSY answers -GM_EBUSY:
 * nobody waits for somebody else.
 *
 * Rules, cited by tests and comments:
 *
 *   W1  An entry that is not 0 keeps the table page that it stands in.
 *   W2  A table page is taken out by who made all of its entries CLOSED, ascending,
 *       each from 0. Whoever fails puts back what it closed. So a mapper takes its
 *       entry before, and the page stays; or never, and walks again.
 *   W3  A page that was taken out keeps its CLOSED entries until it is freed, and it
 *       is freed only after the invalidation of what it translated, and after each
 *       call of the walker that was running then has ended (quiesce, below). So a
 *       stale pointer leads to CLOSED, never into somebody else's memory.
 *   W4  A page is filled before it is linked (release), and reached through its link
 *       (acquire).
 *   W5  A mapper first makes all entries of its range BUSY, each from 0, ascending;
 *       only when it has all does it replace them by leaves. So of two who overlap at
 *       least one succeeds, and who fails puts back its own BUSY entries, which
 *       nobody else can have changed and no hardware has seen.
 *   W6  A block is split, and a run unfolded, by who made its first entry BUSY or
 *       replaced it by the table; accessed and dirty bits that hardware set until
 *       then go to all the parts.
 *   W7  What may fail happens before the first change: table pages and references
 *       are taken first.
 *
 * Who may run beside whom: lookup, map, protect and unmap beside each other, on
 * the same and on other ranges, in any context in which the hooks may be called;
 * init and destroy alone. Lookup is wait-free: at most one load for each level. The
 * others are lock-free: they start again only if another call has changed something.
 *
 * Exists where a machine word holds an entry (64 bits).
 */
#ifndef GM_WALKER_H
#define GM_WALKER_H

#include <granmem/map.h>
#include <granmem/pte.h>
#include <granmem/space.h>

#if GM_CONFIG_64BIT

GM_BEGIN_DECLS

/*
 * Addresses that are translated: any 64-bit number may be given, and what the
 * format does not translate is -GM_ERANGE.
 *
 *   x86-64, riscv64        input_bits, sign-extended: both halves, one root
 *   aarch64 stage 1        [0, 2^input_bits), or with GM_WALKER_UPPER (the root is
 *                          for TTBR1) [2^64 - 2^input_bits, 2^64)
 *   EPT, NPT, stage 2      [0, 2^input_bits)
 */
#define GM_WALKER_UPPER 1u

/*
 * Break before make: an entry that changes its size is first made not present and
 * what hardware has cached of it is invalidated. Runs (contiguous, NAPOT) are always
 * changed so, in every format. Blocks are on aarch64, unless GM_WALKER_NO_BREAK says
 * that the processors have FEAT_BBM level 2; elsewhere the block is replaced by the
 * table with one compare-and-swap, and GM_WALKER_BREAK asks for the break there too
 * (processors whose errata forbid two sizes of one translation at a time).
 *
 * A table page that is taken out is a change of its parent's entry, too: on aarch64, at
 * any level of FEAT_BBM, and with GM_WALKER_BREAK that is BUSY until the invalidation, so
 * that no other page can come before it. Elsewhere hardware that still knows the empty
 * page finds nothing there, faults, and looks again.
 *
 * During the break the addresses fault. Who handles such a fault looks up, gets
 * -GM_EBUSY, and lets the access be tried again. Do not split, unmap in part or
 * protect in part what the call itself runs on.
 */
#define GM_WALKER_BREAK 2u
#define GM_WALKER_NO_BREAK 4u /* aarch64 with FEAT_BBM level 2 */

/* What hardware may have cached, and has to forget: [va, va + bytes), which may end at
 * 2^64, but never goes on at 0. */
struct gm_walker_range {
	uint64_t va;       /* first address */
	uint64_t bytes;
	unsigned shift;    /* of the smallest leaf, or what a table page translated, that was
	                      there: the stride */
	unsigned level;    /* of the entries of all leaves that may be cached, 0 is the lowest: a
	                      hint for the invalidation (aarch64's TTL); or GM_WALKER_NO_LEVEL */
	int tables;        /* not 0: table pages were taken out too, so the caches of the
	                      upper levels are concerned, not only those of leaves */
};

/* Leaves of several levels, or table pages; and wherever blocks are split without a
 * break, since there a larger leaf may be cached that another call has just split. */
#define GM_WALKER_NO_LEVEL GM_PTE_LEVELS_MAX

/* One table page of `bytes` (a power of two, and the alignment), below 2^48. Contents do
 * not matter. Returns 0 and its address, or -GM_ENOMEM or another error, which the
 * walker's call then returns. */
typedef int gm_walker_alloc_hook(void *ctx, uint64_t bytes, struct gm_paddr *out);

/* The page is nobody's any more. */
typedef void gm_walker_free_hook(void *ctx, struct gm_paddr table, uint64_t bytes);

/* When this returns no processor and no device uses what it had cached of these
 * ranges, and accesses that began with it have ended. nr is 1 or more. */
typedef void gm_walker_invalidate_hook(void *ctx, const struct gm_walker_range *ranges,
				       unsigned nr);

/*
 * When this returns each call of this walker has ended that was running, on another
 * CPU or in an interrupted context, when it was called. NULL where that is so
 * already: one thread, or calls with interrupts off and an invalidation that
 * interrupts each CPU.
 *
 * The call that it is made for has nothing of the tables in hand any more. If calls
 * without a gather are made inside of what this waits for (a section of the CPU, say),
 * the hook leaves that section while it waits: else two of them wait for each other.
 */
typedef void gm_walker_quiesce_hook(void *ctx);

/* Zero means default but for the format. */
struct gm_walker_config {
	struct gm_pte_format format;
	unsigned flags;      /* GM_WALKER_ */
	uint64_t leaves;     /* leaf sizes to use, a set of GM_RUN_LEAF; default: all that the
	                        format has. Blocks and runs can be excluded so; the granule
	                        always belongs to it */
	struct gm_map_space *map; /* who counts what is mapped, initialised with the same
	                             format; NULL: only frames can be mapped */

	/* Table pages: objects of this type from a space, where the format reaches them, or
	 * from hooks. */
	const struct gm_space *space;
	unsigned table_type; /* 1 .. GM_TYPE_MAX */
	int node;            /* NUMA node, 0 or more; GM_NODE_ANY */
	gm_walker_alloc_hook *alloc; /* both or none */
	gm_walker_free_hook *free;

	/* Where a table page is: at its physical address plus this, or as the hook
	 * says. */
	uint64_t virtual_offset;
	gm_to_virtual_hook *to_virtual;

	gm_walker_invalidate_hook *invalidate; /* NULL: nothing caches (not in use yet) */
	gm_walker_quiesce_hook *quiesce;
	void *ctx; /* for all hooks */
};

/* One translation regime's tables. Filled in by init; the members are the
 * walker's own. */
struct gm_walker {
	struct gm_walker_config config;
	gm_word *root;
	struct gm_paddr root_paddr;
	uint64_t leaves;
	uint64_t bias; /* added to an address it makes what is translated begin at 0 */
	int breaks;        /* blocks: break before make */
	int breaks_tables; /* entries that lead to tables */
	unsigned nr_levels;
	unsigned shift[GM_PTE_LEVELS_MAX];
	unsigned index_bits[GM_PTE_LEVELS_MAX];
	unsigned run_shift[GM_PTE_LEVELS_MAX];
	gm_word run_bit[GM_PTE_LEVELS_MAX];       /* that tells a part of a run; or 0 */
	gm_word stride[GM_PTE_LEVELS_MAX];        /* from a leaf to the next one */
	gm_word run_stride[GM_PTE_LEVELS_MAX];    /* the same in a run */
	gm_word table_mask; /* of a table's address in an entry, and how far left it belongs */
	unsigned table_left;
};

/*
 * The gather: what was changed and has still to be invalidated, and what becomes
 * free after that. Of one walker, in the caller's memory, used by one call at a
 * time. It never fails for lack of room: ranges are joined, and what fills up is
 * invalidated at once.
 *
 * A call that is given none has its own, and finishes it: it is then both a call that
 * quiesce waits for and one that waits (see there).
 */
#define GM_WALKER_RANGES 8
#define GM_WALKER_GONE 8

struct gm_walker_gather {
	struct gm_walker_range ranges[GM_WALKER_RANGES];
	unsigned nr_ranges;
	struct gm_paddr tables; /* taken out, chained through their first entries */
	uint64_t nr_tables;
	struct gm_map_gather map; /* references to be given up */
	struct gm_map_gone gone[GM_WALKER_GONE]; /* the room for them. For more, call
	                     gm_map_gather_init(&gather->map, ...) with an array of one's own */
};

/* What a lookup finds. */
struct gm_walker_at {
	struct gm_pte pte;     /* the leaf: protection, memory type, flags, key */
	struct gm_paddr paddr; /* of the byte at va */
	uint64_t bytes;        /* from va to the end of the leaf, at least 1 */
	unsigned leaf_shift;   /* of the leaf, or of its contiguous or NAPOT run */
	unsigned level;        /* of the entry; 0 is the lowest */
};

/*
 * gm_walker_init - empty tables: a root, and nothing else.
 *
 * Returns 0; the errors of gm_pte_check; -GM_EINVAL (neither space nor hooks; flags; a map
 * of another format); -GM_ENOTSUP (the format has no write-back memory); an error of
 * alloc. Leaves that the format does not have are ignored.
 * Context: nothing else uses the walker.
 */
GM_MUST_CHECK int gm_walker_init(struct gm_walker *walker, const struct gm_walker_config *config);

/* gm_walker_root - the address for CR3, EPTP, nCR3, TTBR, VTTBR, satp or hgatp. */
GM_LOCAL_INLINE struct gm_paddr gm_walker_root(const struct gm_walker *walker)
{
	return walker->root_paddr;
}

/*
 * gm_walker_map - make [va, va + size) translate to an object's bytes, or to frames.
 *
 * request: what, with which protection; desc NULL: frames at request->paddr, not
 * counted. Uses the largest leaves that both alignments, the range and
 * config.leaves allow. All or nothing: if any part is occupied, or anything lacks,
 * nothing has changed, and neither hardware nor a lookup has seen any of it. gather:
 * table pages that it takes out again wait there; NULL: as unmap.
 *
 * Returns 0; -GM_ESIZE (0); -GM_EALIGN (va, size or physical address is no multiple of
 * the granule); -GM_EOVERFLOW (va + size exceeds 2^64); -GM_ERANGE (not translated, or
 * not inside the object, or beyond the format's output); -GM_ENOTSUP (the format cannot
 * express it); -GM_EBUSY (part of it is occupied, where a lookup finds something, or in
 * transition, where it is -GM_EBUSY too); -GM_ENOMEM (no table page); -GM_ETYPE,
 * -GM_ELIMIT (the object: map.h); -GM_EINVAL (an object, but no config.map;
 * GM_MAP_COUNTED is asked for). GM_PTE_RUN in request->flags does not matter.
 *
 * Ordering: release; who looks it up sees what was written before. Hardware: entries
 * that become present need no invalidation; aarch64 needs `dsb ishst; isb`, riscv64
 * `sfence.vma` where it may have cached their absence, before the first access
 * that must not fault. While another call's gather waits that took out a table page
 * near by, an access may still go through that page, and fault: it is tried again.
 */
GM_MUST_CHECK int gm_walker_map(struct gm_walker *walker, uint64_t va, uint64_t size,
				const struct gm_map_request *request,
				struct gm_walker_gather *gather);

/*
 * gm_walker_lookup - what hardware would find at va, any number.
 *
 * Returns 0; -GM_ERANGE (not translated by this format); -GM_ENOENT (nothing is
 * mapped); -GM_EBUSY (in transition: look again); -GM_ECORRUPT (an encoding that the
 * manual reserves). *out is written on success only. Without a reference: the
 * answer is of a moment. Ordering: acquire, pairs with map. Wait-free.
 */
GM_MUST_CHECK int gm_walker_lookup(const struct gm_walker *walker, uint64_t va,
				   struct gm_walker_at *out);

/*
 * gm_walker_protect - give all that is mapped in [va, va + size) another protection.
 *
 * Holes stay holes. A block or run that is only partly in the range is split or
 * unfolded first. No accessed or dirty bit is lost. gather: collects what to
 * invalidate, for finish; NULL: invalidated before the call returns.
 *
 * Returns 0, or the errors of map but those of objects. -GM_ENOTSUP, -GM_ENOMEM, -GM_ELIMIT
 * (references for the parts of a block): nothing has changed, but blocks may have been
 * split; unless another call mapped a larger leaf across an end meanwhile. Then, and
 * with -GM_EBUSY (another call is in the middle of a change), what lies below that has
 * been done, and the same call again does all.
 */
GM_MUST_CHECK int gm_walker_protect(struct gm_walker *walker, uint64_t va, uint64_t size,
				    uint32_t prot, struct gm_walker_gather *gather);

/*
 * gm_walker_unmap - map nothing in [va, va + size).
 *
 * Holes are fine. Table pages that become empty are taken out. References are
 * dropped, accessed and dirty bits reported (map.h), and table pages freed when the
 * gather is finished; with NULL before the call returns. Until then the range must not
 * be mapped anew. Returns as protect.
 */
GM_MUST_CHECK int gm_walker_unmap(struct gm_walker *walker, uint64_t va, uint64_t size,
				  struct gm_walker_gather *gather);

/*
 * gm_walker_unmap_object - unmap what in [va, va + size) maps an object in one order.
 *
 * As unmap, but of leaves only those that are counted and lead from an address va + n to
 * the object's byte offset + n; all others stay, and stay whole. For who is told where
 * an object may be mapped, and does not know whether it still is (reverse.h). Requires a
 * reference to the object. Returns as unmap; -GM_ERANGE also if the bytes are not inside
 * the object; -GM_EALIGN also if byte offset is no multiple of the granule.
 */
GM_MUST_CHECK int gm_walker_unmap_object(struct gm_walker *walker, uint64_t va, uint64_t size,
					 struct gm_desc *desc, uint64_t offset,
					 struct gm_walker_gather *gather);

/* gm_walker_gather_init - an empty gather, which may not be moved. */
void gm_walker_gather_init(struct gm_walker_gather *gather);

/*
 * gm_walker_gather_finish - invalidate, then drop the references, wait until the table
 * pages are in nobody's hands, and free them. The gather is empty afterwards.
 * Context: where invalidate and quiesce may be called; inside of what quiesce waits for
 * only if quiesce leaves it.
 */
void gm_walker_gather_finish(struct gm_walker *walker, struct gm_walker_gather *gather);

/*
 * gm_walker_destroy - unmap all and free all table pages, the root included.
 *
 * Requires that no hardware uses the root, and no other call the walker. Afterwards the
 * walker may be initialised again.
 */
void gm_walker_destroy(struct gm_walker *walker);

GM_END_DECLS

#endif

#endif
