# SPDX-License-Identifier: Apache-2.0
"""Memory that ends and a user who presses Ctrl-C lose nothing (reliability.md R2, R3).

Environment: VIZTRACER the command, ENDING_ROUNDS how often Ctrl-C is tried in each phase and number
(default 1; the full count is 100).
"""
import errno
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIZTRACER = os.environ.get("VIZTRACER", os.path.join(ROOT, "build", "viztracer"))
ROUNDS = int(os.environ.get("ENDING_ROUNDS", "1"))
MEMORY_GROUPS = "/sys/fs/cgroup/memory"  # of version 1; version 2 has no such folder
MORE_BYTES = 64 << 20  # what a program may take besides what it has

GREEDY = f'''
import resource
def work(): return 1
def take(kept):
    while True:
        work()
        kept.append(bytearray(1 << 20))
with open("/proc/self/statm") as f:
    has = int(f.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (has + {MORE_BYTES},) * 2)
'''

# In each phase it says so, and counts its calls in a file that is mapped.
COUNT = '''
import mmap, os, struct
with open("count", "wb") as f:
    f.write(bytes(8))
shared = mmap.mmap(os.open("count", os.O_RDWR), 8)
pack = struct.Struct("=Q").pack_into
def work(n): return n
def work_to(most):
    n = 0
    while n != most:
        n += 1
        work(n)
        pack(shared, 0, n)
        if n == 1000:
            print("now", flush=True)
'''

RUNNING = COUNT + "work_to(-1)"

WAITING = COUNT + '''
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
def child(): pass
child()
print(1, flush=True)
time.sleep(1)"""], stdout=subprocess.PIPE)
child.stdout.readline()
work_to(1000)
'''

SAVING = COUNT + "work_to(300000)"


class EndingTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="endings-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self, text, rung, *options, **more):
        with open(os.path.join(self.folder, "prog.py"), "w", encoding="utf-8") as f:
            f.write(text)
        environment = dict(os.environ, TMPDIR=self.folder, VIZTRACER_LAUNCH=rung,
                           VIZTRACER_PYTHON=sys.executable)
        return subprocess.Popen([VIZTRACER, *options, "-o", "r.json", "prog.py"],
                                cwd=self.folder, env=environment, start_new_session=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **more)

    def events(self):
        with open(os.path.join(self.folder, "r.json"), encoding="utf-8") as f:
            return json.load(f)["traceEvents"]

    def count(self, name):
        return sum(e["name"].startswith(name + " ") for e in self.events())

    def check_nothing_is_left(self):
        for _ in range(200):
            left = [name for name in os.listdir(self.folder) if name.startswith("viztracer-")]
            if not left:
                return
            time.sleep(0.05)
        self.fail(left)


class MemoryTest(EndingTest):
    """Memory that ends, by a limit that Python sees and by the kernel's killer."""

    def run_greedy(self, rung, end):
        process = self.start(GREEDY + end, rung)
        _, said = process.communicate(timeout=120)
        self.check_nothing_is_left()
        return process.returncode, said.decode()

    def remove_group(self, group):
        """The watcher is in it, and may be ending still."""
        for _ in range(200):
            try:
                os.rmdir(group)
                return
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise
                time.sleep(0.05)
        self.fail(f"{group} is not empty")

    def test_a_program_without_memory_ends_as_in_python3(self):
        for rung in ("embed", "exec"):
            with self.subTest(rung=rung):
                status, said = self.run_greedy(rung, "take([])")
                self.assertEqual(status, 1)
                self.assertTrue(said.endswith("MemoryError\n"), said)
                self.assertGreater(self.count("work"), 10)

    def test_a_program_that_holds_all_memory_to_its_end_is_saved(self):
        end = "kept = []\ntry: take(kept)\nexcept MemoryError: pass\nimport builtins\nbuiltins.kept = kept"
        for rung in ("embed", "exec"):
            with self.subTest(rung=rung):
                status, said = self.run_greedy(rung, end)
                self.assertEqual((status, said), (0, ""))
                self.assertGreater(self.count("work"), 10)

    def test_a_program_without_memory_that_leaves_at_once_is_saved(self):
        end = "import os\nkept = []\ntry: take(kept)\nexcept MemoryError: os._exit(7)"
        for rung in ("embed", "exec"):
            with self.subTest(rung=rung):
                status, said = self.run_greedy(rung, end)
                self.assertEqual(status, 7)
                self.assertIn("events saved", said)
                self.assertGreater(self.count("work"), 10)

    def test_a_program_that_the_kernel_kills_for_memory_is_saved(self):
        group = os.path.join(MEMORY_GROUPS, os.path.basename(self.folder))
        try:
            os.mkdir(group)
        except OSError as error:
            self.skipTest(f"no memory group can be made: {error}")
        self.addCleanup(self.remove_group, group)

        def put(file, text):
            with open(os.path.join(group, file), "w", encoding="ascii") as f:
                f.write(text)
        put("memory.limit_in_bytes", str(MORE_BYTES))
        process = self.start("def work(): return 1\nkept = []\nwhile True:\n"
                             "    work(); kept.append(b'x' * (1 << 20))\n", "embed",
                             preexec_fn=lambda: put("cgroup.procs", str(os.getpid())))
        _, said = process.communicate(timeout=120)
        self.assertEqual(process.returncode, -signal.SIGKILL, said)
        self.assertIn(b"events saved", said)
        self.assertGreater(self.count("work"), 10)
        self.check_nothing_is_left()


class CtrlCTest(EndingTest):
    """Ctrl-C goes to the whole process group: once, twice, ten times, in each phase."""

    def press(self, process, times):
        for _ in range(times):
            try:
                os.killpg(process.pid, signal.SIGINT)
            except ProcessLookupError:
                return
            time.sleep(random.random() * 0.02)

    def wait_for(self, process, word):
        seen = b""
        while word not in seen:
            more = os.read(process.stdout.fileno(), 65536)
            self.assertTrue(more, seen)
            seen += more

    def interrupt(self, text, word, times, rung):
        process = self.start(text, rung)
        self.wait_for(process, word)
        time.sleep(random.random() * 0.05)
        self.press(process, times)
        began = time.monotonic()
        _, said = process.communicate(timeout=120)
        self.assertLess(time.monotonic() - began, 15, said)
        with open(os.path.join(self.folder, "count"), "rb") as f:
            counted = struct.unpack("=Q", f.read())[0]
        self.assertIn(self.count("work") - counted, (0, 1), said)
        self.check_nothing_is_left()
        return process.returncode

    def check_phase(self, text, word, statuses, children=0):
        for rung in ("embed", "exec"):
            for times in (1, 2, 10):
                for turn in range(ROUNDS):
                    with self.subTest(rung=rung, times=times, turn=turn):
                        status = self.interrupt(text, word, times, rung)
                        self.assertIn(status, statuses if times == 1 else (0, -signal.SIGINT))
                        self.assertEqual(self.count("child"), children)

    def test_while_the_program_runs(self):
        self.check_phase(RUNNING, b"now", (-signal.SIGINT,))

    def test_while_children_are_waited_for(self):
        self.check_phase(WAITING, b"Waiting", (0,), children=1)

    def test_while_the_report_is_saved(self):
        self.check_phase(SAVING, b"Saving", (0, -signal.SIGINT))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's & has it ignored
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[1:])
