/* SPDX-License-Identifier: BSD-2-Clause */
/* guest.S - all that a guest runs: it asks for a page, says what it sees there, and
 * writes what it is told. 32-bit, flat, no paging, no stack, position-independent. */
#include "ports.h"

	.section .rodata
	.globl	guest_code, guest_code_end
	.code32
guest_code:
	in	$PORT_PAGE, %eax	/* the number of a page, or all ones: enough */
	cmp	$-1, %eax
	je	2f
	mov	%eax, %ebx
	shl	$12, %ebx
	mov	(%ebx), %eax
	out	%eax, $PORT_SAW
	in	$PORT_VALUE, %eax	/* what to write there, or 0: nothing */
	test	%eax, %eax
	jz	guest_code
	mov	%eax, (%ebx)
	jmp	guest_code
2:	hlt
guest_code_end:

	.section .note.GNU-stack, "", @progbits
