/* SPDX-License-Identifier: BSD-2-Clause */
/* reach.c - aarch64: stage 1 at EL1; at EL2 stage 2, as a guest without a first stage. */
#include "../reach.h"

#define HCR_VM 1u
#define HCR_RW (1u << 31)
#define SCTLR_EL1_OFF 0x30d00800 /* the bits that are one: no MMU, no alignment checks */
#define VTCR_WALKS (1u << 8 | 1u << 10 | 3u << 12 | 2u << 16 | 1u << 31) /* as TCR's; 40 bits */
#define VTCR_HA (1u << 21)
#define VTCR_HD (1u << 22)
#define ESR_CLASS(esr) ((esr) >> 26)
#define EC_HVC 0x16
#define ISS_WRITE 0x40

uint64_t guest_access(const char *pc, uint64_t address, uint64_t value, uint64_t *syndrome);
extern const char guest_load[], guest_store[];

struct fault reach_fault;
static int is_guest;

static int hook(struct fault *fault)
{
	reach_fault = *fault;
	return 0;
}

int reach_format(unsigned n, struct gm_pte_format *format, const char **name)
{
	static const char *const stage1[] = { "stage 1, 4 KiB", "stage 1, 16 KiB",
					      "stage 1, 64 KiB" };
	static const char *const stage2[] = { "stage 2, 4 KiB", "stage 2, 16 KiB",
					      "stage 2, 64 KiB" };

	if (n > 2)
		return -1;
	support_fault_hook = hook;
	is_guest = machine.name[7] == '-'; /* aarch64-el2 */
	format->kind = is_guest ? GM_PTE_AARCH64_STAGE2 : GM_PTE_AARCH64_STAGE1;
	format->granule_shift = 12 + 2 * n;
	format->input_bits = PAGING_BITS;
	format->output_bits = 40;
	format->features = reach_sets() == 2 ? GM_PTE_HAS_DBM : 0;
	format->memory = is_guest ? 0 : PAGING_MAIR;
	*name = is_guest ? stage2[n] : stage1[n];
	return 0;
}

/* VTCR_EL2.SL0: the level where a walk begins, which 4 KiB count in another way. */
static uint64_t start_level(const struct gm_pte_format *format)
{
	return (uint64_t)(gm_pte_levels(format) - (format->granule_shift == 12 ? 2 : 1)) << 6;
}

static uint64_t granule(const struct gm_pte_format *format)
{
	return format->granule_shift == 12 ? 0 : format->granule_shift == 16 ? 1u << 14 : 2u << 14;
}

void reach_start(const struct gm_pte_format *format, uint64_t root)
{
	uint64_t vtcr = (64 - format->input_bits) | start_level(format) | granule(format) |
			VTCR_WALKS | (reach_sets() >= 1 ? VTCR_HA : 0) |
			(reach_sets() == 2 ? VTCR_HD : 0);

	if (!is_guest) {
		paging_start(root, format->granule_shift);
		return;
	}
	__asm__ volatile("msr sctlr_el1, %0\n\tmsr vtcr_el2, %1\n\tmsr vttbr_el2, %2\n\t"
			 "msr hcr_el2, %3\n\tisb"
			 :
			 : "r"((uint64_t)SCTLR_EL1_OFF), "r"(vtcr), "r"(root),
			   "r"((uint64_t)(HCR_VM | HCR_RW))
			 : "memory");
	reach_flush();
}

void reach_flush(void)
{
	if (is_guest)
		__asm__ volatile("dsb ishst\n\ttlbi vmalls12e1is\n\tdsb ish\n\tisb" : : : "memory");
	else
		paging_flush();
}

/* How the guest came out: 0 by HVC, -1 by an abort of stage 2. Its virtual addresses are
 * its physical ones; HPFAR_EL2 has the page. */
static int left(uint64_t syndrome)
{
	uint64_t page, address;

	if (ESR_CLASS(syndrome) == EC_HVC)
		return 0;
	__asm__ volatile("mrs %0, hpfar_el2" : "=r"(page));
	__asm__ volatile("mrs %0, far_el2" : "=r"(address));
	reach_fault.address = (page >> 4) << 12 | (address & 0xfff);
	reach_fault.flags = FAULT_GUEST | ((syndrome & ISS_WRITE) != 0 ? FAULT_WRITE : 0);
	return -1;
}

/* ID_AA64MMFR1_EL1.HAFDBS, of both stages. */
int reach_sets(void)
{
	uint64_t features;

	__asm__("mrs %0, id_aa64mmfr1_el1" : "=r"(features));
	return (int)(features & 15) > 2 ? 2 : (int)(features & 15);
}

int reach_read(uint64_t address, uint64_t *value)
{
	uint64_t syndrome, result;

	if (!is_guest)
		return probe_read((const volatile uint64_t *)(uintptr_t)address, value);
	result = guest_access(guest_load, address, 0, &syndrome);
	if (left(syndrome) != 0)
		return -1;
	*value = result;
	return 0;
}

int reach_write(uint64_t address, uint64_t value)
{
	uint64_t syndrome;

	if (!is_guest)
		return probe_write((volatile uint64_t *)(uintptr_t)address, value);
	(void)guest_access(guest_store, address, value, &syndrome);
	return left(syndrome);
}
