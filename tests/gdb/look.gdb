# SPDX-License-Identifier: BSD-2-Clause
# What every target is asked; the answers are expected.txt.
gm-find 0x80400000+4096
gm-find 0x80600fff adhoc
gm-find 0x80604100
gm-find 0x80604700
gm-find 0x100000000 &space
gm-find 0x100201000
gm-find 0x20001ffff compound
gm-find 0x1000
gm-report
gm-verify
print $gm_errors
print $gm_state(two_mib->state)
gm-state leaf->state
print *block
print folio
print space
print unused
