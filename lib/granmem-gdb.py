# SPDX-License-Identifier: BSD-2-Clause
"""granmem-gdb.py - granmem's tables for gdb: a process, a core, a kernel under a stub.

    (gdb) source .../granmem-gdb.py      pkg-config --variable=gdbscript granmem

    gm-find PA [TABLE]   the object that covers a physical address
    gm-report [TABLE]    each table: bytes, and its objects by type and size
    gm-verify [TABLE]    each table: the invariants of desc.h, as far as memory shows
    gm-state WORD        a state word in words; also the function $gm_state(WORD)

TABLE is an expression: a struct gm_adhoc, gm_folio, gm_compound or gm_space, or a
pointer to one. Without it, all that are variables of the program, or of the frames of
the thread that is looked at. `print` of a descriptor, a table or a space says what it is.

Nothing is called in the program: everything is read, and nothing is changed. What
other CPUs are in the middle of may look broken to gm-verify. gm-verify leaves the
number of faults in $gm_errors.
"""
import os
import re
import sys

import gdb
import gdb.printing

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from granmem_tables import Adhoc, Compound, Desc, Folio, State  # noqa: E402

KINDS = {'gm_adhoc': Adhoc, 'gm_folio': Folio, 'gm_compound': Compound}
REGION_KINDS = {1: 'gm_compound', 2: 'gm_folio', 3: 'gm_adhoc'}


def tables_in(value):
    """The tables that a value is or has; an empty list if it is none."""
    kind = value.type.strip_typedefs()
    while kind.code in (gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_REF):
        value = value.dereference() if kind.code == gdb.TYPE_CODE_PTR else value.referenced_value()
        kind = value.type.strip_typedefs()
    if kind.name == 'gm_space':
        found = []
        for n in range(int(value['nr_regions'])):
            region = value['regions'][n]
            name = REGION_KINDS.get(int(region['kind']))
            if name is not None:
                pointer = gdb.lookup_type('struct ' + name).pointer()
                found.append(KINDS[name](region['table'].cast(pointer).dereference()))
        return found
    # A table that nobody made yet has no lanes.
    if kind.name in KINDS:
        table = value['table'] if kind.name == 'gm_adhoc' else value['blocks']['table']
        return [KINDS[kind.name](value)] if int(table['lanes']) != 0 else []
    return []


GLOBALS = {}   # by the files that are loaded, because it takes gdb seconds to find out


def global_names():
    """Expressions for the variables at file scope that are, or point to, tables."""
    loaded = tuple(objfile.filename for objfile in gdb.objfiles())
    if loaded not in GLOBALS:
        wanted = re.compile(rf'\b({"|".join(KINDS)}|gm_space)\b \**(\w+);$')
        names = []
        file = None
        for line in gdb.execute('info variables -q -n -t gm_', to_string=True).splitlines():
            found = wanted.search(line)
            if line.startswith('File '):
                file = line[5:].rstrip(':')
            elif found:
                names.append(f"'{file}'::{found[2]}")
        GLOBALS[loaded] = names
    return GLOBALS[loaded]


def variables():
    """Values of the variables that may be or lead to tables."""
    for name in global_names():
        yield gdb.parse_and_eval(name)
    try:
        frame = gdb.selected_frame()
    except gdb.error:
        return
    while frame is not None:
        try:
            block = frame.block()
        except RuntimeError:
            block = None
        while block is not None and block.function is None:
            block = block.superblock
        for symbol in block or ():
            if symbol.is_variable or symbol.is_argument:
                yield symbol.value(frame)
        frame = frame.older()


def tables(expression):
    if expression:
        found = tables_in(gdb.parse_and_eval(expression))
        if not found:
            raise gdb.GdbError(f'{expression} is no table or space that is in use')
        return found
    found = {}
    for value in variables():
        try:
            for table in tables_in(value):
                found.setdefault((table.base, table.kind, int(table.value.address)), table)
        except gdb.error:
            continue  # a pointer to nowhere
    if not found:
        raise gdb.GdbError('no variable is a table: name one')
    return [found[key] for key in sorted(found)]


class Find(gdb.Command):
    """gm-find PA [TABLE]: the object that covers a physical address."""

    def __init__(self):
        super().__init__('gm-find', gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        paddr, _, expression = argument.strip().partition(' ')
        if not paddr:
            raise gdb.GdbError('gm-find PA [TABLE]')
        address = int(gdb.parse_and_eval(paddr)) & (1 << 64) - 1
        inside = [table for table in tables(expression.strip()) if table.contains(address)]
        if not inside:
            print(f'{address:#x}: in no table')
        for table in inside:
            kind, desc = table.find(address)
            text = kind
            if desc is not None and not desc.base <= address < desc.base + desc.size:
                text = f'in change: leads to the descriptor {desc.address:#x}'
            elif desc is not None:
                text = f'+{address - desc.base:#x} in the object {desc}, desc {desc.address:#x}'
            print(f'{address:#x}: {table.kind}: {text}')


class Report(gdb.Command):
    """gm-report [TABLE]: each table's bytes, and its objects by type and size."""

    def __init__(self):
        super().__init__('gm-report', gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        for table in tables(argument.strip()):
            print(f'{table}; {table.hosted:#x} of metadata inside, {table.static:#x} static')
            rows = {}
            for desc in table.check():
                row = rows.setdefault((desc.state.type, desc.size, desc.state.live), [0, 0, 0])
                row[0] += 1
                row[1] += desc.state.refs if desc.state.live else 0
                row[2] += desc.state.pins if desc.state.live else 0
            for (kind, size, live), (number, refs, pins) in sorted(rows.items()):
                print(f'  type {kind:2}  {number:6} of {size:#12x} bytes  {refs:6} references  '
                      f'{pins:4} pins{"" if live else "  (frozen)"}')


class Verify(gdb.Command):
    """gm-verify [TABLE]: checks the invariants; $gm_errors is the number of faults."""

    def __init__(self):
        super().__init__('gm-verify', gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        errors = 0
        for table in tables(argument.strip()):
            objects = table.check()
            refs = sum(desc.state.refs for desc in objects
                       if desc.state.live and not desc.state.leaked)
            for text in table.errors[:20]:
                print(f'  {text}')
            verdict = f'{len(table.errors)} FAULTS' if table.errors else 'ok'
            print(f'{table}: {len(objects)} objects, {refs} references: {verdict}')
            errors += len(table.errors)
        gdb.set_convenience_variable('gm_errors', errors)


class StateCommand(gdb.Command):
    """gm-state WORD: a state word in words."""

    def __init__(self):
        super().__init__('gm-state', gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        print(State(int(gdb.parse_and_eval(argument))))


class StateFunction(gdb.Function):
    """$gm_state(WORD): a state word in words."""

    def __init__(self):
        super().__init__('gm_state')

    def invoke(self, word):
        return str(State(int(word)))


class Printer:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        if self.value.type.strip_typedefs().name == 'gm_desc':
            return str(Desc(self.value))
        found = tables_in(self.value)
        return '; '.join(str(table) for table in found) or 'no table yet'


def printers():
    collection = gdb.printing.RegexpCollectionPrettyPrinter('granmem')
    for name in ['gm_desc', 'gm_space', *KINDS]:
        collection.add_printer(name, f'^{name}$', Printer)
    return collection


for command in (Find, Report, Verify, StateCommand, StateFunction):
    command()
gdb.printing.register_pretty_printer(None, printers(), replace=True)
