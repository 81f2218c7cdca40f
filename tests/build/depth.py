# SPDX-License-Identifier: BSD-2-Clause
"""depth.py CALLGRAPH LIMIT NAME - the deepest stack below the library's calls, in bytes.

CALLGRAPH is what gcc -fcallgraph-info=su writes. No hot call may be deeper than LIMIT on
its everyday way: claim's is the free slot at the hint; a last put ends in remove. The others,
and claim at worst (a table grows, while it places its own metadata), are printed.
Functions that lead to themselves (retire: once for each level of the tree that becomes
empty; growth, whose own search may grow) count twice: enough for 1 TiB. Hooks of the
embedder are not counted.
"""
import re
import sys

HOT = ['gm_ref_get_saturate', 'gm_ref_get_refused', 'gm_ref_put_rest', 'gm_ref_try_pin',
       'gm_ref_unpin', 'gm_run_at', 'gm_compound_remove', 'gm_folio_remove', 'gm_adhoc_remove',
       'gm_adhoc_find_get_rest', 'gm_adhoc_claim', 'gm_space_put']
OTHER = ['gm_compound_create', 'gm_folio_create', 'gm_adhoc_create', 'gm_compound_claim',
         'gm_folio_claim', 'gm_adhoc_claim', 'gm_adhoc_release_range', 'gm_space_claim']
SELDOM = {'gm_adhoc_grow', 'gm_adhoc_search', 'claim_searching'}
TIMES = 2
INDIRECT = {'gm_adhoc_grow': 'grow_beyond'}  # by the pointer that gm_adhoc_init sets


def read(path):
    own, calls = {}, {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            node = re.match(r'node: { title: "([^"]*)" label: "[^"]*?(\d+) bytes', line)
            edge = re.match(r'edge: { sourcename: "([^"]*)" targetname: "([^"]*)"', line)
            if node:
                own[node[1]] = int(node[2])
            elif edge:
                calls.setdefault(edge[1], set()).add(edge[2])
    return own, calls


def depth(own, calls, name, without, way=()):
    if way.count(name) >= TIMES or name.split(':')[-1] in without:
        return 0
    below = (depth(own, calls, called, without, way + (name,)) for called in calls.get(name, ()))
    return own.get(name, 0) + max(below, default=0)


def main():
    path, limit, machine = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    own, calls = read(path)
    short = {title.split(':')[-1]: title for title in own}
    for caller, called in INDIRECT.items():
        calls.setdefault(short[caller], set()).add(short[called])
    hot = {name: depth(own, calls, short[name], SELDOM) for name in HOT}
    others = {name: depth(own, calls, short[name], set()) for name in OTHER}

    def row(sizes):
        return ', '.join(f'{name[3:]} {size}' for name, size in sizes.items())

    print(f'stack {machine}: hot paths {max(hot.values())} of {limit}: {row(hot)}')
    print(f'stack {machine}: others at worst {max(others.values())}: {row(others)}')
    deep = [name for name in hot if hot[name] > limit]
    if deep:
        print('FAILED: deeper than the limit:', *deep)
    sys.exit(1 if deep else 0)


main()
