#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every test: run_all.py BUILD.

ctest first, then the conformance cases of ../shared where that folder is beside the tree, on both
rungs of the ladder; test/conformance.list names those that must pass. What was skipped is
named. The last line is 'N passed, N failed, N skipped'; exits 1 when anything failed.
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


def run_ctest(build, tally):
    report = os.path.join(build, "ctest.xml")
    run = subprocess.run(["ctest", "--test-dir", build, "--output-on-failure", "--parallel", "2",
                          "--output-junit", report], check=False)
    counted = 0
    for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
        counted += 1
        status, name = case.get("status"), case.get("name")
        if status == "run":
            tally.passed += 1
        elif status == "fail":
            tally.failed.append(name)
        else:
            tally.skipped.append(name)
            print(f"skipped: {name}: {last_line(case.findtext('system-out'))}")
    if run.returncode and not tally.failed or not counted:
        tally.failed.append(f"ctest (exit status {run.returncode}, {counted} tests)")


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
