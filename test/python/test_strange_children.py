# SPDX-License-Identifier: Apache-2.0
"""Programs that start Pythons, or end, in ways that few do: each behaves as without us, its calls
of child() are all in the report, and nothing stays behind."""
import os
import shutil
import sys
import unittest

from tracing import VIZTRACER, FolderTest, pids

# What every program begins with; PYTHON_C is a command whose program calls child() once.
BEGIN = """
import os, sys, warnings
warnings.simplefilter("ignore")  # from 3.12 on of forks beside threads, with the process's number
PYTHON_C = [sys.executable, "-c", "def child(): pass\\nchild()"]
def child(): pass
def fork(work=child):
    if os.fork() == 0:
        work(); os._exit(0)
"""

# name: (how often child() is called, in how many processes, program)
PROGRAMS = {
    "a thread that becomes another program": (2, 1, """
import threading, time
child()
threading.Thread(target=os.execv, args=(sys.executable, PYTHON_C)).start()
time.sleep(60)
"""),
    "a fork server with modules that it loads ahead": (1, 1, """
import multiprocessing as mp
if __name__ == "__main__":
    mp.set_start_method("forkserver"); mp.set_forkserver_preload(["json", "__main__"])
    p = mp.Process(target=child); p.start(); p.join(); assert p.exitcode == 0
"""),
    "descriptors that are passed on": (1, 1, """
import subprocess
r, w = os.pipe()
subprocess.run([sys.executable, "-c", f"import os\\ndef child(): os.write({w}, b'x')\\nchild()"],
               pass_fds=[w], close_fds=True, check=True)
assert os.read(r, 1) == b"x"
"""),
    "all descriptors passed on": (1, 1, """
import subprocess
subprocess.run(PYTHON_C, close_fds=False, check=True)
"""),
    "all descriptors closed": (2, 2, """
import subprocess
os.closerange(3, 4096); child()
subprocess.run(PYTHON_C, check=True)
"""),
    "a child without any descriptor": (1, 1, """
fork(lambda: (os.closerange(0, 4096), child())); os.wait()
"""),
    "a child that becomes another program without any descriptor": (1, 1, """
fork(lambda: (os.closerange(0, 4096), os.execv(sys.executable, PYTHON_C))); os.wait()
"""),
    "an environment without anything": (1, 1, """
import subprocess
subprocess.run(PYTHON_C, env={}, check=True)
"""),
    "an environment that was emptied": (1, 1, """
import subprocess
os.environ.clear()
subprocess.run(PYTHON_C, check=True)
"""),
    "a Python that is isolated": (1, 1, """
import subprocess
subprocess.run([PYTHON_C[0], "-I", "-S", "-E", *PYTHON_C[1:]], check=True)
"""),
    "os._exit at the end": (1, 1, """
import atexit
child(); atexit.register(os._exit, 5)
"""),
    "os._exit at the end of a child": (1, 1, """
import atexit
atexit.register(os._exit, 5)
if os.fork() == 0:
    child(); raise SystemExit(0)
assert os.WEXITSTATUS(os.wait()[1]) == 5
"""),
    "a signal handler that forks": (5, 5, """
import signal
signal.signal(signal.SIGUSR1, lambda *_: (fork(), os.wait()))
for _ in range(5): os.kill(os.getpid(), signal.SIGUSR1)
"""),
    "a signal handler that reaps": (3, 3, """
import signal, time
seen = []
def reap(*_):
    try:
        while os.waitpid(-1, os.WNOHANG)[0]: seen.append(1)
    except ChildProcessError: seen.append(0)
signal.signal(signal.SIGCHLD, reap)
for _ in range(3): fork()
while sum(seen) < 3: time.sleep(0.01)
print(sum(seen))
"""),
    "children that nobody waits for": (1, 1, """
import signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
fork()
try: os.wait()
except ChildProcessError: print("none")
"""),
    "threads that fork": (4, 4, """
import threading
def work(): fork(); os.wait()
ts = [threading.Thread(target=work) for _ in range(4)]
for t in ts: t.start()
for t in ts: t.join()
"""),
    "forks beside threads that begin and end": (20, 20, """
import threading
stop = False
def other(): pass
def churn():
    while not stop:
        t = threading.Thread(target=other); t.start(); t.join()
churner = threading.Thread(target=churn); churner.start()
for _ in range(20): fork(); os.wait()
stop = True; churner.join()
"""),
    "a terminal of its own": (2, 1, """
import pty
pid, fd = pty.fork()
if pid == 0:
    child(); os.execv(sys.executable, PYTHON_C)
try:
    while os.read(fd, 100): pass
except OSError: pass
os.waitpid(pid, 0)
"""),
    "a daemon that goes on: in the report is what it did until then": (1, 1, """
import time
def work():
    os.setsid()
    if os.fork() == 0:
        os.chdir("/"); os.umask(0); child(); time.sleep(3); child()
fork(work); os.wait()
"""),
    "a process that other threads spawn from": (16, 16, """
import concurrent.futures, subprocess
with concurrent.futures.ThreadPoolExecutor(8) as threads:
    list(threads.map(lambda _: subprocess.run(PYTHON_C, check=True), range(16)))
"""),
    "asyncio": (1, 1, """
import asyncio
async def main():
    process = await asyncio.create_subprocess_exec(*PYTHON_C)
    assert await process.wait() == 0
asyncio.run(main())
"""),
    "few descriptors": (2, 2, """
import resource, subprocess, threading
resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
t = threading.Thread(target=child); t.start(); t.join()
subprocess.run(PYTHON_C, check=True)
"""),
    "little memory": (2, 2, """
import resource, subprocess
resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))
child(); subprocess.run(PYTHON_C, check=True)
"""),
    "a log that was removed": (2, 1, """
import shutil, subprocess, tempfile
child()
for name in os.listdir(tempfile.gettempdir()):
    if name.startswith("viztracer-"): shutil.rmtree(os.path.join(tempfile.gettempdir(), name))
child(); subprocess.run(PYTHON_C, check=True)
"""),
}

AS_ROOT = {
    "a child in a root of its own": (1, 1, """
os.mkdir("jail")
fork(lambda: (os.chroot("jail"), os.chdir("/"), child())); os.wait(); os.rmdir("jail")
"""),
    "a child of another user": (1, 1, """
fork(lambda: (os.setgid(65534), os.setuid(65534), child())); os.wait()
"""),
    "a command in another root": (1, 1, """
import subprocess
subprocess.run(["chroot", "/", *PYTHON_C], check=True)
"""),
}

UNSHARED = """
import subprocess
subprocess.run(["unshare", {options!r}, "sh", "-c", {first!r} + 'exec "$@"', "sh", *PYTHON_C],
               check=True)
"""

SAVING = """
import threading
from viztracer import get_tracer
def work(): pass
for _ in range(100000): work()
saver = threading.Thread(target=get_tracer().save, args=("side.json",)); saver.start()
for _ in range(20): fork()
saver.join()
for _ in range(20): assert os.wait()[1] == 0
child()
"""


class StrangeChildren(FolderTest):
    def check(self, calls, processes, program):
        for name in os.listdir(self.folder):
            if name != "tmp":
                os.remove(os.path.join(self.folder, name))
        script = self.put(BEGIN + program)
        alone = self.run_words([sys.executable, script])
        run = self.run_words([VIZTRACER, "--quiet", "-o", "r.json", script])
        self.assertEqual((run.returncode, run.stdout, run.stderr),
                         (alone.returncode, alone.stdout, alone.stderr))
        found = pids(self.load(), "child")
        self.assertEqual((len(found), len(set(found))), (calls, processes))
        self.assertEqual(self.left_behind(), [])

    def check_all(self, programs):
        for what, (calls, processes, program) in programs.items():
            with self.subTest(what=what):
                self.check(calls, processes, program)

    def test_what_few_programs_do(self):
        self.check_all(PROGRAMS)

    @unittest.skipUnless(os.geteuid() == 0, "root may do this")
    def test_what_only_root_may_do(self):
        os.chmod(self.folder, 0o755)
        self.check_all(AS_ROOT)

    def test_children_in_namespaces_of_their_own(self):
        for options, first, calls in (("-Urm", "", 1), ("-Urpf", "", 1),
                                      ("-Urm", "mount -t tmpfs none tmp && ", 0)):
            with self.subTest(options=options, first=first):
                if not shutil.which("unshare") or self.run_words(["unshare", options, "true"]).returncode:
                    self.skipTest("no namespace can be made")
                # Where it does not see the run's directory it runs as without us.
                self.check(calls, calls, UNSHARED.format(options=options, first=first))

    def test_forks_while_another_thread_saves(self):
        run = self.run_words([VIZTRACER, "--quiet", "-o", "r.json", self.put(BEGIN + SAVING)])
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        events = self.load()
        mains = pids(events, "<module>")
        self.assertIn(mains[0], pids(events, "child"))  # it was recorded to its end
        self.assertEqual(len(pids(events, "work")), 100000)
        self.assertEqual(len(pids(self.load("side.json"), "work")), 100000)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[1:])
