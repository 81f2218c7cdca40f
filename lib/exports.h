/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exports.h - every public header, once, with default visibility: what they
 * declare is what the shared library exports (see granmem.map). The build
 * includes it in front of each file of the library.
 */
#ifndef GM_LIB_EXPORTS_H
#define GM_LIB_EXPORTS_H

#pragma GCC visibility push(default)

#include <granmem/adhoc.h>
#include <granmem/atomic.h>
#include <granmem/blocks.h>
#include <granmem/compound.h>
#include <granmem/config.h>
#include <granmem/desc.h>
#include <granmem/env.h>
#include <granmem/error.h>
#include <granmem/folio.h>
#include <granmem/granmem.h>
#include <granmem/granule.h>
#include <granmem/hosted.h>
#include <granmem/index.h>
#include <granmem/map.h>
#include <granmem/pool.h>
#include <granmem/port.h>
#include <granmem/pte.h>
#include <granmem/radix.h>
#include <granmem/rebase.h>
#include <granmem/ref.h>
#include <granmem/report.h>
#include <granmem/reverse.h>
#include <granmem/run.h>
#include <granmem/space.h>
#include <granmem/table.h>
#include <granmem/trace.h>
#include <granmem/types.h>
#include <granmem/verify.h>
#include <granmem/walker.h>

#pragma GCC visibility pop

#endif
