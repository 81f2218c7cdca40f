/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.h - what a guest finds, and what it may ask for. Read by both sides.
 *
 *   RAM     its own memory: zeroes until it writes, a page when it is first used
 *   WINDOW  where it sees pages of the other guest
 *
 * A call has a number and three arguments, in the first four registers for arguments
 * (x0 .. x3, a0 .. a3); its answer comes in the first of them: 0 or more, or a negative
 * enum gm_err, and then nothing has changed. Addresses are the guest's physical ones.
 */
#ifndef HYPERVISOR_CALLS_H
#define HYPERVISOR_CALLS_H

#define PAGE_BYTES 0x1000

#define RAM_BASE 0x80000000
#define RAM_BYTES 0x800000
#define RAM_PROGRAM 0x10000          /* the program is here at the beginning, and starts there */
#define RAM_STACK 0x80100000         /* the end of the first MiB */

#define WINDOW_BASE 0xc0000000
#define WINDOW_BYTES 0x1000000

#define SAY_BYTES 100
#define SHARE_PAGES 16
#define NR_GRANTS 8 /* of each guest: those of guest n are n * NR_GRANTS + 1 and so on */

#define MEET_ENDED 0x7fffffff /* further than any point: the other guest is gone */

#define SHARE_READ 0
#define SHARE_WRITE 1

#define CALL_SAY 1        /* (text, bytes): a line for the console */
#define CALL_MEET 2       /* (n): this guest has come to point n; how far is the other one? */
#define CALL_SHARE 3      /* (address, bytes, SHARE_): RAM for the other guest; a grant */
#define CALL_ACCEPT 4     /* (grant, address): the other guest's pages appear in the window */
#define CALL_REVOKE 5     /* (grant): they are gone from there when this returns */
#define CALL_GIVE_BACK 6  /* (address, bytes): RAM that is not needed; zeroes if used again */
#define CALL_REFERENCES 7 /* (address): references to the 2 MiB that the page is a part of */
#define CALL_PAGES 8      /* (): how many pages the guest has */
#define CALL_STOP 9       /* (code): does not return; 0 is good */

#endif
