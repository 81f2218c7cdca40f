# SPDX-License-Identifier: BSD-2-Clause
"""machine.py - the instructions of LLVM IR, one function call after the other.

Goals are C functions that call, beside what they are about:

    uint64_t any(void)               any number at all
    void assume(int, int line)       what follows is about runs where this is true
    void must(int, int line)         the claim
"""
import re

import z3

from execute import STEPS_MAX, Ended, Memory, Pointer, Run, decode
from ir import NAME, Reader, Unknown


class Machine(Run):
    """Run, and what the instructions do."""

    def call(self, name, arguments):
        """One call of a function of the module: its answer."""
        function = self.module.functions.get(name)
        if function is None:
            return self.outside(name, arguments)
        values = dict(zip(function.parameters, arguments))
        label, before = function.first, None
        while True:
            step = self.block(function.blocks[label], values, before)
            if step[0] == 'ret':
                return step[1]
            label, before = step[1], label

    def block(self, lines, values, before):
        for line in lines:
            self.steps += 1
            if self.steps > STEPS_MAX:
                raise Unknown('it does not end')
            result, operation, rest = decode(line)
            handler = getattr(self, 'do_' + operation, None)
            if handler is None:
                handler = self.do_binary
                rest = operation + ' ' + rest
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
            return 'br', reader.match('%' + NAME)[1:]
        _, bit = self.typed(reader, values)
        labels = re.findall('label %(' + NAME + ')', reader.text)
        return 'br', labels[0 if self.truth(bit) else 1]

    def do_switch(self, reader, values, _):
        kind, value = self.typed(reader, values)
        bits = self.bits(kind)
        default, *labels = re.findall('label %(' + NAME + ')', reader.text)
        cases = [int(n) for n in re.findall(r'i\d+ (-?\d+), label', reader.text)]
        for case, label in zip(cases, labels):
            if self.truth(self.compare('eq', bits, value, case & ((1 << bits) - 1))):
                return 'br', label
        return 'br', default

    def do_unreachable(self, *_):
        self.defined(z3.BoolVal(False), 'what cannot be reached is reached')
        raise Ended

    def do_phi(self, reader, values, before):
        reader.type()
        while True:
            reader.must('[')
            operand = reader.value()
            reader.must(',')
            label = reader.match('%' + NAME)
            reader.must(']')
            if label[1:] == before:
                return self.value(operand, values)
            reader.must(',')

    def do_select(self, reader, values, _):
        _, bit = self.typed(reader, values)
        reader.must(',')
        _, left = self.typed(reader, values)
        reader.must(',')
        _, right = self.typed(reader, values)
        return left if self.truth(bit) else right

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
                whole = Pointer(Memory('copy', size), 0)
                self.copy(whole, value, size)
                value = whole
            arguments.append((member, value))
        if name[1:] in self.module.functions:
            return self.call(name[1:], [value for _, value in arguments])
        return self.outside(name[1:], arguments, kind)

    def outside(self, name, arguments, kind=('v',)):
        """What the goals and the compiler call that has no body here."""
        values = [value for _, value in arguments]
        if name == 'any':
            self.inputs.append(z3.BitVec(f'any{len(self.inputs)}', 64))
            return self.inputs[-1]
        if name in ('assume', 'must'):
            condition = self.vector(values[0], 32) != 0
            if name == 'must':
                if self.new():
                    self.goal.must(self, condition, values[1])
                return None
            if self.new() and not self.possible(condition):
                raise Ended
            self.solver.add(condition)
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
        return Pointer(Memory('local', size), 0)

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
