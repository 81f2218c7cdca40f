/* SPDX-License-Identifier: BSD-2-Clause */
/* reverse.c - from an object to its mappings; contracts in granmem/reverse.h. */
#include <granmem/reverse.h>

#if GM_CONFIG_64BIT

/* The bytes that are to go, and the gather of the walker that was told of last. */
struct pass {
	struct gm_desc *desc;
	uint64_t offset;
	uint64_t end;
	struct gm_walker *walker; /* NULL: none yet */
	struct gm_walker_gather gather;
};

static void finish(struct pass *pass)
{
	if (pass->walker != NULL)
		gm_walker_gather_finish(pass->walker, &pass->gather);
}

static void use_walker(struct pass *pass, struct gm_walker *walker)
{
	if (pass->walker == walker)
		return;
	finish(pass);
	pass->walker = walker;
	gm_walker_gather_init(&pass->gather);
}

/* As much of a place as is about these bytes. */
static int unmap_place(struct pass *pass, const struct gm_reverse_place *place)
{
	uint64_t first = place->offset > pass->offset ? place->offset : pass->offset;
	uint64_t skip = first - place->offset;
	uint64_t bytes;

	if (first >= pass->end || skip >= place->bytes)
		return 0;
	if (skip > ~place->va)
		return -GM_EOVERFLOW;
	bytes = place->bytes - skip;
	if (bytes > pass->end - first)
		bytes = pass->end - first;
	use_walker(pass, place->walker);
	return gm_walker_unmap_object(place->walker, place->va + skip, bytes, pass->desc, first,
				      &pass->gather);
}

int gm_reverse_unmap(struct gm_desc *desc, uint64_t offset, uint64_t size,
		     gm_reverse_next_hook *next, void *ctx)
{
	uint64_t limit = gm_desc_size(desc);
	struct gm_reverse_place place;
	struct pass pass;
	int first = 0;
	int err;

	if (size == 0)
		return -GM_ESIZE;
	if (offset > limit || size > limit - offset)
		return -GM_ERANGE;
	pass.desc = desc;
	pass.offset = offset;
	pass.end = offset + size;
	pass.walker = NULL;
	while (next(ctx, desc, &place)) {
		err = unmap_place(&pass, &place);
		if (first == 0)
			first = err;
	}
	finish(&pass);
	return first;
}

#endif
