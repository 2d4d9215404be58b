# SPDX-License-Identifier: Apache-2.0
"""The kinds of child process that tests start, and what those tests share."""
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

import tracing

FORK = "pid = os.fork()\nif not pid: {}; os._exit(0)\nassert os.waitpid(pid, 0)[1] == 0"
PROCESS = "p = CONTEXT.Process(target={}); p.start(); p.join(); assert p.exitcode == {}"
POOL = "with CONTEXT.Pool(2) as pool: pool.map(child_work, range(4))"
EXECUTOR = ("import concurrent.futures\n"
            "with concurrent.futures.ProcessPoolExecutor(1, mp_context=CONTEXT) as executor:\n"
            "    executor.submit(child_work).result()")

# Each starts a child that runs `child_work`; P is the Python, S the script.
KINDS = {
    "list": "subprocess.run([P, S, 'x'], check=True)",
    "isolated": "subprocess.run([P, '-I', S, 'x'], check=True)",
    "no_site": "subprocess.run([P, '-S', '-E', S, 'x'], check=True)",
    "dev": "subprocess.run([P, '-X', 'dev', S, 'x'], check=True)",
    "shell": "subprocess.run('env \"' + P + '\" -c \"def child_work(): pass\\nchild_work()\"',"
             " shell=True, check=True)",
    "system": "assert os.system(P + ' ' + S + ' x') == 0",
    "script": "open('s', 'w').write('#!' + P + '\\ndef child_work(): pass\\nchild_work()');"
              "os.chmod('s', 0o755); subprocess.run(['./s'], check=True)",
    "env_of_os": "subprocess.run([P, S, 'x'], env=os.environ, check=True)",
    "env_copied": "subprocess.run([P, S, 'x'], env=dict(os.environ, A='1'), check=True)",
    "env_empty": "subprocess.run([P, S, 'x'], env={}, check=True)",
    "env_of_bytes": "subprocess.run([P, S, 'x'], env={b'A': b'1'}, check=True)",
    "env_preloads": "subprocess.run([P, S, 'x'], env={'LD_PRELOAD': 'libc.so.6'}, check=True)",
    "environ_preloads": "os.environ['LD_PRELOAD'] = 'libc.so.6'\n"
                        "subprocess.run([P, S, 'x'], check=True)\ndel os.environ['LD_PRELOAD']",
    "environ_cleared": "os.environ.clear(); subprocess.run([P, S, 'x'], check=True)",
    "posix_spawn": "assert os.waitpid(os.posix_spawn(P, [P, S, 'x'], os.environ), 0)[1] == 0",
    "posix_spawnp": "assert os.waitpid(os.posix_spawnp(P, [P, S, 'x'], {}), 0)[1] == 0",
    "spawnv": "assert os.spawnv(os.P_WAIT, P, [P, S, 'x']) == 0",
    "spawnve": "assert os.spawnve(os.P_WAIT, P, [P, S, 'x'], os.environ) == 0",
    "fork": FORK.format("child_work()"),
    "fork_execv": FORK.format("in_image_one(); os.execv(P, [P, S, 'x'])"),
    "fork_execve": FORK.format("in_image_one(); os.execve(P, [P, S, 'x'], os.environ)"),
    "fork_execvpe": FORK.format("in_image_one(); os.execvpe('env', ['env', P, S, 'x'], {})"),
    "daemon": "pid = os.fork()\nif not pid:\n  os.setsid()\n  if os.fork(): os._exit(0)\n"
              "  child_work(); open('done', 'w').close(); time.sleep(3); os._exit(0)\n"
              "os.waitpid(pid, 0)\nwhile not os.path.exists('done'): time.sleep(0.02)",
}
for way in ("fork", "spawn", "forkserver"):
    for end, code in (("ends", 0), ("killed", -9), ("terminated", -15), ("exits", 3)):
        KINDS[f"{way}_process_{end}"] = PROCESS.format(f"work_{end}", code).replace(
            "CONTEXT", f"multiprocessing.get_context('{way}')")
    KINDS[f"{way}_executor"] = EXECUTOR.replace("CONTEXT",
                                                f"multiprocessing.get_context('{way}')")

PROGRAM = r'''
import multiprocessing, os, signal, subprocess, sys, time
P, S = sys.executable, os.path.abspath(__file__)

def child_work():
    return 1

def in_image_one():
    return 1

def work_ends():
    child_work()

def work_killed():
    child_work()
    os.kill(os.getpid(), signal.SIGKILL)

def work_terminated():
    child_work()
    os.kill(os.getpid(), signal.SIGTERM)

def work_exits():
    child_work()
    os._exit(3)

if __name__ == "__main__":
    if sys.argv[1] == "x":
        child_work()
    else:
        exec(sys.argv[1])
        print("VIZTRACER_SESSION" in os.environ, os.environ.get("LD_PRELOAD"))
'''


class ChildTest(unittest.TestCase):
    """A folder with prog.py in it, and what its report says of the children."""

    def trace(self, folder, *words, options=(), **environment):
        report = os.path.join(folder, "r.json")
        run = subprocess.run([tracing.VIZTRACER, "-o", report, *options, "--", *words],
                             cwd=folder,
                             env=dict(os.environ, TMPDIR=folder,
                                      VIZTRACER_PYTHON=sys.executable, **environment),
                             check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=120)
        self.assertEqual(self.left_behind(folder), [], run.stderr)
        with open(report, encoding="utf-8") as f:  # that it is strict JSON others check
            return run, json.load(f)

    def left_behind(self, folder):
        """A watcher may still be at work: until it has gone, or for ten seconds."""
        for _ in range(200):
            left = [name for name in os.listdir(folder) if name.startswith("viztracer-")]
            if not left:
                break
            time.sleep(0.05)
        return left

    def workers(self, report, name="child_work"):
        return {e["pid"] for e in report["traceEvents"]
                if e["ph"] == "X" and e["name"].startswith(name + " ")}

    def in_folder(self):
        folder = tempfile.TemporaryDirectory(prefix="children-")
        self.addCleanup(folder.cleanup)
        with open(os.path.join(folder.name, "prog.py"), "w", encoding="utf-8") as f:
            f.write(PROGRAM)
        return folder.name
