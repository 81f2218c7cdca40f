/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.h - riscv64: a call of the firmware. */
#ifndef SUPPORT_MACHINE_H
#define SUPPORT_MACHINE_H

#include <stdint.h>

/* SBI: extension in a7, function in a6. Returns the error. */
int64_t machine_sbi(uint64_t extension, uint64_t function, uint64_t a, uint64_t b, uint64_t c,
		    uint64_t d);

#endif
