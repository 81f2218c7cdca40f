/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.c - a virtual machine of /dev/kvm (Linux: Documentation/virt/kvm/api.rst). */
#include "machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int kvm = -1;

static int call(int fd, unsigned long request, unsigned long argument, const char *what)
{
	int answer = ioctl(fd, request, argument);

	if (answer < 0) {
		perror(what);
		exit(1);
	}
	return answer;
}

const char *machine_missing(void)
{
	if (kvm < 0)
		kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		return "/dev/kvm cannot be opened";
	if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return "/dev/kvm has another API";
	if (ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_READONLY_MEM) <= 0)
		return "/dev/kvm has no read-only memory";
	return NULL;
}

/* Flat segments: all of 4 GiB, so that an address is an address. */
static struct kvm_segment segment(unsigned type, unsigned selector)
{
	struct kvm_segment flat = { .base = 0, .limit = 0xffffffff, .selector = (uint16_t)selector,
		.type = (uint8_t)type, .present = 1, .db = 1, .s = 1, .g = 1 };

	return flat;
}

static void protected_mode(int vcpu)
{
	struct kvm_sregs special = { 0 };

	call(vcpu, KVM_GET_SREGS, (unsigned long)&special, "KVM_GET_SREGS");
	special.cs = segment(11, 8);
	special.ds = segment(3, 16);
	special.es = special.fs = special.gs = special.ss = special.ds;
	special.cr0 |= 1; /* protected mode */
	call(vcpu, KVM_SET_SREGS, (unsigned long)&special, "KVM_SET_SREGS");
}

void machine_start(struct machine *machine, uint64_t entry)
{
	struct kvm_regs registers = { .rip = entry, .rflags = 2 };

	call(machine->vcpu, KVM_SET_REGS, (unsigned long)&registers, "KVM_SET_REGS");
}

void machine_open(struct machine *machine)
{
	const char *missing = machine_missing();

	if (missing != NULL) {
		fprintf(stderr, "%s\n", missing);
		exit(1);
	}
	machine->vm = call(kvm, KVM_CREATE_VM, 0, "KVM_CREATE_VM");
	machine->vcpu = call(machine->vm, KVM_CREATE_VCPU, 0, "KVM_CREATE_VCPU");
	machine->run_bytes = (size_t)call(kvm, KVM_GET_VCPU_MMAP_SIZE, 0, "KVM_GET_VCPU_MMAP_SIZE");
	machine->run = mmap(NULL, machine->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			    machine->vcpu, 0);
	if (machine->run == MAP_FAILED) {
		perror("mmap of a processor");
		exit(1);
	}
	protected_mode(machine->vcpu);
}

void machine_close(struct machine *machine)
{
	munmap(machine->run, machine->run_bytes);
	close(machine->vcpu);
	close(machine->vm);
}

void machine_slot(const struct machine *machine, unsigned slot, uint64_t gpa, uint64_t bytes,
		  void *host, int writable)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = writable ? KVM_MEM_LOG_DIRTY_PAGES : KVM_MEM_READONLY,
		.guest_phys_addr = gpa,
		.memory_size = bytes,
		.userspace_addr = (uintptr_t)host,
	};

	call(machine->vm, KVM_SET_USER_MEMORY_REGION, (unsigned long)&region,
	     "KVM_SET_USER_MEMORY_REGION");
}

void machine_run(struct machine *machine)
{
	call(machine->vcpu, KVM_RUN, 0, "KVM_RUN");
}

void machine_dirty(const struct machine *machine, unsigned slot, uint64_t *bits)
{
	struct kvm_dirty_log log = { .slot = slot };

	log.dirty_bitmap = bits;
	call(machine->vm, KVM_GET_DIRTY_LOG, (unsigned long)&log, "KVM_GET_DIRTY_LOG");
}
