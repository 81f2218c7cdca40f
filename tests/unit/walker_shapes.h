/* SPDX-License-Identifier: BSD-2-Clause */
/* walker_shapes.h - the formats that the walker's tests run on; for walker_unit.h. */
#ifndef WALKER_SHAPES_H
#define WALKER_SHAPES_H

static const struct shape shapes[] = {
	{ "x86-64, 4 levels",
	  { .kind = GM_PTE_X86_64, .input_bits = 48 },
	  { ORACLE_X86, 12, 4, 9, { 4 }, machine_at },
	  0,
	  0,
	  (uint64_t)0xffff800000000000 },
};

#define NR_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

#endif
