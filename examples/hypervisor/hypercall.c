/* SPDX-License-Identifier: BSD-2-Clause */
/* hypercall.c - who asks for what, with numbers that nobody has checked yet. */
#include "hypercall.h"

#include "grant.h"

/* A letter of the guest's memory, as its tables have it. */
static int read_letter(struct guest *guest, uint64_t address, char *out)
{
	struct gm_walker_at at;
	int err = guest_lookup(guest, address, &at);

	if (err == 0)
		*out = *(const volatile char *)memory_at(at.paddr.value);
	if (err == 0 && (*out < ' ' || *out > '~'))
		*out = '?'; /* the console is not the guest's to command */
	return err;
}

static int64_t say(struct guest *guest, uint64_t text, uint64_t bytes)
{
	static atomic_flag saying = ATOMIC_FLAG_INIT;
	char line[SAY_BYTES + 1];
	int err = guest_is_ram(text, bytes);
	unsigned n;

	if (err == 0 && bytes > SAY_BYTES)
		err = -GM_ESIZE;
	for (n = 0; err == 0 && n < bytes; n++)
		err = read_letter(guest, text + n, &line[n]);
	if (err != 0)
		return err;
	line[n] = '\0';
	while (atomic_flag_test_and_set(&saying))
		cpu_relax();
	print("guest ");
	print_number(guest->id);
	print(": ");
	print(line);
	print("\n");
	atomic_flag_clear(&saying);
	return 0;
}

static int64_t meet(struct guest *guest, uint64_t point)
{
	if (point >= MEET_ENDED)
		return -GM_EINVAL;
	atomic_store(&guest->met, (unsigned)point);
	return atomic_load(&guests[1 - guest->id].met);
}

/* Memory that a guest gives up has no readers left: nobody has a grant of it, and its
 * own processor has forgotten it when guest_unmap returns. */
static int64_t give_back(struct guest *guest, uint64_t address, uint64_t bytes)
{
	int err = guest_is_ram(address, bytes);

	if (err == 0 && (address | bytes) % PAGE_BYTES != 0)
		err = -GM_EALIGN;
	if (err == 0 && grant_has(guest, address, bytes))
		err = -GM_EEXIST;
	return err != 0 ? err : guest_unmap(guest, address, bytes);
}

static int64_t references(struct guest *guest, uint64_t address)
{
	struct gm_walker_at at;
	struct gm_desc *object;
	int64_t nr;
	int err = guest_lookup(guest, address, &at);

	if (err == 0)
		err = gm_find_get(&memory, at.paddr, TYPE_GUEST, &object);
	if (err != 0)
		return err;
	nr = (int64_t)gm_ref_count(object) - 1; /* our own does not count */
	gm_put(&memory, object);
	return nr;
}

int64_t hypercall(struct guest *guest, const uint64_t *arguments)
{
	uint64_t a = arguments[1], b = arguments[2], c = arguments[3];

	switch (arguments[0]) {
	case CALL_SAY:
		return say(guest, a, b);
	case CALL_MEET:
		return meet(guest, a);
	case CALL_SHARE:
		return grant_share(guest, a, b, c);
	case CALL_ACCEPT:
		return grant_accept(guest, a, b);
	case CALL_REVOKE:
		return grant_revoke(guest, a);
	case CALL_GIVE_BACK:
		return give_back(guest, a, b);
	case CALL_REFERENCES:
		return references(guest, a);
	case CALL_PAGES:
		return (int64_t)gm_map_granules(&guest->counts, GM_MAP_ANONYMOUS);
	default:
		return -GM_ENOTSUP;
	}
}
