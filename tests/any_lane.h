/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * any_lane.h - a GM_CPU_HINT that names another lane at each call, included before
 * everything else: what the tests see may not depend on lanes. By default the hint
 * is made of the stack's address, which differs from run to run.
 */
#ifndef ANY_LANE_H
#define ANY_LANE_H

#if !defined(__ASSEMBLER__) && !defined(GM_CPU_HINT)
static inline unsigned any_lane(void)
{
	static unsigned lane = 12345; /* threads may lose each other's steps */

	lane = lane * 1103515245u + 12345u;
	return lane >> 16;
}

#define GM_CPU_HINT() any_lane()
#endif

#endif
