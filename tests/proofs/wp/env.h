/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * env.h - GM_ENV_HEADER of the contracts: what Frama-C does not know is replaced
 * by what it means. One thread, so that volatile means nothing.
 */
#ifndef WP_ENV_H
#define WP_ENV_H

#include <stddef.h>
#include <stdint.h>

#define volatile
#define GM_MUST_CHECK
#define GM_LIKELY(cond) ((cond) != 0)
#define GM_UNLIKELY(cond) ((cond) != 0)
#define GM_CPU_HINT() 0u

#endif
