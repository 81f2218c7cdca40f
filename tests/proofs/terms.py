# SPDX-License-Identifier: BSD-2-Clause
"""terms.py - what operations are to numbers that are known, and to z3's terms."""
import functools

import z3

SIMPLE = {
    'add': lambda a, b: a + b, 'sub': lambda a, b: a - b, 'mul': lambda a, b: a * b,
    'and': lambda a, b: a & b, 'or': lambda a, b: a | b, 'xor': lambda a, b: a ^ b,
    'shl': lambda a, b: a << b,
}
KNOWN = dict(SIMPLE, lshr=lambda a, b: a >> b, udiv=lambda a, b: a // b,
             urem=lambda a, b: a % b)
UNKNOWN = dict(SIMPLE, lshr=z3.LShR, udiv=z3.UDiv, urem=z3.URem, ashr=lambda a, b: a >> b)
COMPARE = {
    'eq': lambda a, b: a == b, 'ne': lambda a, b: a != b,
    'ult': z3.ULT, 'ule': z3.ULE, 'ugt': z3.UGT, 'uge': z3.UGE,
    'slt': lambda a, b: a < b, 'sle': lambda a, b: a <= b,
    'sgt': lambda a, b: a > b, 'sge': lambda a, b: a >= b,
}


@functools.lru_cache(maxsize=None)
def constant(value, bits):
    return z3.BitVecVal(value, bits)


def plain(term):
    """As a number if it is one."""
    term = z3.simplify(term)
    return term.as_long() if z3.is_bv_value(term) else term


def operate(operation, left, right):
    return plain(UNKNOWN[operation](left, right))


def compared(predicate, left, right):
    """One bit."""
    return plain(z3.If(COMPARE[predicate](left, right), constant(1, 1), constant(0, 1)))


def chosen(condition, left, right):
    return plain(z3.If(condition, left, right))


def byte_of(value, which):
    return plain(z3.Extract(8 * which + 7, 8 * which, value))


def extract(value, narrow):
    return plain(z3.Extract(narrow - 1, 0, value))


def extend(value, more):
    return plain(z3.ZeroExt(more, value))


def extend_sign(value, more):
    return plain(z3.SignExt(more, value))
