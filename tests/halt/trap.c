/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trap.c - interrupting this process; contracts in halt.h.
 *
 * Under the trap flag the processor traps after each instruction, and the kernel
 * calls the handler of SIGTRAP on top of the operation, as an interrupt would
 * be. What the operation's registers were is in the handler's last argument, and
 * whatever the handler leaves there is gone on with.
 *
 * Signals are what takes the time, so there is one a step and one a run: a step enters
 * the operation without the kernel and leaves its handler by a jump; a run takes a
 * trap, whose handler runs the other operation and goes on with the halted one,
 * which returns to a jump.
 */
#include "halt.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#define TRAP_FLAG 0x100

struct registers {
	struct _libc_fpstate floating;
	gregset_t general;
} __attribute__((aligned(16)));

/* What the next trap means. */
enum state {
	FOR_REGISTERS, /* this process asks what registers look like */
	STEPPED,       /* the operation has executed one instruction */
	TO_RUN,        /* the other operation is to run, and then the rest of this one */
};

static volatile enum state state;
static struct registers now; /* of the operation */
static sigjmp_buf home;

/* What comes home. */
enum { FROM_STEP = 1, FROM_END, FROM_OVERDUE };

/* What run is asked for. */
static const struct operation *other;
static struct outcome *other_out;
static int other_counted;
static unsigned long *other_longest;
static volatile enum verdict verdict;

/* trap_enter - go on with `registers`, and with the trap flag: the trap comes after the
 * first instruction there. trap_end - where the operation returns to in a run. */
_Noreturn void trap_enter(const struct registers *registers);
_Noreturn void trap_ended(void);
extern char trap_end[];

/* Where trap_enter finds them. */
_Static_assert(offsetof(struct registers, general) == 512 && REG_R8 == 0 && REG_RDI == 8 &&
		       REG_RAX == 13 && REG_RCX == 14 && REG_RSP == 15 && REG_EFL == 17,
	       "the kernel's order of registers");

__asm__(".pushsection .text\n"
	".globl trap_enter, trap_end\n"
	"trap_enter:\n"
	"	fxrstor64 (%rdi)\n"
	"	lea	512(%rdi), %rax\n"
	"	mov	%ss, %ecx\n"
	"	push	%rcx\n"
	"	push	8*15(%rax)\n" /* rsp */
	"	mov	8*17(%rax), %rdx\n"
	"	or	$0x100, %rdx\n" /* TRAP_FLAG */
	"	push	%rdx\n"
	"	mov	%cs, %ecx\n"
	"	push	%rcx\n"
	"	push	8*16(%rax)\n" /* rip */
	"	mov	8*0(%rax), %r8\n"
	"	mov	8*1(%rax), %r9\n"
	"	mov	8*2(%rax), %r10\n"
	"	mov	8*3(%rax), %r11\n"
	"	mov	8*4(%rax), %r12\n"
	"	mov	8*5(%rax), %r13\n"
	"	mov	8*6(%rax), %r14\n"
	"	mov	8*7(%rax), %r15\n"
	"	mov	8*8(%rax), %rdi\n"
	"	mov	8*9(%rax), %rsi\n"
	"	mov	8*10(%rax), %rbp\n"
	"	mov	8*11(%rax), %rbx\n"
	"	mov	8*12(%rax), %rdx\n"
	"	mov	8*14(%rax), %rcx\n"
	"	mov	8*13(%rax), %rax\n"
	"	iretq\n"
	"trap_end:\n"
	"	and	$-16, %rsp\n"
	"	call	trap_ended\n"
	".popsection");

static void take(struct registers *to, const ucontext_t *uc)
{
	memcpy(to->general, uc->uc_mcontext.gregs, sizeof(to->general));
	memcpy(&to->floating, uc->uc_mcontext.fpregs,
	       offsetof(struct _libc_fpstate, __glibc_reserved1));
	to->general[REG_EFL] &= ~TRAP_FLAG;
}

static void put(const struct registers *from, ucontext_t *uc)
{
	memcpy(uc->uc_mcontext.gregs, from->general, sizeof(from->general));
	memcpy(uc->uc_mcontext.fpregs, &from->floating,
	       offsetof(struct _libc_fpstate, __glibc_reserved1));
}

static void overdue(void)
{
	siglongjmp(home, FROM_OVERDUE);
}

void trap_ended(void)
{
	bound_disarm();
	siglongjmp(home, FROM_END);
}

static void on_trap(void *context)
{
	ucontext_t *uc = context;

	switch (state) {
	case FOR_REGISTERS:
		take(&now, uc);
		break;
	case STEPPED:
		take(&now, uc);
		siglongjmp(home, FROM_STEP);
	case TO_RUN:
		verdict = bound_run(other, other_out, other_counted, other_longest);
		if (verdict == FINISHED) {
			put(&now, uc);
			bound_arm(overdue);
		}
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

/* Both ends are known by the slot that the operation returns through. */
static void end_at(void *address)
{
	((void **)memory_stack_top())[-1] = address;
}

static void start(const struct operation *op)
{
	memset(memory_halted, 0, sizeof(*memory_halted));
	end_at(halt_end);
	call(FOR_REGISTERS);
	now.general[REG_RIP] = (greg_t)(uintptr_t)op->run;
	now.general[REG_RSP] = (greg_t)(uintptr_t)((void **)memory_stack_top() - 1);
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
	if (sigsetjmp(home, 0) == 0) {
		state = STEPPED;
		trap_enter(&now);
	}
	return at() != (uintptr_t)halt_end;
}

static enum verdict run(const struct operation *op, struct outcome *out, int counted,
			unsigned long *longest)
{
	other = op;
	other_out = out;
	other_counted = counted;
	other_longest = longest;
	switch (sigsetjmp(home, 0)) {
	case 0:
		/* What is put back afterwards puts this back, too. */
		end_at(trap_end);
		call(TO_RUN);
		return verdict;
	case FROM_END:
		return FINISHED;
	default:
		return HALTED_BLOCKED;
	}
}

const struct driver driver_trap = {
	"interrupts", init, start, step, at, stack, run,
};
