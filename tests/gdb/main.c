/* SPDX-License-Identifier: BSD-2-Clause */
/* The world as a process. */
int world(void);

int main(void)
{
	return world();
}
