# SPDX-License-Identifier: BSD-2-Clause
"""prove.py [--only NAME] MODULE.ll... - proves the goals in C for all numbers.

A function prove_... holds goals: each must() of it, and that nothing in it, or
in what it calls, is undefined. A function refute_... is a control: a must() of it
has to be found false. Prints what is not so, and last "K of N goals, K of N
controls"; exits 1 if anything is not so.
"""
import re
import sys

import z3

from execute import Ended
from facts import Answers
from ir import Module, Unknown
from machine import Machine

PATHS_MAX = 5000


class Goal:
    """The goals of one function, over all of its paths."""

    def __init__(self, module, name):
        self.module = module
        self.name = name
        self.claims = {line: None for line in self.sites()}
        self.undefined = None
        self.unknown = None
        self.answers = Answers()

    def sites(self):
        """The lines of the claims that are written in the function itself."""
        lines = [line for block in self.module.functions[self.name].blocks.values()
                 for line in block]
        return [int(found) for line in lines
                for found in re.findall(r'@must\(.*, i32 noundef (\d+)\)', line)]

    def must(self, run, condition, line):
        if run.facts.possible(z3.Not(condition)):
            self.claims[line] = self.example(run, z3.Not(condition))
        elif self.claims.get(line) is None:
            self.claims[line] = True

    def defined(self, run, condition, what):
        if run.facts.possible(z3.Not(condition)):
            self.undefined = what + ': ' + self.example(run, z3.Not(condition))

    @staticmethod
    def example(run, condition):
        model = run.facts.example_of_all(condition)
        return ' '.join(hex(model.eval(word, model_completion=True).as_long())
                        for word in run.inputs)

    def run(self):
        waiting = [[]]
        paths = 0
        while waiting and self.unknown is None:
            paths += 1
            run = Machine(self.module, self, waiting.pop())
            try:
                run.call(self.name, [])
            except Ended:
                pass
            except Unknown as reason:
                self.unknown = str(reason)
            if paths > PATHS_MAX:
                self.unknown = 'too many paths'
            waiting += run.others

    def proved(self):
        """(proved, all), after saying what is not."""
        good = sum(claim is True for claim in self.claims.values())
        for line, claim in self.claims.items():
            if claim is None:
                print(f'{self.name}: line {line} is never reached')
            elif claim is not True:
                print(f'{self.name}: line {line} is false for {claim}')
        if self.undefined:
            print(f'{self.name}: undefined: {self.undefined}')
        if self.unknown:
            print(f'{self.name}: {self.unknown}')
            return 0, len(self.claims) + 1
        return good + (self.undefined is None), len(self.claims) + 1

    def refuted(self):
        wrong = self.undefined or any(isinstance(claim, str) for claim in self.claims.values())
        if self.unknown or not wrong:
            print(f'{self.name}: not refuted {self.unknown or ""}')
            return False
        return True


def main(arguments):
    only = None
    if arguments[0] == '--only':
        only, arguments = arguments[1], arguments[2:]
    good = goals = refuted = controls = 0
    for path in arguments:
        module = Module(path)
        for name in module.functions:
            if only not in (None, name) or not name.startswith(('prove_', 'refute_')):
                continue
            goal = Goal(module, name)
            goal.run()
            if name.startswith('prove_'):
                some, of_them = goal.proved()
                good += some
                goals += of_them
            else:
                refuted += goal.refuted()
                controls += 1
    print(f'{good} of {goals} goals, {refuted} of {controls} controls')
    return int(good != goals or refuted != controls or goals + controls == 0)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
