/* SPDX-License-Identifier: BSD-2-Clause */
/* A user of the installed library: C11 and C++17 alike. Exit 0 if a descriptor
 * lives and dies as it should, through inline functions and library functions. */
#include <granmem/error.h>
#include <granmem/ref.h>

#include <stdio.h>

int main(void)
{
	static struct gm_desc desc;
	struct gm_object object = { gm_paddr(0x40000000), 0x200000, 3, NULL };
	struct gm_object gone = { gm_paddr(0), 0, 0, NULL };

	if (gm_ref_try_get(&desc) != -GM_EBUSY)
		return 1; /* zero memory is nobody's */
	gm_desc_set(&desc, &object);
	gm_ref_publish(&desc, object.type, 1);
	if (gm_ref_try_get_type(&desc, 3) != 0 || gm_ref_add(&desc, 1) != 0)
		return 2;
	if (gm_ref_put(&desc, &gone) != 0 || gm_ref_put(&desc, &gone) != 0)
		return 3;
	if (gm_ref_put(&desc, &gone) != 1 || gone.size != 0x200000)
		return 4;
	puts(gm_error_text(0));
	return 0;
}
