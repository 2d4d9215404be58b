#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy finds nothing in any C file of the build: check_tidy.py BUILD [--root DIR].

Exits 0 when it is so, 1 with the findings when it is not, 77 (skipped) when there is no
clang-tidy. A file that was clean is not looked at again until it, a header of the tree, its
compile command or .clang-tidy changes: BUILD/tidy-clean holds one empty file per such state.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import shutil
import subprocess
import sys

from check_layers import sources

SKIPPED = 77
# What gcc knows and clang does not must not be a finding.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option",
         "--extra-arg=-Wno-ignored-optimization-argument", "--quiet"]


def shared_state(root):
    """A digest of everything that more than one file depends on."""
    digest = hashlib.sha256()
    for path in sorted(sources(root)) + [".clang-tidy"]:
        if path.endswith((".h", ".def", ".clang-tidy")):
            with open(os.path.join(root, path), "rb") as f:
                digest.update(path.encode() + b"\0" + f.read())
    return digest


def commands(build, root):
    """Yields (file, command) for each file of the tree that the build compiles."""
    seen = set()
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
        for entry in json.load(f):
            path = os.path.relpath(os.path.join(entry["directory"], entry["file"]), root)
            generated = path.startswith("..") or \
                os.path.abspath(os.path.join(root, path)).startswith(build + os.sep)
            if path not in seen and not generated:
                seen.add(path)
                yield path, entry.get("command", "")


def check(build, root, path, command, shared):
    digest = shared.copy()
    with open(os.path.join(root, path), "rb") as f:
        digest.update(command.encode() + b"\0" + f.read())
    clean = os.path.join(build, "tidy-clean", digest.hexdigest())
    if os.path.exists(clean):
        return 0, ""
    run = subprocess.run(["clang-tidy", "-p", build, *EXTRA, path], cwd=root, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if run.returncode == 0:
        with open(clean, "w", encoding="utf-8"):
            pass
        return 0, ""
    return 1, run.stdout + ("" if run.stdout.strip() else run.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("build", type=os.path.abspath)
    parser.add_argument("--root", type=os.path.abspath,
                        default=os.path.dirname(os.path.dirname(here)))
    options = parser.parse_args()
    if not shutil.which("clang-tidy"):
        print("skipped: clang-tidy is not installed")
        return SKIPPED
    os.makedirs(os.path.join(options.build, "tidy-clean"), exist_ok=True)
    shared = shared_state(options.root)
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(
            lambda one: check(options.build, options.root, *one, shared),
            commands(options.build, options.root)))
    for _, text in results:
        sys.stdout.write(text)
    return max((status for status, _ in results), default=0)


if __name__ == "__main__":
    sys.exit(main())
