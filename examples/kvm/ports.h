/* SPDX-License-Identifier: BSD-2-Clause */
/* ports.h - how guest and monitor talk: 32-bit accesses to these I/O ports. */
#ifndef KVM_PORTS_H
#define KVM_PORTS_H

#define PORT_PAGE 0x10  /* in: which page next; all ones: halt */
#define PORT_SAW 0x14   /* out: the first four bytes of that page */
#define PORT_VALUE 0x18 /* in: what to put there; 0: leave it */

#endif
