/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trap.c - interrupting this process; contracts in halt.h.
 *
 * Under the trap flag the processor traps after each instruction, and the kernel
 * calls the handler of SIGTRAP on top of the operation, as an interrupt would
 * be. What the operation's registers were is in the handler's last argument, and
 * whatever the handler leaves there is gone on with. So one handler does it all: it
 * puts the operation's registers there to go on with it, and the caller's to come
 * back; and between the two it runs the other operation itself.
 */
#include "halt.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#define TRAP_FLAG 0x100

struct registers {
	gregset_t general;
	struct _libc_fpstate floating;
};

/* What the next trap means. */
enum state {
	CALLED_FOR_REGISTERS, /* this process asks what registers look like */
	CALLED_TO_STEP,       /* this process asks for one instruction of the operation */
	CALLED_TO_RUN,        /* ... for the other operation, and for the rest of this one */
	STEPPED,              /* the operation has executed one instruction */
	ENDED,                /* the operation has run to its end */
};

static volatile enum state state;
static struct registers home; /* of who called */
static struct registers now;  /* of the operation */
static sigjmp_buf not_ended;

/* What run is asked for. */
static const struct operation *other;
static struct outcome *other_out;
static int other_counted;
static unsigned long *other_longest;
static volatile enum verdict verdict;

static void take(struct registers *to, const ucontext_t *uc)
{
	memcpy(to->general, uc->uc_mcontext.gregs, sizeof(to->general));
	memcpy(&to->floating, uc->uc_mcontext.fpregs,
	       offsetof(struct _libc_fpstate, __glibc_reserved1));
}

static void put(const struct registers *from, ucontext_t *uc, greg_t flags)
{
	memcpy(uc->uc_mcontext.gregs, from->general, sizeof(from->general));
	memcpy(uc->uc_mcontext.fpregs, &from->floating,
	       offsetof(struct _libc_fpstate, __glibc_reserved1));
	uc->uc_mcontext.gregs[REG_EFL] = (from->general[REG_EFL] & ~TRAP_FLAG) | flags;
}

static void overdue(void)
{
	siglongjmp(not_ended, 1);
}

static void on_trap(void *context)
{
	ucontext_t *uc = context;

	switch (state) {
	case CALLED_FOR_REGISTERS:
		take(&now, uc);
		break;
	case CALLED_TO_STEP:
		take(&home, uc);
		put(&now, uc, TRAP_FLAG);
		state = STEPPED;
		break;
	case STEPPED:
		take(&now, uc);
		put(&home, uc, 0);
		break;
	case CALLED_TO_RUN:
		take(&home, uc);
		put(&now, uc, 0);
		verdict = bound_run(other, other_out, other_counted, other_longest);
		if (verdict == FINISHED) {
			state = ENDED;
			bound_arm(overdue);
		} else {
			put(&home, uc, 0);
		}
		break;
	case ENDED:
		bound_disarm();
		put(&home, uc, 0);
		break;
	}
}

static void call(enum state what)
{
	state = what;
	__asm__ volatile("int3" ::: "memory");
}

static int init(const char **why)
{
	(void)why;
	bound_on_trap(on_trap);
	return 1;
}

static void start(const struct operation *op)
{
	void **top = memory_stack_top();

	memset(memory_halted, 0, sizeof(*memory_halted));
	*--top = halt_end;
	call(CALLED_FOR_REGISTERS);
	now.general[REG_RIP] = (greg_t)(uintptr_t)op->run;
	now.general[REG_RSP] = (greg_t)(uintptr_t)top;
	now.general[REG_RDI] = (greg_t)(uintptr_t)memory_halted;
	now.general[REG_RBP] = 0;
}

static uintptr_t at(void)
{
	return (uintptr_t)now.general[REG_RIP];
}

static const void *stack(void)
{
	return (const void *)now.general[REG_RSP];
}

static int step(void)
{
	call(CALLED_TO_STEP);
	return at() != (uintptr_t)halt_end;
}

static enum verdict run(const struct operation *op, struct outcome *out, int counted,
			unsigned long *longest)
{
	other = op;
	other_out = out;
	other_counted = counted;
	other_longest = longest;
	if (sigsetjmp(not_ended, 0) != 0)
		return HALTED_BLOCKED;
	call(CALLED_TO_RUN);
	return verdict;
}

const struct driver driver_trap = {
	"interrupts", init, start, step, at, stack, run,
};
