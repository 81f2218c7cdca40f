/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * error.h - the errors, grouped by whose affair they are.
 *
 * A fallible function returns 0 (or a positive answer that its contract names)
 * or a negative error. After any error the table is as it was before the call.
 */
#ifndef GM_ERROR_H
#define GM_ERROR_H

#include <granmem/env.h>

GM_BEGIN_DECLS

enum gm_err {
	GM_OK = 0,

	/* The request can never succeed: the numbers are wrong. */
	GM_EINVAL = 1,   /* an argument outside its range: type, shift, hook, pointer */
	GM_ESIZE = 2,    /* a size that is zero, or that this table cannot describe */
	GM_EALIGN = 3,   /* a base or size that is not aligned as the table requires */
	GM_ERANGE = 4,   /* not, or not wholly, inside the region or object */
	GM_EOVERFLOW = 5, /* base plus size, or offset plus length, exceeds 2^64 or 2^52 */
	GM_ENOTSUP = 6,  /* this table or format cannot express it */

	/* The state of the memory does not allow it. */
	GM_ENOENT = 10, /* no object covers this address */
	GM_EEXIST = 11, /* a live object, or metadata, already covers part of the range */
	GM_ETYPE = 12,  /* the object is live, but of another type */
	GM_EPINNED = 13, /* the object refuses pins (NOPIN) */
	GM_ENOTRAM = 14, /* device, reserved, offline or metadata: it has no references */

	/* Not now: somebody else is in the middle of a change, and retrying is sensible;
	 * or a page table's entry is taken, and has to be unmapped first. */
	GM_EBUSY = 20,

	/* A limit was reached. */
	GM_ENOMEM = 30, /* no free memory of that shape, or no metadata to describe it */
	GM_ELIMIT = 31, /* a count would pass half of its field */

	/*
	 * A speculative get was refused and taking it back turned out to be the
	 * last put: the caller owns the destruction of the object. Only the ref
	 * layer returns it; the tables turn it into an orphan for reap.
	 */
	GM_EORPHAN = 40,

	/* The data is not what it should be. */
	GM_ECORRUPT = 50, /* verify found a broken invariant; a file is damaged */
};

/*
 * gm_error_text - a short English text for an error.
 *
 * Takes an enum gm_err, positive or negated. Returns a static string, never
 * NULL. Context: any.
 */
const char *gm_error_text(int err);

GM_END_DECLS

#endif
