# SPDX-License-Identifier: BSD-2-Clause
"""execute.py - runs LLVM IR on unknown numbers; z3 answers what may be true of them.

A run follows one path. Numbers that are known are Python ints, others bit
vectors of z3. Where a branch depends on an unknown and its ways do no more than
write other values until they come together again, the path goes on with values
that depend on it (machine.py). Elsewhere z3 says which ways there are; the run
takes one, and the others are left in `turns` to be run from the start.
Undefined behaviour is reported to the goal like a claim that failed: shifts by
too much, signed overflow, division by zero, access outside an object.
"""
import functools
import re

import z3

from facts import Facts
from ir import NAME, Reader, Unknown
from terms import (KNOWN, UNKNOWN, byte_of, chosen, compared, constant, extend, extend_sign,
                   extract, operate, plain)

STEPS_MAX = 200000
SLOTS_MAX = 64
GUARDS_MAX = 32

BINARY = ('add', 'sub', 'mul', 'udiv', 'urem', 'sdiv', 'srem', 'shl', 'lshr', 'ashr', 'and', 'or',
          'xor')


class Pointer:
    """An object and an offset in it; the object's address is unknown."""

    def __init__(self, memory, offset):
        self.memory = memory
        self.offset = offset


class Cells(dict):
    """Bytes by offset, each (value, of how many, which)."""

    made = 0 # when, in order


class Memory:
    """What an alloca or a global is."""

    def __init__(self, name, size):
        self.name = name
        self.size = size
        self.bytes = Cells()
        self.address = None


class Ended(Exception):
    """An assumption is false on this path."""


class Mixed(Exception):
    """Two ways are more than other values: each has to be a path."""


@functools.lru_cache(maxsize=None)
def decode(line):
    """One instruction: (result, operation, the text behind it)."""
    result, operation, rest = re.fullmatch('(?:(%' + NAME + r') = )?(\w+) ?(.*)', line).groups()
    if operation in BINARY:
        return result, 'binary', operation + ' ' + rest
    return result, operation, rest


class Run:
    """One path through one function, after the turns given."""

    def __init__(self, module, goal, turns):
        self.module = module
        self.goal = goal
        self.turns = turns
        self.taken = 0
        self.others = []
        self.facts = Facts(goal.answers)
        self.make = goal.answers.make
        self.inputs = []
        self.steps = 0
        self.globals = {}
        self.fresh = 0
        # While a way is tried that may become a part of one path: what is so there, and
        # what it has written (bytes, at, what was there).
        self.guards = []
        self.log = None
        self.locals = 0

    # Numbers.

    def unknown(self, bits, name='u'):
        self.fresh += 1
        return z3.BitVec(f'{name}{self.fresh}', bits)

    def vector(self, value, bits):
        """As a bit vector; a pointer as its address."""
        if isinstance(value, Pointer):
            memory = value.memory
            if memory.address is None:
                memory.address = self.unknown(bits, memory.name)
                # Aligned as descriptors are, and not at the ends.
                self.facts.add(z3.And(memory.address & 15 == 0, memory.address != 0,
                                      z3.ULT(memory.address, -memory.size % (1 << bits))))
            return memory.address + value.offset
        return constant(value, bits) if isinstance(value, int) else value

    def new(self):
        """Is this part of the path one that no run before this one has been on?"""
        return self.taken >= len(self.turns)

    def turn(self, answers):
        """Takes one of the answers that are possible (value, condition); leaves the rest."""
        if self.guards:
            raise Mixed
        if not self.new():
            value, condition = answers[self.turns[self.taken]]
        else:
            # The path is possible: if no other way is, the last one is.
            ways = [i for i, answer in enumerate(answers[:-1])
                    if self.facts.possible(answer[1])]
            if not ways or self.facts.possible(answers[-1][1]):
                ways.append(len(answers) - 1)
            self.others += [self.turns + [way] for way in ways[1:]]
            self.turns = self.turns + [ways[0]]
            value, condition = answers[ways[0]]
        self.taken += 1
        self.facts.add(condition)
        return value

    def live(self, conditions):
        """The numbers of those that are possible; of all while that is not known."""
        if self.guards:
            return tuple(range(len(conditions)))
        if self.new():
            found = tuple(i for i, condition in enumerate(conditions)
                          if self.facts.possible(condition))
            self.turns = self.turns + [found]
        else:
            found = self.turns[self.taken]
        self.taken += 1
        return found

    def truth(self, bit):
        """A bit as 0 or 1, taking a turn if it may be either."""
        if isinstance(bit, int):
            return bit & 1
        return self.turn([(1, bit == 1), (0, bit == 0)])

    def concrete(self, value, bits):
        """An index: one of its possible values, taking turns."""
        index = plain(self.vector(value, bits))
        if isinstance(index, int):
            return index
        if self.guards:
            raise Mixed
        if not self.new():
            found = self.turns[self.taken]
        else:
            ways = self.values(index)
            self.others += [self.turns + [way] for way in ways[1:]]
            self.turns = self.turns + [ways[0]]
            found = ways[0]
        self.taken += 1
        self.facts.add(index == found)
        return found

    def values(self, index):
        """All that an index may be."""
        ways = []
        while True:
            others = [index != way for way in ways]
            example = self.facts.example(z3.And(z3.BoolVal(True), *others), index)
            if example is None:
                return ways
            ways.append(example.eval(index, model_completion=True).as_long())
            if len(ways) > SLOTS_MAX:
                raise Unknown('an index has too many values')

    def defined(self, condition, what):
        """Reports what is undefined if condition may be false."""
        if self.new():
            self.goal.defined(self, z3.Or(condition, *map(z3.Not, self.guards)), what)

    # Memory.

    def place(self, pointer, size):
        if not isinstance(pointer, Pointer):
            raise Unknown('access by a number')
        low = self.concrete(pointer.offset, 64)
        if low + size > pointer.memory.size:
            self.defined(z3.BoolVal(False), f'access outside {pointer.memory.name}')
            raise Ended
        return pointer.memory.bytes, low

    def load(self, pointer, kind):
        size, _ = self.module.size(kind)
        if isinstance(pointer, Pointer) and not isinstance(pointer.offset, int):
            value = self.look_up(pointer, size)
            if value is not None:
                return value
        cells, low = self.place(pointer, size)
        found = [cells.get(low + i) for i in range(size)]
        if all(cell is None for cell in found):
            unknown = self.unknown(8 * size)
            found = [(unknown, size, i) for i in range(size)]
            cells.update((low + i, cell) for i, cell in enumerate(found))
        value = found[0][0] if found[0] is not None else None
        whole = all(cell is not None and cell[0] is value and cell[1:] == (size, i)
                    for i, cell in enumerate(found))
        if not whole:
            value = plain(z3.Concat([self.byte(cells, low + i) for i in reversed(range(size))]))
        if kind[0] == 'i' and kind[1] < 8 * size:
            return self.cut(value, 8 * size, kind[1])
        return value

    def look_up(self, pointer, size):
        """The value at an unknown index of a table of numbers; None if it is no such table."""
        cells = pointer.memory.bytes
        offsets = range(0, pointer.memory.size, size)
        if len(offsets) > SLOTS_MAX or not all(
                i in cells and isinstance(cells[i][0], int) and cells[i][1:] == (1, 0)
                for i in range(pointer.memory.size)):
            return None
        at = self.vector(pointer.offset, 64)
        self.defined(z3.Or([at == offset for offset in offsets]),
                     f'access outside {pointer.memory.name}')
        out = 0
        for offset in offsets:
            value = sum(cells[offset + i][0] << 8 * i for i in range(size))
            out = self.make(chosen, at == offset, constant(value, 8 * size),
                            self.vector(out, 8 * size))
        return out

    def put(self, cells, at, cell):
        if self.log is not None:
            self.log.append((cells, at, cells.get(at)))
        if cell is None:
            cells.pop(at, None)
        else:
            cells[at] = cell

    def byte(self, cells, at):
        if at not in cells:
            cells[at] = (self.unknown(8), 1, 0)
        value, size, which = cells[at]
        return self.vector(self.make(byte_of, self.vector(value, 8 * size), which), 8)

    def store(self, pointer, value, size, bits=0):
        if bits and bits < 8 * size:
            value = self.widen(value, bits, 8 * size)
        cells, low = self.place(pointer, size)
        for i in range(size):
            self.put(cells, low + i, (value, size, i))

    def copy(self, to, source, size):
        for i in range(size):
            cells, low = self.place(Pointer(source.memory, source.offset + i), 1)
            self.byte(cells, low)
            others, high = self.place(Pointer(to.memory, to.offset + i), 1)
            self.put(others, high, cells[low])

    def fill(self, to, value, size):
        for i in range(size):
            cells, low = self.place(Pointer(to.memory, to.offset + i), 1)
            self.put(cells, low, (value, 1, 0))

    def local(self, name, size):
        memory = Memory(name, size)
        self.locals += 1
        memory.bytes.made = self.locals
        return Pointer(memory, 0)

    def object(self, name):
        """A global, as its file initialises it."""
        if name not in self.globals:
            reader = Reader(self.module.globals[name])
            kind = reader.type()
            self.globals[name] = Pointer(Memory(name, self.module.size(kind)[0]), 0)
            log, self.log = self.log, None # it was so before
            self.initialise(self.globals[name], kind, reader)
            self.log = log
        return self.globals[name]

    def initialise(self, to, kind, reader):
        """Pointers that are not null stay unknown."""
        def member(offset, kind):
            self.initialise(Pointer(to.memory, to.offset + offset), kind, reader)

        size, _ = self.module.size(kind)
        text = reader.match(r'c"[^"]*"')
        if text is not None:
            for i, char in enumerate(re.findall(r'\\[0-9A-F]{2}|.', text[2:-1])):
                byte = int(char[1:], 16) if len(char) > 1 else ord(char)
                to.memory.bytes[to.offset + i] = (byte, 1, 0)
        elif reader.has('zeroinitializer'):
            self.fill(to, 0, size)
        elif kind[0] == 'i':
            value = reader.value()
            for i in range(size):
                to.memory.bytes[to.offset + i] = (value >> 8 * i & 255, 1, 0)
        elif kind[0] == 'p':
            value = reader.value()
            if value == 0:
                self.store(to, 0, size)
        elif kind[0] == 'a':
            step, _ = self.module.size(kind[2])
            offsets = iter(range(0, size, step))
            reader.must('[')
            reader.list(lambda: member(next(offsets), reader.type()))
            reader.must(']')
        elif kind[0] in ('s', 't'):
            offsets = iter(self.module.fields(kind)[0])
            reader.must('{')
            reader.list(lambda: member(next(offsets)[1], reader.type()))
            reader.must('}')

    # Operations.

    def cut(self, value, wide, narrow):
        if isinstance(value, int):
            return value & ((1 << narrow) - 1)
        return self.make(extract, self.vector(value, wide), narrow)

    def widen(self, value, narrow, wide):
        if isinstance(value, int):
            return value & ((1 << narrow) - 1)
        return self.make(extend, self.vector(value, narrow), wide - narrow)

    def signed(self, value, narrow, wide):
        if isinstance(value, int):
            value &= (1 << narrow) - 1
            return (value - (value >> (narrow - 1) << narrow)) & ((1 << wide) - 1)
        return self.make(extend_sign, value, wide - narrow)

    def binary(self, operation, flags, bits, left, right):
        mask = (1 << bits) - 1
        if operation in ('shl', 'lshr', 'ashr'):
            if not isinstance(right, int):
                self.defined(z3.ULT(right, bits), 'shift by too much')
            elif not 0 <= right < bits:
                self.defined(z3.BoolVal(False), 'shift by too much')
                raise Ended
        if operation in ('udiv', 'urem') and not (isinstance(right, int) and right != 0):
            self.defined(self.vector(right, bits) != 0, 'division by zero')
        if 'nsw' not in flags and isinstance(left, int) and isinstance(right, int) \
                and operation in KNOWN:
            return KNOWN[operation](left & mask, right & mask) & mask
        left, right = self.vector(left, bits), self.vector(right, bits)
        if operation not in UNKNOWN:
            raise Unknown(operation)
        if 'nsw' in flags:
            wide = UNKNOWN[operation](z3.SignExt(bits, left), z3.SignExt(bits, right))
            fits = z3.SignExt(bits, z3.Extract(bits - 1, 0, wide)) == wide
            self.defined(fits, 'signed overflow')
        return self.make(operate, operation, left, right)

    def compare(self, predicate, bits, left, right):
        if isinstance(left, Pointer) and isinstance(right, Pointer) \
                and left.memory is right.memory:
            left, right = left.offset, right.offset
            bits = 8 * self.module.pointer
        elif 0 in (left if isinstance(left, int) else 1, right if isinstance(right, int) else 1) \
                and (isinstance(left, Pointer) or isinstance(right, Pointer)) \
                and predicate in ('eq', 'ne'):
            return int(predicate == 'ne')
        return self.make(compared, predicate, self.vector(left, bits), self.vector(right, bits))

    def leading_zeros(self, value, bits, undefined):
        if isinstance(value, int):
            value = constant(value, bits)
        if undefined:
            self.defined(value != 0, 'leading zeros of 0')
        out = constant(bits, bits)
        for i in range(bits):
            out = z3.If(z3.Extract(i, i, value) == 1, constant(bits - 1 - i, bits), out)
        return plain(out)
