# SPDX-License-Identifier: BSD-2-Clause
"""machine.py - the instructions of LLVM IR, one function call after the other.

Goals are C functions that call, beside what they are about:

    uint64_t any(void)               any number at all
    unsigned each(unsigned)          that number, one path for each value that it may have
    void assume(int, int line)       what follows is about runs where this is true
    void must(int, int line)         the claim
"""
import re

import z3

from execute import GUARDS_MAX, STEPS_MAX, Ended, Mixed, Pointer, Run, decode
from ir import LOUD, NAME, Reader, Unknown
from terms import byte_of, chosen


class Frame(dict):
    """One call: the values of names, and the block that it is in."""

    def __init__(self, function, arguments):
        super().__init__(zip(function.parameters, arguments))
        self.function = function
        self.label = function.first


class Joined:
    """What comes before a block that several ways have come to: (condition, before)."""

    def __init__(self, ways):
        self.ways = ways


class Machine(Run):
    """Run, and what the instructions do."""

    def call(self, name, arguments):
        """One call of a function of the module: its answer."""
        frame = Frame(self.module.functions[name], arguments)
        return self.follow(frame, frame.label, None)[1]

    def follow(self, frame, label, before, end=None):
        """From a block on: ('ret', answer), or ('br', end, what comes before it)."""
        while label != end:
            frame.label = label
            step = self.block(frame.function.blocks[label], frame, before)
            if step[0] == 'ret':
                return step
            _, label, before = step
        return 'br', label, before

    def block(self, lines, values, before):
        for line in lines:
            self.steps += 1
            if self.steps > STEPS_MAX:
                raise Unknown('it does not end')
            result, operation, rest = decode(line)
            handler = getattr(self, 'do_' + operation, None)
            if handler is None:
                raise Unknown(operation)
            answer = handler(Reader(rest), values, before)
            if operation in ('ret', 'br', 'switch', 'unreachable'):
                return answer
            if result is not None:
                values[result] = answer
        raise Unknown('a block without an end')

    def value(self, operand, values):
        if isinstance(operand, int):
            return operand
        if isinstance(operand, tuple):
            if operand[0] == 'getelementptr':
                (_, base), *indexes = operand[2]
                return self.address(operand[1], self.value(base, values), indexes, values)
            return self.value(operand[1][1], values)
        if operand[0] == '@':
            if operand in self.module.globals:
                return self.object(operand)
            raise Unknown(f'the address of {operand}')
        return values[operand]

    def typed(self, reader, values):
        kind, operand = reader.typed()
        return kind, self.value(operand, values)

    def bits(self, kind):
        return kind[1] if kind[0] == 'i' else 8 * self.module.pointer

    # Control.

    def do_ret(self, reader, values, _):
        if reader.has('void'):
            return 'ret', None
        return 'ret', self.typed(reader, values)[1]

    def do_br(self, reader, values, _):
        if reader.has('label'):
            return 'br', reader.match('%' + NAME)[1:], values.label
        _, bit = self.typed(reader, values)
        yes, no = re.findall('label %(' + NAME + ')', reader.text)
        if isinstance(bit, int):
            return 'br', yes if bit & 1 else no, values.label
        return self.split(values, [(bit == 1, yes), (bit == 0, no)])

    def do_switch(self, reader, values, _):
        kind, value = self.typed(reader, values)
        bits = self.bits(kind)
        default, *labels = re.findall('label %(' + NAME + ')', reader.text)
        cases = [int(n) & ((1 << bits) - 1)
                 for n in re.findall(r'i\d+ (-?\d+), label', reader.text)]
        if isinstance(value, int):
            return 'br', dict(zip(cases, labels)).get(value, default), values.label
        ways = [(value == case, label) for case, label in zip(cases, labels)]
        return self.split(values, ways + [(z3.And([value != case for case in cases]), default)])

    def split(self, frame, ways):
        """Several ways (condition, label): one path if they only differ in values."""
        origin = frame.label
        ways = [ways[i] for i in self.live([condition for condition, _ in ways])]
        if len(ways) == 1:
            return 'br', ways[0][1], origin
        end = self.module.meeting(frame.function, tuple(label for _, label in ways))
        if end is not None:
            try:
                return self.tried(frame, ways, origin, end)
            except (Mixed, Ended):
                frame.label = origin
        return 'br', self.turn([(label, condition) for condition, label in ways]), origin

    def tried(self, frame, ways, origin, end):
        """Goes all of them up to where they come together, where values are choices."""
        arms = [self.arm(frame, condition, label, origin, end) for condition, label in ways]
        conditions = [condition for condition, _ in ways]
        written = {key: place for _, writes in arms for key, (*place, _) in writes.items()}
        chosen, made = {}, []
        for key, (cells, at) in written.items():
            found = [writes[key][2] if key in writes else cells.get(at) for _, writes in arms]
            made.append((cells, at, self.choose_cell(conditions, found, chosen)))
        for place in made: # all of them or none
            self.put(*place)
        return 'br', end, Joined(list(zip(conditions, [before for before, _ in arms])))

    def arm(self, frame, condition, label, origin, end):
        """One of them, with what it writes taken back again: what comes before the end, and
        what it has written, but to what is gone with it."""
        if len(self.guards) > GUARDS_MAX: # a loop without a known end
            raise Mixed
        outer, self.log = self.log, []
        local = self.locals
        self.guards.append(condition)
        try:
            step = self.follow(frame, label, origin, end)
            writes = {(id(cells), at): (cells, at, cells[at]) for cells, at, _ in self.log
                      if cells.made <= local}
        finally:
            self.guards.pop()
            log, self.log = self.log, None
            for cells, at, cell in reversed(log):
                self.put(cells, at, cell)
            self.log = outer
        if step[0] != 'br':
            raise Mixed
        return step[2], writes

    def choose_cell(self, conditions, cells, chosen):
        """One byte of memory; words stay whole where they are whole on all ways. What was
        never written is any number."""
        some = [cell for cell in cells if cell is not None]
        if any(cell[1:] != some[0][1:] for cell in some):
            cells = [cell and (self.make(byte_of, self.vector(cell[0], 8 * cell[1]), cell[2]), 1, 0)
                     for cell in cells]
            some = [cell for cell in cells if cell is not None]
        _, size, which = some[0]
        values = [None if cell is None else cell[0] for cell in cells]
        key = size, *map(id, values)
        if key not in chosen:
            known = [self.unknown(8 * size) if value is None else value for value in values]
            chosen[key] = self.choose(conditions, known, 8 * size), values
        return chosen[key][0], size, which

    def choose(self, conditions, values, bits):
        """The value of the way whose condition is true."""
        last = values[-1]
        if all(value is last or isinstance(value, int) and value == last for value in values):
            return last
        if any(isinstance(value, Pointer) for value in values):
            raise Mixed
        out = last
        for condition, value in zip(conditions[-2::-1], values[-2::-1]):
            out = self.make(chosen, condition, self.vector(value, bits), self.vector(out, bits))
        return out

    def do_unreachable(self, *_):
        self.defined(z3.BoolVal(False), 'what cannot be reached is reached')
        raise Ended

    def do_phi(self, reader, values, before):
        bits = self.bits(reader.type())
        operands = {}
        while True:
            reader.must('[')
            operand = reader.value()
            reader.must(',')
            operands[reader.match('%' + NAME)[1:]] = operand
            reader.must(']')
            if not reader.has(','):
                return self.arrived(operands, before, values, bits)

    def arrived(self, operands, before, values, bits):
        if not isinstance(before, Joined):
            return self.value(operands[before], values)
        conditions = [condition for condition, _ in before.ways]
        return self.choose(conditions, [self.arrived(operands, way, values, bits)
                                        for _, way in before.ways], bits)

    def do_select(self, reader, values, _):
        _, bit = self.typed(reader, values)
        reader.must(',')
        kind, left = self.typed(reader, values)
        reader.must(',')
        _, right = self.typed(reader, values)
        if isinstance(bit, int) or isinstance(left, Pointer) or isinstance(right, Pointer):
            return left if self.truth(bit) else right
        return self.choose([bit == 1, bit == 0], [left, right], self.bits(kind))

    def do_call(self, reader, values, _):
        kind = reader.type()
        name = reader.match('@' + NAME)
        if name is None:
            raise Unknown('a call through a pointer')
        reader.must('(')
        arguments = []
        for member, operand, copied in reader.list(reader.argument):
            value = self.value(operand, values)
            if copied:
                size, _ = self.module.size(copied)
                whole = self.local('copy', size)
                self.copy(whole, value, size)
                value = whole
            arguments.append((member, value))
        if name[1:] in self.module.functions:
            return self.call(name[1:], [value for _, value in arguments])
        return self.outside(name[1:], arguments, kind)

    def outside(self, name, arguments, kind=('v',)):
        """What the goals and the compiler call that has no body here."""
        values = [value for _, value in arguments]
        if name in LOUD and self.guards:
            raise Mixed
        if name == 'each':
            return self.concrete(values[0], 32)
        if name == 'any':
            self.inputs.append(z3.BitVec(f'any{len(self.inputs)}', 64))
            return self.inputs[-1]
        if name in ('assume', 'must'):
            condition = self.vector(values[0], 32) != 0
            if name == 'must':
                if self.new():
                    self.goal.must(self, condition, values[1])
                return None
            if self.new() and not self.facts.possible(condition):
                raise Ended
            self.facts.add(condition)
            return None
        if name.startswith('llvm.memcpy'):
            return self.copy(values[0], values[1], values[2])
        if name.startswith('llvm.memset'):
            return self.fill(*values[:3])
        if name.startswith('llvm.ctlz'):
            return self.leading_zeros(values[0], kind[1], values[1])
        raise Unknown(f'a call of {name}')

    # Memory.

    def do_alloca(self, reader, *_):
        size, _ = self.module.size(reader.type())
        return self.local('local', size)

    def do_load(self, reader, values, _):
        reader.has('volatile')
        kind = reader.type()
        reader.must(',')
        return self.load(self.typed(reader, values)[1], kind)

    def do_store(self, reader, values, _):
        reader.has('volatile')
        kind, value = self.typed(reader, values)
        reader.must(',')
        _, pointer = self.typed(reader, values)
        size, _ = self.module.size(kind)
        if isinstance(value, int):
            value &= (1 << 8 * size) - 1
        self.store(pointer, value, size, self.bits(kind))

    def do_getelementptr(self, reader, values, _):
        reader.has('inbounds')
        kind = reader.type()
        reader.must(',')
        (_, base), *indexes = reader.list(reader.typed)
        return self.address(kind, self.value(base, values), indexes, values)

    def address(self, kind, base, indexes, values):
        """base plus the indexes' offsets, the first of which counts whole kinds."""
        offset = 0
        for depth, (member, operand) in enumerate(indexes):
            index = self.value(operand, values)
            if depth != 0 and kind[0] in ('s', 't'):
                kind, more = self.module.fields(kind)[0][index]
                offset += more
                continue
            if depth != 0:
                kind = kind[2]
            size, _ = self.module.size(kind)
            index = self.signed(index, self.bits(member), 64)
            offset = (offset + index * size) & ((1 << 64) - 1) if isinstance(index, int) \
                and isinstance(offset, int) else offset + index * size
        if isinstance(base, Pointer):
            return Pointer(base.memory, self.small(base.offset + offset))
        wide = 8 * self.module.pointer
        offset = self.cut(offset, 64, wide) if wide < 64 else offset
        return self.vector(base, wide) + offset

    @staticmethod
    def small(offset):
        return offset & ((1 << 64) - 1) if isinstance(offset, int) else offset

    # Numbers.

    def do_icmp(self, reader, values, _):
        predicate = reader.match(r'\w+')
        kind, left = self.typed(reader, values)
        reader.must(',')
        return self.compare(predicate, self.bits(kind), left, self.value(reader.value(), values))

    def do_binary(self, reader, values, _):
        operation = reader.match(r'\w+')
        flags = (reader.match(r'((nsw|nuw|exact) )*') or '').split()
        kind, left = self.typed(reader, values)
        reader.must(',')
        right = self.value(reader.value(), values)
        return self.binary(operation, flags, self.bits(kind), left, right)

    def convert(self, reader, values, how):
        kind, value = self.typed(reader, values)
        reader.must('to')
        narrow, wide = self.bits(kind), self.bits(reader.type())
        if narrow == wide:
            return value
        if wide < narrow:
            return self.cut(value, narrow, wide)
        return how(value, narrow, wide)

    def do_zext(self, reader, values, _):
        return self.convert(reader, values, self.widen)

    do_trunc = do_ptrtoint = do_inttoptr = do_bitcast = do_zext

    def do_sext(self, reader, values, _):
        return self.convert(reader, values, self.signed)
