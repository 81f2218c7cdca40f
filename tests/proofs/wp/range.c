/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * range.c - contracts of the code that checks ranges, for numbers that cannot overflow:
 * a sum in ACSL is one of integers. The shipped source follows, as it is.
 *
 * functions: gm_granule_check_range,gm_table_check
 * options: -warn-unsigned-overflow
 */
#include <granmem/env.h>
#include <granmem/error.h>
#include <granmem/types.h>

/*@ requires outer_base + outer_size <= GM_PADDR_END;
  assigns \nothing;
  ensures size == 0 ==> \result == -GM_ESIZE;
  ensures size != 0 && base + size > GM_PADDR_END ==> \result == -GM_EOVERFLOW;
  ensures size != 0 && base + size <= GM_PADDR_END &&
    !(outer_base <= base && base + size <= outer_base + outer_size) ==> \result == -GM_ERANGE;
  ensures size != 0 && outer_base <= base && base + size <= outer_base + outer_size
    ==> \result == 0;
*/
GM_INLINE int gm_granule_check_range(uint64_t base, uint64_t size, uint64_t outer_base,
				     uint64_t outer_size);

#include <granmem/table.h>

/*@ requires \valid_read(table) && \valid_read(object);
  requires table->base + table->size <= GM_PADDR_END;
  assigns \nothing;
  ensures \result == 0 <==> 1 <= object->type <= GM_TYPE_MAX && object->size != 0 &&
    table->base <= object->base.value &&
    object->base.value + object->size <= table->base + table->size;
  ensures \result == -GM_EINVAL <==> !(1 <= object->type <= GM_TYPE_MAX);
  ensures \result \in { 0, -GM_EINVAL, -GM_ESIZE, -GM_EOVERFLOW, -GM_ERANGE };
*/
int gm_table_check(const struct gm_table *table, const struct gm_object *object);

#include "lib/table.c"
