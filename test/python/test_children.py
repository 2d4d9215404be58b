# SPDX-License-Identifier: Apache-2.0
"""Python processes below a traced one are in its report, each with its own functions."""
import os
import subprocess
import sys
import tempfile
import time
import unittest

import tracing

# CHILD_ROUNDS in the environment: how often each kind is tried (the full count is 20).
ROUNDS = int(os.environ.get("CHILD_ROUNDS", "1"))

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


class Children(unittest.TestCase):
    def trace(self, folder, *words, options=()):
        report = os.path.join(folder, "r.json")
        run = subprocess.run([tracing.VIZTRACER, "-o", report, *options, "--", *words],
                             cwd=folder, env=dict(os.environ, TMPDIR=folder), check=False,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=120)
        self.assertEqual(self.left_behind(folder), [], run.stderr)
        return run, tracing.load_strictly(report)

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
        for kind, code in KINDS.items():
            for turn in range(ROUNDS):
                with self.subTest(kind=kind, turn=turn):
                    self.check_kind(kind, code)

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
