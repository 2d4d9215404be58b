# SPDX-License-Identifier: Apache-2.0
"""Python processes below a traced one are in its report, each with its own functions."""
import os
import subprocess
import sys
import tempfile
import unittest

import tracing

# Each ends with a child that has run `child_work`; {p} is the Python, {s} the script.
KINDS = {
    "list": "subprocess.run([P, S, 'x'], check=True)",
    "isolated": "subprocess.run([P, '-I', S, 'x'], check=True)",
    "no_site": "subprocess.run([P, '-S', '-E', S, 'x'], check=True)",
    "dev": "subprocess.run([P, '-X', 'dev', S, 'x'], check=True)",
    "shell": "subprocess.run('env \"' + P + '\" -c \"def child_work(): pass\\nchild_work()\"',"
             " shell=True, check=True)",
    "fork_execv": "pid = os.spawnv(os.P_WAIT, P, [P, S, 'x'])",
    "system": "os.system(P + ' ' + S + ' x')",
    "spawn": "mp('spawn')",
}

PROGRAM = r'''
import multiprocessing, os, subprocess, sys
P, S = sys.executable, os.path.abspath(__file__)

def child_work():
    return 1

def mp(way):
    process = multiprocessing.get_context(way).Process(target=child_work)
    process.start()
    process.join()
    assert process.exitcode == 0

if __name__ == "__main__":
    if sys.argv[1] == "x":
        child_work()
    else:
        exec(sys.argv[1])
        print("VIZTRACER_SESSION" in os.environ, os.environ.get("LD_PRELOAD"))
'''


class Children(unittest.TestCase):
    def trace(self, folder, *words, options=()):
        report = os.path.join(folder, "r.json")
        run = subprocess.run([tracing.VIZTRACER, "-o", report, *options, "--", *words],
                             cwd=folder, env=dict(os.environ, TMPDIR=folder), check=False,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=120)
        left = [name for name in os.listdir(folder) if name.startswith("viztracer-")]
        self.assertEqual(left, [], run.stderr)
        return run, tracing.load_strictly(report)

    def workers(self, report, name="child_work"):
        return {e["pid"] for e in report["traceEvents"]
                if e["ph"] == "X" and e["name"].startswith(name + " ")}

    def in_folder(self):
        folder = tempfile.TemporaryDirectory(prefix="children-")
        self.addCleanup(folder.cleanup)
        with open(os.path.join(folder.name, "prog.py"), "w", encoding="utf-8") as f:
            f.write(PROGRAM)
        return folder.name

    def test_every_kind_of_child_is_found_with_its_functions(self):
        for kind, code in KINDS.items():
            with self.subTest(kind=kind):
                run, report = self.trace(self.in_folder(), "prog.py", code)
                self.assertEqual((run.returncode, run.stderr), (0, b""))
                self.assertTrue(run.stdout.startswith(b"False None\n"), run.stdout)
                mains = self.workers(report, "<module>") - self.workers(report)
                self.assertEqual(len(self.workers(report)), 1)
                self.assertEqual(len(mains), 1)

    def test_the_main_process_only_when_asked_so(self):
        _, report = self.trace(self.in_folder(), "prog.py", KINDS["list"],
                               options=["--ignore_multiprocess"])
        self.assertEqual(len({e["pid"] for e in report["traceEvents"]}), 1)

    def test_a_child_that_still_runs_is_waited_for(self):
        code = ("subprocess.Popen([P, '-c', 'import time\\ndef child_work(): pass\\n"
                "time.sleep(1)\\nchild_work()'])")
        run, report = self.trace(self.in_folder(), "prog.py", code)
        self.assertEqual(len(self.workers(report)), 1)
        self.assertIn(b"Waiting for 1 connections", run.stdout)

    def test_processes_are_named_after_what_they_run(self):
        code = ("subprocess.run([P, S, 'x']); subprocess.run([P, '-c', '1']);"
                "subprocess.run([P, '-m', 'timeit', '-n1', '-r1'], stdout=subprocess.DEVNULL)")
        _, report = self.trace(self.in_folder(), "prog.py", code)
        names = sorted(e["args"]["name"] for e in report["traceEvents"]
                       if e["name"] == "process_name")
        self.assertEqual(names, ["MainProcess", "prog.py", "python -c", "timeit"])

    def test_a_child_that_is_terminated_ends_as_without_us(self):
        code = ("p = subprocess.Popen([P, '-c', 'import time\\ndef child_work(): pass\\n"
                "child_work(); print(1, flush=True)\\ntime.sleep(60)'],"
                " stdout=subprocess.PIPE); p.stdout.readline(); p.terminate();"
                "assert p.wait() == -15; p.stdout.close()")
        run, report = self.trace(self.in_folder(), "prog.py", code)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        self.assertEqual(len(self.workers(report)), 1)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[1:])
