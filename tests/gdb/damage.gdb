# SPDX-License-Identifier: BSD-2-Clause
# A fault of each kind, and whether gm-verify sees it; then it is as it was.
set $was = leaf->size
set var leaf->size = 1472
gm-verify adhoc
set var leaf->size = $was
set $was = block->state
set var block->state = $was | ((gm_word)5 << 30)
gm-verify compound
set var block->state = $was
set $was = folio.blocks.table.lanes[0].free
set var folio.blocks.table.lanes[0].free = $was - 64
gm-verify folio
set var folio.blocks.table.lanes[0].free = $was
gm-verify
