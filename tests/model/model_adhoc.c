/* SPDX-License-Identifier: BSD-2-Clause */
/* model_adhoc.c - the ad-hoc table beside the naive model. */
#include <granmem/adhoc.h>

#include "model_table.h"

TABLE_OPS(adhoc, 1);
MODEL_MAIN(&adhoc_ops)
