/* SPDX-License-Identifier: BSD-2-Clause */
/* devicetree.c - memory, devices and CPUs, as the tree that the firmware gave says. */
#include <libfdt.h>

#include "devicetree.h"
#include "support.h"

static uint64_t cells(const fdt32_t *from, int nr)
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < nr; i++)
		value = value << 32 | fdt32_to_cpu(from[i]);
	return value;
}

/* The n-th (base, size) of a node's "reg": 0, or -1 if there is none. */
static int reg(int node, int n, uint64_t *base, uint64_t *size)
{
	const void *tree = machine.device_tree;
	int parent = fdt_parent_offset(tree, node), length;
	int nr_base = fdt_address_cells(tree, parent), nr_size = fdt_size_cells(tree, parent);
	const fdt32_t *value = fdt_getprop(tree, node, "reg", &length);
	int each = nr_base + nr_size;

	if (value == NULL || nr_base < 0 || nr_size < 0 || (n + 1) * each * 4 > length)
		return -1;
	*base = cells(value + n * each, nr_base);
	*size = cells(value + n * each + nr_base, nr_size);
	return 0;
}

static void reserve_nodes(void)
{
	const void *tree = machine.device_tree;
	int parent = fdt_path_offset(tree, "/reserved-memory"), node, n;
	uint64_t base, size;

	if (parent < 0)
		return;
	fdt_for_each_subnode(node, tree, parent)
		for (n = 0; reg(node, n, &base, &size) == 0; n++)
			memory_reserve(base, size);
}

/* /chosen says where the initrd is in one or two cells. */
static uint64_t chosen(const char *property)
{
	const void *tree = machine.device_tree;
	int node = fdt_path_offset(tree, "/chosen"), length;
	const fdt32_t *value = node < 0 ? NULL : fdt_getprop(tree, node, property, &length);

	return value == NULL ? 0 : cells(value, length / 4);
}

void devicetree_init(const void *tree, uint64_t image, uint64_t image_end)
{
	uint64_t base, size;
	int node = -1, n;

	machine.device_tree = tree;
	if (fdt_check_header(tree) != 0)
		machine_halt(); /* not even the console can be found */
	for (;;) {
		node = fdt_node_offset_by_prop_value(tree, node, "device_type", "memory", 7);
		if (node < 0)
			break;
		for (n = 0; reg(node, n, &base, &size) == 0; n++)
			memory_add(base, size);
	}

	memory_reserve(image, image_end - image);
	memory_reserve((uintptr_t)tree, fdt_totalsize(tree));
	for (n = 0; n < fdt_num_mem_rsv(tree); n++) {
		if (fdt_get_mem_rsv(tree, n, &base, &size) == 0)
			memory_reserve(base, size);
	}
	reserve_nodes();
	machine.initrd = chosen("linux,initrd-start");
	machine.initrd_bytes = chosen("linux,initrd-end") - machine.initrd;
	if (machine.initrd_bytes != 0)
		memory_reserve(machine.initrd, machine.initrd_bytes);
}

uint64_t devicetree_device(const char *compatible)
{
	int node = fdt_node_offset_by_compatible(machine.device_tree, -1, compatible);
	uint64_t base, size;

	if (node < 0 || reg(node, 0, &base, &size) != 0)
		fatal(compatible);
	return base;
}

int devicetree_cpu(unsigned n, uint64_t *number)
{
	const void *tree = machine.device_tree;
	uint64_t size;
	int node = -1;

	do {
		node = fdt_node_offset_by_prop_value(tree, node, "device_type", "cpu", 4);
	} while (node >= 0 && n-- > 0);
	return node < 0 ? -1 : reg(node, 0, number, &size);
}

const char *devicetree_text(const char *path, const char *property)
{
	int node = fdt_path_offset(machine.device_tree, path);

	return node < 0 ? NULL : fdt_getprop(machine.device_tree, node, property, NULL);
}
