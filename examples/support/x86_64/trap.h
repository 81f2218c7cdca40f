/* SPDX-License-Identifier: BSD-2-Clause */
/* trap.h - x86-64: the caller's CPU has an interrupt descriptor table from now on. */
#ifndef SUPPORT_TRAP_H
#define SUPPORT_TRAP_H

void trap_init(void);

#endif
