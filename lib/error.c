/* SPDX-License-Identifier: BSD-2-Clause */
/* error.c - error texts; contract in granmem/error.h. */
#include <granmem/error.h>

const char *gm_error_text(int err)
{
	switch (err < 0 ? -(unsigned)err : (unsigned)err) {
	case GM_OK:
		return "success";
	case GM_EINVAL:
		return "argument outside its range";
	case GM_ESIZE:
		return "size is zero or cannot be described";
	case GM_EALIGN:
		return "base or size is not aligned";
	case GM_ERANGE:
		return "not wholly inside the region or object";
	case GM_EOVERFLOW:
		return "range ends beyond the address space";
	case GM_ENOTSUP:
		return "not supported by this table or format";
	case GM_ENOENT:
		return "no object covers the address";
	case GM_EEXIST:
		return "an object already covers part of the range";
	case GM_ETYPE:
		return "the object has another type";
	case GM_EPINNED:
		return "the object refuses pins";
	case GM_ENOTRAM:
		return "memory without references (device, reserved, offline or metadata)";
	case GM_EBUSY:
		return "in the middle of somebody else's change, try again";
	case GM_ENOMEM:
		return "out of memory of that shape or of metadata";
	case GM_ELIMIT:
		return "a count would pass its limit";
	case GM_EORPHAN:
		return "the undone get was the last reference";
	case GM_ECORRUPT:
		return "an invariant is broken or the data is damaged";
	default:
		return "unknown error";
	}
}
