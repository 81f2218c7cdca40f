/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hosted.h - buffers for processes: zeroed virtual memory that is committed when
 * it is touched, and a grow hook that serves a table's metadata out of it.
 *
 * The only part of the library that uses a libc and an operating system; it is
 * not in the freestanding build.
 *
 *   struct gm_hosted hosted;
 *   gm_hosted_reserve(&hosted, 1 << 30, 0, 0)
 *   config.grow = gm_hosted_grow; config.grow_ctx = &hosted; config.zeroed = 1;
 *   gm_adhoc_metadata_size(&config, 0, &need)
 *   gm_adhoc_init(&table, &config, gm_hosted_grow(&hosted, need.bytes, need.align), need.bytes)
 *   ... gm_hosted_release(&hosted) once the table is dropped
 */
#ifndef GM_HOSTED_H
#define GM_HOSTED_H

#include <granmem/atomic.h>
#include <granmem/error.h>
#include <granmem/table.h>

GM_BEGIN_DECLS

/* Ask for huge pages where the system has them; only advice. Without it they are
 * refused, so that a sparse table commits no more than what it touches. */
#define GM_HOSTED_HUGE 1u

/* A reservation. All-zero is one of nothing: grow fails, release does nothing. */
struct gm_hosted {
	gm_word next; /* address of what grow hands out next */
	uintptr_t end;
	void *memory; /* the start of the reservation */
	size_t bytes; /* its length: as asked for, rounded up to pages */
};

/*
 * gm_hosted_reserve - reserve address space; memory comes when it is touched.
 *
 * bytes: more than 0. align: of the start, a power of two; 0 for a page. flags:
 * 0 or GM_HOSTED_HUGE. The memory reads as zero. The caller owns it until
 * gm_hosted_release.
 *
 * Returns 0; -GM_ESIZE (bytes is 0); -GM_EALIGN (align is not a power of two);
 * -GM_EINVAL (unknown flags); -GM_ENOMEM (no such address space). *out is
 * written on success only. Context: a thread.
 */
GM_MUST_CHECK int gm_hosted_reserve(struct gm_hosted *out, uint64_t bytes, uint64_t align,
				    unsigned flags);

/* gm_hosted_release - give everything back, and make *hosted all-zero. Nothing
 * may use the memory any more. Context: a thread, and the only one. */
void gm_hosted_release(struct gm_hosted *hosted);

/*
 * gm_hosted_grow - the next `bytes` of the reservation: a gm_grow_hook.
 *
 * ctx: a struct gm_hosted. align: a power of two. Returns zeroed memory, or NULL
 * if the rest is too short or a number is not as required; then nothing has
 * changed. What was handed out never comes back singly. Context: any thread,
 * beside itself; lock-free.
 */
void *gm_hosted_grow(void *ctx, size_t bytes, size_t align);

/*
 * gm_hosted_resident - bytes of the reservation that are in memory now, a
 * multiple of the page size; what was only reserved does not count.
 *
 * Returns 0 if the system does not tell. Context: a thread. Cost: a system call
 * for each 16384 pages that were handed out.
 */
uint64_t gm_hosted_resident(const struct gm_hosted *hosted);

GM_END_DECLS

#endif
