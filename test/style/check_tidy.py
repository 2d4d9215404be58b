#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy finds nothing in any C file of the build: check_tidy.py BUILD [--root DIR].

Exits 0 when it is so, 1 with the findings when it is not, 77 (skipped) when there is no
clang-tidy. A file that was clean is not looked at again until it, a file of the tree that it
includes, its compile command or .clang-tidy changes: BUILD/tidy-clean holds one empty file per
such state.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

SKIPPED = 77
# What gcc knows and clang does not must not be a finding.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option",
         "--extra-arg=-Wno-ignored-optimization-argument", "--quiet"]


def with_includes(root, path, seen):
    """Adds the file and all files of the tree that it includes, directly or not."""
    if path in seen or not os.path.exists(os.path.join(root, path)):
        return
    seen.add(path)
    with open(os.path.join(root, path), encoding="utf-8") as f:
        for header in re.findall(r'^\s*#\s*include\s*"([^"]+)"', f.read(), re.M):
            with_includes(root, header, seen)
            with_includes(root, os.path.join(os.path.dirname(path), header), seen)


def digest_of(root, path, command):
    digest = hashlib.sha256(command.encode())
    files = {".clang-tidy"}
    with_includes(root, path, files)
    for name in sorted(files):
        with open(os.path.join(root, name), "rb") as f:
            digest.update(b"\0" + name.encode() + b"\0" + f.read())
    return digest.hexdigest()


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


def check(build, root, path, command):
    clean = os.path.join(build, "tidy-clean", digest_of(root, path, command))
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
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(
            lambda one: check(options.build, options.root, *one),
            commands(options.build, options.root)))
    for _, text in results:
        sys.stdout.write(text)
    return max((status for status, _ in results), default=0)


if __name__ == "__main__":
    sys.exit(main())
