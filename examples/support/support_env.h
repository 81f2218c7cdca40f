/* SPDX-License-Identifier: BSD-2-Clause */
/* support_env.h - GM_ENV_HEADER of the bare-metal examples: a kernel knows which CPU
 * it is on, so lanes need no guess. */
#ifndef SUPPORT_ENV_H
#define SUPPORT_ENV_H

#include "support.h"

#define GM_CPU_HINT() cpu_index()

#endif
