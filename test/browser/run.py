#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a browser test when what it needs is there, else exits 77 (skipped) and says what is missing.

    run.py --modules DIR --needs "tool;…" -- COMMAND…

A tool is a program on PATH or a package in DIR/node_modules. The command `npm-install` installs the
packages of package-lock.json into DIR, once for each content of that file.
"""
import argparse
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77


def install(modules):
    """npm ci, unless DIR has exactly these packages already; without network: skipped."""
    lock = os.path.join(HERE, "package-lock.json")
    mark = os.path.join(modules, "installed-package-lock.json")
    with open(lock, encoding="utf-8") as f:
        wanted = f.read()
    if os.path.exists(mark):
        with open(mark, encoding="utf-8") as f:
            if f.read() == wanted:
                return 0
    os.makedirs(modules, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(HERE, name), modules)
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=modules,
                          check=False)
    if done.returncode:
        print("skipped: npm could not install the packages (no network?)")
        return SKIPPED
    with open(mark, "w", encoding="utf-8") as f:
        f.write(wanted)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modules", required=True)
    parser.add_argument("--needs", default="")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    for tool in filter(None, options.needs.split(";")):
        if not shutil.which(tool) and \
                not os.path.isdir(os.path.join(options.modules, "node_modules", tool)):
            print(f"skipped: {tool} is not installed")
            return SKIPPED
    if options.command == ["npm-install"]:
        return install(options.modules)
    return subprocess.run(options.command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
