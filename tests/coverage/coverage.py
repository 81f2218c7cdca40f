# SPDX-License-Identifier: BSD-2-Clause
"""coverage.py EXPORT ROOT EXCLUSIONS DIRECTORY... - what no test reached.

EXPORT is the JSON of llvm-cov export. Counted are the files below ROOT's
DIRECTORYs: each line with code, both ways of each branch, and each condition of
each decision that has several (MC/DC: the condition alone was seen to change the
outcome). An inline function is compiled into many programs; what one of them
reached is covered. A branch in a macro counts where the macro is used.

EXCLUSIONS names what cannot be reached, a paragraph each:

    file: lib/pool.c
    function: take_from
    text: the whole line of source, without the space around it
    missing: what this program prints after it; once or more
    reason: why no test can reach it

An indented line goes on with the one above. An exclusion that excludes nothing is an
error, and so is anything else that is not covered. Prints that, and then "coverage: lines
P, branches P, mcdc P" of what is not excluded.
"""
import json
import os
import re
import sys

REGION_EXPANSION = 1  # the kind of a region
KINDS = ("lines", "branches", "mcdc")


class Sources:
    """The counted files, by their path below the root."""

    def __init__(self, root, directories):
        self.root = os.path.realpath(root)
        self.prefixes = tuple(os.path.join(self.root, d) + os.sep for d in directories)
        self.text = {}

    def name(self, path):
        """The path below the root of a file that counts, else None."""
        path = os.path.realpath(path)
        return os.path.relpath(path, self.root) if path.startswith(self.prefixes) else None

    def lines(self, name):
        if name not in self.text:
            with open(os.path.join(self.root, name), encoding="utf-8") as file:
                self.text[name] = file.read().split("\n")
        return self.text[name]

    def line(self, name, number):
        return self.lines(name)[number - 1].strip()

    def is_directive(self, name, number):
        """Macros are counted where they are used."""
        lines = self.lines(name)
        while number > 1 and lines[number - 2].endswith("\\"):
            number -= 1
        return lines[number - 1].lstrip().startswith("#")

    def span(self, name, place):
        """The source between two points, on one line."""
        first, begin, last, end = place
        part = self.lines(name)[first - 1:last]
        part[-1] = part[-1][:end - 1]
        part[0] = part[0][begin - 1:]
        return " ".join(" ".join(part).split())

    def function(self, name, number):
        """The function whose body has the line: the nearest `name(` at the margin above."""
        lines = self.lines(name)
        for at in range(number - 1, -1, -1):
            found = re.match(r"[A-Za-z_][^;={]*?\b(\w+)\(", lines[at])
            if found:
                return found.group(1)
        return ""


class Places:
    """Where the regions of one function stand in the files that people read."""

    def __init__(self, function):
        self.files = function["filenames"]
        self.used_at = {}
        for region in function["regions"]:
            if region[7] == REGION_EXPANSION:
                self.used_at[region[6]] = (region[5], tuple(region[:4]))

    def resolve(self, file, place):
        """The use of the outermost macro that the place is in, or the place itself."""
        while file in self.used_at:
            file, place = self.used_at[file]
        return self.files[file], place


class Coverage:
    """Everything counted, each item True where some program reached it."""

    def __init__(self, sources):
        self.sources = sources
        self.items = {kind: {} for kind in KINDS}

    def note(self, kind, key, reached):
        items = self.items[kind]
        items[key] = items.get(key, False) or reached

    def add_file(self, file):
        name = self.sources.name(file["filename"])
        if not name:
            return
        for line, count in line_counts(file["segments"]).items():
            if not self.sources.is_directive(name, line):
                self.note("lines", (name, line, 0, 0, "the line"), count > 0)

    def add_function(self, function):
        places = Places(function)
        seen = {}
        conditions = []
        for branch in function["branches"]:
            place = tuple(branch[:4])
            path, outer = places.resolve(branch[6], place)
            name = self.sources.name(path)
            if not name:
                continue
            # Conditions in the argument of a macro all stand where it is used.
            nth = seen[outer] = seen.get(outer, -1) + 1
            text = self.sources.span(name, outer) + ("" if outer == place else f" [{nth + 1}]")
            conditions.append((branch[6], place, name, outer, nth, text))
            for way, count in (("true", branch[4]), ("false", branch[5])):
                self.note("branches", (name, outer[0], outer[1], nth, f"{text} is never {way}"),
                          count > 0)
        for record in function["mcdc_records"]:
            self.add_decision(record, conditions)

    def add_decision(self, record, conditions):
        first, last = tuple(record[0:2]), tuple(record[2:4])
        answers = record[6]
        for file in sorted({condition[0] for condition in conditions}):
            inside = [c for c in conditions if c[0] == file and first <= c[1][:2] and
                      c[1][2:] <= last]
            if len(inside) == len(answers):
                break
        else:
            if conditions:
                raise SystemExit(f"coverage: a decision without its conditions: {record}")
            return
        for (_, _, name, outer, nth, text), covered in zip(inside, answers):
            self.note("mcdc", (name, outer[0], outer[1], nth,
                               f"{text} alone never changes the outcome"), covered)


def line_counts(segments):
    """The count of each line with code: the most of the regions that begin on it, and of
    the one that reaches into it. If that is a gap, which stands for the space between two
    statements, the region that it ends at counts instead."""
    counts = {}
    reaching = None
    at = 0
    last = segments[-1][0] if segments else 0
    for line in range(segments[0][0] if segments else 1, last + 1):
        here = []
        while at < len(segments) and segments[at][0] == line:
            here.append(segments[at])
            at += 1
        found = [s for s in here if s[3] and s[4] and not s[5]]
        into = here[0] if here and reaching is not None and reaching[5] else reaching
        if into is not None and into[3]:
            found.append(into)
        skipped = here and not here[0][3] and here[0][4]
        if found and not skipped:
            counts[line] = max(s[2] for s in found)
        if here:
            reaching = here[-1]
    return counts


def read_exclusions(path):
    """The paragraphs of the file as dictionaries of lists, with the line each begins on."""
    fields = ("file", "function", "text", "missing", "reason")
    result = []
    rule = {}
    last = None
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n") + [""]
    for number, line in enumerate(lines, 1):
        found = re.match(r"(\w+): (.*)", line)
        if line.startswith("#"):
            continue
        if line.strip() == "":
            if rule and not all(rule.get(field) for field in fields):
                raise SystemExit(f"{path}:{rule['at']}: not each of {', '.join(fields)}")
            if rule:
                rule["unused"] = set(rule["missing"])
                result.append(rule)
            rule = {}
        elif found and found.group(1) in fields:
            rule.setdefault("at", number)
            last = rule.setdefault(found.group(1), [])
            last.append(found.group(2).strip())
        elif rule and line[0].isspace():
            last[-1] += " " + line.strip()
        else:
            raise SystemExit(f"{path}:{number}: not a part of an exclusion")
    return result


def percent(covered, total):
    """Rounded down: 100 means all."""
    if covered == total:
        return "100"
    return f"{10000 * covered // total / 100:.2f}"


def judge(coverage, exclusions):
    """What is missing and not excluded, as {(file, line): [what]}, and the counts of each
    kind: reached, all, excluded."""
    sources = coverage.sources
    missing = {}
    counts = {}
    for kind in KINDS:
        items = coverage.items[kind]
        excluded = 0
        for key in sorted(key for key, reached in items.items() if not reached):
            name, number, _, _, what = key
            where = [[name], [sources.function(name, number)], [sources.line(name, number)]]
            rule = next((e for e in exclusions
                         if [e["file"], e["function"], e["text"]] == where and
                         what in e["missing"]), None)
            if rule:
                rule["unused"].discard(what)
                excluded += 1
            else:
                missing.setdefault((name, number), []).append(what)
        counts[kind] = (sum(items.values()), len(items), excluded)
    return missing, counts


def report(coverage, exclusions, path):
    sources = coverage.sources
    missing, counts = judge(coverage, exclusions)
    for (name, number), whats in sorted(missing.items()):
        print(f"{name}:{number}: in {sources.function(name, number)}: "
              f"{sources.line(name, number)}")
        for what in whats:
            print(f"    missing: {what}")
    stale = 0
    for rule in exclusions:
        for what in sorted(rule["unused"]):
            stale += 1
            print(f"{os.path.relpath(path, sources.root)}:{rule['at']}: "
                  f"excludes nothing: {what}")
    print("  with what is excluded: " +
          ", ".join(f"{reached} of {total} {kind}"
                    for kind, (reached, total, _) in counts.items()) +
          f"; {len(exclusions)} exclusions")
    print("coverage: " + ", ".join(f"{kind} {percent(reached, total - excluded)}"
                                   for kind, (reached, total, excluded) in counts.items()))
    return not missing and not stale and all(total for _, total, _ in counts.values())


def main():
    export, root, path, *directories = sys.argv[1:]
    coverage = Coverage(Sources(root, directories))
    with open(export, encoding="utf-8") as file:
        data = json.load(file)["data"][0]
    for file in data["files"]:
        coverage.add_file(file)
    for function in data["functions"]:
        coverage.add_function(function)
    sys.exit(0 if report(coverage, read_exclusions(path), path) else 1)


main()
