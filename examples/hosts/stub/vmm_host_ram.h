/* SPDX-License-Identifier: BSD-2-Clause */
/* As much of Xvisor's interface to host RAM as xvisor/host_ram.c is made for. */
#ifndef STUB_VMM_HOST_RAM_H
#define STUB_VMM_HOST_RAM_H

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t u32;
typedef uint64_t physical_addr_t;
typedef uint64_t physical_size_t;
typedef uintptr_t virtual_addr_t;
typedef uintptr_t virtual_size_t;

#define VMM_PAGE_SHIFT 12
#define VMM_PAGE_SIZE (1ul << VMM_PAGE_SHIFT)
#define VMM_OK 0
#define VMM_EFAIL (-1)
#define VMM_ENOMEM (-4)
#define VMM_EINVALID (-7)
#define CONFIG_MAX_RAM_BANK_COUNT 4

/* What the device tree says. */
int arch_devtree_ram_bank_count(u32 *bank_count);
int arch_devtree_ram_bank_start(u32 bank, physical_addr_t *addr);
int arch_devtree_ram_bank_size(u32 bank, physical_size_t *size);

physical_size_t vmm_host_ram_alloc(physical_addr_t *pa, physical_size_t sz, u32 align_order);
int vmm_host_ram_reserve(physical_addr_t pa, physical_size_t sz);
int vmm_host_ram_free(physical_addr_t pa, physical_size_t sz);
bool vmm_host_ram_frame_isfree(physical_addr_t pa);
u32 vmm_host_ram_total_free_frames(void);
u32 vmm_host_ram_bank_count(void);
virtual_size_t vmm_host_ram_estimate_hksize(void);
int vmm_host_ram_init(virtual_addr_t hkbase);

#endif
