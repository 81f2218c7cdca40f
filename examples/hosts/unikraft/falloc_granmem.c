/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * falloc_granmem.c - Unikraft's frame allocator interface on ad-hoc tables.
 *
 * Each region that addmem brings is a table. Metadata at boot: the buffer that addmem
 * is given holds the table's static part; all that comes later, with the objects, is
 * carved from the region itself through the direct map. A region that is not mapped has
 * what fits into the buffer.
 *
 * ffree is all or nothing, where the interface would allow less; it frees parts of
 * what was allocated, which others cannot.
 */
#include <errno.h>
#include <uk/falloc_granmem.h>

#define TYPE 1u

static struct gm_table_config region_config(__paddr_t paddr, unsigned long frames)
{
	struct gm_table_config config = { .base = { paddr }, .size = (uint64_t)frames << PAGE_SHIFT,
		.granule_shift = PAGE_SHIFT };

	return config;
}

static int error(int err)
{
	switch (err) {
	case 0:
		return 0;
	case -GM_ENOMEM:
		return -ENOMEM;
	case -GM_EBUSY:
		return -EBUSY;
	case -GM_EEXIST:
		return -EEXIST;
	case -GM_ENOENT:
		return -ENOENT;
	case -GM_ERANGE:
		return -EFAULT;
	default:
		return -EINVAL;
	}
}

static struct uk_falloc_granmem *granmem_of(struct uk_falloc *fa)
{
	return (struct uk_falloc_granmem *)fa;
}

struct gm_adhoc *uk_falloc_granmem_table(struct uk_falloc_granmem *falloc, __paddr_t paddr)
{
	unsigned i;

	for (i = 0; i < falloc->nr_regions; i++)
		if (gm_table_contains(&falloc->regions[i].table.table, paddr))
			return &falloc->regions[i].table;
	return NULL;
}

/* A figure for those who look: tables count exactly, and by themselves. */
static void count_free(struct uk_falloc_granmem *falloc)
{
	__sz bytes = 0;
	unsigned i;

	for (i = 0; i < falloc->nr_regions; i++)
		bytes += gm_table_free_bytes(&falloc->regions[i].table.table);
	falloc->fa.free_memory = bytes;
}

static int allocate_from(struct uk_falloc *fa, __paddr_t *paddr, unsigned long frames,
			 unsigned long flags, __paddr_t min, __paddr_t max)
{
	struct uk_falloc_granmem *falloc = granmem_of(fa);
	struct gm_claim claim = { .size = (uint64_t)frames << PAGE_SHIFT, .align = PAGE_SIZE,
		.min = { min }, .max = { max }, .type = TYPE };
	struct gm_desc *desc;
	int err = -GM_ENOMEM;
	unsigned i;

	if (frames == 0 || frames > GM_PADDR_END >> PAGE_SHIFT)
		return -EINVAL;
	while ((flags & FALLOC_FLAG_ALIGNED) && claim.align < claim.size)
		claim.align <<= 1;
	/* A table that is not in [min, max) says so; the next may be. */
	for (i = 0; i < falloc->nr_regions && err != 0; i++)
		err = gm_adhoc_claim(&falloc->regions[i].table, &claim, &desc);
	if (err != 0)
		return error(err == -GM_ERANGE ? -GM_ENOMEM : err);
	*paddr = gm_desc_base(desc);
	count_free(falloc);
	return 0;
}

static int allocate(struct uk_falloc *fa, __paddr_t *paddr, unsigned long frames,
		    unsigned long flags)
{
	struct uk_falloc_granmem *falloc = granmem_of(fa);
	struct gm_object object = { { *paddr }, (uint64_t)frames << PAGE_SHIFT, TYPE, NULL };
	struct gm_adhoc *table;
	struct gm_desc *desc;
	int err;

	if (*paddr == __PADDR_ANY) {
		err = allocate_from(fa, paddr, frames, flags, 0, 0);
		if (err != 0)
			*paddr = __PADDR_INV;
		return err;
	}
	table = uk_falloc_granmem_table(falloc, *paddr);
	if (table == NULL || frames > GM_PADDR_END >> PAGE_SHIFT)
		return -EFAULT;
	err = gm_adhoc_create(table, &object, &desc);
	count_free(falloc);
	return error(err);
}

static int release(struct uk_falloc *fa, __paddr_t paddr, unsigned long frames)
{
	struct uk_falloc_granmem *falloc = granmem_of(fa);
	struct gm_adhoc *table = uk_falloc_granmem_table(falloc, paddr);
	int err;

	if (table == NULL || frames > GM_PADDR_END >> PAGE_SHIFT)
		return -EFAULT;
	err = gm_adhoc_release_range(table, gm_paddr(paddr), (uint64_t)frames << PAGE_SHIFT);
	count_free(falloc);
	return error(err);
}

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	const struct uk_falloc_granmem_region *region = ctx;

	(void)size;
	return (void *)(region->direct_map + (base.value - region->table.table.base));
}

static int add(struct uk_falloc *fa, void *metadata, __paddr_t paddr, unsigned long frames,
	       __vaddr_t dm_off)
{
	struct uk_falloc_granmem *falloc = granmem_of(fa);
	struct uk_falloc_granmem_region *region = &falloc->regions[falloc->nr_regions];
	struct gm_table_config config = region_config(paddr, frames);
	int err;

	if (falloc->nr_regions == UK_FALLOC_GRANMEM_REGIONS)
		return -ENOMEM;
	if (dm_off != __VADDR_INV) {
		region->direct_map = dm_off;
		config.to_virtual = to_virtual;
		config.to_virtual_ctx = region;
	}
	err = gm_adhoc_init(&region->table, &config, metadata,
			    uk_falloc_granmem_metadata_size(frames));
	if (err != 0)
		return error(err);
	falloc->nr_regions++;
	fa->total_memory += (__sz)config.size;
	count_free(falloc);
	return 0;
}

__sz uk_falloc_granmem_metadata_size(unsigned long frames)
{
	struct gm_table_config config = region_config(0, frames);
	struct gm_metadata need;

	/* One object, of any size anywhere, means one slab of each kind: enough for some
	 * hundreds that lie together, before the region's own memory is asked. */
	return gm_adhoc_metadata_size(&config, 1, &need) == 0 ? (__sz)need.bytes : 0;
}

int uk_falloc_granmem_init(struct uk_falloc_granmem *falloc)
{
	falloc->fa.falloc = allocate;
	falloc->fa.falloc_from_range = allocate_from;
	falloc->fa.ffree = release;
	falloc->fa.addmem = add;
	falloc->fa.free_memory = 0;
	falloc->fa.total_memory = 0;
	falloc->nr_regions = 0;
	return 0;
}
