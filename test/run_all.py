#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every test: run_all.py BUILD.

ctest first, then the unit tests again under the sanitizers, then the conformance cases of ../shared
where that folder is beside the tree, on both rungs of the ladder; test/conformance.list names those
that must pass. What was skipped is named. The last line is 'N passed, N failed, N skipped';
exits 1 when anything failed.
"""
import fnmatch
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STOCK_PYTHON = "/usr/bin/python3"


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], []


def run_ctest(build, tally, *words, before=(), label=""):
    report = os.path.join(build, "ctest.xml")
    if os.path.exists(report):
        os.remove(report)
    run = subprocess.run([*before, "ctest", "--test-dir", build, "--output-on-failure", "--parallel",
                          "2", "--output-junit", report, *words], check=False)
    cases = []
    if os.path.exists(report):
        cases = list(xml.etree.ElementTree.parse(report).getroot().iter("testcase"))
    failed = [case for case in cases if case.get("status") == "fail"]
    for case in cases:
        name = label + case.get("name")
        if case.get("status") == "run":
            tally.passed += 1
        elif case.get("status") == "fail":
            tally.failed.append(name)
        else:
            tally.skipped.append(name)
            print(f"skipped: {name}: {last_line(case.findtext('system-out'))}")
    if not cases or run.returncode and not failed:
        tally.failed.append(f"{label}ctest (exit status {run.returncode}, {len(cases)} tests)")


def generator_of(build):
    with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as f:
        return re.search(r"^CMAKE_GENERATOR:INTERNAL=(.*)$", f.read(), re.M).group(1)


def run_sanitized(build, name, sanitizers, tally):
    """Builds the unit tests with these sanitizers, in a folder of their own, and runs them."""
    folder = os.path.join(build, name)
    for words in (["-S", ROOT, "-B", folder, "-G", generator_of(build),
                   "-DCMAKE_BUILD_TYPE=RelWithDebInfo", f"-DVIZTRACER_SANITIZE={sanitizers}"],
                  ["--build", folder, "--target", "unit_tests", "--parallel", "2"]):
        run = subprocess.run(["cmake", *words], text=True, check=False, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        if run.returncode:
            print(run.stdout)
            tally.failed.append(f"{name}: cmake {words[0]}")
            return
    # gcc 12's thread sanitizer cannot place its shadow in a widely randomized address space.
    fixed = ["setarch", "--addr-no-randomize"]
    can_fix = subprocess.run([*fixed, "true"], stderr=subprocess.DEVNULL, check=False)
    run_ctest(folder, tally, "-R", "^unit", before=[] if can_fix.returncode else fixed,
              label=name + ".")


def last_line(text):
    return (text or "").strip().rpartition("\n")[2]


def must_pass(case):
    with open(os.path.join(ROOT, "test", "conformance.list"), encoding="utf-8") as f:
        patterns = [line.strip() for line in f if not line.startswith("#")]
    return any(fnmatch.fnmatchcase(case, pattern) for pattern in patterns if pattern)


def run_conformance(build, shared, rung, tally):
    """One run of the checker; cases that the list does not name are told, not counted."""
    cases = [name[:-3] for name in sorted(os.listdir(os.path.join(shared, "cases")))
             if name.endswith(".py")]
    run = subprocess.run(
        [STOCK_PYTHON, os.path.join(shared, "check.py"), "--viztracer",
         os.path.join(build, "viztracer"), "--python", STOCK_PYTHON,
         "--pythonpath", os.path.join(build, "python"), "-v"],
        env=dict(os.environ, VIZTRACER_LAUNCH=rung), text=True, check=False,
        stdout=subprocess.PIPE)
    if not re.search(r"^\d+ passed, \d+ failed$", run.stdout, re.M):
        tally.failed.append(f"conformance ({rung}): the checker did not finish")
        return
    failed = set(re.findall(r"^FAIL (\S+)\.py$", run.stdout, re.M))
    wanted = [case for case in cases if must_pass(case)]
    tally.passed += sum(case not in failed for case in wanted)
    for case in wanted:
        if case in failed:
            tally.failed.append(f"conformance.{case} ({rung})")
            print(re.search(rf"^FAIL {re.escape(case)}\.py$.*?(?=^FAIL |\Z)", run.stdout,
                            re.M | re.S).group())
    others = [case for case in cases if not must_pass(case)]
    print(f"conformance ({rung}): {len(wanted)} cases must pass; of the {len(others)} whose feature "
          f"is not built, {sum(case not in failed for case in others)} agree already")


def main():
    build = os.path.abspath(sys.argv[1])
    tally = Tally()
    run_ctest(build, tally)
    run_sanitized(build, "asan", "address,undefined", tally)
    run_sanitized(build, "tsan", "thread", tally)
    shared = os.path.join(os.path.dirname(ROOT), "shared", "conformance")
    if os.path.isdir(shared):
        for rung in ("embed", "exec"):
            run_conformance(build, shared, rung, tally)
    else:
        tally.skipped.append("conformance")
        print(f"skipped: conformance: no {shared}")
    for name in tally.failed:
        print(f"FAILED: {name}")
    print(f"{tally.passed} passed, {len(tally.failed)} failed, {len(tally.skipped)} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
