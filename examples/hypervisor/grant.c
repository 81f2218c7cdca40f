/* SPDX-License-Identifier: BSD-2-Clause */
/* grant.c - pages shared by reference count. */
#include "grant.h"

/*
 * Two CPUs may come to a grant at once: its owner's, to revoke it, and the other
 * guest's. Who finds it busy answers so, and nobody waits for a guest.
 */
struct grant {
	atomic_flag busy;
	unsigned nr;      /* pages; 0: the grant is free */
	uint64_t address; /* where the owner has them */
	uint64_t window;  /* where the other one has them; 0: nowhere */
	uint32_t prot;
	int is_orphan;    /* the owner has ended */
	struct {
		struct gm_desc *object; /* a reference */
		uint64_t offset;
	} pages[SHARE_PAGES];
};

static struct grant grants[NR_GUESTS][NR_GRANTS];

static int take(struct grant *grant)
{
	return atomic_flag_test_and_set(&grant->busy) ? -GM_EBUSY : 0;
}

static void leave(struct grant *grant)
{
	atomic_flag_clear(&grant->busy);
}

/* Numbers begin at 1, the second guest's behind those of the first. */
static struct grant *numbered(const struct guest *owner, uint64_t number)
{
	uint64_t n = number - 1 - owner->id * NR_GRANTS; /* wraps: too large, then */

	return n < NR_GRANTS ? &grants[owner->id][n] : NULL;
}

/* Nobody has the pages in a window. */
static void put_pages(struct grant *grant)
{
	for (; grant->nr > 0; grant->nr--)
		gm_put(&memory, grant->pages[grant->nr - 1].object);
}

/* The guest's tables say which frame the page is, and the frame whose it is. */
static int get_page(struct guest *guest, struct grant *grant, uint64_t address)
{
	struct gm_walker_at at;
	struct gm_desc *object;
	int err = guest_lookup(guest, address, &at);

	if (err == 0)
		err = gm_find_get(&memory, at.paddr, TYPE_GUEST, &object);
	if (err != 0)
		return err;
	grant->pages[grant->nr].object = object;
	grant->pages[grant->nr].offset = at.paddr.value - gm_desc_base(object);
	grant->nr++;
	return 0;
}

static int get_pages(struct guest *guest, struct grant *grant, uint64_t address, uint64_t bytes)
{
	uint64_t done;
	int err = 0;

	for (done = 0; done < bytes && err == 0; done += PAGE_BYTES)
		err = get_page(guest, grant, address + done);
	if (err != 0)
		put_pages(grant);
	return err;
}

int64_t grant_share(struct guest *guest, uint64_t address, uint64_t bytes, uint64_t how)
{
	int err = guest_is_ram(address, bytes);
	unsigned n;

	if (err == 0 && (address | bytes) % PAGE_BYTES != 0)
		err = -GM_EALIGN;
	if (err == 0 && bytes > SHARE_PAGES * PAGE_BYTES)
		err = -GM_ESIZE;
	if (err == 0 && how != SHARE_READ && how != SHARE_WRITE)
		err = -GM_EINVAL;
	if (err != 0)
		return err;
	for (n = 0; n < NR_GRANTS; n++) {
		struct grant *grant = &grants[guest->id][n];

		if (take(grant) != 0)
			continue;
		if (grant->nr != 0) {
			leave(grant);
			continue;
		}
		grant->address = address;
		grant->window = 0;
		grant->prot = GM_PROT_READ | (how == SHARE_WRITE ? GM_PROT_WRITE : 0);
		err = get_pages(guest, grant, address, bytes);
		leave(grant);
		return err != 0 ? err : (int64_t)(guest->id * NR_GRANTS + n + 1);
	}
	return -GM_ELIMIT;
}

/* All of the pages, or none. */
static int show(struct guest *guest, const struct grant *grant, uint64_t address)
{
	unsigned n;
	int err = 0;

	for (n = 0; n < grant->nr; n++) {
		err = guest_map(guest, address + n * PAGE_BYTES, grant->pages[n].object,
				grant->pages[n].offset, grant->prot);
		if (err != 0)
			break;
	}
	if (err != 0 && n > 0)
		must(guest_unmap(guest, address, n * PAGE_BYTES), "unmap");
	return err;
}

static int is_window(uint64_t address, uint64_t bytes)
{
	return address >= WINDOW_BASE && address - WINDOW_BASE < WINDOW_BYTES &&
	       bytes <= WINDOW_BYTES - (address - WINDOW_BASE);
}

int64_t grant_accept(struct guest *guest, uint64_t number, uint64_t address)
{
	struct grant *grant = numbered(&guests[1 - guest->id], number);
	int err;

	if (grant == NULL)
		return -GM_ENOENT;
	if (take(grant) != 0)
		return -GM_EBUSY;
	if (grant->nr == 0)
		err = -GM_ENOENT;
	else if (grant->window != 0)
		err = -GM_EEXIST;
	else if (address % PAGE_BYTES != 0)
		err = -GM_EALIGN;
	else if (!is_window(address, (uint64_t)grant->nr * PAGE_BYTES))
		err = -GM_ERANGE;
	else
		err = show(guest, grant, address);
	if (err == 0)
		grant->window = address;
	leave(grant);
	return err;
}

/* Out of the window, from which the guest may be reading at this moment. */
static void hide(struct guest *guest, struct grant *grant)
{
	if (grant->window != 0)
		must(guest_unmap(guest, grant->window, (uint64_t)grant->nr * PAGE_BYTES), "unmap");
	grant->window = 0;
}

int64_t grant_revoke(struct guest *guest, uint64_t number)
{
	struct grant *grant = numbered(guest, number);
	int err;

	if (grant == NULL)
		return -GM_ENOENT;
	if (take(grant) != 0)
		return -GM_EBUSY;
	err = grant->nr == 0 ? -GM_ENOENT : 0;
	if (err == 0) {
		hide(&guests[1 - guest->id], grant);
		put_pages(grant);
	}
	leave(grant);
	return err;
}

/* Only the owner's CPU changes what this reads. */
int grant_has(struct guest *guest, uint64_t address, uint64_t bytes)
{
	unsigned n;

	for (n = 0; n < NR_GRANTS; n++) {
		const struct grant *grant = &grants[guest->id][n];

		if (address < grant->address + (uint64_t)grant->nr * PAGE_BYTES &&
		    grant->address < address + bytes)
			return 1;
	}
	return 0;
}

void grant_leave(struct guest *guest)
{
	unsigned n;

	for (n = 0; n < NR_GUESTS * NR_GRANTS; n++) {
		unsigned owner = n / NR_GRANTS;
		struct grant *grant = &grants[owner][n % NR_GRANTS];

		while (take(grant) != 0)
			cpu_relax(); /* the other guest's call ends soon */
		if (owner == guest->id)
			grant->is_orphan = 1;
		else
			hide(guest, grant);
		if (grant->is_orphan && grant->window == 0)
			put_pages(grant);
		leave(grant);
	}
}
