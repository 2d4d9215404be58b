#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every test that test/manual.md names exists: check_manual.py [--root DIR]

Prints one line per file or test that is not there and exits 1; exits 0 when all are. A test of
Python is a method, one of JavaScript a call of test(), a golden case its `===` line.
"""
import argparse
import os
import re
import sys

ROW = re.compile(r"`(test/[\w/.]+): ([^`]+)`")
FORMS = {".py": r"def {}\(", ".mjs": r'test\(["`]{}["`]', ".case": r"(?m)^=== {}$"}


def missing(root):
    """The (line, sentence) of each name in the table that nothing answers to."""
    path = os.path.join(root, "test", "manual.md")
    with open(path, encoding="utf-8") as f:
        lines = f.readlines()
    found = []
    for number, line in enumerate(lines, 1):
        rows = ROW.findall(line)
        if line.startswith("| ") and not rows and "| test |" not in line:
            found.append((number, "a feature without a test"))
        for file, name in rows:
            found += [(number, text) for text in look_for(root, file, name)]
    return found


def look_for(root, file, name):
    try:
        with open(os.path.join(root, file), encoding="utf-8") as f:
            text = f.read()
    except FileNotFoundError:
        return [f"{file} is not there"]
    form = FORMS[os.path.splitext(file)[1]].format(re.escape(name))
    return [] if re.search(form, text) else [f"{file} has no test '{name}'"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(here)))
    found = missing(parser.parse_args().root)
    for number, text in found:
        print(f"test/manual.md:{number}: {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
