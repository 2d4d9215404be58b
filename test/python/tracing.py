# SPDX-License-Identifier: Apache-2.0
"""What tests of traced programs share: run a program under viztracer, read its report, check it.

VIZTRACER names the command under test (default: build/viztracer of this tree), VIZTRACER_LAUNCH
the rung of the ladder, and the Python that runs the test is the one that programs run in unless
a test class names another one.
"""
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import reports

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "counthook"))
import counthook  # noqa: E402  (stands in the folder just named)

VIZTRACER = os.environ.get("VIZTRACER", os.path.join(ROOT, "build", "viztracer"))
TIMEOUT_S = 300


class TracedTest(unittest.TestCase):
    """A temporary folder to run programs in, untraced with the counting hook, and traced."""

    maxDiff = 4000
    python = sys.executable

    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.mkdtemp(prefix="traced-")
        cls.addClassCleanup(shutil.rmtree, cls.shared)
        try:
            cls.hook = counthook.build(cls.python, os.path.join(cls.shared, "hook"))
        except counthook.NotBuildable as reason:
            raise unittest.SkipTest(str(reason))

    def setUp(self):
        """Results stand beside the folder that programs run in: with -m it is on sys.path,
        and importlib looks at every name in there."""
        self.folder, self.results = (tempfile.mkdtemp(dir=self.shared) for _ in range(2))
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(shutil.rmtree, self.results)

    def environment(self, **more):
        """One set of caches for all runs, so that each imports in the same way."""
        return dict(os.environ, PYTHONPATH=self.hook, PYTHONHASHSEED="0",
                    PYTHONPYCACHEPREFIX=os.path.join(self.shared, "pycache"),
                    VIZTRACER_PYTHON=self.python, **more)

    def run_words(self, words, **more):
        return subprocess.run(words, cwd=self.folder, env=self.environment(**more), check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=TIMEOUT_S)

    def run_inline(self, text):
        """The finished run of a program that uses the package, without our command."""
        package = os.path.join(os.path.dirname(VIZTRACER), "python")
        return subprocess.run([sys.executable, "-c", text], cwd=self.folder, check=False,
                              env=dict(os.environ, PYTHONPATH=package), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_S)

    def put(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)
        return name

    def count(self, *program):
        """The finished stock run, and its calls by function name."""
        out = os.path.join(self.results, "counts")
        run = self.run_words([self.python, *program], COUNTHOOK_OUT=out)
        return run, counthook.read(out)

    def trace(self, *program, options=()):
        """The finished traced run, and its report."""
        path = os.path.join(self.results, "result.json")
        words = [VIZTRACER, "--quiet", "--tracer_entries", "5000000", "-o", path, *options]
        if program[0] == "-m":
            words, program = words + ["-m", program[1]], program[2:]
        run = self.run_words([*words, "--", *program])
        self.assertTrue(os.path.exists(path), (run.stdout + run.stderr).decode(errors="replace"))
        return run, load_strictly(path)


class FolderTest(unittest.TestCase):
    """A temporary folder in which commands run, with the report r.json. What the command makes for
    the time of a run stands in `tmp`."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="folder-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.tmp = os.path.join(self.folder, "tmp")
        os.mkdir(self.tmp)
        self.report = os.path.join(self.folder, "r.json")

    def run_words(self, words, env=None, **more):
        return subprocess.run(words, cwd=self.folder, check=False, timeout=600,
                              env=dict(os.environ, TMPDIR=self.tmp,
                                       VIZTRACER_PYTHON=sys.executable, **(env or {})),
                              **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                 "stderr": subprocess.PIPE, **more})

    def put(self, text):
        with open(os.path.join(self.folder, "prog.py"), "w", encoding="utf-8") as f:
            f.write(text)
        return "prog.py"

    def load(self, name="r.json"):
        with open(os.path.join(self.folder, name), encoding="utf-8") as f:
            return json.load(f)["traceEvents"]  # that it is strict JSON others check

    def left_behind(self):
        return [name for name in os.listdir(self.tmp) if name.startswith("viztracer-")]


def pids(events, name):
    """The process of each call of the function."""
    return [e["pid"] for e in events if e["name"].startswith(name + " ")]


def load_strictly(path):
    """The report as Python reads it, after jq and node took it, too, where they are present."""
    for tool in (["jq", "-e", "type"], ["node", "-e", NODE_READS]):
        if shutil.which(tool[0]):
            subprocess.run([*tool, path], check=True, stdout=subprocess.DEVNULL)
    return reports.load(path)


NODE_READS = "JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8'))"


def calls(report):
    """The calls of a report by function name, open ones included."""
    return collections.Counter(event["name"] for event in report["traceEvents"]
                               if event["ph"] in "XB" and event.get("cat") == "FEE")


def threads(report):
    return {event["tid"] for event in report["traceEvents"] if event["ph"] == "X"}


def nesting_errors(report):
    """The X events that neither lie in the one that encloses them nor follow it, in ns."""
    lanes = collections.defaultdict(list)
    for event in report["traceEvents"]:
        if event["ph"] == "X":
            begin, length = round(event["ts"] * 1000), round(event["dur"] * 1000)
            lanes[event["pid"], event["tid"]].append((begin, -length, event["name"]))
    errors = []
    for lane in lanes.values():
        open_ends = []
        for begin, minus_length, name in sorted(lane):
            while open_ends and open_ends[-1] <= begin:
                open_ends.pop()
            if open_ends and begin - minus_length > open_ends[-1]:
                errors.append((name, begin, -minus_length))
            open_ends.append(begin - minus_length)
    return errors
