# SPDX-License-Identifier: Apache-2.0
"""VizTracer(ignore_multiprocess=False) in a stock python3: its children are in its report."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import tracing

PACKAGE = os.path.join(os.path.dirname(tracing.VIZTRACER), "python")

PROGRAM = r'''
import json, multiprocessing, os, subprocess, sys, time
from viztracer import VizTracer, get_tracer
P = sys.executable
CODE = "def child_work(): pass\nchild_work()"

def child_work():
    return 1

def mp(way):
    process = multiprocessing.get_context(way).Process(target=child_work)
    process.start()
    process.join()
    assert process.exitcode == 0

def fork(end):
    pid = os.fork()
    if not pid:
        child_work()
        if end: os._exit(0)
        return True
    os.waitpid(pid, 0)
    return False

if __name__ == "__main__":
    exec(sys.argv[1])
'''
BEGIN = "with VizTracer(ignore_multiprocess=False, output_file='r.json') as tracer:\n    "


@unittest.skipIf(os.environ.get("VIZTRACER_LAUNCH") == "exec", "nothing is launched")
class InlineChildren(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="inline-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        with open(os.path.join(self.folder, "prog.py"), "w", encoding="utf-8") as f:
            f.write(PROGRAM)

    def start(self, code):
        process = subprocess.Popen(
            [sys.executable, "prog.py", code], cwd=self.folder, stdin=subprocess.DEVNULL,
            env=dict(os.environ, PYTHONPATH=PACKAGE, TMPDIR=self.folder),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def run_program(self, code):
        process = self.start(code)
        out, err = process.communicate(timeout=120)
        self.assertEqual((process.returncode, err.decode()), (0, ""))
        self.assertEqual([n for n in os.listdir(self.folder) if n.startswith("viztracer-")], [])
        return out.decode()

    def load(self, name="r.json"):
        return tracing.load_strictly(os.path.join(self.folder, name))["traceEvents"]

    def workers(self, name="r.json"):
        return {e["pid"] for e in self.load(name) if e["name"].startswith("child_work ")}

    def test_children_are_in_the_report(self):
        for code in ("subprocess.run([P, '-c', CODE], check=True)",
                     "subprocess.run([P, '-c', CODE], check=True, env=dict(os.environ))",
                     "mp('fork')", "mp('spawn')", "mp('forkserver')", "fork(True)"):
            with self.subTest(code=code):
                self.run_program(BEGIN + code)
                self.assertEqual(len(self.workers()), 1)
                main = self.load()[-1]["pid"]  # comes last
                self.assertNotIn(main, self.workers())

    def test_two_reports_one_after_the_other(self):
        self.run_program("for name in ('a.json', 'b.json'):\n"
                         "    with VizTracer(ignore_multiprocess=False, output_file=name):\n"
                         "        fork(True); subprocess.run([P, '-c', CODE], check=True)")
        for name in ("a.json", "b.json"):
            self.assertEqual(len(self.workers(name)), 2)
            self.assertEqual(len({e["pid"] for e in self.load(name)}), 3)
        self.assertFalse(self.workers("a.json") & self.workers("b.json"))

    def test_only_what_starts_within_is_traced(self):
        out = self.run_program(BEGIN + "pass\nsubprocess.run([P, '-c', CODE], check=True)\n"
                               "print('LD_PRELOAD' in subprocess.check_output('env').decode())")
        self.assertTrue(out.endswith("False\n"), out)
        self.assertEqual(self.workers(), set())

    def test_a_child_that_leaves_the_block_itself_writes_no_report(self):
        self.run_program(BEGIN + "is_child = fork(False)\nif not is_child:\n"
                         "    assert len({e['pid'] for e in "
                         "json.load(open('r.json'))['traceEvents']}) == 2")
        self.assertEqual(len(self.workers()), 1)

    def test_a_child_that_runs_is_waited_for(self):
        out = self.run_program(BEGIN + "subprocess.Popen([P, '-c', 'import time\\n'"
                               " 'time.sleep(1)\\n' + CODE])")
        self.assertIn("Waiting for 1 connections", out)
        self.assertEqual(len(self.workers()), 1)

    def test_ctrl_c_ends_the_waiting(self):
        process = self.start(BEGIN + "child = subprocess.Popen([P, '-c', 'import time\\n'"
                             " + CODE + '\\nprint(1, flush=True)\\ntime.sleep(60)'],"
                             " stdout=subprocess.PIPE); child.stdout.readline()\nchild.kill()")
        while b"Waiting" not in os.read(process.stdout.fileno(), 65536):
            pass
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(len(self.workers()), 1)

    def test_a_killed_program_is_recovered_with_its_children(self):
        process = self.start(BEGIN + "subprocess.run([P, '-c', CODE]); fork(True)\n"
                             "    print(1, flush=True); time.sleep(60)")
        process.stdout.readline()
        process.kill()
        process.wait()
        run, = [n for n in os.listdir(self.folder) if n.startswith("viztracer-")]
        subprocess.run([tracing.VIZTRACER, "--quiet", "--recover", run], cwd=self.folder,
                       check=True, timeout=60)
        self.assertEqual(len(self.workers()), 2)

    def test_a_tracer_in_a_traced_child_joins_the_run(self):
        """As joblib's workers do with what get_tracer().init_kwargs says."""
        worker = ("from viztracer import VizTracer; import json, sys\n"
                  "tracer = VizTracer(**json.loads(sys.argv[1]))\n"
                  "tracer.register_exit(); tracer.start()\n" + "def child_work(): pass\n"
                  "child_work()")
        code = (f"subprocess.run([P, '-c', {worker!r}, json.dumps(get_tracer().init_kwargs)],"
                " check=True)")
        run = subprocess.run([tracing.VIZTRACER, "-o", "r.json", "prog.py", code],
                             cwd=self.folder, check=False, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60,
                             env=dict(os.environ, VIZTRACER_PYTHON=sys.executable,
                                      PYTHONPATH=PACKAGE))
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        self.assertEqual(len(re.findall(b"to open the report", run.stdout)), 1)
        self.assertEqual(len(self.workers()), 1)
        self.assertEqual(len({e["pid"] for e in self.load()}), 2)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[1:])
