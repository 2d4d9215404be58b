# SPDX-License-Identifier: Apache-2.0
"""The run of a program that is alive, or died, in the viewer: as far as its log is committed, and
without a trace of the visit."""
import json
import os
import signal
import subprocess
import sys
import time
import unittest

from serving import VIZTRACER, Serving

# Two processes; `work` was called 1,000 times in each when it says so.
PROGRAM = """
import os, sys
def work(n): return n
def rounds(count):
    for n in range(count): work(n)
rounds(1000)
pid = os.fork()
if pid == 0:
    rounds(1000)
    print("ready", flush=True)
    sys.stdin.readline()
    os._exit(0)
sys.stdin.readline()
os.waitpid(pid, 0)
rounds(500)
"""


class Runs(Serving):
    def begin(self):
        """A program that waits, and its run directory."""
        self.write("prog.py", PROGRAM)
        os.mkdir(self.path("tmp"))
        program = subprocess.Popen(
            [VIZTRACER, "--quiet", "-o", "r.json", "prog.py"], cwd=self.folder,
            env=self.environment(TMPDIR=self.path("tmp"), VIZTRACER_WATCHER="off",
                                 VIZTRACER_PYTHON=sys.executable),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self.addCleanup(program.stdout.close)
        self.addCleanup(program.stdin.close)
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        self.assertEqual(program.stdout.readline(), b"ready\n")
        (name,) = os.listdir(self.path("tmp"))
        return program, self.path("tmp", name)

    def report(self, path):
        """The calls by function, from the same engine, in the terminal."""
        run = subprocess.run([VIZTRACER, "--report", path, "--json"], cwd=self.folder, check=True,
                             stdout=subprocess.PIPE)
        return {row["name"].split()[0]: row["calls"] for row in json.loads(run.stdout)}

    def info(self, path):
        status, out, err = self.run_viewer("--info", path, "--json")
        self.assertEqual((status, err), (0, ""))
        return json.loads(out)

    def served(self, path):
        """What the server says of the trace when it has read it."""
        viewer = self.serve(path)
        for _ in range(400):
            info = self.ask("/trace_info").json()
            if info["state"] == "ready":
                break
            time.sleep(0.05)
        self.assertEqual(self.ask("/index").status, 200)
        self.assertEqual(self.end(viewer)[0], 0)
        return info

    def sizes(self, run):
        return {name: os.path.getsize(os.path.join(run, name)) for name in os.listdir(run)}

    def look(self, run):
        """At a run of two processes with 2,000 calls; it is afterwards as before."""
        before = self.sizes(run)
        self.assertEqual(self.report(run)["work"], 2000)
        self.assertEqual(len(self.info(run)["processes"]), 2)
        self.assertEqual(self.served(run)["state"], "ready")
        for name in os.listdir(run):
            if name.endswith(".log"):
                self.assertEqual(self.report(os.path.join(run, name))["work"], 1000)
        self.assertEqual(before, self.sizes(run))

    def test_a_program_that_runs_is_shown_as_far_as_it_came_and_goes_on(self):
        program, run = self.begin()
        self.look(run)
        program.stdin.close()
        self.assertEqual(program.wait(60), 0)
        self.assertEqual(self.report("r.json")["work"], 2500)
        self.assertEqual(os.listdir(self.path("tmp")), [])

    def test_a_program_that_was_killed_is_shown_and_can_be_recovered(self):
        program, run = self.begin()
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        self.look(run)
        subprocess.run([VIZTRACER, "--quiet", "--recover", run, "-o", "r.json"], cwd=self.folder,
                       check=True)
        self.assertEqual(self.report("r.json")["work"], 2000)

    def test_a_log_that_is_damaged_is_shown_as_far_as_it_is_right_or_refused(self):
        program, run = self.begin()
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        log = max((os.path.join(run, name) for name in os.listdir(run) if name.endswith(".log")),
                  key=os.path.getsize)
        size = os.path.getsize(log)
        for keep in (size - 100, size // 2, 5000, 100, 0):
            os.truncate(log, keep)
            with self.subTest(keep=keep):
                status, out, err = self.run_viewer("--info", log)
                if status == 0:
                    self.assertRegex(out, r"\.log: \d+ events in ")
                else:
                    self.assertEqual((status, out), (1, ""))
                    self.assertRegex(err, r"^vizviewer: [^\n]*\.log: [^\n]+\n$")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[1:])
