#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""amalgamate.py VERSION INCLUDE LIB OUTPUT DEPFILE SOURCE... - the core as two files.

Writes OUTPUT/granmem.h, which is every public header once, in the order in which
they include each other, and OUTPUT/granmem.c, which is the SOURCEs, in their
order, with the private headers they need. What only processes use is left out.
DEPFILE gets the names of all that was read, for make and ninja.

Two things are changed on the way. The atomic operations are the compiler's own,
unless GM_ATOMIC_HEADER names others: libatomic_ops is not needed. And where two
sources have private names in common, each gets its file's name in front. A macro
of a source ends with it.
"""
import os
import re
import sys

INCLUDE = re.compile(r'^#[ \t]*include[ \t]+([<"])([^>"]+)[>"]')
SPDX = re.compile(r'/\*\s*SPDX-License-Identifier:[^*]*\*/\n')
HOSTED = {'granmem/hosted.h'}
# What stands in atomic.h between "no other operations are given" and the end.
DEFAULT_OPERATIONS = re.compile(r'#include GM_ATOMIC_HEADER\n#else\n(.*?)\n#endif\n\n#endif\n$',
                                re.S)
# C tokens that may contain something like a name, and names with what is before.
TOKEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|'
                   r'(?:->|\.)\s*\w+|(?:struct|union|enum)\s+\w+|\w+', re.S)


class Amalgamation:
    def __init__(self, version, include, lib):
        self.banner = (f'/* SPDX-License-Identifier: BSD-2-Clause */\n'
                       f'/* granmem {version}, made by lib/amalgamate.py from the library\'s '
                       f'files: do not edit. */\n')
        self.include = include
        self.lib = lib
        self.read = []      # paths, for the depfile
        self.done = set()   # headers that are in the output

    def text_of(self, path):
        with open(path, encoding='utf-8') as file:
            text = file.read()
        self.read.append(path)
        return SPDX.sub('', text, count=1)

    def public(self, name):
        """A public header, with what it includes in place, or nothing the second time."""
        if name in self.done or name in HOSTED:
            return ''
        self.done.add(name)
        text = self.text_of(os.path.join(self.include, name))
        if name == 'granmem/atomic.h':
            text = self.with_own_operations(text)
        return f'\n/* ---- {name} ---- */\n' + self.expand(text)

    def with_own_operations(self, text):
        self.done.add('granmem/inline/atomic.h')
        found = DEFAULT_OPERATIONS.search(text)
        if not found:
            sys.exit('granmem/atomic.h: where the default operations are is not as it was')
        own = '#include <granmem/inline/atomic_builtin.h>'
        return text[:found.start(1)] + own + text[found.end(1):]

    def expand(self, text):
        lines = []
        for line in text.splitlines(keepends=True):
            found = INCLUDE.match(line)
            if found and found[2].startswith('granmem/'):
                line = self.public(found[2])
            elif found and found[1] == '"':
                line = self.private(found[2])
            lines.append(line)
        return ''.join(lines)

    def private(self, name):
        if name in self.done:
            return ''
        self.done.add(name)
        text = self.text_of(os.path.join(self.lib, name))
        return f'\n/* ---- {name} ---- */\n' + self.expand(text)

    def all_public(self):
        """granmem.h first; then whatever it does not lead to."""
        names = []
        for directory, _, files in os.walk(os.path.join(self.include, 'granmem')):
            where = os.path.relpath(directory, self.include)
            if os.path.basename(where) in ('inline', 'freestanding'):
                continue
            names += [os.path.join(where, file) for file in files if file.endswith('.h')]
        names.sort(key=lambda name: (name != 'granmem/granmem.h', name))
        return ''.join(self.public(name) for name in names)


def private_names(text):
    """Names at file scope that end with the file: (functions and objects, tags)."""
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    names = set()
    for line in re.findall(r'^static\s[^;={(]*[;={(\[]', text, flags=re.M):
        names.add(re.findall(r'\w+', line)[-1])
    for body in re.findall(r'^enum\s*\w*\s*{(.*?)}', text, flags=re.M | re.S):
        names.update(re.findall(r'(?:^|,)\s*(\w+)', body))
    tags = set(re.findall(r'^(?:struct|union|enum)\s+(\w+)\s*{', text, flags=re.M))
    return names, tags


def renamed(text, stem, names, tags):
    def change(match):
        token = match[0]
        words = token.split()
        if words[0] in ('struct', 'union', 'enum') and len(words) == 2:
            return f'{words[0]} {stem}_{words[1]}' if words[1] in tags else token
        return f'{stem}_{token}' if token in names else token

    return TOKEN.sub(change, text)


def sources(amalgamation, paths):
    texts = {}
    seen = {}   # name: the stems that have it
    for path in paths:
        stem = os.path.splitext(os.path.relpath(path, amalgamation.lib))[0].replace(os.sep, '_')
        text = amalgamation.text_of(path)
        texts[stem] = (text, *private_names(text))
        for name in set().union(*texts[stem][1:]):
            seen.setdefault(name, set()).add(stem)
    common = {name for name, stems in seen.items() if len(stems) > 1}
    out = []
    for stem, (text, names, tags) in texts.items():
        text = renamed(text, stem, names & common, tags & common)
        macros = re.findall(r'^#[ \t]*define[ \t]+(\w+)', text, flags=re.M)
        text = f'\n/* ---- {stem}.c ---- */\n' + amalgamation.expand(text)
        out.append(text + ''.join(f'#undef {macro}\n' for macro in dict.fromkeys(macros)))
    return ''.join(out)


def main():
    version, include, lib, output, depfile, *paths = sys.argv[1:]
    amalgamation = Amalgamation(version, include, lib)
    results = {
        'granmem.h': amalgamation.all_public(),
        'granmem.c': '#include "granmem.h"\n' + sources(amalgamation, paths),
    }
    for name, text in results.items():
        text = re.sub(r'\n{3,}', '\n\n', text)
        with open(os.path.join(output, name), 'w', encoding='utf-8') as file:
            file.write(amalgamation.banner + text)
    with open(depfile, 'w', encoding='utf-8') as file:
        names = ' '.join(path.replace(' ', '\\ ') for path in sorted(amalgamation.read))
        file.write(f'{output}/granmem.c: {names}\n')


main()
