/* SPDX-License-Identifier: BSD-2-Clause */
/* case_ref_flags.c - the operations on flags, beside all others. */
#include "ref_world.h"

void ref_lock_flag(unsigned id)
{
	if (gm_desc_set_flags(&world->desc, GM_FLAG_LOCKED) == 0) {
		world->locked = id;
		explore_check(gm_desc_clear_flags(&world->desc, GM_FLAG_LOCKED) == GM_FLAG_LOCKED,
			      "somebody else cleared the lock");
	}
	ref_put(1);
}

/* What was written before the flag was set is there for who sees the flag. */
void ref_fill(unsigned id)
{
	if ((int)id == truth.filler) {
		world->content = 1;
		(void)gm_desc_set_flags(&world->desc, GM_FLAG_UPTODATE);
	}
	ref_put(1);
}

void ref_see(unsigned id)
{
	(void)id;
	if ((gm_desc_flags(&world->desc) & GM_FLAG_UPTODATE) != 0)
		explore_check(world->content != 0, "up to date without content");
	ref_put(1);
}

void ref_other_flag(unsigned id)
{
	gm_word flag = GM_FLAG_USER(id);

	explore_check(gm_desc_set_flags(&world->desc, flag) == 0, "the flag was set");
	explore_check((gm_desc_flags(&world->desc) & flag) != 0, "the flag is lost");
	explore_check(gm_desc_clear_flags(&world->desc, flag) == flag, "the flag was lost");
	ref_put(1);
}
