/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.h - x86-64: what its files need of each other. */
#ifndef SUPPORT_MACHINE_H
#define SUPPORT_MACHINE_H

#include <stdint.h>

/* The caller's CPU has an interrupt descriptor table from now on. */
void trap_init(void);

/* An interprocessor interrupt: the low half of the APIC's command register. */
void machine_send(uint32_t command, unsigned apic_id);

/* An NMI: another CPU wants this one to forget its translations. */
void paging_flush_asked(void);

#endif
