# SPDX-License-Identifier: BSD-2-Clause
"""granmem_tables.py - the state word, descriptors and tables, read from a program that
gdb looks at. For granmem-gdb.py, which has the commands."""
import struct

import gdb

UNIT_SHIFT = 6
FOLIO_KINDS = ['object', 'free', 'reserved', 'device', 'offline', 'poisoned', 'metadata', 'busy']
FLAG_NAMES = ['DIRTY', 'REFERENCED', 'UPTODATE', 'LOCKED', 'POISONED'] + [
    f'USER{n}' for n in range(7)]


class Layout:
    """What is a macro in desc.h and radix.h, and so not in the debug information."""

    def __init__(self):
        self.bytes = gdb.lookup_type('gm_word').sizeof
        wide = self.bytes == 8
        self.bits = 8 * self.bytes
        self.refs, self.pins, self.generation = (30, 20, 8) if wide else (13, 8, 5)
        self.leaked = 3 << (self.refs - 2)
        self.node_refs = (1 << (30 if wide else 18)) - 1
        self.order_shift = self.bits - 6
        self.base_mask = (1 << 52) - 64 if wide else None

    def field(self, word, shift, bits):
        return word >> shift & (1 << bits) - 1

    def flag(self, n):
        return 1 << (n if self.bytes == 4 or n < 6 else n + 46)


class State:
    def __init__(self, word):
        lay = Layout()
        self.live = bool(word >> (lay.bits - 1))
        self.nopin = bool(word >> (lay.bits - 2) & 1)
        self.type = lay.field(word, lay.bits - 6, 4)
        self.generation = lay.field(word, lay.refs + lay.pins, lay.generation)
        self.pins = lay.field(word, lay.refs, lay.pins)
        self.refs = lay.field(word, 0, lay.refs)
        self.leaked = self.live and self.refs >= lay.leaked

    def __str__(self):
        return (f'{"LIVE" if self.live else "frozen"}{" NOPIN" if self.nopin else ""} '
                f'type {self.type} generation {self.generation} refs {self.refs} '
                f'pins {self.pins}{" LEAKED" if self.leaked else ""}')


def words_at(address, number):
    """Machine words of the program, as numbers."""
    lay = Layout()
    data = gdb.selected_inferior().read_memory(address, number * lay.bytes)
    return struct.unpack(f'<{number}{"Q" if lay.bytes == 8 else "I"}', bytes(data))


class Desc:
    def __init__(self, value):
        lay = Layout()
        self.address = int(value.address)
        self.state = State(int(value['state']))
        wide = lay.bytes == 8
        word = int(value['base_flags' if wide else 'flags'])
        self.base = word & lay.base_mask if wide else int(value['base'])
        self.flags = [name for n, name in enumerate(FLAG_NAMES) if word & lay.flag(n)]
        self.raw_size = int(value['size'])
        self.size = self.raw_size & ~63   # an orphan's has its type in the low bits
        self.owner = int(value['owner'])

    @staticmethod
    def at(address):
        return Desc(gdb.Value(address).cast(gdb.lookup_type('struct gm_desc').pointer())
                    .dereference())

    def __str__(self):
        orphan = '' if self.raw_size == self.size else ' ORPHAN'
        flags = ' ' + '|'.join(self.flags) if self.flags else ''
        return (f'[{self.base:#x}, {self.base + self.size:#x}) {self.state}{orphan}{flags} '
                f'owner {self.owner:#x}')


class Table:
    """What the three have in common: objects() yields (first address, bytes, Desc), with
    the bytes that lead to it there, and kinds() what else covers memory."""

    def __init__(self, value, table):
        self.value = value
        self.base = int(table['base'])
        self.size = int(table['size'])
        self.granule_shift = int(table['granule_shift'])
        self.hosted = int(table['hosted_bytes']) << UNIT_SHIFT
        self.static = int(table['static_bytes'])
        self.desc_size = int(table['desc_size'])
        free = sum(int(table['lanes'][lane]['free']) for lane in range(int(table['lane_mask']) + 1))
        self.free = (free & (1 << Layout().bits) - 1) << UNIT_SHIFT
        self.errors = []

    def __str__(self):
        return (f'{self.kind} table of [{self.base:#x}, {self.base + self.size:#x}), '
                f'{self.free:#x} bytes free')

    def fault(self, cond, text, address):
        if not cond:
            self.errors.append(f'{text}, near {address:#x}')

    def contains(self, address):
        return self.base <= address < self.base + self.size

    def check(self):
        """Returns the objects, each once."""
        found = {}
        for at, size, desc in self.slots():
            if desc.address not in found:
                found[desc.address] = [desc, at]
                self.fault(desc.base == at, 'I6, I7: an object does not begin where it is', at)
                self.check_state(desc)
            entry = found[desc.address]
            self.fault(entry[1] == at, "I7: an object's slots are not side by side", at)
            entry[1] = at + size
        for desc, end in found.values():
            self.fault(end == desc.base + desc.size, "I6: an object's slots are not its size",
                       desc.base)
        covered = sum(desc.size for desc, _ in found.values())
        self.check_free(covered)
        return [desc for desc, _ in found.values()]

    def check_state(self, desc):
        state = desc.state
        if state.live:
            self.fault(state.refs != 0, 'I1: a live object without references', desc.base)
            self.fault(state.pins <= state.refs, 'I2: more pins than references', desc.base)
            self.fault(state.type != 0, 'I3: a live object without a type', desc.base)

    def check_free(self, covered):
        self.fault(self.free + covered + self.hosted + self.marked == self.size,
                   'free bytes are miscounted', self.base)


class Adhoc(Table):
    kind = 'ad-hoc'

    def __init__(self, value):
        super().__init__(value, value['table'])
        radix = value['radix']
        self.root_level = int(radix['root_level'])
        levels = radix['levels']
        self.shift = [int(levels[n]['shift']) for n in range(self.root_level + 1)]
        self.nr = [int(levels[n]['mask']) + 1 for n in range(self.root_level)]
        self.first = int(radix['first'])
        self.nr.append(int(radix['end']) - self.first)
        # Where the slot of address 0 would be: sums are those of the machine's words.
        self.root = (int(radix['top']) + self.first * Layout().bytes) % (1 << Layout().bits)
        self.pools = [radix['nodes'][n] for n in range(self.root_level)]
        self.marked = 0

    def record(self, level, node):
        pool = self.pools[level]
        slab = node & ~int(pool['slab_mask'])
        index = (node - slab - int(pool['first'])) // int(pool['element_size'])
        size = 2 * Layout().bytes
        return words_at(slab + int(pool['records']) + index * size, 2)

    def find(self, address):
        level, slots = self.root_level, self.root
        while True:
            index = address >> self.shift[level]
            index = index - self.first if level == self.root_level else index & (self.nr[level] - 1)
            (value,) = words_at(slots + index * Layout().bytes, 1)
            if value & 1 == 0:
                return ('metadata', None) if value == 2 else \
                    ('free', None) if value == 0 else ('object', Desc.at(value))
            level, slots = level - 1, value - 1

    def slots(self, level=None, slots=None, offset=0):
        if level is None:
            level, slots = self.root_level, self.root
            offset = self.first << self.shift[level]
        used = 0
        known = {}
        for index, value in enumerate(words_at(slots, self.nr[level])):
            if value == 0:
                continue
            used += 1
            at = offset + (index << self.shift[level])
            if value & 1:
                yield from self.slots(level - 1, value - 1, at)
            elif value != 2:
                if value not in known:
                    known = {value: Desc.at(value)}
                yield at, 1 << self.shift[level], known[value]
        if level != self.root_level:
            word, place = self.record(level, slots)
            self.fault(word >> (Layout().bits - 1), 'I10: a linked node is not live', offset)
            self.fault(word & Layout().node_refs == used, "a node's references are not its slots",
                       offset)
            at = (offset >> self.shift[level + 1] << 3 | level) % (1 << Layout().bits)
            self.fault(place == at, "a node's place is wrong", offset)


class Blocks(Table):
    def __init__(self, value):
        blocks = value['blocks']
        super().__init__(value, blocks['table'])
        self.words = int(blocks['words'])
        self.stride = int(blocks['stride'])
        self.mask = int(blocks['word_mask'])
        self.descs = int(blocks['descs'])
        self.nr_usable = int(blocks['nr_usable'])
        self.marked = 0

    def all_words(self):
        width = Layout().bytes
        words = words_at(self.words, ((self.nr_usable - 1) * self.stride) // width + 1)
        return words[::self.stride // width]

    def find(self, address):
        index = (address - self.base) >> self.granule_shift
        if index >= self.nr_usable:
            return 'metadata', None
        (word,) = words_at(self.words + index * self.stride, 1)
        return self.meaning(index, word & self.mask)

    def slots(self):
        self.marked = 0
        known = {}
        for index, word in enumerate(self.all_words()):
            kind, address = self.leads(index, word & self.mask)
            if kind == 'object':
                if address not in known:
                    known = {address: Desc.at(address)}
                yield (self.base + (index << self.granule_shift), 1 << self.granule_shift,
                       known[address])
            elif kind not in ('free', 'metadata'):
                self.marked += 1 << self.granule_shift

    def meaning(self, index, word):
        kind, address = self.leads(index, word)
        return kind, Desc.at(address) if kind == 'object' else None


class Folio(Blocks):
    kind = 'folio'

    def leads(self, index, word):
        if word == 0:
            return 'free', None
        kind = word & 15
        return FOLIO_KINDS[kind] if kind < len(FOLIO_KINDS) else f'kind {kind}', word


class Compound(Blocks):
    kind = 'compound'

    def leads(self, index, word):
        order = word >> Layout().order_shift
        if order == 0:
            return 'free', None
        first = self.base >> self.granule_shift
        head = (first + index) >> (order - 1) << (order - 1)
        return 'object', self.descs + (head - first) * self.desc_size
