# SPDX-License-Identifier: Apache-2.0
"""Pools, wait loops, fork storms, build tools: nothing is lost, seen or left behind.

CHILD_ROUNDS=100 in the environment runs the pools that often (default 2), CHILDREN=1000 starts
that many short children (default 60).
"""
import os
import shutil
import sys
import time
import unittest

from tracing import VIZTRACER, FolderTest, pids

ROUNDS = int(os.environ.get("CHILD_ROUNDS", "2"))
CHILDREN = int(os.environ.get("CHILDREN", "60"))

POOL = """
import multiprocessing, os
def task(n): return n, os.getpid()
if __name__ == "__main__":
    with multiprocessing.get_context("{way}").Pool(4) as pool:
        numbers, pids = zip(*pool.map(task, range(20), 1))
    assert sorted(numbers) == list(range(20))
    print(*sorted(set(pids)))
"""

KILLED = """
import concurrent.futures, os, signal
def good(): return 1
def bad(): os.kill(os.getpid(), signal.SIGKILL)
if __name__ == "__main__":
    with concurrent.futures.ProcessPoolExecutor(2) as executor:
        assert executor.submit(good).result() == 1
        try: executor.submit(bad).result()
        except concurrent.futures.process.BrokenProcessPool: pass
"""

WAITS = """
import os
def child(): return 1
for _ in range(32):
    if os.fork() == 0:
        child()
        os._exit(0)
seen = 0
while True:
    try: os.wait()
    except ChildProcessError: break
    seen += 1
assert seen == 32, seen
"""

STORM = """
import os, sys
def child(): return 1
for _ in range(int(sys.argv[1]) // 20):
    pids = []
    for _ in range(20):
        pid = os.fork()
        if pid == 0:
            child()
            os._exit(0)
        pids.append(pid)
    for pid in pids: os.waitpid(pid, 0)
"""


# The daemon keeps neither standard output nor standard error.
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.close(1)
        os.close(2)
        time.sleep(20)
    os._exit(0)
os.wait()
"""


class ManyChildren(FolderTest):
    def trace(self, *program, prefix=(), **more):
        command = [*prefix, VIZTRACER, "--quiet", "-o", self.report]
        if program[0][0] == "-":
            command, program = [*command, *program[:2]], program[2:]
        run = self.run_words([*command, "--", *program], **more)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        self.assertEqual(self.left_behind(), [])
        return run, self.load()

    def test_each_task_of_a_pool_is_there(self):
        for way in ("fork", "spawn", "forkserver"):
            program = self.put(POOL.format(way=way))
            for turn in range(ROUNDS):
                with self.subTest(way=way, turn=turn):
                    run, events = self.trace(program)
                    tasks = pids(events, "task")
                    self.assertEqual(len(tasks), 20)
                    # A worker that is ended before its Python began is in no report.
                    self.assertEqual(sorted(set(tasks)), [int(n) for n in run.stdout.split()])

    def test_a_killed_worker_is_there(self):
        _, events = self.trace(self.put(KILLED))
        self.assertEqual(len(pids(events, "good")), 1)
        self.assertEqual(len(pids(events, "bad")), 1)

    def test_a_program_sees_its_own_children_only(self):
        _, events = self.trace(self.put(WAITS))
        self.assertEqual(len(set(pids(events, "child"))), 32)

    def test_the_same_as_the_first_process_of_a_namespace(self):
        unshare = ["unshare", "-Urpf", "--mount-proc"]
        if not shutil.which("unshare") or self.run_words([*unshare, "true"]).returncode:
            self.skipTest("no PID namespace can be made")
        _, events = self.trace(self.put(WAITS), prefix=unshare)
        self.assertEqual(len(set(pids(events, "child"))), 32)

    def test_short_children_leave_nothing_behind(self):
        _, events = self.trace(self.put(STORM), str(CHILDREN))
        self.assertEqual(len(set(pids(events, "child"))), CHILDREN // 20 * 20)

    def test_a_tool_that_starts_many_pythons(self):
        for name in "abcd":
            os.makedirs(os.path.join(self.folder, "tree", name))
            with open(os.path.join(self.folder, "tree", name, "x.py"), "w",
                      encoding="utf-8") as f:
                f.write("def f(): return 1\n" * 50)
        _, events = self.trace("-m", "compileall", "-q", "-f", "-j", "2", "tree")
        self.assertEqual(len(pids(events, "compile_file")), 4)
        self.assertTrue(os.path.exists(os.path.join(self.folder, "tree", "a", "__pycache__")))

    def test_standard_input_is_the_programs(self):
        run, _ = self.trace("-c", "print(input() * 2)", stdin=None, input=b"hi\n")
        self.assertEqual(run.stdout, b"hihi\n")

    def test_a_pipe_ends_when_the_program_ends(self):
        began = time.monotonic()
        program = self.put(DAEMON)
        run = self.run_words(["sh", "-c", '"$1" --quiet -o r.json "$2" | cat; echo ended', "sh",
                              VIZTRACER, program])
        self.assertEqual((run.returncode, run.stdout), (0, b"ended\n"))
        self.assertLess(time.monotonic() - began, 18)

    def test_only_children_are_recorded_when_asked_so(self):
        self.put("import os, subprocess, sys\ndef main(): pass\nmain()\n"
                 "subprocess.run([sys.executable, '-c', 'def child(): pass\\nchild()'])\n"
                 "def child(): pass\n"
                 "if os.fork() == 0:\n    os.system('true'); child(); os._exit(0)\nos.wait()\n")
        run = self.run_words([VIZTRACER, "--patch_only", "-o", self.report, "prog.py"])
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        events = self.load()
        self.assertEqual(pids(events, "main"), [])
        self.assertEqual(len(set(pids(events, "child"))), 2)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[1:])
