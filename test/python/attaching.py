# SPDX-License-Identifier: Apache-2.0
"""What the tests of attaching share: programs to attach to, and the command.

ATTACH_ROUNDS (default 5; the full count is 50) says how often each kind is attached to,
ATTACH_PYTHONS (paths, by ":") which other Pythons' programs are attached to as well.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
VIZTRACER = os.environ.get("VIZTRACER", os.path.join(ROOT, "build", "viztracer"))
ROUNDS = int(os.environ.get("ATTACH_ROUNDS", "5"))
OTHERS = [path for path in os.environ.get("ATTACH_PYTHONS", "").split(":") if path]
LIMIT_S = 60

BUSY = """
import sys, time
def inner(): return time.time()
def outer(): return inner()
print("ready", flush=True)
end = time.time() + 600
while time.time() < end: outer()
"""

def may_ptrace():
    """Whether this place lets a process be traced that is no child of the tracer."""
    try:
        with open("/proc/sys/kernel/yama/ptrace_scope", encoding="ascii") as f:
            scope = int(f.read())
    except OSError:
        scope = 0
    return scope == 0 or (scope < 3 and os.geteuid() == 0)


class Attached(unittest.TestCase):
    """A temporary folder, programs in it, and the command."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="attach-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.report = os.path.join(self.folder, "report.json")

    def start(self, *words, **options):
        """A program that said it is ready; killed at the end of the test."""
        program = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, cwd=self.folder, text=True,
                                   **options)
        self.addCleanup(self.finish, program)
        self.assertEqual(program.stdout.readline(), "ready\n", program.poll())
        return program

    def finish(self, program):
        if program.poll() is None:
            program.kill()
        program.communicate()

    def start_text(self, text, **options):
        package = os.path.join(os.path.dirname(VIZTRACER), "python")
        return self.start(sys.executable, "-c", text,
                          env=dict(os.environ, PYTHONPATH=package), **options)

    def command(self, *words, **options):
        return subprocess.Popen([VIZTRACER, *words], cwd=self.folder,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **options)

    def run_command(self, *words, **options):
        command = self.command(*words, **options)
        out, err = command.communicate(timeout=LIMIT_S)
        return command.returncode, out, err

    def attach(self, program, *words):
        status, out, err = self.run_command("--attach", str(program.pid), "-o", self.report,
                                            *words)
        self.assertEqual((status, err), (0, ""), out)
        return out

    def load(self):
        with open(self.report, encoding="utf-8") as f:
            return json.load(f)

    def calls(self):
        return [event for event in self.load()["traceEvents"] if event["ph"] == "X"]

    def wait_report(self, limit_s):
        end = time.monotonic() + limit_s
        while not os.path.exists(self.report):
            self.assertLess(time.monotonic(), end, "no report")
            time.sleep(0.02)

    def assert_not_recorded(self, program):
        """Nothing of ours is in the way: it can be attached to again."""
        again = os.path.join(self.folder, "again.json")
        status, out, err = self.run_command("--attach", str(program.pid), "-t", "0.05",
                                            "-o", again)
        self.assertEqual((status, err), (0, ""), out)


NEEDS_PTRACE = unittest.skipUnless(may_ptrace(), "ptrace is not permitted here")
