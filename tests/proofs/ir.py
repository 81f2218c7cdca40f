# SPDX-License-Identifier: BSD-2-Clause
"""ir.py - reads the text of LLVM IR as clang -O0 writes it: types, functions, globals.

Not all of the language: what is not known here raises Unknown, and then nothing
that depends on it counts as proved.
"""
import re

NAME = r'[-\w.$]+'

# What goals call that more than values depends on.
LOUD = ('any', 'each', 'assume', 'must')


class Unknown(Exception):
    """Something this reader, or whoever executes what it read, does not know."""


def remembered(read):
    """A method of Reader that reads a place once, since each run reads the same lines."""
    known = {}

    def again(self):
        key = self.text, self.at
        if key not in known:
            known[key] = read(self), self.at
        found, self.at = known[key]
        return found
    return again


class Reader:
    """A cursor over one line."""

    def __init__(self, text):
        self.text = text
        self.at = 0

    def skip(self):
        while self.at < len(self.text) and self.text[self.at] == ' ':
            self.at += 1

    def has(self, token):
        """Consumes token if it is next."""
        self.skip()
        if not self.text.startswith(token, self.at):
            return False
        self.at += len(token)
        return True

    def must(self, token):
        if not self.has(token):
            raise Unknown(f'no {token!r} at: {self.text[self.at:]}')

    def match(self, pattern):
        self.skip()
        found = re.compile(pattern).match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found.group(0)

    @remembered
    def type(self):
        """('i', bits), ('p',), ('v',), ('a', count, type), ('t', types) or ('s', name)."""
        word = self.match(r'i\d+|void|ptr|label|%' + NAME + r'|\[|\{')
        if word is None:
            raise Unknown(f'type: {self.text[self.at:]}')
        if word[0] == 'i':
            kind = ('i', int(word[1:]))
        elif word in ('void', 'label'):
            kind = ('v',)
        elif word == 'ptr':
            kind = ('p',)
        elif word == '[':
            count = int(self.match(r'\d+'))
            self.must('x')
            kind = ('a', count, self.type())
            self.must(']')
        elif word == '{':
            kind = ('t', tuple(self.list(self.type)))
            self.must('}')
        else:
            kind = ('s', word[1:])
        return self.pointers(kind)

    def pointers(self, kind):
        """The rest of a type: the parameters of a function, and stars."""
        while True:
            if self.has('*'):
                kind = ('p',)
            elif self.has('('):
                self.close()
            else:
                return kind

    def close(self):
        """Skips to behind the parenthesis that closes."""
        depth = 1
        while depth != 0:
            depth += {'(': 1, ')': -1}.get(self.text[self.at], 0)
            self.at += 1

    def list(self, one):
        """Comma-separated, perhaps none."""
        out = []
        while not self.text.startswith(('}', ')', ']'), self.at):
            out.append(one())
            if not self.has(','):
                break
            self.skip()
        self.skip()
        return out

    @remembered
    def value(self):
        """A name as text, a number as int, or a constant expression as a tuple."""
        word = self.match(r'[%@]' + NAME + r'|-?\d+|true|false|null|undef|zeroinitializer'
                          r'|getelementptr|bitcast|inttoptr|ptrtoint')
        if word is None:
            raise Unknown(f'value: {self.text[self.at:]}')
        constants = {'true': 1, 'false': 0, 'null': 0, 'zeroinitializer': 0, 'undef': 0}
        if word in constants:
            return constants[word]
        if re.match(r'-?\d', word):
            return int(word)
        if word[0] in '%@':
            return word
        self.match('inbounds')
        self.must('(')
        if word == 'getelementptr':
            kind = self.type()
            self.must(',')
            out = (word, kind, self.list(self.typed))
        else:
            operand = self.typed()
            self.must('to')
            out = (word, operand, self.type())
        self.must(')')
        return out

    @remembered
    def typed(self):
        """A type and a value."""
        kind = self.type()
        return kind, self.value()

    @remembered
    def argument(self):
        """A typed value with the attributes of an argument: (type, value, copied)."""
        kind = self.type()
        copied = None
        while True:
            word = self.match(r'(noundef|nonnull|noalias|signext|zeroext|inreg|immarg|nocapture'
                              r'|align \d+|(sret|byval)\(' + '%' + NAME + r'\))(?= )')
            if word is None:
                return kind, self.value(), copied
            if word.startswith('byval'):
                copied = ('s', word[len('byval(%'):-1])


class Function:
    """Parameters' names, and blocks: label -> lines."""

    def __init__(self, name, parameters):
        self.name = name
        self.parameters = parameters
        self.blocks = {}
        self.first = None
        self.behind = {}
        self.loud = None

    def targets(self, label):
        return tuple(re.findall('label %(' + NAME + ')', self.blocks[label][-1]))

    def join(self, labels):
        """The first block that all ways from these come to, or None."""
        if not self.behind:
            self.find_behind()
        common = set.intersection(*(self.behind[label] for label in labels))
        return max(common, key=lambda label: len(self.behind[label]), default=None)

    def find_behind(self):
        """For each block, those that all ways from it come to, itself one of them."""
        self.behind = {label: set(self.blocks) for label in self.blocks}
        changed = True
        while changed:
            changed = False
            for label in reversed(self.blocks):
                targets = [self.behind[target] for target in self.targets(label)]
                found = {label}.union(set.intersection(*targets) if targets else ())
                changed = changed or found != self.behind[label]
                self.behind[label] = found


class Module:
    """One file."""

    def __init__(self, path):
        self.structs = {}
        self.functions = {}
        self.globals = {}
        self.wide_align = 4
        self.pointer = 8
        with open(path, encoding='utf-8') as file:
            self.read(file)

    def read(self, file):
        function = block = None
        for line in file:
            line = re.sub(r'(, ![\w.]+ !\d+)+$', '', line.split(' #', 1)[0].rstrip())
            line = re.sub(r', align \d+$', '', line)
            if function is not None:
                if line == '}':
                    function = None
                elif re.match(NAME + ':', line):
                    block = function.blocks.setdefault(line.split(':')[0], [])
                    function.first = function.first or line.split(':')[0]
                elif line.startswith('  '):
                    if line.strip() == ']':
                        block[-1] += ' ]'
                    elif block and block[-1].startswith('switch') and ']' not in block[-1]:
                        block[-1] += ' ' + line.strip()
                    else:
                        block.append(line.strip())
            elif line.startswith('define'):
                function = self.define(line)
            elif line.startswith('target datalayout'):
                self.wide_align = 8 if '-i64:64' in line else 4
                self.pointer = 4 if '-p:32:32' in line else 8
            elif line.startswith('%'):
                name, rest = line[1:].split(' = type ')
                self.structs[name] = rest
            elif line.startswith('@'):
                found = re.match(r'@(' + NAME + r') = .*?\b(?:global|constant) (.*)', line)
                if found:
                    self.globals['@' + found.group(1)] = found.group(2)

    def is_silent(self, lines):
        """Do they neither claim nor assume anything, nor ask for any number?"""
        called = re.findall(r'call .*?@(' + NAME + r')\(', '\n'.join(lines))
        return not any(name in LOUD or self.is_loud(name) for name in called)

    def is_loud(self, name):
        function = self.functions.get(name)
        if function is None:
            return False
        if function.loud is None:
            function.loud = False # what comes back to itself
            function.loud = not self.is_silent(sum(function.blocks.values(), []))
        return function.loud

    def meeting(self, function, labels):
        """Where ways from these come together, if they are silent up to there; or None."""
        end = function.join(labels)
        waiting, seen = list(labels), {end}
        while end is not None and waiting:
            label = waiting.pop()
            if label not in seen:
                seen.add(label)
                waiting += function.targets(label)
                if not self.is_silent(function.blocks[label]):
                    end = None
        return end

    def define(self, line):
        found = re.match(r'define .*?@(' + NAME + r')\((.*)\)', line)
        parameters = re.findall(r'(%' + NAME + r')(?:,|$)', found.group(2))
        function = Function(found.group(1), parameters)
        self.functions[function.name] = function
        return function

    def fields(self, kind):
        """The members of a struct with their offsets, and its size and alignment."""
        if kind[0] == 's':
            text = self.structs[kind[1]]
            if isinstance(text, str):
                self.structs[kind[1]] = Reader(text).type()
            kind = self.structs[kind[1]]
        offset, most, out = 0, 1, []
        for member in kind[1]:
            size, align = self.size(member)
            offset = (offset + align - 1) // align * align
            out.append((member, offset))
            offset += size
            most = max(most, align)
        return out, (offset + most - 1) // most * most, most

    def size(self, kind):
        """Bytes and alignment."""
        if kind[0] == 'i':
            size = max(1, 1 << max(0, (kind[1] - 1).bit_length() - 3))
            return size, min(size, self.wide_align)
        if kind[0] == 'p':
            return self.pointer, self.pointer
        if kind[0] == 'a':
            size, align = self.size(kind[2])
            return kind[1] * size, align
        _, size, align = self.fields(kind)
        return size, align
