# SPDX-License-Identifier: Apache-2.0
"""test_install.py BUILD: install BUILD under a temporary prefix and use it from there."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = os.path.abspath(sys.argv.pop(1))
SCRIPT = "def f(n):\n    return n + 1\n\nprint(f(1))\n"


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = os.path.realpath(tempfile.mkdtemp(prefix="install-"))
        cls.addClassCleanup(shutil.rmtree, cls.top)
        cls.first = os.path.join(cls.top, "first")
        subprocess.run(["cmake", "--install", BUILD, "--prefix", cls.first], check=True,
                       stdout=subprocess.DEVNULL)

    def assert_traces(self, command, rung, **more):
        folder = tempfile.mkdtemp(dir=self.top)
        with open(os.path.join(folder, "script.py"), "w", encoding="utf-8") as f:
            f.write(SCRIPT)
        run = subprocess.run([command, "--quiet", "script.py"], cwd=folder, check=False, text=True,
                             env=dict(os.environ, VIZTRACER_LAUNCH=rung,
                                      VIZTRACER_PYTHON=sys.executable, **more),
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((0, "2\n", ""), (run.returncode, run.stdout, run.stderr))
        with open(os.path.join(folder, "result.json"), encoding="utf-8") as f:
            names = [event["name"] for event in json.load(f)["traceEvents"]]
        self.assertIn(f"f ({folder}/script.py:1)", names)

    def test_every_file_is_in_its_place(self):
        library = os.path.join(self.first, "lib", "viztracer")
        for path in ("libviztracer_report.so", "libviztracer_preload.so",
                     "python/viztracer/__init__.py"):
            self.assertTrue(os.path.isfile(os.path.join(library, path)), path)
        for path in ("man/man1/viztracer.1", "man/man1/vizviewer.1",
                     "bash-completion/completions/viztracer",
                     "bash-completion/completions/vizviewer", "zsh/site-functions/_viztracer",
                     "fish/vendor_completions.d/viztracer.fish",
                     "fish/vendor_completions.d/vizviewer.fish"):
            self.assertTrue(os.path.isfile(os.path.join(self.first, "share", path)), path)
        cores = [name for name in os.listdir(os.path.join(library, "python"))
                 if name.startswith("_viztracer.") and name.endswith(".so")]
        self.assertTrue(cores)
        viewer = os.path.join(self.first, "bin", "vizviewer")
        self.assertEqual("viztracer", os.readlink(viewer))

    def test_it_traces_on_both_rungs(self):
        for rung in ("embed", "exec"):
            with self.subTest(rung=rung):
                self.assert_traces(os.path.join(self.first, "bin", "viztracer"), rung)

    def test_it_traces_by_path_and_by_link(self):
        folder = os.path.join(self.first, "bin")
        self.assert_traces("viztracer", "embed",
                           PATH=folder + os.pathsep + os.environ["PATH"])
        link = os.path.join(self.top, "a link")
        os.symlink(os.path.join(folder, "viztracer"), link)
        self.assert_traces(link, "exec")

    def test_a_copy_works_where_it_was_moved_to(self):
        moved = os.path.join(self.top, "moved")
        away = tempfile.mkdtemp(dir=self.top)
        shutil.copytree(self.first, away, symlinks=True, dirs_exist_ok=True)
        os.rename(away, moved)
        for rung in ("embed", "exec"):
            with self.subTest(rung=rung):
                self.assert_traces(os.path.join(moved, "bin", "viztracer"), rung)

    def test_the_installed_package_is_imported_by_a_stock_python(self):
        run = subprocess.run(
            [sys.executable, "-c", "import viztracer; print(viztracer.__version__)"], text=True,
            env=dict(os.environ,
                     PYTHONPATH=os.path.join(self.first, "lib", "viztracer", "python")),
            stdout=subprocess.PIPE, check=True)
        version = subprocess.run([os.path.join(self.first, "bin", "viztracer"), "--version"],
                                 text=True, stdout=subprocess.PIPE, check=True)
        self.assertEqual(version.stdout, run.stdout)


if __name__ == "__main__":
    unittest.main()
