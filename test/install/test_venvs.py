#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One binary in a virtual environment of each Python it has a core for: test_venvs.py CMAKE BUILD
[PYTHON…]. VIZTRACER_PYTHONS=a;b names other Pythons."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

CMAKE, BUILD = sys.argv.pop(1), os.path.abspath(sys.argv.pop(1))
PYTHONS = [p for p in os.environ.get("VIZTRACER_PYTHONS", "").split(";") if p] or sys.argv[1:]
del sys.argv[1:]
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = ("import sys\ndef here(): return sys.version_info[:2], sys.prefix\n"
          "import neighbour\nprint(*here())\n")
INLINE = ("import viztracer\nwith viztracer.VizTracer(verbose=0, output_file='r.json'):\n"
          "    divmod(7, 2)\n")


class Venvs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = os.path.realpath(tempfile.mkdtemp(prefix="venvs-"))
        cls.addClassCleanup(shutil.rmtree, cls.top)
        subprocess.run([sys.executable, "-I", os.path.join(ROOT, "cmake", "make_wheel.py"), CMAKE,
                        BUILD, "2.0.0", os.path.join(cls.top, "wheel")], check=True,
                       stdout=subprocess.DEVNULL)
        cls.wheel, = glob.glob(os.path.join(cls.top, "wheel", "*.whl"))

    def sh(self, command, path):
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith(("VIZTRACER", "PYTHON", "PYENV", "VIRTUAL_ENV"))}
        run = subprocess.run(["sh", "-ec", f". venv/bin/activate; {command}"], cwd=self.folder,
                             env=dict(environment, PATH=path), check=False, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=120)
        self.assertEqual((0, ""), (run.returncode, run.stderr), run.stdout)
        return run.stdout

    def names(self):
        with open(os.path.join(self.folder, "r.json"), encoding="utf-8") as f:
            return [event["name"].split(" (")[0] for event in json.load(f)["traceEvents"]]

    def make(self, python):
        self.folder = tempfile.mkdtemp(dir=self.top)
        venv = os.path.join(self.folder, "venv")
        subprocess.run([python, "-m", "venv", "--without-pip", venv], check=True)
        site, = glob.glob(os.path.join(venv, "lib", "python3*", "site-packages"))
        for path, text in ((os.path.join(site, "neighbour.py"), ""),
                           (os.path.join(self.folder, "script.py"), SCRIPT),
                           (os.path.join(self.folder, "inline.py"), INLINE)):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        asked = subprocess.run([python, "-c", "import sys; print(sys.version_info[:2])"],
                               check=True, text=True, stdout=subprocess.PIPE)
        return venv, asked.stdout.strip()

    def test_the_active_environment_is_used(self):
        """By the binary on PATH, on both ways, and by the wheel installed into it."""
        self.assertTrue(PYTHONS)
        bare = "/usr/bin:/bin"
        for python in PYTHONS:
            with self.subTest(python=python):
                venv, version = self.make(python)
                for way in ("", "VIZTRACER_LAUNCH=exec "):
                    said = self.sh(f"{way}viztracer --quiet -o r.json script.py",
                                   f"{BUILD}:{bare}")
                    self.assertEqual((f"{version} {venv}", True),
                                     (said.strip(), "here" in self.names()))
                # Its own pip: that of an older Python may not run in a newer one.
                subprocess.run([python, "-m", "pip", "--python", f"{venv}/bin/python3", "install",
                                "--no-index", "--quiet", "--disable-pip-version-check", self.wheel],
                               check=True, env={k: v for k, v in os.environ.items()
                                                if not k.startswith(("VIZTRACER", "PYTHON"))})
                self.sh("python3 inline.py", bare)
                self.assertIn("builtins.divmod", self.names())
                self.sh("viztracer --quiet -o r.json script.py", bare)
                self.assertIn("here", self.names())


if __name__ == "__main__":
    unittest.main()
