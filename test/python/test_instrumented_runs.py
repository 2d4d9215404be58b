# SPDX-License-Identifier: Apache-2.0
"""Programs under --log_var and its kin: what is logged, and that they run as under python3."""
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import unittest
import zipfile

from tracing import VIZTRACER, TIMEOUT_S, TracedTest

ALL = ["--log_var", ".*", "--log_attr", ".*", "--log_func_exec", ".*", "--log_func_entry", ".*",
       "--log_exception", "--magic_comment"]

LIKE_PYTHON = '''
"""A docstring."""
from __future__ import annotations
import sys

a: int
b: int = 2
class Class:
    def __init__(self, value):
        self.value = value  # !viztracer: log
        self.__private = 1
    def fails(self):
        if (n := 3) > 2:
            raise ValueError(
                self.value, n)

def main():
    for i in range(3):
        x, *y = i, i
    with open(__file__ if "__file__" in globals() else "/dev/null") as file:
        pass
    try:
        Class(7).fails()
    except ValueError as error:
        print(error.args, error.__traceback__.tb_next.tb_lineno)
    frame = sys._getframe(1)
    names = [name for name in sorted(globals()) if name != "__builtins__"]
    outer = frame.f_back and frame.f_back.f_code.co_name
    print(names, outer, frame.f_code.co_name, __doc__, __annotations__)
    print(vars(sys.modules["__main__"]) is globals(), __name__, sys.argv)
    print(sorted(name for name in main.__code__.co_varnames), main.__code__.co_firstlineno)
    return Class("last").fails()

main()
'''

ENDS = {
    "exit": "import sys\nx = 1\nsys.exit(3)\n",
    "text": "x = 1\nraise SystemExit('bye')\n",
    "error": "def f(x):\n    y = x\n    return y / 0\nf(1)\n",
    "syntax": "x = 1\ny = (\n",
    "indent": "def f():\nx = 1\n",
    "null": "x = '\0'\n",
    "coding": "# coding: latin-1\nx = 'é'\nprint(ascii(x))\n1 / 0\n",
    "recursion": "def f(n):\n    m = n\n    return f(m)\ntry:\n    f(1)\nexcept RecursionError as e:\n"
                 "    print(type(e))\n",
}

QUIRKS = '''
import asyncio
def outer(n):
    a = n
    def inner():
        b = 1
        return b
    inner()
    c = a
    return c
async def later():
    async for i in gen():
        total = i
    return total
async def gen():
    yield 1
made = []
def make():
    made.append(1)
    return KeyError("k")
def raises():
    raise make()
a: int
count = 0
count += 2  # !viztracer: log
same = count == 2  # !viztracer: log
outer(3)
asyncio.run(later())
try:
    raises()
except KeyError:
    pass
print(len(made))
'''

PROGRAM = '''
"""Sieves, sorts and counts."""
import json
import textwrap

def sieve(limit):
    flags = [True] * limit
    primes = []
    for number in range(2, limit):
        if flags[number]:
            primes.append(number)
            for multiple in range(number * number, limit, number):
                flags[multiple] = False
    return primes

class Node:
    def __init__(self, key):
        self.key, self.left, self.right = key, None, None
    def insert(self, key):
        side = "left" if key < self.key else "right"
        child = getattr(self, side)
        if child is None:
            if side == "left":
                self.left = Node(key)
            else:
                self.right = Node(key)
        else:
            child.insert(key)

def main():
    primes = sieve(200)
    root = Node(primes[len(primes) // 2])
    for key in primes:
        if key != root.key:
            root.insert(key)
    words = textwrap.wrap(json.dumps(primes), 40)
    return len(words), len(primes)

result = main()
print(result)
'''


def names(report, start):
    return [event["name"] for event in report["traceEvents"]
            if event["ph"] in "iC" and event["name"].startswith(start)]


class InstrumentedTest(TracedTest):
    """The whole command, on the program that the interpreter would compile itself."""

    def same_as_python(self, *program, options=ALL):
        """Runs both; the finished traced run."""
        stock = self.run_words([sys.executable, *program])
        path = os.path.join(self.results, "result.json")
        words = [VIZTRACER, "--quiet", "-o", path, *options]
        if program[0] in ("-m", "-c"):
            words, program = words + list(program[:2]), program[2:]
        traced = self.run_words([*words, "--", *program])
        for stream in "stdout", "stderr":
            self.assertEqual(getattr(traced, stream).decode(), getattr(stock, stream).decode())
        self.assertEqual(traced.returncode, stock.returncode)
        return traced

    def report(self):
        with open(os.path.join(self.results, "result.json"), encoding="utf-8") as file:
            return json.load(file)

    def test_a_script_runs_as_under_python(self):
        self.same_as_python(self.put("main.py", LIKE_PYTHON), "word")
        logged = names(self.report(), "Variable Assign")
        self.assertIn("Variable Assign - b = 2", logged)
        self.assertIn("Variable Assign - n = 3", logged)
        self.assertIn("Exception - ValueError() = ValueError(7, 3)",
                      names(self.report(), "Exception"))

    def test_a_text_runs_as_under_python(self):
        self.same_as_python("-c", LIKE_PYTHON, "word")
        self.assertIn("Attribute Assign - self.value = 7", names(self.report(), "Attribute"))

    def test_a_module_runs_as_under_python(self):
        self.put("module.py", LIKE_PYTHON)
        self.same_as_python("-m", "module", "word")
        self.assertIn("Function Entry - main = 'main is called'",
                      names(self.report(), "Function"))

    def test_a_folder_and_a_zip_file_run_as_under_python(self):
        program = "import helper\nvalue = helper.twice(4)\nprint(value, __name__)\n"
        module = "def twice(n):\n    value = 2 * n\n    return value\n"
        os.mkdir(os.path.join(self.folder, "app"))
        self.put("app/__main__.py", program)
        self.put("app/helper.py", module)
        with zipfile.ZipFile(os.path.join(self.folder, "app.zip"), "w") as archive:
            archive.writestr("__main__.py", program)
            archive.writestr("helper.py", module)
        for name in "app", "app.zip":
            with self.subTest(name):
                self.same_as_python(name, options=["--log_var", "value"])
                self.assertEqual(names(self.report(), "Variable"), [
                    "Variable Assign - value = 8", "Variable Assign - value = 8"])

    def test_what_has_no_file_runs_as_it_is(self):
        """A program on stdin, whose text nobody else may read, and exec() of text."""
        code = "value = 1\nexec('value = 2')\nexec(compile('value = 3', 'x', 'exec'))\n"
        self.put("main.py", code)
        self.same_as_python("main.py", options=["--log_var", "value"])
        self.assertEqual(names(self.report(), "Variable"),
                         ["Variable Assign - value = 1", "Variable Assign - value = 3"])
        path = os.path.join(self.results, "result.json")
        run = subprocess.run([VIZTRACER, "--quiet", "-o", path, "--log_var", "value", "--", "-"],
                             input=b"value = 1\nprint(value)\n", stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, check=False, timeout=TIMEOUT_S,
                             env=dict(os.environ, VIZTRACER_PYTHON=sys.executable))
        self.assertEqual((run.returncode, run.stdout), (0, b"1\n"))
        self.assertEqual(names(self.report(), "Variable"), [])

    def test_every_end_is_that_of_python(self):
        for name, text in ENDS.items():
            with self.subTest(name):
                with open(os.path.join(self.folder, "main.py"), "wb") as file:
                    file.write(text.encode("latin-1"))
                self.same_as_python("main.py")
        with self.subTest("a missing module"):
            self.same_as_python("-c", "x = 1\nimport not_there")

    def test_imported_files_are_instrumented_and_no_pyc_is(self):
        """Quirk 14."""
        self.put("main.py", "import helper\nprint(helper.f(1))\n")
        self.put("helper.py", "import textwrap\ndef f(x):\n    value = x + 1\n    return value\n"
                 "text = textwrap.dedent(' x')\n")
        no_prefix = dict(os.environ, VIZTRACER_PYTHON=sys.executable)
        stock = [sys.executable, "main.py"]
        traced = [VIZTRACER, "--quiet", "-o", "result.json", "--log_var", "value", "text",
                  "indent", "--", "main.py"]
        for order in (traced, stock, traced, stock):
            run = subprocess.run(order, cwd=self.folder, env=no_prefix, check=False,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 timeout=TIMEOUT_S)
            self.assertEqual((run.stdout, run.stderr), (b"2\n", b""))
            if order is traced:
                with open(os.path.join(self.folder, "result.json"), encoding="utf-8") as file:
                    self.assertEqual(names(json.load(file), "Variable"), [
                        "Variable Assign - text = 'x'", "Variable Assign - value = 2"])
        run = subprocess.run([VIZTRACER, "--quiet", "-o", "plain.json", "main.py"],
                             cwd=self.folder, env=no_prefix, check=True, timeout=TIMEOUT_S)
        with open(os.path.join(self.folder, "plain.json"), encoding="utf-8") as file:
            self.assertEqual(names(json.load(file), "Variable"), [])

    def test_known_faults_are_not_repeated(self):
        """Quirks 9, 11 and 15."""
        self.same_as_python(self.put("main.py", QUIRKS))
        report = self.report()
        steps = {event["name"].split(" (")[0].split(".")[-1]: event["args"]["exec_steps"]
                 for event in report["traceEvents"]
                 if event["ph"] == "X" and "exec_steps" in event.get("args", {})}
        self.assertEqual(steps["outer"], ["(4) a = 3", "(9) c = 3"])
        self.assertEqual(steps["inner"], ["(6) b = 1"])
        self.assertEqual(steps["later"], ["(13) total = 1"])
        logged = names(report, "")
        self.assertEqual(logged.count("Exception - make() = KeyError('k')"), 1)
        self.assertEqual([event["args"] for event in report["traceEvents"]
                          if event["ph"] == "C"], [{"value": 2}, {"value": True}])
        self.assertIn("Function Entry - later = 'later is called'", logged)

    def test_the_counts_of_a_real_program_are_right(self):
        self.same_as_python(self.put("main.py", PROGRAM), options=["--log_var", "number", "primes",
                            "child", "result", "multiple", "--log_attr", "left|right", "key"])
        report, primes = self.report(), [n for n in range(2, 200)
                                         if all(n % d for d in range(2, n))]
        inserts = sum(1 for event in report["traceEvents"] if event["ph"] == "X"
                      and "insert (" in event["name"] and "main.py" in event["name"])
        multiples = sum(len(range(p * p, 200, p)) for p in primes)
        self.assertEqual({name: len(names(report, f"Variable Assign - {name} ="))
                          for name in ("number", "primes", "child", "result", "multiple", "key")},
                         {"number": 198, "primes": 2, "child": inserts, "result": 1,
                          "multiple": multiples, "key": 0})
        self.assertEqual(len(names(report, "Attribute Assign - self.key")), len(primes))
        sides = len(names(report, "Attribute Assign - self.left")) \
            + len(names(report, "Attribute Assign - self.right"))
        self.assertEqual(sides, 2 * len(primes) + len(primes) - 1)

    def test_numbers_are_counters_and_others_an_error(self):
        run, report = self.trace(self.put("main.py", "ab = 1\nab = 2.5\nac = True\n"),
                                 options=["--log_number", "a."])
        self.assertEqual([event["args"] for event in report["traceEvents"]
                          if event["ph"] == "C"], [
            {"Variable Assign - ab": 1}, {"Variable Assign - ab": 2.5},
            {"Variable Assign - ac": True}])
        run, _ = self.trace(self.put("main.py", "ab = [1, 2]\n"), options=["--log_number", "a."])
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"ValueError: Variable Assign - ab([1, 2]) is not a number", run.stderr)

    def test_endless_steps_are_cut(self):
        """Found by the library's own tests: what does not fit must not fail the program."""
        self.same_as_python(self.put("main.py", "def f():\n    for i in range(2000):\n"
                                     "        a = i\n    b = '\u4e2d' * 100000\n    return a\n"
                                     "print(f())\n"), options=["--log_func_exec", "f"])
        (steps,) = [event["args"]["exec_steps"] for event in self.report()["traceEvents"]
                    if "exec_steps" in (event.get("args") or {})]
        self.assertEqual((steps[0], steps[-1]), ("(3) a = 0", "..."))
        self.assertGreater(len(steps), 400)

    def test_library_tests_pass_under_the_whole_command(self):
        """VIZTRACER_LIBRARY_TESTS names others: all of test_instrument.py's take two minutes."""
        source = os.path.join(sysconfig.get_paths()["stdlib"], "test")
        names_ = os.environ.get("VIZTRACER_LIBRARY_TESTS",
                                "abc bisect fractions graphlib string textwrap with").split()
        found = [name for name in names_ if os.path.exists(f"{source}/test_{name}.py")]
        if not found:
            self.skipTest("the testsuite package is not installed")
        for name in found:
            with self.subTest(name):
                shutil.copy(f"{source}/test_{name}.py",
                            os.path.join(self.folder, f"copied_{name}.py"))
                run, report = self.trace("-m", "unittest", f"copied_{name}", options=[
                    "--log_func_exec", ".*", "--log_attr", ".*", "--log_var", ".*",
                    "--log_exception"])
                self.assertEqual(run.returncode, 0, run.stderr.decode()[-3000:])
                self.assertTrue(names(report, "Variable Assign"))

    def test_a_malformed_regex_is_told(self):
        run = self.run_words([VIZTRACER, "--log_var", "[", "--", self.put("main.py", "print(1)")])
        self.assertEqual((run.returncode, run.stderr), (1, b""))
        self.assertIn(b"--log_var: '[' is not a regular expression: ", run.stdout)


if __name__ == "__main__":
    unittest.main()
