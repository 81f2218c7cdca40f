/* SPDX-License-Identifier: BSD-2-Clause */
/* model_folio.c - the folio table beside the naive model. */
#include <granmem/folio.h>

#include "model_table.h"

TABLE_OPS(folio, 0);
MODEL_MAIN(&folio_ops)
