# SPDX-License-Identifier: BSD-2-Clause
"""execute.py - runs LLVM IR on unknown numbers; z3 answers what may be true of them.

A run follows one path. Numbers that are known are Python ints, others bit
vectors of z3. Where a branch depends on an unknown, z3 says which ways there
are; the run takes one, and the others are left in `turns` to be run from the
start. Undefined behaviour is reported to the goal like a claim that failed:
shifts by too much, signed overflow, division by zero, access outside an object.

What z3 may do for one question is bounded in its own unit of work and not in time,
so that what is proved does not depend on what else the machine does.
"""
import functools
import re

import z3

from ir import NAME, Reader, Unknown

STEPS_MAX = 200000
SLOTS_MAX = 64
# Two minutes or so; prove.py says how much of it was needed.
WORK_MAX = 100000000


class Pointer:
    """An object and an offset in it; the object's address is unknown."""

    def __init__(self, memory, offset):
        self.memory = memory
        self.offset = offset


class Memory:
    """What an alloca or a global is: bytes by offset, each (value, of how many, which)."""

    def __init__(self, name, size):
        self.name = name
        self.size = size
        self.bytes = {}
        self.address = None


class Ended(Exception):
    """An assumption is false on this path."""


@functools.lru_cache(maxsize=None)
def decode(line):
    """One instruction: (result, operation, reader behind the operation)."""
    found = re.match('(%' + NAME + r') = (\w+) ?', line)
    if found:
        return found.group(1), found.group(2), line[found.end():]
    word = line.split(' ', 1)
    return None, word[0], word[1] if len(word) > 1 else ''


class Run:
    """One path through one function, after the turns given."""

    def __init__(self, module, goal, turns):
        self.module = module
        self.goal = goal
        self.turns = turns
        self.taken = 0
        self.others = []
        self.solver = z3.Then('simplify', 'solve-eqs', 'bit-blast', 'sat').solver()
        self.solver.set('rlimit', WORK_MAX)
        self.solver.check() # there are no statistics before
        self.done = self.work()
        self.inputs = []
        self.steps = 0
        self.globals = {}
        self.fresh = 0

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
                self.solver.add(memory.address & 15 == 0, memory.address != 0,
                                z3.ULT(memory.address, -memory.size % (1 << bits)))
            return memory.address + value.offset
        return z3.BitVecVal(value, bits) if isinstance(value, int) else value

    def work(self):
        """All that z3 has done."""
        return self.solver.statistics().get_key_value('rlimit count')

    def possible(self, condition):
        """May the condition be true on this path?"""
        plain = z3.simplify(condition)
        if z3.is_false(plain):
            return False
        before, answer = self.done, self.solver.check(plain)
        self.done = self.work()
        self.goal.most_work = max(self.goal.most_work, self.done - before)
        if answer == z3.unknown:
            raise Unknown('z3 does not know: ' + self.solver.reason_unknown())
        return answer == z3.sat

    def new(self):
        """Is this part of the path one that no run before this one has been on?"""
        return self.taken >= len(self.turns)

    def turn(self, answers):
        """Takes one of the answers that are possible (value, condition); leaves the rest."""
        if not self.new():
            value, condition = answers[self.turns[self.taken]]
        else:
            # A path is possible: if no other way is, the last one is.
            ways = [i for i, answer in enumerate(answers[:-1]) if self.possible(answer[1])]
            if not ways or self.possible(answers[-1][1]):
                ways.append(len(answers) - 1)
            self.others += [self.turns + [way] for way in ways[1:]]
            self.turns = self.turns + [ways[0]]
            value, condition = answers[ways[0]]
        self.taken += 1
        self.solver.add(condition)
        return value

    def truth(self, bit):
        """A bit as 0 or 1, taking a turn if it may be either."""
        if isinstance(bit, int):
            return bit & 1
        plain = z3.simplify(bit)
        if z3.is_bv_value(plain):
            return plain.as_long()
        return self.turn([(1, bit == 1), (0, bit == 0)])

    def concrete(self, value, bits):
        """An index: one of its possible values, taking turns."""
        if isinstance(value, int):
            return value
        plain = z3.simplify(self.vector(value, bits))
        if z3.is_bv_value(plain):
            return plain.as_long()
        if not self.new():
            found = self.turns[self.taken]
        else:
            ways = []
            self.solver.push()
            while self.possible(z3.BoolVal(True)):
                ways.append(self.solver.model().eval(plain, model_completion=True).as_long())
                self.solver.add(plain != ways[-1])
                if len(ways) > SLOTS_MAX:
                    raise Unknown('an index has too many values')
            self.solver.pop()
            self.others += [self.turns + [way] for way in ways[1:]]
            self.turns = self.turns + [ways[0]]
            found = ways[0]
        self.taken += 1
        self.solver.add(plain == found)
        return found

    def defined(self, condition, what):
        """Reports what is undefined if condition may be false."""
        if condition is True or not self.new():
            return
        self.goal.defined(self, condition, what)

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
        cells, low = self.place(pointer, size)
        found = [cells.get(low + i) for i in range(size)]
        if all(cell is None for cell in found):
            self.store(pointer, self.unknown(8 * size), size)
            found = [cells[low + i] for i in range(size)]
        value = found[0][0] if found[0] is not None else None
        whole = all(cell is not None and cell[0] is value and cell[1:] == (size, i)
                    for i, cell in enumerate(found))
        if not whole:
            value = z3.Concat([self.byte(cells, low + i) for i in reversed(range(size))])
        if kind[0] == 'i' and kind[1] < 8 * size:
            return self.cut(value, 8 * size, kind[1])
        return value

    def byte(self, cells, at):
        if at not in cells:
            cells[at] = (self.unknown(8), 1, 0)
        value, size, which = cells[at]
        return z3.Extract(8 * which + 7, 8 * which, self.vector(value, 8 * size))

    def store(self, pointer, value, size, bits=0):
        if bits and bits < 8 * size:
            value = self.widen(value, bits, 8 * size)
        cells, low = self.place(pointer, size)
        for i in range(size):
            cells[low + i] = (value, size, i)

    def copy(self, to, source, size):
        for i in range(size):
            cells, low = self.place(Pointer(source.memory, source.offset + i), 1)
            self.byte(cells, low)
            others, high = self.place(Pointer(to.memory, to.offset + i), 1)
            others[high] = cells[low]

    def fill(self, to, value, size):
        for i in range(size):
            cells, low = self.place(Pointer(to.memory, to.offset + i), 1)
            cells[low] = (value, 1, 0)

    def object(self, name):
        """A global, as its file initialises it."""
        if name not in self.globals:
            reader = Reader(self.module.globals[name])
            kind = reader.type()
            memory = Memory(name, self.module.size(kind)[0])
            self.globals[name] = Pointer(memory, 0)
            if kind[0] == 'i' or self.module.globals[name].endswith('zeroinitializer'):
                value = reader.value()
                for i in range(memory.size):
                    memory.bytes[i] = (value >> 8 * i & 255, 1, 0)
        return self.globals[name]

    # Operations.

    def cut(self, value, wide, narrow):
        if isinstance(value, int):
            return value & ((1 << narrow) - 1)
        return z3.Extract(narrow - 1, 0, self.vector(value, wide))

    def widen(self, value, narrow, wide):
        if isinstance(value, int):
            return value & ((1 << narrow) - 1)
        return z3.ZeroExt(wide - narrow, self.vector(value, narrow))

    def signed(self, value, narrow, wide):
        if isinstance(value, int):
            value &= (1 << narrow) - 1
            return (value - (value >> (narrow - 1) << narrow)) & ((1 << wide) - 1)
        return z3.SignExt(wide - narrow, value)

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
        plain = {
            'add': lambda a, b: a + b, 'sub': lambda a, b: a - b, 'mul': lambda a, b: a * b,
            'and': lambda a, b: a & b, 'or': lambda a, b: a | b, 'xor': lambda a, b: a ^ b,
            'shl': lambda a, b: a << b,
        }
        known = dict(plain, lshr=lambda a, b: a >> b, udiv=lambda a, b: a // b,
                     urem=lambda a, b: a % b)
        unknown = dict(plain, lshr=z3.LShR, udiv=z3.UDiv, urem=z3.URem,
                       ashr=lambda a, b: a >> b)
        if 'nsw' not in flags and isinstance(left, int) and isinstance(right, int) \
                and operation in known:
            return known[operation](left & mask, right & mask) & mask
        left, right = self.vector(left, bits), self.vector(right, bits)
        if operation not in unknown:
            raise Unknown(operation)
        if 'nsw' in flags:
            wide = unknown[operation](z3.SignExt(bits, left), z3.SignExt(bits, right))
            fits = z3.SignExt(bits, z3.Extract(bits - 1, 0, wide)) == wide
            self.defined(fits, 'signed overflow')
        return z3.simplify(unknown[operation](left, right))

    def compare(self, predicate, bits, left, right):
        if isinstance(left, Pointer) and isinstance(right, Pointer) \
                and left.memory is right.memory:
            left, right = left.offset, right.offset
            bits = 8 * self.module.pointer
        elif 0 in (left if isinstance(left, int) else 1, right if isinstance(right, int) else 1) \
                and (isinstance(left, Pointer) or isinstance(right, Pointer)) \
                and predicate in ('eq', 'ne'):
            return int(predicate == 'ne')
        left, right = self.vector(left, bits), self.vector(right, bits)
        condition = {
            'eq': lambda a, b: a == b, 'ne': lambda a, b: a != b,
            'ult': z3.ULT, 'ule': z3.ULE, 'ugt': z3.UGT, 'uge': z3.UGE,
            'slt': lambda a, b: a < b, 'sle': lambda a, b: a <= b,
            'sgt': lambda a, b: a > b, 'sge': lambda a, b: a >= b,
        }[predicate](left, right)
        condition = z3.simplify(condition)
        if z3.is_true(condition):
            return 1
        if z3.is_false(condition):
            return 0
        return z3.If(condition, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1))

    def leading_zeros(self, value, bits, undefined):
        if isinstance(value, int):
            value = z3.BitVecVal(value, bits)
        if undefined:
            self.defined(value != 0, 'leading zeros of 0')
        out = z3.BitVecVal(bits, bits)
        for i in range(bits):
            out = z3.If(z3.Extract(i, i, value) == 1, z3.BitVecVal(bits - 1 - i, bits), out)
        return out
