# SPDX-License-Identifier: Apache-2.0
"""What tests of the API share. They are run by at_home.py, which says in the environment where."""
import builtins
import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from viztracer import VizTracer

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from reports import events, load, names  # noqa: E402,F401  (stands in the folder above)

BUILD = os.environ["VIZTRACER_TEST_BUILD"]
HOME = os.environ["VIZTRACER_TEST_HOME"]
VIZTRACER = os.path.join(BUILD, "viztracer")


def wait_until(is_true):
    deadline = time.monotonic() + 30
    while not is_true():
        if time.monotonic() > deadline:
            raise AssertionError("it never came true")
        time.sleep(0.001)


class InlineTest(unittest.TestCase):
    """A folder of its own, which is the current one, and no tracer registered."""

    maxDiff = 4000

    def setUp(self):
        before = os.getcwd()
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="inline-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(os.chdir, before)
        os.chdir(self.folder)
        self.addCleanup(builtins.__dict__.pop, "__viz_tracer__", None)
        builtins.__dict__.pop("__viz_tracer__", None)

    def tracer(self, **settings):
        """Says nothing, and is off when the test ends."""
        tracer = VizTracer(**{"verbose": 0, **settings})
        self.addCleanup(tracer.cleanup)
        return tracer

    def save(self, tracer, name="r.json", **how):
        tracer.save(name, **how)
        return load(name)

    @contextlib.contextmanager
    def prints(self):
        """sys.stdout of the block, as a text stream."""
        with contextlib.redirect_stdout(io.StringIO()) as out:
            yield out

    def put(self, name, text):
        with open(name, "w", encoding="utf-8") as f:
            f.write(text)
        return os.path.join(self.folder, name)

    def run_program(self, text, *options, name="prog.py", **more):
        """Runs a program in the home of this test, with `options` for the binary, which records it
        nowhere else. Returns the finished process."""
        path = self.put(name, text)
        if HOME == "stock":
            words = [sys.executable, path]
        else:
            words = [VIZTRACER, "--quiet", "--log_sparse", "-o", "unused.json", *options, "--", path]
        return self.run_words(words, **more)

    def run_words(self, words, **more):
        return subprocess.run(words, cwd=self.folder, env=dict(os.environ, **more), check=False,
                              text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120)

    def assert_ran(self, run):
        self.assertEqual((0, ""), (run.returncode, run.stderr), run.stdout)


class EventsTest(InlineTest):
    """self.t records; self.log() is what was logged, without function calls."""

    def setUp(self):
        super().setUp()
        self.t = self.tracer()
        self.t.start()

    def log(self, phases="iCNOD"):
        self.t.stop()
        return events(self.save(self.t), phases)

    def pick(self, phases, *keys):
        return [tuple(e.get(key) for key in keys) for e in self.log(phases)]
