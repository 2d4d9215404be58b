#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every command of README.md runs as it is printed: test_readme.py README BUILD

The lines of its `sh` blocks run in order in one temporary folder, what they name beforehand made
up; a line that cannot be run here stands in NOT_RUN with its reason and the test that does it. Its
`python` blocks are run by a stock interpreter, and each option that it names is one of ours."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

README, BUILD = sys.argv.pop(1), os.path.abspath(sys.argv.pop(1))

# A line -> the files that are there afterwards.
LEAVES = {
    'cmake --install build --prefix ~/.local': [".local/bin/viztracer", ".local/lib/viztracer/*"],
    "viztracer fib.py": ["result.json"],
    "viztracer --max_stack_depth 5 -o top.json fib.py": ["top.json"],
    "viztracer --log_func_args -o args.json fib.py": ["args.json"],
    "viztracer -o fib.html fib.py": ["fib.html"],
    "viztracer my_script.py arg1 arg2": ["result.json"],
    "viztracer -o run.json.gz -m package.module": ["run.json.gz"],
    'viztracer -c "print(sum(range(10)))"': ["result.json"],
    "viztracer --max_stack_depth 10 --ignore_c_function -- my_script.py --its-own-option":
        ["result.json"],
    "viztracer --combine a.json b.json.gz -o all.json": ["all.json"],
    "viztracer --compress result.json": ["result.cvf"],
    "viztracer --decompress result.cvf": ["result.json"],
    "viztracer --recover RUN": ["dead.json"],
    "viztracer -o result.html my_script.py": ["result.html"],
    "viztracer --combine a.json b.json -o both.html": ["both.html"],
    "viztracer --combine result.html -o result.json": ["result.json"],
}
# A line that leaves no file -> what it prints.
PRINTS = {
    "printf 'def fib(n):\\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\\n\\n"
    "print(fib(15))\\n' > fib.py": "",
    "viztracer --report result.json --top 3": "fib",
    "viztracer --report result.json --top 20": "calls",
    "vizviewer --info result.json": "1 event in ",
}
INSTALLS = "installs packages: test/install/test_setup.py"
BUILDS = "builds anew, into the folder under test: "
STAYS = "stays on a fixed port: test/server/test_command.py"
NOT_RUN = {
    "sh cmake/setup.sh run": INSTALLS,
    "sh cmake/setup.sh test": INSTALLS,
    'cmake -S . -B build -DVIZTRACER_PYTHONS="/usr/bin/python3;'
    '$HOME/.pyenv/versions/3.12.1/bin/python3"': BUILDS + "every configuring does it",
    "cmake -S . -B build -DVIZTRACER_ADD_PYTHON=/path/to/python3.13 && cmake --build build":
        BUILDS + "by hand",
    "cmake --build build --target wheel": BUILDS + "test/install/test_wheel.py",
    "pip install --no-index build/wheel/*.whl": "test/install/test_wheel.py",
    "cmake --build build --target deb": BUILDS + "test/install/clean_root.sh",
    "sudo apt-get install ./build/viztracer_2.0.0_amd64.deb":
        "needs root: test/install/clean_root.sh",
    "vizviewer result.json": STAYS,
    "vizviewer reports/": STAYS,
    "vizviewer --server_only --port 9002 result.json": STAYS,
    "vizviewer --once result.json": STAYS,
    "viztracer --open my_script.py": STAYS,
}
# Of cmake, pip and the example program; up to the first dash within.
OTHERS_OPTIONS = {"--install", "--prefix", "--build", "--target", "--no", "--its"}


def read_blocks(language):
    with open(README, encoding="utf-8") as f:
        return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", f.read())


def read_lines():
    """The commands of all sh blocks, without their comments."""
    lines = [re.sub(r"\s+# .*", "", line) for block in read_blocks("sh")
             for line in block.splitlines()]
    return [line for line in lines if line]


class Readme(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="readme-")
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)
        self.environment = dict(os.environ, HOME=self.folder, TMPDIR=self.folder, BROWSER="true",
                                VIZTRACER_PYTHON=sys.executable,
                                PATH=BUILD + ":" + os.environ["PATH"])

    def sh(self, line, **more):
        return subprocess.run(["sh", "-c", line], cwd=self.folder, check=False, text=True,
                              env=dict(self.environment, **more), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)

    def put(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def make_what_is_named(self):
        os.symlink(BUILD, os.path.join(self.folder, "build"))
        for name in ("my_script.py", "package/module.py", "package/__init__.py"):
            self.put(name, "print(abs(-1))\n")
        self.put("dies.py", "import os\nos.kill(os.getpid(), 9)\n")
        self.sh("viztracer -o a.json my_script.py; viztracer -o b.json my_script.py;"
                "viztracer -o b.json.gz my_script.py")
        self.sh("mkdir runs; viztracer -o dead.json dies.py; mv runs/* RUN",
                VIZTRACER_WATCHER="off", VIZTRACER_RUNDIR=os.path.join(self.folder, "runs"))

    def test_each_command_is_run_or_named(self):
        lines = set(read_lines())
        self.assertEqual(lines, set(LEAVES) | set(PRINTS) | set(NOT_RUN))

    def test_each_command_does_what_it_says(self):
        self.make_what_is_named()
        for line in read_lines():
            if line in NOT_RUN:
                continue
            with self.subTest(line=line):
                begin = time.time()
                run = self.sh(line)
                self.assertEqual(0, run.returncode, run.stdout)
                self.assertIn(PRINTS.get(line, ""), run.stdout)
                for pattern in LEAVES.get(line, []):
                    self.assert_written(pattern, begin, run.stdout)

    def assert_written(self, pattern, begin, said):
        """A file of that name that is no older than the line; installed files keep their age."""
        found = glob.glob(os.path.join(self.folder, pattern))
        self.assertTrue(found, said)
        if ".local" not in pattern:
            self.assertGreaterEqual(os.stat(found[0]).st_mtime, begin - 0.1, said)

    def test_the_code_runs(self):
        for block in read_blocks("python"):
            self.put("block.py", block)
            run = self.sh(f"{sys.executable} block.py", PYTHONPATH=os.path.join(BUILD, "python"))
            self.assertEqual(0, run.returncode, run.stdout)
            with open(os.path.join(self.folder, "optional.json"), encoding="utf-8") as f:
                names = {e["name"].split(" (")[0] for e in json.load(f)["traceEvents"]}
            self.assertLessEqual({"here", "queue", "a piece"}, names)

    def test_each_option_is_one_of_ours(self):
        with open(README, encoding="utf-8") as f:
            named = set(re.findall(r"(?<![\w-])--[a-z]\w*", f.read()))
        ours = set(re.findall(r"--\w+", self.sh("viztracer --help; vizviewer --help").stdout))
        self.assertEqual(set(), named - ours - OTHERS_OPTIONS)


if __name__ == "__main__":
    unittest.main()
