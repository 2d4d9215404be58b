#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs golden cases of the command line: run_cases.py --bin DIR [--launch embed|exec] FILE…

A case file holds cases, each in an empty folder of its own:

    === a sentence: what the case shows
    --- file NAME              the lines below are the file's text (as often as needed)
    --- env NAME=VALUE         set for the run
    --- run                    the lines below are for sh; viztracer and vizviewer are on PATH
    --- exit N                 expected exit status (default 0); negative: died by that signal
    --- stdout                 the lines below are expected there (default: nothing)
    --- stderr                 the same
    --- exists GLOB            afterwards one file of that name is there
    --- absent GLOB            afterwards there is none
    --- events FILE NAME…      FILE is a whole report with events of these names (up to the blank)
    --- no-events FILE NAME…   the same without events of these names

In expected text <any> is anything within a line, <lines> anything at all, <pid> a number, <dir> the
case's folder, <status> how a status text overwrites the one before, <esc> the escape byte,
<no-newline> at the end: the text does not end in a newline. {python} anywhere is the interpreter.
"""
import argparse
import glob
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

TIMEOUT_SECONDS = 120


class Case:
    def __init__(self, name):
        self.name = name
        self.files, self.checks, self.env = [], [], {}
        self.run, self.exit, self.stdout, self.stderr = "", 0, "", ""


def read_cases(path):
    """The cases of a file, in order."""
    cases, body = [], None
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if line.startswith("=== "):
                cases.append(Case(line[4:].strip()))
                body = None
            elif line.startswith("--- "):
                body = start_part(cases[-1], line[4:].rstrip("\n"), f"{path}:{number}")
            elif body:
                body(line)
            elif line.strip() and not line.startswith("#"):
                raise SystemExit(f"{path}:{number}: not in a part: {line.rstrip()}")
    return cases


def start_part(case, part, place):
    """Takes a '---' line in; returns what takes the lines below it, or None."""
    word, _, rest = part.partition(" ")
    if word == "file":
        case.files.append([rest, ""])

        def add(line, file=case.files[-1]):
            file[1] += line
        return add
    if word in ("run", "stdout", "stderr"):
        def add(line):
            setattr(case, word, getattr(case, word) + line)
        return add
    if word == "env":
        case.env.update([rest.split("=", 1)])
    elif word == "exit":
        case.exit = int(rest)
    elif word in ("exists", "absent", "events", "no-events"):
        case.checks.append((word, rest))
    else:
        raise SystemExit(f"{place}: unknown part '{word}'")
    return None


def pattern(expected, folder):
    """The expected text as a regular expression; empty lines at its end do not count."""
    expected = re.sub(r"\n+\Z", "\n", expected) if expected.strip("\n") else ""
    if expected.endswith("<no-newline>\n"):
        expected = expected[:-len("<no-newline>\n")]
    marks = {"<any>": "[^\n]*", "<lines>": "(?s:.*)", "<pid>": "[0-9]+",
             "<dir>": re.escape(folder), "<status>": "\r {80}\r", "<esc>": "\x1b"}
    pieces = re.split("(" + "|".join(marks) + ")", expected)
    return "".join(marks.get(piece) or re.escape(piece) for piece in pieces)


def report_names(path):
    """The names of a report's events, each up to its first blank."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    events = json.loads(data.decode("utf-8"))["traceEvents"]
    return {event["name"].split(" ")[0] for event in events if event["ph"] != "M"}


def check(case, folder, result):
    """What is wrong with a run; empty if nothing is."""
    if result.returncode != case.exit:
        yield f"exit status {result.returncode}, expected {case.exit}"
    for stream in ("stdout", "stderr"):
        text = getattr(result, stream).decode("utf-8", "surrogateescape")
        expected = getattr(case, stream)
        if not re.fullmatch(pattern(expected, folder), text):
            yield f"{stream} is\n{text!r}\nexpected\n{expected!r}"
    for kind, rest in case.checks:
        name, *words = rest.split()
        found = glob.glob(os.path.join(folder, name))
        if kind == "absent":
            if found:
                yield f"{name} is there: {found}"
        elif len(found) != 1:
            yield f"{len(found)} files match {name}, expected one; there is {os.listdir(folder)}"
        elif kind != "exists":
            names = report_names(found[0])
            for word in words:
                if (word in names) != (kind == "events"):
                    yield f"{kind} {word} does not hold of {sorted(names)}"


def make_folder(case, options, folder, tools):
    for tool in ("viztracer", "vizviewer"):
        os.symlink(os.path.join(options.bin, tool), os.path.join(tools, tool))
    for name, text in case.files:
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("{python}", options.python))


def run_case(case, options):
    """Runs a case; returns what is wrong with it."""
    home = os.path.realpath(tempfile.mkdtemp(prefix="cli-"))
    folder, tools = os.path.join(home, "case"), os.path.join(home, "bin")
    os.mkdir(folder)
    os.mkdir(tools)
    try:
        make_folder(case, options, folder, tools)
        env = {name: value for name, value in os.environ.items()
               if not name.startswith(("VIZTRACER", "PYTHON", "LD_", "VIRTUAL_ENV"))}
        env.update(PATH=f"{tools}:/usr/bin:/bin", LC_ALL="C.UTF-8", TMPDIR=home,
                   PYTHONDONTWRITEBYTECODE="1", VIZTRACER_PYTHON=options.python)
        if options.launch:
            env["VIZTRACER_LAUNCH"] = options.launch
        env.update({name: value.replace("{dir}", folder) for name, value in case.env.items()})
        command = case.run.replace("{python}", options.python)
        result = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=TIMEOUT_SECONDS, check=False)
        return list(check(case, folder, result))
    except subprocess.TimeoutExpired:
        return [f"still running after {TIMEOUT_SECONDS} s"]
    finally:
        shutil.rmtree(home, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, help="the folder of viztracer")
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--launch", choices=["embed", "exec"])
    parser.add_argument("-k", default="", help="only cases whose name holds this")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    count = failed = 0
    for path in options.files:
        for case in read_cases(path):
            if options.k not in case.name:
                continue
            count += 1
            faults = run_case(case, options)
            failed += bool(faults)
            for fault in faults:
                print(f"{os.path.basename(path)}: {case.name}: {fault}")
    print(f"{count} cases, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
