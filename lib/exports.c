/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exports.c - the inline functions as external ones, for other languages and
 * for callers that are compiled without inlining.
 */
#define GM_INLINE

#include "exports.h"
