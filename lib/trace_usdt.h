/* SPDX-License-Identifier: BSD-2-Clause */
/* trace_usdt.h - a GM_TRACE_HEADER for processes: a probe that costs a nop. */
#ifndef GM_TRACE_USDT_H
#define GM_TRACE_USDT_H

#include <sys/sdt.h>

#define GM_TRACE(event, object, address, bytes) \
	DTRACE_PROBE3(granmem, event, object, address, bytes)

#endif
