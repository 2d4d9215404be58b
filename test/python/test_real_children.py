# SPDX-License-Identifier: Apache-2.0
"""Tools that start many Pythons, as they are installed here, and long runs beside children."""
import ctypes.util
import importlib.util
import os
import sys
import unittest

from tracing import VIZTRACER, FolderTest, pids

LOKY = """
import os
from joblib import Parallel, delayed
def task(n):
    return n * n, os.getpid()
if __name__ == "__main__":
    squares, pids = zip(*Parallel(n_jobs=2, backend="loky")(delayed(task)(n) for n in range(8)))
    assert list(squares) == [n * n for n in range(8)]
    print(*sorted(set(pids)))
"""

# Makes its ring go round many times; prints how its memory grew meanwhile, in KB.
LONG = """
def work(): pass
def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * 4
def rounds(n):
    for _ in range(n): work()
rounds(50000)
before = resident()
for _ in range(20): rounds(50000)
print(resident() - before)
"""

# A thread that C starts in a forked child calls Python; before 3.12 it must say that it is one.
C_THREAD = """
import ctypes, os
from viztracer import get_tracer
libc = ctypes.CDLL({libpthread!r})
@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
def from_c(_):
    get_tracer().enable_thread_tracing()
    child_work()
    return 0
def child_work(): return 1
def run_thread():
    thread = ctypes.c_ulong()
    assert libc.pthread_create(ctypes.byref(thread), None, from_c, None) == 0
    assert libc.pthread_join(thread, None) == 0
if os.fork() == 0:
    run_thread()
    os._exit(0)
assert os.wait()[1] == 0
"""

CHILDREN = """
import os, subprocess, sys
def main(): pass
main()
subprocess.run([sys.executable, "-c", "def child(): pass\\nchild()"], check=True)
def child(): pass
if os.fork() == 0:
    child()
    os._exit(0)
os.wait()
"""


class RealChildren(FolderTest):
    def succeed(self, words):
        run = self.run_words(words)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout.decode()

    def trace(self, *words):
        return self.succeed([VIZTRACER, "--quiet", *words])

    def need(self, module):
        if not importlib.util.find_spec(module):
            self.skipTest(f"{module} is not installed")

    def test_the_workers_of_joblib_are_there(self):
        self.need("joblib")
        out = self.trace("-o", "r.json", self.put(LOKY))
        self.assertEqual(len(pids(self.load(), "task")), 8)
        self.assertEqual(sorted(set(pids(self.load(), "task"))), [int(n) for n in out.split()])

    def test_the_test_runner_of_python_with_two_workers(self):
        self.need("test.libregrtest")
        self.need("test.test_bisect")
        modules = ["test_bisect", "test_colorsys", "test_textwrap"]
        out = self.trace("-o", "r.json", "--tracer_entries", "5000000", "-m", "test", "-j2",
                         *modules)
        self.assertIn("SUCCESS", out)
        runs = {}  # of the functions that run one module
        for event in self.load():
            for name in modules:
                if event["ph"] == "X" and f"/{name}.py:" in event["name"]:
                    runs.setdefault(name, set()).add(event["pid"])
        self.assertEqual(sorted(runs), modules)
        self.assertEqual(len(set.union(*runs.values())), len(modules))

    def test_memory_stays_as_it_is_once_the_ring_is_full(self):
        out = self.trace("-o", "r.json", "--tracer_entries", "20000", self.put(LONG))
        self.assertLess(int(out), 512)

    def test_a_thread_of_c_in_a_forked_child(self):
        libpthread = ctypes.util.find_library("pthread") or "libc.so.6"
        self.trace("-o", "r.json", self.put(C_THREAD.format(libpthread=libpthread)))
        events = self.load()
        self.assertEqual(len(pids(events, "child_work")), 1)
        self.assertEqual(len(set(pids(events, "run_thread") + pids(events, "child_work"))), 1)

    def check_main_process_only(self, events):
        self.assertEqual(len(pids(events, "main")), 1)
        self.assertEqual(len({e["pid"] for e in events}), 1)

    def test_the_main_process_only_in_every_kind_of_output(self):
        program = self.put(CHILDREN)
        for name in ("r.json", "r.json.gz", "r.html"):
            with self.subTest(name=name):
                self.trace("--ignore_multiprocess", "-o", name, program)
                self.succeed([VIZTRACER, "--combine", name, "-o", "c.json"])
                self.check_main_process_only(self.load("c.json"))
        for options in (["-u"], ["--pid_suffix"], ["--dump_raw"]):
            with self.subTest(options=options):
                out = os.path.join(self.folder, "out")
                os.mkdir(out)
                self.succeed([VIZTRACER, "--quiet", "--ignore_multiprocess",
                              "--output_dir", out, *options, program])
                (name,) = os.listdir(out)
                self.check_main_process_only(self.load(os.path.join(out, name)))
                os.remove(os.path.join(out, name))
                os.rmdir(out)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[1:])
