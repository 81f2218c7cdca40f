# SPDX-License-Identifier: BSD-2-Clause
# model.awk RESULTS - the model of a larger machine in words, each number in it from
# the figures of this run; nothing if they are not all there.

$1 == "metric" && $2 ~ /^model\./ {
	value[substr($2, 7)] = $3
}

# Two digits that count; whole numbers beyond.
function n(name, v, digits) {
	if (!(name in value)) {
		missing = missing " " name
		return "?"
	}
	v = value[name]
	digits = v < 1 ? 2 : v < 10 ? 1 : 0
	return sprintf("%." digits "f", v)
}

function constant(name, what) {
	table = table sprintf("| %s | %s ns |\n", what, n(name))
}

function check(name, what) {
	checks = checks sprintf("| %s | %s |\n", what, n(name))
}

END {
	constant("load.16k", "a load that waits for the one before, 16 KiB of memory")
	constant("load.256k", "256 KiB")
	constant("load.2048k", "2 MiB")
	constant("load.8192k", "8 MiB")
	constant("load.32768k", "32 MiB")
	constant("load.131072k", "128 MiB")
	constant("load.524288k", "512 MiB")
	constant("load.524288k.huge", "512 MiB in pages of 2 MiB")
	constant("load.524288k.independent", "512 MiB, none waits for another")
	constant("add", "an atomic addition to a line that is here")
	constant("line.contended_add", "the same, while another processor does nothing else")
	constant("line.transfer", "a line from one processor to another")
	check("check.chain.4k.1g", "chained lookups, 4 KiB objects, 1 GiB")
	check("check.chain.4k.16g", "chained lookups, 4 KiB objects, 16 GiB")
	check("check.chain.2m.1t", "chained lookups, 2 MiB objects, 1 TiB")
	check("check.line.2", "two processors on one object")
	body = "What single steps cost on the machine at hand:\n\n| step | |\n|---|---|\n"
	body = body table
	body = body "\nThe model adds them up. Measured over modelled, where both can be had:\n\n"
	body = body "| | |\n|---|---|\n" checks
	body = body "\n- *Objects of one's own.* Nothing is written that others read: "
	body = body n("64c.ref.own_line.ns") " ns a reference pair on each of 64 processors.\n"
	body = body "- *One object, 64 processors.* Its line goes around: a pair takes "
	body = body n("64c.ref.one_line.ns") " ns if each addition costs what it costs between\n"
	body = body "  two, and " n("64c.ref.one_line.worst.ns") " ns if each has to fetch the line. "
	body = body "No addition is ever repeated. Between sockets a\n"
	body = body "  transfer takes longer than here; it goes in as a factor. Who has such an\n"
	body = body "  object keeps a reference for each processor.\n"
	body = body "- *Free bytes* are a load for each lane: " n("64c.free_bytes.ns")
	body = body " ns with 64 lanes that others have just written.\n"
	body = body "- *64 TiB in objects of 4 KiB*: " n("64t.4k.levels") " levels under a root of "
	body = body n("64t.root.kib") " KiB, " n("64t.4k.lookup.ns") " ns for a lookup that\n"
	body = body "  waits (" n("64t.4k.lookup.huge.ns") " with the tree in pages of 2 MiB); "
	body = body n("64t.4k.metadata.gib") " GiB of metadata beside " n("64t.structpage.gib")
	body = body " for 64 bytes a page.\n"
	body = body "- *64 TiB in objects of 2 MiB*: " n("64t.2m.levels") " levels, "
	body = body n("64t.2m.lookup.ns") " ns (" n("64t.2m.lookup.huge.ns") "); "
	body = body n("64t.2m.metadata.gib") " GiB of metadata.\n\n"
	body = body "What the model leaves out: misses in the tables of the processor's own paging\n"
	body = body "beyond what 512 MiB cause, the bandwidth of memory with all processors at work,\n"
	body = body "and distances between sockets.\n"
	if (missing == "")
		printf "%s", body
}
