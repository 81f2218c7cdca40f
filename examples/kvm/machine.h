/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.h - the few calls of /dev/kvm that this monitor needs; nothing of granmem. */
#ifndef KVM_MACHINE_H
#define KVM_MACHINE_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

struct machine {
	int vm;
	int vcpu;
	struct kvm_run *run;
	size_t run_bytes;
};

/* machine_missing - why no machine can be made here, or NULL. */
const char *machine_missing(void);

/* machine_open - a machine of one processor, in flat 32-bit protected mode without
 * paging. Fails by ending the program, as all of these do. */
void machine_open(struct machine *machine);
void machine_close(struct machine *machine);

/* machine_slot - guest addresses [gpa, gpa + bytes) are the memory at `host`; with a
 * log of the pages written, or read-only: then a write comes out as an exit. bytes 0
 * takes the slot away. */
void machine_slot(const struct machine *machine, unsigned slot, uint64_t gpa, uint64_t bytes,
		  void *host, int writable);

/* machine_start - the next run begins at `entry`. */
void machine_start(struct machine *machine, uint64_t entry);

/* machine_run - until the guest wants something; the reason is in machine->run. */
void machine_run(struct machine *machine);

/* machine_dirty - the pages of a slot written since it was asked last, a bit each. */
void machine_dirty(const struct machine *machine, unsigned slot, uint64_t *bits);

#endif
