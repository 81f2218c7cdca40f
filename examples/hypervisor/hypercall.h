/* SPDX-License-Identifier: BSD-2-Clause */
/* hypercall.h - answers to what a guest asks for (calls.h). */
#ifndef HYPERVISOR_HYPERCALL_H
#define HYPERVISOR_HYPERCALL_H

#include "guest.h"

/* arguments: [0] the number, any numbers. Not for CALL_STOP. */
int64_t hypercall(struct guest *guest, const uint64_t *arguments);

#endif
