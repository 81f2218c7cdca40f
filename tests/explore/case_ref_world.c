/* SPDX-License-Identifier: BSD-2-Clause */
/* case_ref_world.c - what is true of a descriptor; contracts in ref_world.h. */
#include "ref_world.h"

struct ref_world *world;
struct ref_truth truth;

struct gm_object ref_object(unsigned life, unsigned version)
{
	struct gm_object object = { gm_paddr(0x100000 * (uint64_t)life),
				    0x1000 * (uint64_t)(version + 1), TYPE,
				    (void *)(uintptr_t)(0x100 + version * 16) };

	return object;
}

void ref_write_fields(unsigned life, unsigned version)
{
	struct gm_object object = ref_object(life, version);

	gm_desc_set(&world->desc, &object);
}

static void check_record(const struct gm_object *object, unsigned life)
{
	struct gm_object right = ref_object(life, truth.version);

	explore_check(object->base.value == right.base.value, "the base is another life's");
	explore_check(object->size == right.size, "the size is torn");
	explore_check(object->owner == right.owner, "the owner is torn");
	explore_check(object->type == TYPE, "the type is wrong");
}

unsigned ref_hold(unsigned id)
{
	unsigned life = truth.life;
	struct gm_object seen;

	explore_check(!truth.ended[life], "I3: a get succeeded on a dead object");
	explore_check(!truth.frozen, "I3: a get succeeded on a frozen object");
	truth.held[life]++;
	seen.base = gm_paddr(gm_desc_base(&world->desc));
	seen.size = gm_desc_size(&world->desc);
	seen.owner = gm_desc_owner(&world->desc);
	seen.type = gm_ref_type(&world->desc);
	check_record(&seen, life);
	world->marks[id] = life;
	return life;
}

void ref_end(const struct gm_object *gone, unsigned life)
{
	unsigned id;

	explore_note("ends life", life);
	check_record(gone, life);
	explore_check(life == truth.life && !truth.ended[life], "I4: a second destroyer");
	explore_check(truth.held[life] == 0, "destroyed while somebody holds it");
	truth.ended[life] = 1;
	truth.pinned = 0;
	for (id = 0; id < EXPLORE_THREADS; id++)
		explore_check(world->marks[id] <= life, "a mark from a later life");
	world->place = life;
}

void ref_put(unsigned life)
{
	struct gm_object gone;

	truth.held[life]--;
	if (!gm_ref_put(&world->desc, &gone))
		return;
	ref_end(&gone, life);
	if (life + 1 < LIVES)
		ref_begin(life + 1);
}

void ref_begin(unsigned life)
{
	truth.life = life;
	ref_write_fields(life, truth.version);
	truth.held[life]++;
	truth.frozen = 0;
	gm_ref_publish(&world->desc, TYPE, 1);
	ref_put(life);
}

void ref_refused(int err)
{
	struct gm_object gone;

	if (err != -GM_EORPHAN)
		return;
	gm_ref_orphan(&world->desc, &gone);
	ref_end(&gone, truth.life);
}
