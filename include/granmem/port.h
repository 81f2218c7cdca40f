/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * port.h - the two hooks through which granmem speaks to its embedder.
 *
 * Both are plain function pointers set once at start-up, so that the archive
 * has no undefined symbols. Neither allocates or blocks.
 */
#ifndef GM_PORT_H
#define GM_PORT_H

#include <granmem/config.h>
#include <granmem/env.h>

GM_BEGIN_DECLS

/* A programmer's error was found: text says which, object is the descriptor or
 * table concerned. May not return (panic, longjmp); if it returns, the call
 * that found the error changes nothing more and fails. */
typedef void gm_panic_hook(const char *text, const void *object);

/* Something that is not an error of the running call deserves a line in a log:
 * for example an object that is leaked on purpose because its count
 * saturated. Called in the context of the caller, NMI included. */
typedef void gm_notice_hook(const char *text, const void *object);

/*
 * gm_port_set_panic, gm_port_set_notice - install a hook.
 *
 * NULL restores the default: the panic hook traps (__builtin_trap), the notice
 * hook does nothing. Context: before the table is shared between CPUs.
 */
void gm_port_set_panic(gm_panic_hook *hook);
void gm_port_set_notice(gm_notice_hook *hook);

/* gm_port_panic, gm_port_notice - call the hook. Context: any. */
GM_COLD void gm_port_panic(const char *text, const void *object);
GM_COLD void gm_port_notice(const char *text, const void *object);

GM_END_DECLS

/* An assertion is an expression: false calls the hook and yields 0, so that
 * the caller can return an error if the hook returned. */
#if GM_CONFIG_CHECKS >= 1
#define GM_CHECK(cond, text, object) \
	(GM_LIKELY(cond) ? 1 : (gm_port_panic(text, object), 0))
#else
#define GM_CHECK(cond, text, object) \
	((void)sizeof((cond) ? 1 : 0), (void)(text), (void)(object), 1)
#endif

#endif
