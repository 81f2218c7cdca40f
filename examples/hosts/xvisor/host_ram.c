/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host_ram.c - what takes the place of a bitmap for each bank of RAM in Xvisor: an
 * ad-hoc table for each bank, together in a space.
 *
 * Metadata at boot: as with the bitmaps, the hypervisor asks how much house-keeping
 * space is wanted, sets it aside behind its own image, and passes its address. It is
 * what the bitmaps would take and room for OBJECTS guests' memories; a type-1 hypervisor
 * hands out few and large pieces.
 *
 * No lock: each call is lock-free, where the bitmap had a spinlock with interrupts off.
 */
#include <granmem/adhoc.h>
#include <granmem/space.h>
#include <vmm_host_ram.h>

#define OBJECTS 256
#define TYPE_GUEST 1u
#define TYPE_RESERVED 2u

static struct gm_adhoc tables[CONFIG_MAX_RAM_BANK_COUNT];
static struct gm_region regions[CONFIG_MAX_RAM_BANK_COUNT];
static struct gm_space ram;

/* 0, and the configuration of a bank and what it needs. */
static int bank(u32 nr, struct gm_table_config *config, struct gm_metadata *need)
{
	physical_addr_t start;
	physical_size_t size;

	if (arch_devtree_ram_bank_start(nr, &start) != 0 ||
	    arch_devtree_ram_bank_size(nr, &size) != 0)
		return VMM_EINVALID;
	*config = (struct gm_table_config){ .base = { start }, .size = size,
		.granule_shift = VMM_PAGE_SHIFT };
	return gm_adhoc_metadata_size(config, OBJECTS, need) == 0 ? VMM_OK : VMM_EINVALID;
}

static virtual_size_t aligned(const struct gm_metadata *need)
{
	return (virtual_size_t)(need->bytes + need->align);
}

virtual_size_t vmm_host_ram_estimate_hksize(void)
{
	struct gm_table_config config;
	struct gm_metadata need;
	virtual_size_t sum = 0;
	u32 i, count;

	if (arch_devtree_ram_bank_count(&count) != 0 || count > CONFIG_MAX_RAM_BANK_COUNT)
		return 0;
	for (i = 0; i < count; i++)
		sum += bank(i, &config, &need) == VMM_OK ? aligned(&need) : 0;
	return sum;
}

int vmm_host_ram_init(virtual_addr_t hkbase)
{
	struct gm_table_config config;
	struct gm_metadata need;
	u32 i, count;

	if (arch_devtree_ram_bank_count(&count) != 0 || count > CONFIG_MAX_RAM_BANK_COUNT)
		return VMM_EINVALID;
	gm_space_init(&ram, regions, CONFIG_MAX_RAM_BANK_COUNT);
	for (i = 0; i < count; i++) {
		struct gm_region region = { .kind = GM_REGION_ADHOC, .table = &tables[i].table };

		if (bank(i, &config, &need) != VMM_OK ||
		    gm_adhoc_init(&tables[i], &config, (void *)hkbase, aligned(&need)) != 0)
			return VMM_EINVALID;
		hkbase += aligned(&need);
		region.base = config.base;
		region.size = config.size;
		if (gm_space_add(&ram, &region) != 0)
			return VMM_EINVALID;
	}
	return VMM_OK;
}

/* The bytes that were allocated, or 0. */
physical_size_t vmm_host_ram_alloc(physical_addr_t *pa, physical_size_t sz, u32 align_order)
{
	struct gm_claim claim = { .type = TYPE_GUEST };
	struct gm_desc *desc;

	if (sz == 0 || sz > GM_PADDR_END || align_order >= GM_PADDR_BITS)
		return 0;
	claim.size = gm_granule_up(sz, VMM_PAGE_SHIFT);
	claim.align = gm_granule_size(align_order > VMM_PAGE_SHIFT ? align_order : VMM_PAGE_SHIFT);
	if (gm_space_claim(&ram, &claim, GM_NODE_ANY, &desc) != 0)
		return 0;
	*pa = gm_desc_base(desc);
	return claim.size;
}

/* [pa, pa + sz), made whole pages; 0 if there is no such memory. */
static int whole_pages(physical_addr_t pa, physical_size_t sz, struct gm_object *object)
{
	if (sz == 0 || pa > GM_PADDR_END || sz > GM_PADDR_END - pa)
		return 0;
	object->base = gm_paddr(gm_granule_down(pa, VMM_PAGE_SHIFT));
	object->size = gm_granule_up(pa + sz, VMM_PAGE_SHIFT) - object->base.value;
	object->type = TYPE_RESERVED;
	object->owner = NULL;
	return 1;
}

int vmm_host_ram_reserve(physical_addr_t pa, physical_size_t sz)
{
	struct gm_object object;
	struct gm_desc *desc;

	if (!whole_pages(pa, sz, &object))
		return VMM_EINVALID;
	return gm_space_create(&ram, &object, &desc) == 0 ? VMM_OK : VMM_EFAIL;
}

static struct gm_adhoc *table_of(const struct gm_region *region)
{
	return (struct gm_adhoc *)region->table;
}

/* All of it or nothing; what others still refer to stays. */
int vmm_host_ram_free(physical_addr_t pa, physical_size_t sz)
{
	const struct gm_region *region = gm_space_find(&ram, gm_paddr(pa));
	struct gm_object range;

	if (region == NULL || !whole_pages(pa, sz, &range))
		return VMM_EINVALID;
	return gm_adhoc_release_range(table_of(region), range.base, range.size) == 0 ? VMM_OK :
										       VMM_EFAIL;
}

bool vmm_host_ram_frame_isfree(physical_addr_t pa)
{
	const struct gm_region *region = gm_space_find(&ram, gm_paddr(pa));

	return region == NULL || gm_adhoc_find(table_of(region), gm_paddr(pa)) == NULL;
}

u32 vmm_host_ram_total_free_frames(void)
{
	uint64_t bytes = 0;
	unsigned i;

	for (i = 0; i < ram.nr_regions; i++)
		bytes += gm_table_free_bytes(ram.regions[i].table);
	return (u32)(bytes >> VMM_PAGE_SHIFT);
}

u32 vmm_host_ram_bank_count(void)
{
	return ram.nr_regions;
}
