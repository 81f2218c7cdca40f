/* SPDX-License-Identifier: BSD-2-Clause */
/* minimal.h - the library as a kernel's file sees it, from its files or as two. */
#ifndef MINIMAL_H
#define MINIMAL_H

#ifdef MINIMAL_AMALGAMATION
#include "granmem.h"
#else
#include <granmem/adhoc.h>
#include <granmem/compound.h>
#endif

int minimal(void); /* 0, or which step went wrong */

#endif
