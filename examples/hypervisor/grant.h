/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grant.h - pages of one guest that the other one may see.
 *
 *   share      each page's object gets a reference, which is the grant's
 *   accept     and one more for each page in the other guest's window
 *   revoke     both are gone, after no processor can reach the pages there any more
 *
 * A guest that ends gives up what it has accepted; what it has shared goes on existing
 * for the other one, until that ends, too.
 *
 * Addresses and numbers are what a guest has said: any. An error is the guest's answer,
 * and nothing has changed. -GM_EBUSY: the other guest is in a call about the same grant.
 */
#ifndef HYPERVISOR_GRANT_H
#define HYPERVISOR_GRANT_H

#include "guest.h"

int64_t grant_share(struct guest *guest, uint64_t address, uint64_t bytes, uint64_t how);
int64_t grant_accept(struct guest *guest, uint64_t number, uint64_t address);
int64_t grant_revoke(struct guest *guest, uint64_t number);

/* Does a grant of the guest have any of these bytes of its RAM? */
int grant_has(struct guest *guest, uint64_t address, uint64_t bytes);

/* The guest ends. */
void grant_leave(struct guest *guest);

#endif
