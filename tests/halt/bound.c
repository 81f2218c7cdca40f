/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bound.c - an operation within its bound; contracts in halt.h.
 *
 * Counting instructions takes a trap for each of them. So most runs are bounded by
 * the processor's clock: what took so few cycles has executed no more than a few
 * times as many instructions. What took longer, perhaps because the machine ran
 * something else, is run again and, if it stays so, counted. A timer, of the time
 * that this process runs, ends what would never come back.
 */
#include "halt.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <ucontext.h>
#include <x86intrin.h>

#define TICK_US 20000
#define TRAP_FLAG 0x100
#define HANDLER_STACK ((size_t)64 << 10)

unsigned long bound_instructions = BOUND_INSTRUCTIONS;

static sigjmp_buf overdue;
static volatile sig_atomic_t ticks;
static void (*volatile on_expiry)(void);
static volatile sig_atomic_t counting;
static volatile unsigned long counted_now;
static void (*other_handler)(void *context);

static void give_up(void)
{
	counting = 0;
	on_expiry = NULL;
	siglongjmp(overdue, 1);
}

static void on_tick(int number)
{
	(void)number;
	if (on_expiry != NULL && ++ticks > BOUND_TICKS)
		on_expiry();
}

static void on_trap(int number, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)number;
	if (!counting)
		other_handler(context);
	else if (info->si_code != TRAP_TRACE)
		uc->uc_mcontext.gregs[REG_EFL] ^= TRAP_FLAG; /* of toggle */
	else if (++counted_now > bound_instructions)
		give_up();
}

static void install(int number, const struct sigaction *action)
{
	if (sigaction(number, action, NULL) != 0) {
		perror("sigaction");
		exit(1);
	}
}

void bound_init(void)
{
	struct itimerval interval = { { 0, TICK_US }, { 0, TICK_US } };
	stack_t stack = { .ss_sp = malloc(HANDLER_STACK), .ss_size = HANDLER_STACK };
	struct sigaction action = { .sa_handler = on_tick };

	if (stack.ss_sp == NULL || sigaltstack(&stack, NULL) != 0 ||
	    setitimer(ITIMER_VIRTUAL, &interval, NULL) != 0) {
		perror("bound");
		exit(1);
	}
	/* Not deferred: the handlers interrupt each other, and are left by jumps. */
	action.sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART;
	install(SIGVTALRM, &action);
	action.sa_flags |= SA_SIGINFO;
	action.sa_sigaction = on_trap;
	install(SIGTRAP, &action);
}

void bound_on_trap(void (*handler)(void *context))
{
	other_handler = handler;
}

void bound_arm(void (*expired)(void))
{
	ticks = 0;
	on_expiry = expired;
}

void bound_disarm(void)
{
	on_expiry = NULL;
}

/* The handler of this trap sets or clears the trap flag. */
static void toggle(void)
{
	__asm__ volatile("int3" ::: "memory");
}

enum verdict bound_run(const struct operation *op, struct outcome *out, int counted,
		       unsigned long *longest)
{
	if (sigsetjmp(overdue, 0) != 0)
		return OTHER_BLOCKED;
	if (!counted) {
		unsigned long long begin = __rdtsc();

		bound_arm(give_up);
		op->run(out);
		bound_disarm();
		return __rdtsc() - begin <= BOUND_CYCLES ? FINISHED : OTHER_SLOW;
	}
	counted_now = 0;
	counting = 1;
	toggle();
	op->run(out);
	toggle();
	counting = 0;
	if (counted_now > *longest)
		*longest = counted_now;
	return FINISHED;
}
