# SPDX-License-Identifier: Apache-2.0
"""test_wheel.py CMAKE BUILD: make the wheel, install it without an index, use it from there."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

CMAKE, BUILD = sys.argv.pop(1), os.path.abspath(sys.argv.pop(1))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = """
import os, sys
import neighbour
print(neighbour.f(1), sys.flags.optimize, sorted(n for n in os.environ if "VIZTRACER" in n))
"""
INLINE = """
from viztracer import VizTracer
with VizTracer(verbose=0, output_file="r.json"):
    len("")
"""


def can_install():
    words = [sys.executable, "-m", "pip", "--version"]
    run = subprocess.run(words, check=False, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL)
    found = re.match(r"pip (\d+)\.(\d+)", run.stdout)
    return bool(found) and tuple(map(int, found.groups())) >= (22, 3)


@unittest.skipUnless(can_install(), "no pip that can install for another python (22.3)")
class Wheel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = os.path.realpath(tempfile.mkdtemp(prefix="wheel-"))
        cls.addClassCleanup(shutil.rmtree, cls.top)
        words = [sys.executable, "-I", os.path.join(ROOT, "cmake", "make_wheel.py"), CMAKE, BUILD,
                 "2.0.0"]
        for folder in ("wheel", "again"):
            subprocess.run(words + [os.path.join(cls.top, folder)], check=True,
                           stdout=subprocess.DEVNULL)
        cls.wheel, = glob.glob(os.path.join(cls.top, "wheel", "*.whl"))
        cls.venv = os.path.join(cls.top, "venv")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", cls.venv], check=True)
        cls.python = os.path.join(cls.venv, "bin", "python3")
        subprocess.run([sys.executable, "-m", "pip", "--python", cls.python, "install",
                        "--no-index", "--quiet", "--disable-pip-version-check", cls.wheel],
                       check=True)

    def run_words(self, *words, **more):
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith(("VIZTRACER", "PYTHON", "VIRTUAL_ENV"))}
        return subprocess.run(words, cwd=self.folder, env=dict(environment, **more), check=False,
                              text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)

    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=self.top)
        for name, text in (("script.py", SCRIPT), ("inline.py", INLINE)):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        site, = glob.glob(os.path.join(self.venv, "lib", "python3*", "site-packages"))
        with open(os.path.join(site, "neighbour.py"), "w", encoding="utf-8") as f:
            f.write("def f(n): return n + 1\n")

    def load(self, name="r.json"):
        with open(os.path.join(self.folder, name), encoding="utf-8") as f:
            return [event["name"].split(" (")[0] for event in json.load(f)["traceEvents"]]

    def test_the_same_build_gives_the_same_wheel(self):
        again, = glob.glob(os.path.join(self.top, "again", "*.whl"))
        with open(self.wheel, "rb") as first, open(again, "rb") as second:
            self.assertEqual(first.read(), second.read())

    def test_it_is_for_the_pythons_that_it_has_cores_for(self):
        tag = "cp%d%d-" % sys.version_info[:2]
        self.assertIn(tag, os.path.basename(self.wheel).replace(".cp", "-cp") + "-")
        with zipfile.ZipFile(self.wheel) as wheel:
            self.assertIsNone(wheel.testzip())

    def test_every_door_records_with_the_python_it_belongs_to(self):
        doors = {"command": ([os.path.join(self.venv, "bin", "viztracer"), "-O"], "2 1 []\n"),
                 "module": ([self.python, "-O", "-m", "viztracer"], "2 1 []\n"),
                 "main": ([self.python, "-m", "viztracer.main"], "2 0 []\n")}
        for door, (words, expected) in doors.items():
            with self.subTest(door=door):
                run = self.run_words(*words, "--quiet", "-o", "r.json", "--", "script.py")
                self.assertEqual((0, expected, ""), (run.returncode, run.stdout, run.stderr))
                self.assertIn("f", self.load())
                os.remove(os.path.join(self.folder, "r.json"))

    def test_both_rungs(self):
        for rung in ("embed", "exec"):
            run = self.run_words(self.python, "-m", "viztracer", "--quiet", "-o", "r.json", "--",
                                 "script.py", VIZTRACER_LAUNCH=rung)
            self.assertEqual((0, ""), (run.returncode, run.stderr))
            self.assertIn("f", self.load())

    def test_inline(self):
        run = self.run_words(self.python, "inline.py")
        self.assertEqual((0, "", ""), (run.returncode, run.stdout, run.stderr))
        self.assertIn("builtins.len", self.load())

    def test_the_viewers_doors_lead_to_the_viewer(self):
        for words in ([os.path.join(self.venv, "bin", "vizviewer")],
                      [self.python, "-m", "viztracer.viewer"]):
            run = self.run_words(*words, "nothing.json")
            self.assertNotEqual(0, run.returncode)
            self.assertIn("nothing.json does not exist", run.stdout + run.stderr)

    def test_the_viewers_server_is_in_it(self):
        found = [name for _, _, names in os.walk(self.venv) for name in names]
        self.assertIn("libviztracer_viewer.so", found)


if __name__ == "__main__":
    unittest.main()
