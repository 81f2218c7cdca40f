/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ptrace.c - halting another process; contracts in halt.h.
 *
 * The halted side is a child that shares the world and its stack and never runs
 * anything but operations: its registers are set to the first instruction of one,
 * and it is stepped from there. The other side is this process.
 */
#include "halt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* Real time: the child's own does not run this process' timer. */
#define RESUMED_SECONDS 20

struct registers {
	struct user_regs_struct general;
	struct user_fpregs_struct floating;
};

static pid_t child;
static struct registers at_rest; /* of the child before its first operation */
static struct registers now;     /* of the halted operation */
static int floating_known;       /* now.floating is of this point */
static int moved;                /* the child is not where `now` is */

static void die(const char *what)
{
	fprintf(stderr, "ptrace: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void request(enum __ptrace_request number, void *data, const char *what)
{
	if (ptrace(number, child, NULL, data) != 0)
		die(what);
}

/* Only interrupts the wait for the child. */
static void on_alarm(int number)
{
	(void)number;
}

/* Waits for the child's next trap; 0 if it does not come. */
static int wait_for_trap(void)
{
	int status;

	if (waitpid(child, &status, __WALL) != child) {
		if (errno == EINTR)
			return 0;
		die("waitpid");
	}
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) {
		fprintf(stderr, "ptrace: the halted side ended with status %#x\n",
			(unsigned)status);
		exit(1);
	}
	return 1;
}

static void get_registers(struct registers *to)
{
	request(PTRACE_GETREGS, &to->general, "reading registers");
	floating_known = 0;
}

static void put_back(void)
{
	request(PTRACE_SETREGS, &now.general, "setting registers");
	if (floating_known)
		request(PTRACE_SETFPREGS, &now.floating, "setting registers");
	moved = 0;
}

static void run_child(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(2);
	raise(SIGSTOP);
	_exit(0);
}

static int init(const char **why)
{
	struct sigaction action = { .sa_handler = on_alarm };
	int status = 0;

	sigaction(SIGALRM, &action, NULL);
	child = fork();
	if (child == 0)
		run_child();
	if (child < 0 || waitpid(child, &status, __WALL) != child)
		die("starting the halted side");
	if (!WIFSTOPPED(status)) {
		*why = "ptrace is not allowed here";
		return 0;
	}
	request(PTRACE_SETOPTIONS, (void *)(long)PTRACE_O_EXITKILL, "options");
	get_registers(&at_rest);
	request(PTRACE_GETFPREGS, &at_rest.floating, "reading registers");
	return 1;
}

static void start(const struct operation *op)
{
	void **top = memory_stack_top();

	memset(memory_halted, 0, sizeof(*memory_halted));
	*--top = halt_end;
	now = at_rest;
	now.general.orig_rax = ~0ull; /* no system call to restart */
	now.general.rip = (uintptr_t)op->run;
	now.general.rsp = (uintptr_t)top;
	now.general.rdi = (uintptr_t)memory_halted;
	now.general.rbp = 0;
	now.general.eflags = 0x202;
	floating_known = 1;
	moved = 1;
}

static uintptr_t at(void)
{
	return now.general.rip;
}

static const void *stack(void)
{
	return (const void *)(uintptr_t)now.general.rsp;
}

static int step(void)
{
	if (moved)
		put_back();
	request(PTRACE_SINGLESTEP, NULL, "stepping");
	while (!wait_for_trap())
		;
	get_registers(&now);
	return at() != (uintptr_t)halt_end;
}

static enum verdict run(const struct operation *other, struct outcome *out, int counted,
			unsigned long *longest)
{
	enum verdict verdict;
	int finished;

	if (!floating_known)
		request(PTRACE_GETFPREGS, &now.floating, "reading registers");
	floating_known = 1;
	if (moved)
		put_back();
	verdict = bound_run(other, out, counted, longest);
	if (verdict != FINISHED)
		return verdict;
	moved = 1;
	request(PTRACE_CONT, NULL, "resuming");
	alarm(RESUMED_SECONDS);
	finished = wait_for_trap();
	alarm(0);
	if (finished)
		return FINISHED;
	kill(child, SIGSTOP);
	waitpid(child, &(int){ 0 }, __WALL);
	return HALTED_BLOCKED;
}

const struct driver driver_ptrace = {
	"halts", init, start, step, at, stack, run,
};
