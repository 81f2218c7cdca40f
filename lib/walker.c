/* SPDX-License-Identifier: BSD-2-Clause */
/* walker.c - set-up, the way down, and looking up; contracts in granmem/walker.h. */
#include "memory_internal.h"
#include "walker_internal.h"

#if GM_CONFIG_64BIT

/* Is an address sign-extended from input_bits? Else they are all below 2^input_bits. */
static int is_signed(enum gm_pte_kind kind)
{
	return kind == GM_PTE_X86_64 || kind == GM_PTE_RISCV64;
}

/* How many bytes the root translates. */
static uint64_t translated(const struct gm_walker *walker)
{
	return gm_granule_size(gm_walker_table_shift(walker, walker->nr_levels - 1));
}

/*
 * The number to add to an address so that what is translated becomes [0, translated):
 * half of that where the addresses are signed, all of it for an upper half.
 */
static uint64_t bias_of(const struct gm_walker *walker)
{
	if (is_signed(walker->config.format.kind))
		return translated(walker) / 2;
	return (walker->config.flags & GM_WALKER_UPPER) != 0 ? translated(walker) : 0;
}

static int is_arm(enum gm_pte_kind kind)
{
	return kind == GM_PTE_AARCH64_STAGE1 || kind == GM_PTE_AARCH64_STAGE2;
}

int gm_walker_check(const struct gm_walker *walker, uint64_t va, uint64_t size)
{
	uint64_t limit = translated(walker);
	uint64_t first = va + walker->bias;

	if (size == 0)
		return -GM_ESIZE;
	if (!gm_granule_aligned(va | size, walker->shift[0]))
		return -GM_EALIGN;
	if (size - 1 > ~va)
		return -GM_EOVERFLOW;
	if (first >= limit || size > limit - first)
		return -GM_ERANGE;
	return 0;
}

/* What gm_pte_leaf makes of memory at paddr, with what each format can say; 0: nothing. */
static gm_word sample(const struct gm_pte_format *format, unsigned level, uint64_t paddr,
		      uint32_t flags)
{
	uint64_t entry = 0;
	struct gm_pte pte;

	gm_memory_clear(&pte, sizeof(pte));
	pte.paddr.value = paddr;
	pte.prot = GM_PROT_READ | GM_PROT_EXEC;
	pte.flags = flags;
	return gm_pte_leaf(format, level, &pte, &entry) == 0 ? (gm_word)entry : 0;
}

/* Leaves of adjacent memory differ by a constant; parts of a NAPOT run by none. */
static void learn_level(struct gm_walker *walker, unsigned level)
{
	const struct gm_pte_format *format = &walker->config.format;
	unsigned shift = gm_pte_shift(format, level);
	uint64_t next = gm_granule_size(shift);
	gm_word leaf = sample(format, level, 0, 0);
	gm_word run = sample(format, level, 0, GM_PTE_RUN);

	walker->shift[level] = shift;
	walker->index_bits[level] = gm_pte_index_bits(format, level);
	walker->run_shift[level] = gm_pte_run_shift(format, level);
	walker->stride[level] = sample(format, level, next, 0) - leaf;
	walker->run_stride[level] = sample(format, level, next, GM_PTE_RUN) - run;
	/* It is above the address: what NAPOT changes in that tells nothing. */
	walker->run_bit[level] = run == 0 ? 0 : (leaf ^ run) & ~(gm_word)(GM_PADDR_END - 1);
}

/* 0: no entry can lead there. */
static gm_word sample_table(const struct gm_pte_format *format, uint64_t paddr)
{
	uint64_t entry = 0;

	return gm_pte_table(format, 1, gm_paddr(paddr), &entry) == 0 ? (gm_word)entry : 0;
}

/* Where a table's entry has each bit of the address. A root alone has no such entry. */
static void learn_tables(struct gm_walker *walker)
{
	const struct gm_pte_format *format = &walker->config.format;
	gm_word none;
	unsigned shift;

	if (walker->nr_levels == 1)
		return;
	none = sample_table(format, 0);
	for (shift = walker->shift[0]; shift < GM_WALKER_TABLE_BITS; shift++) {
		gm_word entry = sample_table(format, gm_granule_size(shift));

		if (entry != 0)
			walker->table_mask |= entry ^ none;
	}
	walker->table_left = walker->shift[0] - gm_granule_trailing(walker->table_mask);
}

/* The shape of the tables, from the format. */
static void shape(struct gm_walker *walker)
{
	const struct gm_pte_format *format = &walker->config.format;
	unsigned flags = walker->config.flags;
	unsigned level;

	walker->nr_levels = gm_pte_levels(format);
	for (level = 0; level < walker->nr_levels; level++)
		learn_level(walker, level);
	learn_tables(walker);
	walker->bias = bias_of(walker);
	walker->breaks_tables = (flags & GM_WALKER_BREAK) != 0 || is_arm(format->kind);
	walker->breaks = (flags & GM_WALKER_BREAK) != 0 ||
			 (is_arm(format->kind) && (flags & GM_WALKER_NO_BREAK) == 0);
	walker->leaves = gm_pte_leaves(format);
	if (walker->config.leaves != 0)
		walker->leaves &= walker->config.leaves;
	walker->leaves |= GM_RUN_LEAF(walker->shift[0]);
}

/* Entries that the one makes the other must read. */
static int is_same_format(const struct gm_pte_format *one, const struct gm_pte_format *other)
{
	return one->kind == other->kind && one->granule_shift == other->granule_shift &&
	       one->input_bits == other->input_bits && one->output_bits == other->output_bits &&
	       one->features == other->features && one->memory == other->memory;
}

static int check_config(const struct gm_walker_config *config)
{
	int err = gm_pte_check(&config->format);

	if (err != 0)
		return err;
	if (config->flags & ~(GM_WALKER_UPPER | GM_WALKER_BREAK | GM_WALKER_NO_BREAK))
		return -GM_EINVAL;
	if ((config->flags & GM_WALKER_UPPER) != 0 && config->format.kind != GM_PTE_AARCH64_STAGE1)
		return -GM_EINVAL;
	if ((config->alloc == NULL) != (config->free == NULL))
		return -GM_EINVAL;
	if (config->alloc == NULL &&
	    (config->space == NULL || config->table_type - 1 >= GM_TYPE_MAX))
		return -GM_EINVAL;
	if (config->map != NULL && !is_same_format(&config->format, &config->map->config.format))
		return -GM_EINVAL;
	/* The shape of entries is learned from those of write-back memory. */
	return sample(&config->format, 0, 0, 0) == 0 ? -GM_ENOTSUP : 0;
}

int gm_walker_init(struct gm_walker *walker, const struct gm_walker_config *config)
{
	struct gm_walker_page page;
	int err = check_config(config);

	if (err != 0)
		return err;
	gm_memory_clear(walker, sizeof(*walker));
	gm_memory_copy(&walker->config, config, sizeof(*config));
	shape(walker);
	err = gm_walker_take_page(walker, walker->nr_levels - 1, &page);
	if (err == 0) {
		walker->root = page.slots;
		walker->root_paddr = page.paddr;
	}
	return err;
}

enum gm_walker_entry gm_walker_kind(const struct gm_walker *walker, unsigned level, gm_word value)
{
	const struct gm_pte_format *format = &walker->config.format;

	if (value == 0)
		return GM_WALKER_IS_EMPTY;
	if (!gm_pte_is_present(format, level, value))
		return (value & ~GM_WALKER_CHAIN) == GM_WALKER_CLOSED ? GM_WALKER_IS_CLOSED :
									GM_WALKER_IS_BUSY;
	return gm_pte_is_leaf(format, level, value) ? GM_WALKER_IS_LEAF : GM_WALKER_IS_TABLE;
}

void gm_walker_walk(const struct gm_walker *walker, uint64_t va, unsigned stop,
		    struct gm_walker_path *path)
{
	gm_word *table = walker->root;
	unsigned level = walker->nr_levels - 1;

	for (;;) {
		path->table[level] = table;
		path->slot = &table[gm_walker_index(walker, level, va)];
		/* acquire: pairs with the release of link, split and publish (W4) */
		path->value = gm_atomic_load_acquire(path->slot);
		path->kind = gm_walker_kind(walker, level, path->value);
		path->level = level;
		if (level == stop || path->kind != GM_WALKER_IS_TABLE)
			return;
		table = gm_walker_page_at(walker, path->value);
		level--;
	}
}

int gm_walker_lookup(const struct gm_walker *walker, uint64_t va, struct gm_walker_at *out)
{
	struct gm_walker_path path;
	struct gm_pte pte;
	uint64_t inside;
	unsigned shift;
	int err;

	if (va + walker->bias >= translated(walker))
		return -GM_ERANGE;
	gm_walker_walk(walker, va, 0, &path);
	if (path.kind <= GM_WALKER_IS_CLOSED)
		return -GM_ENOENT;
	if (path.kind == GM_WALKER_IS_BUSY)
		return -GM_EBUSY;
	err = gm_pte_decode(&walker->config.format, path.level, path.value, &pte);
	if (err != 0)
		return err;
	shift = walker->shift[path.level];
	if ((pte.flags & GM_PTE_RUN) != 0)
		shift += walker->run_shift[path.level];
	inside = va & (gm_granule_size(shift) - 1);
	gm_memory_copy(&out->pte, &pte, sizeof(pte));
	out->level = path.level;
	out->leaf_shift = shift;
	/* NAPOT entries have the address of the run, contiguous ones their own. */
	out->paddr.value = gm_granule_down(pte.paddr.value, shift) + inside;
	out->bytes = gm_granule_size(shift) - inside;
	return 0;
}

#endif
