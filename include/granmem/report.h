/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - figures and findings as text, through a hook of the embedder's.
 *
 *   guest: 64.0 GiB, 63.9 GiB free, 1 object, 0 nodes
 *                                            bytes         per GiB
 *     static                                262720            4105
 *     descriptors, 32 B each                 65536            1024
 *     nodes, 4112 B each                         0               0
 *     total                                 328256            5129
 *     in use                                262752            4105
 *     struct page, 64 B/4 KiB           1073741824        16777216
 *     bitmap, 1 bit/4 KiB                  2097152           32768
 *
 * Each call of the hook gets one whole line with its newline, at most
 * GM_REPORT_LINE bytes. Nothing here allocates, divides or uses a libc.
 *
 * Context: any that may call the hook. The functions keep nothing between
 * calls, so they may run beside each other as far as the hook allows it.
 */
#ifndef GM_REPORT_H
#define GM_REPORT_H

#include <granmem/desc.h>
#include <granmem/table.h>

GM_BEGIN_DECLS

/* The longest line; longer ones (a long name) are cut before the newline. */
#define GM_REPORT_LINE 160

/* Takes len bytes of text, not terminated by a zero. Never len 0. */
typedef void gm_put_hook(void *ctx, const char *text, size_t len);

/* Where a report goes; put is not NULL. */
struct gm_report {
	gm_put_hook *put;
	void *ctx;
};

/*
 * gm_report_stats - the table of bytes above.
 *
 * name: what the figures are of, a zero-terminated text, or NULL for none.
 * Bytes a GiB of region are rounded down, and a dash if the region is empty.
 * Any figures may be given, also such that no table produces; bytes a GiB that do
 * not fit 64 bits are printed as 2^64 - 1.
 */
void gm_report_stats(const struct gm_report *report, const char *name,
		     const struct gm_stats *stats);

/*
 * gm_report_desc - one line about a descriptor:
 *
 *   live type 3 generation 7 refs 2 pins 0 flags 0x1 base 0x140000000 size 0x200000
 *
 * `frozen` for one that is not live, `nopin` behind the pins where it is set.
 * Without a reference it is a picture of a moment, and its parts may be of
 * different ones.
 */
void gm_report_desc(const struct gm_report *report, const struct gm_desc *desc);

/*
 * gm_report_verify - one line about what verify found:
 *
 *   guest: sound, 12 objects, 15 references, 0 saturated, 25165824 bytes covered
 *   guest: 2 errors, the first near 0x140000000: I7 objects overlap
 */
void gm_report_verify(const struct gm_report *report, const char *name,
		      const struct gm_verify *verify);

GM_END_DECLS

#endif
