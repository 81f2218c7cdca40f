/* SPDX-License-Identifier: BSD-2-Clause */
/* cases.h - the lists of cases, and how one is run. */
#ifndef EXPLORE_CASES_H
#define EXPLORE_CASES_H

#include "explore.h"

#include <stdio.h>

/* case_run - run this case if the command line asks for it. */
void case_run(const struct explore_case *one);

void case_ref_pairs(void) __attribute__((weak));
void case_ref_triples(void) __attribute__((weak));
void case_ref_limits(void) __attribute__((weak));
void case_pool(void) __attribute__((weak));
void case_radix(void) __attribute__((weak));
void case_radix_cut(void) __attribute__((weak));
void case_adhoc(void) __attribute__((weak));
void case_compound(void) __attribute__((weak));
void case_folio(void) __attribute__((weak));
void case_index(void) __attribute__((weak));
void case_hosted(void) __attribute__((weak));
void case_growth(void) __attribute__((weak));
void case_radix_alone(void) __attribute__((weak));
void case_map(void) __attribute__((weak));
void case_walker(void) __attribute__((weak));
void case_walker_runs(void) __attribute__((weak));
void case_tables(void) __attribute__((weak));
void case_tables_more(void) __attribute__((weak));
void case_tables_parts(void) __attribute__((weak));

#endif
