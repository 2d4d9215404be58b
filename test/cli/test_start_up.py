#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A traced program starts in memory that was mapped ahead, and finds nothing of that.

VIZTRACER names the command; the Python that runs this test is the one that programs run in.
"""
import os
import platform
import subprocess
import sys
import tempfile
import unittest

SHOW = '''
import resource
with open("/proc/self/status") as f:
    print(*[line for line in f if line.startswith("VmLck")])
print(resource.getrlimit(resource.RLIMIT_MEMLOCK), resource.getrlimit(resource.RLIMIT_AS))
'''
# Prints the most by which resident memory grew when 8 KB of small objects were made.
GROW = '''
def read_resident():
    with open("/proc/self/smaps_rollup") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("Rss:"))

kept = []
def step():
    before = read_resident()
    kept.append([bytes(400) for _ in range(20)])
    return read_resident() - before
step()
print(max(step() for _ in range(400)))
'''
SMALLEST_ARENA_KB = 200  # 256 KB before Python 3.10, 1 MB from then on; its first page may be there
LITTLE = 64 << 10  # bytes of locked memory: less than any libpython


class StartUpTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.traced = [os.environ["VIZTRACER"], "--quiet", "-o",
                       os.path.join(folder.name, "result.json"), "--"]
        self.environment = dict(os.environ, VIZTRACER_PYTHON=sys.executable,
                                VIZTRACER_LAUNCH="embed")

    def run_words(self, words, before=()):
        run = subprocess.run([*before, *words], env=self.environment, check=True,
                             stdout=subprocess.PIPE)
        return run.stdout

    def test_arenas_are_mapped_whole(self):
        if tuple(map(int, platform.release().split(".")[:2])) < (5, 14):
            self.skipTest("the kernel has no MADV_POPULATE_WRITE")
        traced, untraced = (int(self.run_words([*before, "-c", GROW]))
                            for before in (self.traced, [sys.executable]))
        self.assertGreaterEqual(traced, SMALLEST_ARENA_KB)
        self.assertLess(untraced, SMALLEST_ARENA_KB)

    def test_no_memory_stays_locked_and_no_limit_changes(self):
        untraced = self.run_words([sys.executable, "-c", SHOW])
        self.assertEqual(self.run_words([*self.traced, "-c", SHOW]), untraced)

    def test_a_program_starts_where_no_memory_may_be_locked(self):
        before = [sys.executable, "-c", f"""
import os, resource, sys
resource.setrlimit(resource.RLIMIT_MEMLOCK, ({LITTLE}, {LITTLE}))
if os.geteuid() == 0:
    import ctypes
    CAP_IPC_LOCK, PR_CAPBSET_DROP = 14, 24
    assert ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK, 0, 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])"""]
        self.assertEqual(self.run_words([*self.traced, "-c", SHOW], before),
                         self.run_words([sys.executable, "-c", SHOW], before))


if __name__ == "__main__":
    unittest.main()
