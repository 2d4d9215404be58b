# SPDX-License-Identifier: Apache-2.0
"""Programs that die at a random moment leave a whole report (reliability.md R1).

The program counts its own calls in shared memory, apart from the recorder. At most the event that
is being written may be missing, and the calls that were open must be there, marked.

Environment: VIZTRACER the command, CRASH_ROUNDS how often each way to die is tried on each rung
of the ladder (default 3; CI 10, the full count is 100).
"""
import collections
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIZTRACER = os.environ.get("VIZTRACER", os.path.join(ROOT, "build", "viztracer"))
ROUNDS = int(os.environ.get("CRASH_ROUNDS", "3"))

PROGRAM = r'''
import ctypes, mmap, os, signal, struct, sys, threading, time
shared = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 4096)
count = struct.Struct("=Q").pack_into
way = sys.argv[2]

def leaf(n):
    return n

def branch(n):
    leaf(n)
    count(shared, 8 * lane, n)

def die():
    time.sleep(float(sys.argv[3]))
    if way == "exit":
        os._exit(3)
    if way == "segv":
        ctypes.string_at(0)
    os.kill(os.getpid(), int(way))
    time.sleep(60)  # the signal may be taken by the other thread

lane = 0
if way == "13":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python has it ignored
threading.Thread(target=die).start()
n = 0
while True:
    n += 1
    branch(n)
    for i in range(1000):  # a report small enough to be read by json
        pass
'''

WAYS = {"9": -signal.SIGKILL, "segv": -signal.SIGSEGV, "6": -signal.SIGABRT,
        "7": -signal.SIGBUS, "8": -signal.SIGFPE, "exit": 3, "1": -signal.SIGHUP,
        "13": -signal.SIGPIPE, "31": -signal.SIGSYS}


# What it said, its report's events, the calls it counted, the files it left; s from its death until
# its report was whole, and s that a tool needs to read and write that report.
Death = collections.namedtuple("Death", "said events counted left delay save")


class Crash(unittest.TestCase):
    def die(self, way, rung, seconds=None):
        with tempfile.TemporaryDirectory(prefix="crash-") as folder:
            shared = os.path.join(folder, "count")
            with open(shared, "wb") as f:
                f.write(bytes(4096))
            program = os.path.join(folder, "program.py")
            with open(program, "w", encoding="utf-8") as f:
                f.write(PROGRAM)
            report = os.path.join(folder, "r.json")
            run = subprocess.Popen(
                [VIZTRACER, "--tracer_entries", "100000000", "-o", report, program, shared, way,
                 "%.4f" % (random.random() * 0.3 if seconds is None else seconds)],
                cwd=folder, env=dict(os.environ, TMPDIR=folder, VIZTRACER_LAUNCH=rung),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            killer = threading.Timer(120, run.kill)
            killer.start()
            run.wait()
            died = time.monotonic()
            said = run.stderr.read()
            delay = time.monotonic() - died
            killer.cancel()
            run.stderr.close()
            # stderr ends when the watcher does: what it makes is there now
            self.assertEqual(run.returncode, WAYS[way], said)
            with open(report, encoding="utf-8") as f:
                events = json.load(f)["traceEvents"]
            with open(shared, "rb") as f:
                counted = struct.unpack("=Q", f.read(8))[0]
            left = [name for name in os.listdir(folder) if name.startswith("viztracer-")]
            began = time.monotonic()
            if seconds is not None:
                subprocess.run([VIZTRACER, "--combine", report, "-o", report + ".json"],
                               check=True, stdout=subprocess.DEVNULL)
            return Death(said.decode(), events, counted, left, delay,
                         time.monotonic() - began)

    def check(self, way, rung):
        said, events, counted, left = self.die(way, rung)[:4]
        calls = [e for e in events if e["ph"] == "X"]
        done = [e for e in calls if "unfinished" not in (e.get("args") or {})]
        open_calls = [e for e in calls if "unfinished" in (e.get("args") or {})]
        branches = sum(e["name"].startswith("branch ") for e in calls)
        self.assertIn(branches - counted, (-1, 0, 1), said)
        self.assertTrue(any(e["name"].startswith("<module> ") for e in open_calls), said)
        self.assertTrue(any(e["name"].startswith("die ") for e in open_calls), said)
        last = max(e["ts"] + e["dur"] for e in done)
        for e in open_calls:
            self.assertGreaterEqual(e["ts"] + e["dur"], last - 1e3, said)
        self.assertEqual(said.count("\n"), 1 + said.count("Fatal"), said)
        self.assertIn("events saved", said)
        self.assertEqual(left, [])

    def test_every_way_to_die_leaves_a_whole_report(self):
        for rung in ("embed", "exec"):
            for way in WAYS:
                for round_ in range(ROUNDS):
                    with self.subTest(rung=rung, way=way, round=round_):
                        self.check(way, rung)

    def test_the_line_names_the_signal(self):
        for way, word in (("9", "killed by SIGKILL"), ("exit", "exit status 3")):
            self.assertIn(word, self.die(way, "embed").said)

    def test_the_report_is_there_within_a_second_and_its_save(self):
        for rung in ("embed", "exec"):
            for way in ("9", "segv", "exit"):
                with self.subTest(rung=rung, way=way):
                    death = self.die(way, rung, seconds=2)
                    self.assertGreater(len(death.events), 10000)
                    self.assertLess(death.delay, 1 + death.save)

    def test_a_waiting_parent_does_not_see_the_watcher(self):
        program = ("import os\ntry:\n    os.waitpid(-1, 0)\nexcept ChildProcessError:\n"
                   "    print('no child')\n")
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run([VIZTRACER, "--quiet", "-c", program], cwd=folder, check=True,
                                 stdout=subprocess.PIPE, timeout=60)
        self.assertEqual(run.stdout, b"no child\n")

    def test_a_pipe_ends_when_the_program_ends(self):
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            subprocess.run(f"{VIZTRACER} --quiet -c pass 2>&1 | cat", shell=True, cwd=folder,
                           check=True, timeout=60)
            self.assertLess(time.monotonic() - start, 10)


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup has it ignored, for children, too
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[1:])
