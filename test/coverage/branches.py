#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Branch coverage by file: branches.py BUILD [--missing] [--at-least PERCENT] [FILE…].

BUILD was compiled with --coverage (preset coverage) and its tests have run. Prints for each file of
the tree that reads or writes reports (core/base, core/trace, core/io; or those given, as ends of
paths) the branches that exist, those that were taken, and their share; --missing names the others.
Exits 1 when a file has less than --at-least.

What is counted is what gcc compiles without optimizing: both ways of every condition, each part of
`&&` and `||`, each case. A VT_REQUIRE has one way only: the other ends the program.
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAYERS = ("core/base", "core/trace", "core/io")


def notes_of(build):
    """The .gcno of every object of these layers; one without .gcda was never run."""
    for layer in LAYERS:
        for folder, _, names in os.walk(os.path.join(build, layer)):
            yield from (os.path.join(folder, name) for name in sorted(names)
                        if name.endswith(".gcno"))


def gcov(build, notes):
    """(path, lines) of each file that went into an object."""
    run = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", notes],
                         cwd=build, check=True, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True)
    for line in run.stdout.splitlines():
        found = json.loads(line)
        for file in found["files"]:
            where = os.path.join(found["current_working_directory"], file["file"])
            yield os.path.relpath(where, ROOT), file["lines"]


def contract_lines(path):
    """The lines of VT_REQUIRE, whose second branch is an abort."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return {number for number, line in enumerate(f, 1) if "VT_REQUIRE(" in line}


def branches_taken(build):
    """{file: {(line, function, place in the line): times taken}}; a header's from all its users."""
    taken = collections.defaultdict(collections.Counter)
    contracts = {}
    for notes in notes_of(build):
        for path, lines in gcov(build, notes):
            if not path.startswith(LAYERS):
                continue
            if path not in contracts:
                contracts[path] = contract_lines(path)
            place = collections.Counter()
            for line in lines:
                number = line["line_number"]
                where = (number, line.get("function_name", ""))
                for branch in line["branches"]:
                    key = (*where, place[where])
                    place[where] += 1
                    if number not in contracts[path]:
                        taken[path][key] += branch["count"]
    return taken


def lines_missing(counts):
    """'12 17x2 …': the lines with branches never taken, and how many."""
    missing = collections.Counter(line for (line, _, _), count in counts.items() if not count)
    return " ".join(f"{line}" if number == 1 else f"{line}x{number}"
                    for line, number in sorted(missing.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("files", nargs="*")
    parser.add_argument("--missing", action="store_true")
    parser.add_argument("--at-least", type=float, default=0, metavar="PERCENT")
    options = parser.parse_args()
    taken = branches_taken(os.path.abspath(options.build))
    wanted = re.compile("|".join(re.escape(name) + "$" for name in options.files))
    poor, total, reached = [], 0, 0
    for path, counts in sorted(taken.items()):
        if not wanted.search(path) or not counts:
            continue
        hit = sum(count > 0 for count in counts.values())
        share = 100 * hit / len(counts)
        total, reached = total + len(counts), reached + hit
        if share < options.at_least:
            poor.append(path)
        print(f"{path:34} {hit:5} of {len(counts):5}  {share:6.1f} %"
              + (f"  {lines_missing(counts)}" if options.missing else ""))
    if not total:
        sys.exit(f"{options.build}: nothing counted: compile it with --coverage and run its tests")
    print(f"{'all':34} {reached:5} of {total:5}  {100 * reached / total:6.1f} %")
    if poor:
        sys.exit(f"less than {options.at_least:g} %: {' '.join(poor)}")


if __name__ == "__main__":
    main()
