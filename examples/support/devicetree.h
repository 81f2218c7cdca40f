/* SPDX-License-Identifier: BSD-2-Clause */
/* devicetree.h - what the start-up code asks of a flattened device tree, through libfdt. */
#ifndef SUPPORT_DEVICETREE_H
#define SUPPORT_DEVICETREE_H

#include <stdint.h>

/* Takes the tree for machine.device_tree; fills in memory and initrd, from which the
 * tree itself and the program, [image, image_end), are left out. */
void devicetree_init(const void *tree, uint64_t image, uint64_t image_end);

/* The first address of the first device of this kind; fatal if there is none. */
uint64_t devicetree_device(const char *compatible);

/* The number (MPIDR, hart) of the n-th CPU: 0, or -1 if there is none. */
int devicetree_cpu(unsigned n, uint64_t *number);

/* A property that is a text, of the node with this path; NULL if there is none. */
const char *devicetree_text(const char *path, const char *property);

#endif
