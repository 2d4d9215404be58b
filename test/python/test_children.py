# SPDX-License-Identifier: Apache-2.0
"""Python processes below a traced one are in its report, each with its own functions."""
import concurrent.futures
import os
import sys
import unittest

import pythons
import tracing
from child_kinds import KINDS, ChildTest

# CHILD_ROUNDS in the environment: how often each kind is tried (the full count is 20).
ROUNDS = int(os.environ.get("CHILD_ROUNDS", "1"))

class Children(ChildTest):
    def check_kind(self, kind, code):
        run, report = self.trace(self.in_folder(), "prog.py", code)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        self.assertTrue(run.stdout.startswith(b"False None\n"), run.stdout)
        workers = self.workers(report)
        self.assertEqual(len(workers), 1)
        self.assertEqual(self.workers(report, "in_image_one"),
                         workers if kind.startswith("fork_execv") else set())
        self.assertNotIn(report["traceEvents"][-1]["pid"], workers)

    def test_every_kind_of_child_is_found_with_its_functions(self):
        turns = [(kind, turn) for turn in range(ROUNDS) for kind in KINDS]
        with concurrent.futures.ThreadPoolExecutor(3) as threads:
            checks = [threads.submit(self.check_kind, kind, KINDS[kind]) for kind, _ in turns]
            for (kind, turn), check in zip(turns, checks):
                with self.subTest(kind=kind, turn=turn):
                    check.result()

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

    def test_a_python_of_another_version_is_there(self):
        others = [path for version, path in pythons.find().items()
                  if version != sys.version_info[:2]
                  and pythons.has_core(tracing.VIZTRACER, version)]
        if not others:
            self.skipTest("there is no core for another Python that is installed")
        for other in others:
            with self.subTest(other=other):
                run, report = self.trace(self.in_folder(), "prog.py",
                                         f"subprocess.run([{other!r}, S, 'x'], check=True)")
                self.assertEqual((run.returncode, run.stderr), (0, b""))
                self.assertEqual(len(self.workers(report)), 1)

    def test_processes_are_named_after_what_they_run(self):
        code = ("subprocess.run([P, S, 'x']); subprocess.run([P, '-c', '1']);"
                "subprocess.run([P, '-m', 'timeit', '-n1', '-r1'], stdout=subprocess.DEVNULL)")
        _, report = self.trace(self.in_folder(), "prog.py", code)
        names = sorted(e["args"]["name"] for e in report["traceEvents"]
                       if e["name"] == "process_name")
        self.assertEqual(names, ["MainProcess", "prog.py", "python -c", "timeit"])

    def test_a_child_that_never_began_is_not_shown(self):
        _, report = self.trace(self.in_folder(), "prog.py", "subprocess.run([P, '-c', '1 +'])")
        self.assertEqual(len({e["pid"] for e in report["traceEvents"]}), 1)

    @unittest.skipUnless(os.geteuid() == 0 and sys.version_info >= (3, 9), "root may do this")
    def test_a_child_of_another_user_runs_as_without_us(self):
        folder = self.in_folder()
        os.chmod(folder, 0o755)  # that it sees the run's directory, which is not its own
        code = ("r = subprocess.run(['/usr/bin/python3', '-c', 'print(7)'], user=65534,"
                " stdout=subprocess.PIPE, stderr=subprocess.STDOUT); print(r)")
        run, report = self.trace(folder, "prog.py", code)
        self.assertIn(b"returncode=0, stdout=b'7\\n'", run.stdout)
        self.assertEqual(len({e["pid"] for e in report["traceEvents"]}), 1)

    def test_a_program_that_becomes_another_is_saved_once(self):
        for program in ("['true', 'x']", "['sh', '-c', 'sleep 0.2']"):
            with self.subTest(program=program):
                code = f"child_work()\nos.execvp({program}[0], {program})"
                run, report = self.trace(self.in_folder(), "prog.py", code)
                self.assertEqual((run.returncode, run.stderr), (0, b""))
                self.assertEqual(run.stdout.count(b"Total Entries"), 1)
                self.assertEqual(len(self.workers(report)), 1)

    def test_both_images_of_a_program_are_in_its_report(self):
        for program in ("[P, S, 'x']", "['sh', '-c', f'{P} {S} x; true']"):
            with self.subTest(program=program):
                code = f"in_image_one()\nos.execvp({program}[0], {program})"
                run, report = self.trace(self.in_folder(), "prog.py", code)
                self.assertEqual((run.returncode, run.stderr), (0, b""))
                self.assertEqual(len(self.workers(report, "in_image_one")), 1)
                self.assertEqual(len(self.workers(report)), 1)

    def test_a_program_that_cannot_become_another_goes_on(self):
        code = ("for file in ('nowhere', S):\n"
                "    try: os.execv(file, [file])\n"
                "    except OSError: pass\n"
                "child_work()")
        run, report = self.trace(self.in_folder(), "prog.py", code)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        self.assertEqual(run.stdout.count(b"Total Entries"), 1)
        self.assertEqual(len(self.workers(report)), 1)

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
