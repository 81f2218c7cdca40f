/* SPDX-License-Identifier: BSD-2-Clause */
/* As another language calls: no header, so an inline function must be a symbol. */
extern int gm_ref_try_get(void *desc);
extern unsigned long long gm_granule_size(unsigned shift);

int main(void)
{
	static unsigned long long desc[4];

	return gm_granule_size(12) != 4096 || gm_ref_try_get(desc) == 0;
}
