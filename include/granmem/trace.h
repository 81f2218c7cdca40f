/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.h - hooks for a tracer, at compile time: they are nothing at all unless
 * GM_TRACE_HEADER names a header that defines
 *
 *   GM_TRACE(event, object, address, bytes)
 *
 * as an expression or a statement. `event` is one of the names below, `object` a
 * pointer, the others are integers of up to 64 bits; the arguments are evaluated
 * only by what GM_TRACE does with them. It runs where the library is, in an NMI if
 * need be, between two steps of a protocol: it may not call the library, nor block.
 *
 *   event     object      address, bytes        when
 *   create    descriptor  the object's          just before it lives; claim, too
 *   remove    descriptor  the object's          its memory is about to be free
 *   release   table       the range             release_range frees it
 *   search    table       where it begins       a claim is not served by its hint
 *             (ad-hoc)    its size
 *   grow      pool        the memory's          a pool gets memory for metadata
 *   orphan    descriptor  the object's          a lookup ended it; reap will free it
 *   saturate  descriptor  the word before,      a count is too high: it leaks
 *                         and after
 *
 * The build option trace=usdt makes them probes of systemtap, which gdb and bpftrace
 * know as well (provider granmem).
 */
#ifndef GM_TRACE_H
#define GM_TRACE_H

#ifdef GM_TRACE_HEADER
#include GM_TRACE_HEADER
#else
#define GM_TRACE(event, object, address, bytes) ((void)0)
#endif

#endif
