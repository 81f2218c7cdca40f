/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/map.h: leaves that change and stay (protect, collect), and that
 * change their number (split, fold).
 */
#include "map_unit.h"

#if GM_CONFIG_64BIT

#define READ ((uint32_t)(GM_PROT_READ | GM_PROT_USER))

static int protect(unsigned slot, size_t nr, uint32_t prot, size_t *done)
{
	return gm_map_protect(&as, &slots[slot], nr, 0, prot, done);
}

static int collect(unsigned slot, size_t nr, uint32_t flags, size_t *done)
{
	return gm_map_collect(&as, &slots[slot], nr, 0, flags, &gather, done);
}

static void test_protect(void)
{
	struct gm_desc *desc;
	struct gm_pte leaf;
	size_t done;
	unsigned i;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	expect_eq(map(0, 8, desc, 0), 0);
	expect_eq(map_frames(9, 1, DEVICE_BASE), 0);
	slots[8] = GM_MAP_BUSY;
	touch(2, 0);
	touch(3, 1);
	expect_eq(protect(0, 16, READ, &done), 0);
	expect_eq(done, 16);
	expect_eq(slots[8], GM_MAP_BUSY);
	for (i = 0; i < 10; i++) {
		if (i == 8)
			continue;
		leaf = leaf_in(i);
		expect_eq(leaf.prot, READ);
		expect_eq(leaf.flags & GM_PTE_ACCESSED, i == 2 || i == 3 ? GM_PTE_ACCESSED : 0);
		expect_eq(leaf.flags & GM_PTE_DIRTY, i == 3 ? GM_PTE_DIRTY : 0);
		expect_eq(leaf.software, i < 8 ? GM_MAP_COUNTED : 0);
	}
	expect_eq(gm_ref_count(desc), 9);
	expect_eq(protect(0, 8, READ, &done), 0);
	expect_eq(done, 8);
	expect_eq(protect(0, 8, GM_PROT_WRITE, &done), -GM_ENOTSUP);
	expect_eq(done, 0);
	expect_eq(leaf_in(0).prot, READ);
	expect_eq(gm_map_protect(&as, slots, 1, as.nr_levels, READ, &done), -GM_EINVAL);
	expect_eq(done, 0);
	slots[8] = 0;
	unmap(0, 16);
	expect_eq(gm_desc_flags(desc), GM_FLAG_REFERENCED | GM_FLAG_DIRTY);
	put_object(desc, 1);
	map_end();
}

static void test_collect(void)
{
	static gm_word dirty[8];
	static struct gm_map_blocks blocks = { NULL, dirty, 12 };
	struct gm_desc *desc;
	size_t done;
	unsigned i;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	((struct gm_mapped *)desc)->blocks = &blocks;
	expect_eq(map(0, 100, desc, 0), 0);
	for (i = 10; i < 90; i++)
		touch(i, i < 80);
	expect_eq(collect(0, 100, GM_PTE_DIRTY, &done), 0);
	expect_eq(done, 100);
	/* 70 leaves: two entries of the gather. Each keeps the object. */
	expect_eq(gather.nr, 2);
	expect_eq(gm_ref_count(desc), 1 + 100 + 70);
	expect_eq(gm_map_count(desc), 100);
	expect_eq(gm_desc_flags(desc), 0);
	expect_eq(leaf_in(50).flags & (GM_PTE_ACCESSED | GM_PTE_DIRTY), GM_PTE_ACCESSED);
	gm_map_finish(&as, &gather);
	expect_eq(gm_ref_count(desc), 101);
	expect_eq(gm_desc_flags(desc), GM_FLAG_DIRTY);
	for (i = 0; i < 512; i++)
		expect_eq(dirty[i / 64] >> i % 64 & 1, i >= 10 && i < 80);
	expect_eq(collect(0, 100, GM_PTE_DIRTY, &done), 0);
	expect_eq(gather.nr, 0);
	expect_eq(collect(0, 100, GM_PTE_DIRTY | GM_PTE_ACCESSED, &done), 0);
	gm_map_finish(&as, &gather);
	expect_eq(gm_desc_flags(desc), GM_FLAG_DIRTY | GM_FLAG_REFERENCED);
	expect_eq(leaf_in(50).flags & (GM_PTE_ACCESSED | GM_PTE_DIRTY), 0);
	expect_eq(collect(0, 100, GM_PTE_GLOBAL, &done), -GM_EINVAL);
	expect_eq(done, 0);
	expect_eq(collect(0, 100, 0, &done), -GM_EINVAL);
	expect_eq(gm_map_collect(&as, slots, 1, as.nr_levels, GM_PTE_DIRTY, &gather, &done),
		  -GM_EINVAL);
	unmap(0, 100);
	memset(dirty, 0, sizeof(dirty));
	put_object(desc, 1);
	map_end();
}

/* Leaves without an object keep their bits; what is collected and unmapped in one
 * gather is not mixed up; the gather fills up. */
static void test_collect_mixed(void)
{
	struct gm_desc *desc;
	size_t done;
	unsigned i;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	expect_eq(map_frames(0, 1, DEVICE_BASE), 0);
	touch(0, 1);
	expect_eq(collect(0, 1, GM_PTE_DIRTY, &done), 0);
	expect_eq(leaf_in(0).flags & GM_PTE_DIRTY, GM_PTE_DIRTY);
	expect_eq(gather.nr, 0);
	expect_eq(map(1, 20, desc, 0), 0);
	for (i = 1; i < 21; i++)
		touch(i, 1);
	expect_eq(collect(1, 1, GM_PTE_DIRTY, &done), 0);
	expect_eq(gm_map_unmap(&as, &slots[2], 1, 0, &gather), 1);
	expect_eq(collect(3, 1, GM_PTE_DIRTY, &done), 0);
	expect_eq(gather.nr, 3);
	expect_eq(collect(5, 15, GM_PTE_DIRTY, &done), 0);
	expect_eq(done, 1);
	expect_eq(gather.nr, 4);
	gm_map_finish(&as, &gather);
	expect_eq(gm_ref_count(desc), 20);
	expect_eq(gm_map_count(desc), 19);
	unmap(0, NR_SLOTS);
	put_object(desc, 1);
	map_end();
}

/* The slots were the object's last holders, and go while its bits are being
 * collected. */
static void test_collect_keeps(void)
{
	struct gm_map_gone other_gone[1];
	struct gm_map_gather other;
	struct gm_desc *desc;
	size_t done;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	expect_eq(map(0, 1, desc, 0), 0);
	put_object(desc, 0);
	touch(0, 1);
	expect_eq(collect(0, 1, GM_PTE_DIRTY, &done), 0);
	gm_map_gather_init(&other, other_gone, 1);
	expect_eq(gm_map_unmap(&as, slots, 1, 0, &other), 1);
	gm_map_finish(&as, &other);
	expect_eq(nr_gone, 0);
	expect_eq(gm_ref_count(desc), 1);
	expect_eq(gm_map_count(desc), 0);
	gm_map_finish(&as, &gather);
	expect_eq(nr_gone, 1);
	map_end();
}

/* Who owns all the references, the slots' own included, has frozen it. */
static void test_frozen(void)
{
	struct gm_desc *desc, *found;
	size_t done;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	expect_eq(map(0, 1, desc, 0), 0);
	touch(0, 1);
	expect_eq(gm_ref_freeze(desc, 2), 0);
	expect_eq(collect(0, 1, GM_PTE_DIRTY, &done), -GM_EBUSY);
	expect_eq(done, 0);
	expect(leaf_in(0).flags & GM_PTE_DIRTY);
	expect_eq(gm_map_split(&as, gm_paddr(HIGH_BASE), 2, &found), -GM_EBUSY);
	gm_ref_thaw(desc, 2);
	expect_eq(gm_map_split(&as, gm_paddr(HIGH_BASE + 4 * MIB), 2, &found), -GM_EBUSY);
	expect_eq(gm_map_split(&as, gm_paddr(0), 2, &found), -GM_EBUSY);
	expect_eq(gm_ref_count(desc), 2);
	unmap(0, 1);
	put_object(desc, 1);
	map_end();
}

static void test_limits(void)
{
	struct gm_desc *desc, *found;
	size_t done;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	expect_eq(map(0, 1, desc, 0), 0);
	touch(0, 1);
	expect_eq(gm_ref_add(desc, GM_REFS_LIMIT - 2), 0);
	/* At the limit, but not leaked: it may go down again, so nobody may be without. */
	expect_eq(collect(0, 1, GM_PTE_DIRTY, &done), -GM_ELIMIT);
	expect_eq(gm_map_split(&as, gm_paddr(HIGH_BASE), 2, &found), -GM_ELIMIT);
	expect_eq(gm_ref_put_many(desc, 10, &last_gone), 0);
	expect_eq(gm_map_split(&as, gm_paddr(HIGH_BASE), 12, &found), -GM_ELIMIT);
	expect_eq(gm_ref_count(desc), GM_REFS_LIMIT - 10);
	expect_eq(gm_map_count(desc), 1);
	expect_eq(gm_ref_add(desc, 10), 0);
	gm_ref_get(desc);
	/* Leaked, and so there for good. */
	expect_eq(gm_map_split(&as, gm_paddr(HIGH_BASE), 2, &found), 0);
	expect(found == desc);
	expect_eq(gm_map_count(desc), 2);
	gm_map_fold(&as, desc, 2);
	expect_eq(gm_map_count(desc), 1);
	expect_eq(collect(0, 1, GM_PTE_DIRTY, &done), 0);
	expect_eq(done, 1);
	gm_map_finish(&as, &gather);
	expect_eq(gm_desc_flags(desc), GM_FLAG_DIRTY);
	expect_eq(gm_ref_count(desc), GM_REFS_SATURATED);
	unmap(0, 1);
	expect_eq(gm_map_count(desc), 0);
}

/* A leaf of 2 MiB becomes 512, one of which changes, and then one again. */
static void test_split(void)
{
	struct gm_map_request request;
	struct gm_desc *desc, *found;
	struct gm_pte leaf;
	uint64_t entry;
	unsigned i;
	gm_word block = 0;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	request = request_of(desc, 0);
	expect_eq(gm_map_slots(&as, &block, 1, 1, &request), 0);
	expect_eq(gm_map_split(&as, gm_paddr(HIGH_BASE), 512, &found), 0);
	expect(found == desc);
	expect_eq(gm_ref_count(desc), 1 + 512);
	expect_eq(gm_map_count(desc), 512);
	expect_eq(gm_map_granules(&as, GM_MAP_FILE), 512);
	expect_eq(gm_pte_decode(&as.config.format, 1, block, &leaf), 0);
	for (i = 0; i < 512; i++, leaf.paddr.value += LEAF_BYTES) {
		expect_eq(gm_pte_leaf(&as.config.format, 0, &leaf, &entry), 0);
		slots[i] = entry;
	}
	unmap(5, 1);
	expect_eq(gm_map_count(desc), 511);
	expect_eq(map(5, 1, desc, 5 * LEAF_BYTES), 0);
	memset(slots, 0, sizeof(slots));
	gm_map_fold(&as, desc, 512);
	expect_eq(gm_ref_count(desc), 2);
	expect_eq(gm_map_count(desc), 1);
	expect_eq(gm_map_unmap(&as, &block, 1, 1, &gather), 1);
	gm_map_finish(&as, &gather);
	put_object(desc, 1);
	map_end();
}

/* The leaf was unmapped while it was being split: folding may be the last put. */
static void test_fold_is_last(void)
{
	struct gm_desc *desc, *found;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	expect_eq(map(0, 1, desc, 0), 0);
	put_object(desc, 0);
	expect_eq(gm_map_split(&as, gm_paddr(HIGH_BASE), 2, &found), 0);
	unmap(0, 1);
	expect_eq(nr_gone, 0);
	gm_map_fold(&as, found, 2);
	expect_eq(nr_gone, 1);
	/* And where nobody wants to hear of it. */
	as.config.gone = NULL;
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	expect_eq(map(0, 1, desc, 0), 0);
	put_object(desc, 0);
	unmap(0, 1);
	expect_eq(nr_gone, 1);
	map_end();
}

UNIT_MAIN("map_change", UNIT_TEST(test_protect), UNIT_TEST(test_collect),
	  UNIT_TEST(test_collect_mixed), UNIT_TEST(test_collect_keeps), UNIT_TEST(test_frozen),
	  UNIT_TEST(test_limits), UNIT_TEST(test_split), UNIT_TEST(test_fold_is_last))

#else

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("map_change", UNIT_TEST(test_absent))

#endif
