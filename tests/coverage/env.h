/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * env.h - GM_ENV_HEADER of the coverage build. A hint to the compiler around a
 * condition would hide from clang that it is one part of a larger decision, and
 * where it stands; without the hint GM_LIKELY(a) && GM_LIKELY(b) is (a) && (b).
 */
#ifndef COVERAGE_ENV_H
#define COVERAGE_ENV_H

#include <stddef.h>
#include <stdint.h>

#define GM_LIKELY
#define GM_UNLIKELY

#endif
