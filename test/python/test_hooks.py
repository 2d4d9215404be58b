# SPDX-License-Identifier: Apache-2.0
"""What the hooks make of calls, on every Python that is here and has a core: names and trees,
generators, exceptions, threads, filters, and what else watches calls in the same program.
"""
import collections
import os
import subprocess
import textwrap
import unittest

import hook_programs as programs
import pythons
from tracing import VIZTRACER, TracedTest, calls, nesting_errors


def tree(report):
    """The calls as (name, [the calls below]) from the outermost on."""
    events = sorted((event for event in report["traceEvents"] if event["ph"] == "X"),
                    key=lambda event: (event["ts"], -event["dur"]))
    top, open_calls = [], []
    for event in events:
        while open_calls and open_calls[-1][0] <= event["ts"]:
            open_calls.pop()
        below = open_calls[-1][1] if open_calls else top
        below.append((event["name"], []))
        open_calls.append((event["ts"] + event["dur"], below[-1][1]))
    return top


def names_of(branch):
    """A tree as text, one line for each call, without its place, indented by its depth."""
    return "".join(name.split(" (")[0] + "\n" + textwrap.indent(names_of(below), " ")
                   for name, below in branch)


def without_imports(branch):
    """The names of the calls that are not part of an import."""
    for name, below in branch:
        if not name.startswith("_find_and_load "):
            yield name.split(" (")[0]
            yield from without_imports(below)


def filtered(branch, hides, depth=0, limit=1 << 30, with_c=True):
    """The names that are left of a tree by the rules of behaviour.md 9."""
    for name, below in branch:
        if not with_c and not name.endswith(")"):
            yield from filtered(below, hides, depth, limit, with_c)
        elif depth < limit and not (name.endswith(")") and hides(name.split(" (")[1])):
            yield name
            yield from filtered(below, hides, depth + 1, limit, with_c)


class Hooks:
    """The tests, for the interpreter `python` of `version`."""

    version = None

    @classmethod
    def setUpClass(cls):
        cls.python = pythons.find().get(cls.version)
        if not cls.python:
            raise unittest.SkipTest("there is no Python %d.%d here" % cls.version)
        if not pythons.has_core(VIZTRACER, cls.version):
            raise unittest.SkipTest("there is no core for Python %d.%d" % cls.version)
        super().setUpClass()

    def record(self, text, *options):
        program = os.path.join(self.folder, self.put("program.py", text))
        run, report = self.trace(program, options=options)
        self.assertEqual((0, b""), (run.returncode, run.stderr))
        self.assertEqual([], nesting_errors(report))
        return run, report

    def assert_counted(self, text):
        """The report has each call that a counting hook of a stock run has, and no more."""
        program = os.path.join(self.folder, self.put("program.py", text))
        self.run_words([self.python, program])  # fills the caches
        _, counted = self.count(program)
        counted["builtins.exec"] += 1
        _, report = self.record(text)
        self.assertEqual(dict(counted), dict(calls(report)))

    def assert_like_python(self, text):
        """The program says the same under viztracer."""
        program = os.path.join(self.folder, self.put("program.py", text))
        stock = self.run_words([self.python, program])
        self.assertEqual((0, b""), (stock.returncode, stock.stderr))
        run, report = self.record(text)
        self.assertEqual(stock.stdout.decode(), run.stdout.decode())
        return report

    def count_of(self, report, name):
        return sum(n for known, n in calls(report).items() if known.split(" (")[0] == name)

    def test_names_and_trees_are_those_of_the_program(self):
        def q(qualified):
            return qualified if self.version >= (3, 11) else qualified.split(".")[-1]
        _, report = self.record(programs.NAMES)
        listcomp = f"   {q('outer.<locals>.inner.<locals>.<listcomp>')}\n"
        self.assertEqual(
            "builtins.exec\n <module>\n  builtins.__build_class__\n   Shape\n"
            f"  {q('Shape.unit')}\n   {q('Shape.__init__')}\n"
            f"  {q('Shape.area')}\n   builtins.len\n"
            f"  outer\n   {q('outer.<locals>.inner')}\n"
            + (" " + listcomp if self.version < (3, 12) else "") +
            "  list.append\n  type.fromkeys\n  str.upper\n  <lambda>\n", names_of(tree(report)))

    def test_each_slice_of_a_generator_is_a_call(self):
        self.assert_counted(programs.SLICES)

    def test_coroutines_are_slices_too(self):
        self.assert_counted(programs.COROUTINES)

    def test_recursion_ends_where_python_ends_it(self):
        _, report = self.record(programs.DEEP)
        self.assertEqual(10001, self.count_of(report, "down"))
        self.assertGreater(self.count_of(report, "endless"), 100)

    def test_threads_are_recorded_from_their_first_call_under_their_names(self):
        _, report = self.record(programs.THREADS)
        names = {event["tid"]: event["args"]["name"] for event in report["traceEvents"]
                 if event["name"] == "thread_name"}
        leaves = {names[tid]: 0 for tid in names}
        for event in report["traceEvents"]:
            if event["name"].startswith("leaf "):
                leaves[names[event["tid"]]] += 1
        bare = [name for name in leaves if name.startswith("Dummy-")]
        self.assertEqual({"MainThread": 0, "first": 5, "outer": 0, "inner": 3, "derived": 4,
                          **{name: 1 for name in bare}}, leaves)
        self.assertEqual(1, len(bare))
        first = self.count_of(report, "Thread._bootstrap" if self.version >= (3, 11)
                              else "_bootstrap")
        self.assertEqual(4, first)

    def test_profilers_and_tracers_of_the_program_hear_what_they_hear_without_us(self):
        report = self.assert_like_python(programs.OTHERS)
        self.assertGreater(self.count_of(report, "f"), 12)

    def test_a_forked_child_goes_on(self):
        report = self.assert_like_python(programs.FORKED)
        counts = collections.Counter(event["pid"] for event in report["traceEvents"]
                                     if event["name"].startswith("f ("))
        self.assertEqual([4, 5], sorted(counts.values()))

    def test_filters_hide_a_call_with_what_it_calls(self):
        library = os.path.join(self.folder, self.put("library.py", programs.LIBRARY))
        program = os.path.join(self.folder, "program.py")
        self.record(programs.FILTERED)  # fills the caches
        whole = tree(self.record(programs.FILTERED)[1])
        rules = {
            ("--max_stack_depth", "0"): {"limit": 0},
            ("--max_stack_depth", "4"): {"limit": 4},
            ("--exclude_files", library): {"hides": lambda file: file.startswith(library)},
            ("--exclude_files", program): {"hides": lambda file: file.startswith(program)},
            ("--include_files", program): {"hides": lambda file: not file.startswith(program)},
            ("--include_files", program, library, "--max_stack_depth", "6"):
                {"hides": lambda file: not file.startswith((program, library)), "limit": 6},
            ("--ignore_frozen",): {"hides": lambda file: file.startswith("<frozen")},
            ("--ignore_c_function",): {"with_c": False},
            ("--ignore_c_function", "--exclude_files", library, "--max_stack_depth", "5"):
                {"hides": lambda file: file.startswith(library), "with_c": False, "limit": 5},
        }
        for options, rule in rules.items():
            with self.subTest(options=options):
                _, report = self.record(programs.FILTERED, *options)
                expected = collections.Counter(
                    filtered(whole, **{"hides": lambda file: False, **rule}))
                self.assertEqual(dict(expected), dict(calls(report)))

    def test_short_calls_are_left_out(self):
        _, report = self.record("import time\ntime.sleep(0.02)\nlen('')\n",
                                "--min_duration", "15ms")
        self.assertEqual({"time.sleep", "<module>", "builtins.exec"},
                         {name.split(" (")[0] for name in calls(report)})

    def test_sub_interpreters_stay_out(self):
        if self.version < (3, 9):
            self.skipTest("the module of sub-interpreters of Python 3.8 is another one")
        _, report = self.record(programs.SUBINTERPRETER, "-S")  # no counting hook in there
        self.assertEqual((2, 0), (self.count_of(report, "f"), self.count_of(report, "g")))

    def test_greenlets_are_counted_right(self):
        if self.run_words([self.python, "-c", "import greenlet"]).returncode:
            self.skipTest("there is no greenlet for Python %d.%d" % self.version)
        program = os.path.join(self.folder, self.put("program.py", programs.GREENLETS))
        self.run_words([self.python, program])
        _, counted = self.count(program)
        counted["builtins.exec"] += 1
        _, report = self.trace(program)  # the slices of greenlets cross each other
        self.assertEqual(dict(counted), dict(calls(report)))


class Monitoring(Hooks):
    """What only sys.monitoring has (Python 3.12 and later)."""

    def test_bound_builtins_are_one_call(self):
        _, report = self.record(programs.BOUND)
        names = ("builtins.repr", "str.upper", "builtins.max", "list.append", "str.append")
        found = list(without_imports(tree(report)))
        self.assertEqual([2, 1, 1, 0, 0], [found.count(name) for name in names])

    def test_tools_of_the_program_get_each_identifier(self):
        report = self.assert_like_python(programs.TOOLS)
        self.assertEqual(13, self.count_of(report, "f"))
        self.assertEqual(14, self.count_of(report, "builtins.len"))

    def test_audit_hooks_of_the_program_hear_nothing_of_us(self):
        self.assert_like_python(programs.AUDITED)

    def start_with(self, site):
        """A run of a program that exits with 3, in a Python whose usercustomize is `site`."""
        self.put("sitecustomize.py", site)
        program = os.path.join(self.folder, self.put("program.py", "import sys; sys.exit(3)"))
        path = os.path.join(self.results, "result.json")
        environment = dict(self.environment(), PYTHONPATH=self.folder)
        run = subprocess.run([VIZTRACER, "-o", path, "--", program], cwd=self.folder,
                             env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(3, run.returncode)
        return run, os.path.exists(path)

    def test_other_tools_move_us_to_a_free_identifier(self):
        site = "import sys\nfor i in (0, 1, 2, 4): sys.monitoring.use_tool_id(i, 'x')\n"
        run, reported = self.start_with(site)
        self.assertEqual(("", True), (run.stderr, reported))

    def test_without_an_identifier_the_program_runs_and_its_user_is_told(self):
        site = "import sys\nfor i in range(6): sys.monitoring.use_tool_id(i, 'x')\n"
        run, reported = self.start_with(site)
        self.assertFalse(reported)
        self.assertEqual("viztracer: this run is not recorded: sys.monitoring has no tool "
                         "identifier left for us\n", run.stderr)

    def test_an_audit_hook_that_refuses_us_is_told(self):
        site = ("import sys\ndef refuse(event, args):\n    if 'register_callback' in event:\n"
                "        raise PermissionError('no')\nsys.addaudithook(refuse)\n")
        run, reported = self.start_with(site)
        self.assertFalse(reported)
        self.assertEqual("viztracer: this run is not recorded: sys.monitoring.register_callback: "
                         "PermissionError\n", run.stderr)


def add_class(version):
    name = "Python%d_%d" % version
    base = Monitoring if version >= (3, 12) else Hooks
    globals()[name] = type(name, (base, TracedTest), {"version": version})


for _version in pythons.VERSIONS:
    add_class(_version)

if __name__ == "__main__":
    unittest.main()
