/* SPDX-License-Identifier: BSD-2-Clause */
/* Xvisor's calls on two banks of RAM, from boot on. */
#include "hosts.h"

#include <vmm_host_ram.h>

#define MIB ((physical_size_t)1 << 20)

static const physical_addr_t starts[] = { 0x80000000, 0x880000000 };
static const physical_size_t sizes[] = { 512 * MIB, 2048 * MIB };

int arch_devtree_ram_bank_count(u32 *bank_count)
{
	*bank_count = 2;
	return VMM_OK;
}

int arch_devtree_ram_bank_start(u32 bank, physical_addr_t *addr)
{
	*addr = starts[bank];
	return VMM_OK;
}

int arch_devtree_ram_bank_size(u32 bank, physical_size_t *size)
{
	*size = sizes[bank];
	return VMM_OK;
}

int main(void)
{
	virtual_size_t house = vmm_host_ram_estimate_hksize();
	u32 all = (u32)((sizes[0] + sizes[1]) >> VMM_PAGE_SHIFT);
	physical_addr_t guest, small;

	expect(house > 0);
	expect(vmm_host_ram_init((virtual_addr_t)malloc(house)) == VMM_OK);
	expect(vmm_host_ram_bank_count() == 2 && vmm_host_ram_total_free_frames() == all);

	/* The image and the house-keeping space, as boot does it. */
	expect(vmm_host_ram_reserve(starts[0], 4 * MIB) == VMM_OK);
	expect(vmm_host_ram_reserve(starts[0] + MIB, 16) == VMM_EFAIL);
	expect(!vmm_host_ram_frame_isfree(starts[0] + 2 * MIB));
	expect(vmm_host_ram_frame_isfree(starts[0] + 4 * MIB));

	/* A guest's memory larger than the first bank has, and some pages. */
	expect(vmm_host_ram_alloc(&guest, 600 * MIB, 21) == 600 * MIB);
	expect(guest >= starts[1] && guest % (2 * MIB) == 0);
	expect(vmm_host_ram_alloc(&small, 5000, 12) == 8192);
	expect(vmm_host_ram_alloc(&small, 4096 * MIB, 12) == 0);
	expect(vmm_host_ram_alloc(&small, ~(physical_size_t)0, 12) == 0);

	/* A balloon takes 4 KiB out of the middle of the guest. */
	expect(vmm_host_ram_free(guest + 3 * MIB, VMM_PAGE_SIZE) == VMM_OK);
	expect(vmm_host_ram_free(guest + 3 * MIB, VMM_PAGE_SIZE) == VMM_EFAIL);
	expect(vmm_host_ram_frame_isfree(guest + 3 * MIB));
	expect(vmm_host_ram_free(guest, 3 * MIB) == VMM_OK);
	expect(vmm_host_ram_free(guest + 3 * MIB + VMM_PAGE_SIZE, 597 * MIB - VMM_PAGE_SIZE) ==
	       VMM_OK);
	expect(vmm_host_ram_total_free_frames() == all - 1024 - 2);
	printf("xvisor: %lu KiB keep house for %u frames\n", (unsigned long)(house >> 10), all);
	return 0;
}
