# SPDX-License-Identifier: BSD-2-Clause
"""facts.py - what is so on a path, and whether something more may be.

z3 is asked only what it has to be. A question goes to it with those facts alone that
share an unknown with it, or with one of those: the others can be met whatever it
answers, since a path is one that is possible. An answer that was given before, on
whichever path, is remembered, and numbers that made some question true are tried on
the next ones.

What z3 may do for one question is bounded in its own unit of work and not in time, so
that what is proved does not depend on what else the machine does.
"""
import z3

from ir import Unknown

WORK_MAX = 200000000 # a few minutes
EXAMPLES_MAX = 8

TACTIC = z3.Then('simplify', 'solve-eqs', 'bit-blast', 'sat')


class Answers:
    """What all paths of a goal remember."""

    def __init__(self):
        self.known = {}
        self.examples = []
        self.terms = {}
        self.made = {}

    def unknowns(self, term):
        """The unknowns in a term, by their number in z3."""
        key = term.get_id()
        if key not in self.terms:
            if term.num_args() != 0:
                found = frozenset().union(*map(self.unknowns, term.children()))
            else:
                found = frozenset() if z3.is_bv_value(term) or z3.is_true(term) \
                    or z3.is_false(term) else frozenset([key])
            self.terms[key] = found, term # the term stays, and with it its number
        return self.terms[key][0]

    def make(self, how, *parts):
        """What a function makes of terms, numbers and texts, once for all paths."""
        key = how, *[part if isinstance(part, (int, str)) else (part.get_id(),)
                     for part in parts]
        if key not in self.made:
            self.made[key] = how(*parts), parts # the parts stay, and with them their numbers
        return self.made[key][0]

    def ask(self, conditions):
        """Numbers that make them all true, or None."""
        key = tuple(sorted(condition.get_id() for condition in conditions))
        if key not in self.known:
            self.known[key] = self.find(conditions), conditions
        return self.known[key][0]

    def find(self, conditions):
        for example in self.examples:
            if all(z3.is_true(example.eval(condition, model_completion=True))
                   for condition in conditions):
                return example
        solver = TACTIC.solver()
        solver.set('rlimit', WORK_MAX)
        solver.add(*conditions)
        answer = solver.check()
        if answer == z3.unknown:
            raise Unknown('z3 does not know: ' + solver.reason_unknown())
        if answer == z3.unsat:
            return None
        self.examples = [solver.model()] + self.examples[:EXAMPLES_MAX - 1]
        return self.examples[0]


class Facts:
    """What is so on one path. Each group of facts has unknowns of its own."""

    def __init__(self, answers):
        self.answers = answers
        self.groups = []

    def beside(self, condition):
        """The groups that share an unknown with a condition."""
        unknowns = self.answers.unknowns(condition)
        return [group for group in self.groups if not unknowns.isdisjoint(group[0])]

    def add(self, condition):
        condition = z3.simplify(condition)
        if z3.is_true(condition):
            return
        touched = self.beside(condition)
        unknowns = self.answers.unknowns(condition).union(*(group[0] for group in touched))
        facts = [fact for group in touched for fact in group[1]]
        self.groups = [group for group in self.groups if group not in touched]
        self.groups.append((unknowns, facts + [condition]))

    def example(self, condition, term=None):
        """Numbers with which it is true, for its unknowns and a term's; or None."""
        condition = z3.simplify(condition)
        if z3.is_false(condition):
            return None
        groups = self.beside(condition if term is None else z3.And(condition, term == term))
        facts = [fact for group in groups for fact in group[1]]
        return self.answers.ask(facts + [condition])

    def possible(self, condition):
        return self.example(condition) is not None

    def example_of_all(self, condition):
        """As example, for all unknowns of the path."""
        facts = [fact for group in self.groups for fact in group[1]]
        return self.answers.ask(facts + [z3.simplify(condition)])
