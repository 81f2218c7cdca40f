/* SPDX-License-Identifier: BSD-2-Clause */
/* model_compound.c - the compound table beside the naive model. */
#include <granmem/compound.h>

#include "model_table.h"

TABLE_OPS(compound, 0);
MODEL_MAIN(&compound_ops)
