#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every C file is as clang-format writes it: check_format.py [--root DIR] [--fix].

Exits 0 when it is so, 1 with clang-format's warnings when it is not, 77 (skipped) when there is
no clang-format. --fix rewrites the files instead.
"""
import argparse
import os
import shutil
import subprocess
import sys

from check_layers import sources

SKIPPED = 77


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(here)))
    parser.add_argument("--fix", action="store_true")
    options = parser.parse_args()
    if not shutil.which("clang-format"):
        print("skipped: clang-format is not installed")
        return SKIPPED
    files = [path for path in sources(options.root) if path.endswith((".c", ".h"))]
    if not files:
        return 0
    action = ["-i"] if options.fix else ["--dry-run", "--Werror"]
    return subprocess.run(["clang-format", "--style=file", *action, *files],
                          cwd=options.root, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
