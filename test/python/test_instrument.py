# SPDX-License-Identifier: Apache-2.0
"""The instrumentation of source by itself, with a stand-in for the tracer."""
import ast
import asyncio
import glob
import importlib
import marshal
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import traceback
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "embed", "python", "viztracer")
sys.path.insert(0, PACKAGE)
import instrument  # noqa: E402  (stands in the folder just named)
from instrument.targets import render  # noqa: E402

ALL = {name: [".*"] for name in ("log_var", "log_attr", "log_func_exec", "log_func_entry")}
ALL.update(log_exception=True, magic_comment=True)
LIBRARY_TESTS = ("abc", "bisect", "configparser", "dataclasses", "enum",
                 "fractions", "generators", "graphlib", "heapq", "shlex", "string", "textwrap",
                 "with")
DRIVER = """
import builtins, sys
sys.path.insert(0, {package!r})
import instrument
class Tracer:
    count = 0
    def add_instant(self, *args): Tracer.count += 1
    add_variable = add_func_args = add_instant
    def get_func_args(self): return None
builtins.__viz_tracer__ = Tracer()
instrument.Hooks(instrument.Options(log_var=[".*"], log_attr=[".*"], log_func_exec=[".*"],
                                    log_exception=True)).install()
import unittest
result = unittest.main(sys.argv[1], argv=["x"], exit=False).result
print("logged", Tracer.count)
sys.exit(not result.wasSuccessful() or Tracer.count == 0)
"""


class Tracer:
    """Keeps what it is told as text."""

    def __init__(self):
        self.events = []
        self.func_args = {}

    def add_instant(self, name, args=None, scope="g"):
        self.events.append(name if scope == "p" and args is None else (name, args, scope))

    def add_variable(self, name, value, event="instant"):
        self.events.append((name, value, event))

    def log_var(self, name, value):
        self.events.append((name, value))

    def log_instant(self, name):
        self.events.append(name)

    def get_func_args(self):
        return self.func_args

    def add_func_args(self, key, value):
        self.func_args[key] = value


class InstrumentTest(unittest.TestCase):
    """Runs texts."""

    def setUp(self):
        self.tracer = Tracer()
        self.names = {"__name__": "program"}

    def run_text(self, text, **options):
        code = instrument.instrument_source(
            textwrap.dedent(text), "program.py", instrument.Options(**options),
            logger=instrument.Logger(lambda: self.tracer))
        exec(code, self.names)
        return self.tracer.events

    def variables(self, text, *regexes):
        """What is logged of variables, without the words before."""
        events = self.run_text(text, log_var=regexes or [".*"])
        return [event.replace("Variable Assign - ", "", 1) for event in events]


class Variables(InstrumentTest):
    def test_every_target_form_logs_its_root_variable(self):
        self.assertEqual(self.variables("""
            import types
            o, l = types.SimpleNamespace(), [0, [1]]
            o.x = 1
            l[1][0] = 2
            (p, *q), [r] = (3, 4, 5), [6]
            s = t = 7
            s += 1
            u: int = 8
            v: int
            """, "[lp-v]"), ["l = [0, [1]]", "l = [0, [2]]", "p = 3", "q = [4, 5]", "r = 6",
                             "s = 7", "t = 7", "s = 8", "u = 8"])

    def test_loops_with_except_and_walrus_are_logged(self):
        self.assertEqual(self.variables("""
            import contextlib
            for a, b in [(1, 2)]: pass
            with contextlib.nullcontext(3) as c, contextlib.nullcontext(4): pass
            try: 1 / 0
            except ZeroDivisionError as d: pass
            if (e := 5) > 4: pass
            [f for f in (1, 2)]
            """), ["a = 1", "b = 2", "c = 3", "d = ZeroDivisionError('division by zero')", "e = 5"])

    def test_parameters_come_in_the_stated_order(self):
        self.assertEqual(self.variables("""
            def f(a, /, b, *c, d, **e):
                "doc"
            f(1, 2, 3, d=4, x=5)
            """), ["a = 1", "b = 2", "d = 4", "c = (3,)", "e = {'x': 5}"])
        self.assertEqual(self.names["f"].__doc__, "doc")

    def test_asynchronous_code_is_logged(self):
        self.variables("""
            class M:
                async def __aenter__(self): return 1
                async def __aexit__(self, *exc): pass
            async def g(n):
                for i in range(n): yield i
            async def f():
                async for x in g(2): pass
                async with M() as y: pass
            """, "[nxy]")
        asyncio.run(self.names["f"]())
        self.assertEqual(self.tracer.events, [f"Variable Assign - {t}" for t in
                                              ("n = 2", "x = 0", "x = 1", "y = 1")])

    @unittest.skipIf(sys.version_info < (3, 10), "match is of 3.10")
    def test_match_captures_are_logged(self):
        self.assertEqual(self.variables("""
            match {"k": [1, 2, 3], "z": 4}:
                case {"k": [a, *b] as c, **d}: pass
            """), ["d = {'z': 4}", "c = [1, 2, 3]", "a = 1", "b = [2, 3]"])

    def test_global_nonlocal_and_class_scopes_keep_their_meaning(self):
        self.assertEqual(self.variables("""
            def f():
                global g
                n = 1
                def h():
                    nonlocal n
                    n = 2
                h()
                g = n
            f()
            class C:
                __x = 3
            """), ["n = 1", "n = 2", "g = 2", "__x = 3"])
        self.assertEqual(self.names["g"], 2)
        self.assertEqual(vars(self.names["C"])["_C__x"], 3)

    def test_a_repr_that_fails_or_logs_does_no_harm(self):
        self.assertEqual(self.variables("""
            class C:
                def __repr__(self):
                    inner = 1
                    return "C"
            class D:
                def __repr__(self): raise ValueError
            c, d = C(), D()
            """), ["c = C", "d = Not Displayable"])

    def test_numbers_are_counters_and_others_raise(self):
        name = "Variable Assign - a"
        self.assertEqual(self.run_text("a = 2", log_number=["a"]), [(name, 2, "counter")])
        with self.assertRaisesRegex(ValueError, r"^Variable Assign - a\(\[1\]\) is not a number$"):
            self.run_text("a = [1]", log_number=["a"])


class Others(InstrumentTest):
    def test_attributes_are_rendered_and_their_objects_evaluated_once(self):
        events = self.run_text("""
            class B: pass
            s, d, calls = B(), {}, []
            d["k"] = s
            def get():
                calls.append(1)
                return s
            s.a = 1
            get().a = 2
            d["k"].a += 1
            x, s.a = 4, 5
            s.l = [0]
            s.l[0] = 1
            """, log_attr=["a", "l"])
        self.assertEqual([e.replace("Attribute Assign - ", "") for e in events],
                         ["s.a = 1", "get().a = 2", "d['k'].a = 3", "s.a = 5", "s.l = [0]"])
        self.assertEqual(self.names["calls"], [1])

    def test_private_attributes_are_read_by_their_stored_name(self):
        self.assertEqual(self.run_text("""
            class _C:
                def __init__(self): self.__a = 1
            _C()
            """, log_attr=[".*"]), ["Attribute Assign - self.__a = 1"])

    def test_expressions_are_rendered_in_short(self):
        for text, shown in (("a[0:3]", "a[0:3]"), ("a[1:]", "a[1:]"), ("a[:2:3]", "a[:2:3]"),
                            ("(a, b)", "(a,b)"), ("[a, b]", "[a,b]"), ("f(1, 2)", "f()"),
                            ("d['k'].x", "d['k'].x"), ("a[i, 1:2]", "a[i,1:2]")):
            self.assertEqual(render(ast.parse(text, mode="eval").body), shown)

    def test_steps_go_on_behind_a_nested_function(self):
        self.run_text("""
            def calc(n):
                a = n
                def inner():
                    b = [5]
                    b[0] += 1
                inner()
                c, d = 1, "x"
                for i in range(2): pass
            calc(2)
            def other(): e = 1
            other()
            """, log_func_exec=["calc"])
        self.assertEqual(self.tracer.func_args["exec_steps"],
                         ["(3) a = 2", "(5) b = [5]", "(6) b = [6]", "(8) c = 1", "(8) d = x"])

    def test_entries_of_functions_and_coroutines(self):
        self.run_text("def a(): pass\nasync def ab(): pass\ndef b(): pass\na()\nb()",
                      log_func_entry=["a.*"])
        asyncio.run(self.names["ab"]())
        self.assertEqual(self.tracer.events, ["Function Entry - a = 'a is called'",
                                              "Function Entry - ab = 'ab is called'"])

    def test_a_raised_expression_is_evaluated_once(self):
        events = self.run_text("""
            made = []
            def error():
                made.append(1)
                return KeyError("k")
            for kind in 0, 1, 2:
                try:
                    if kind == 0: raise error() from None
                    if kind == 1: raise ValueError
                    try: 1 / 0
                    except ZeroDivisionError: raise
                except Exception: pass
            """, log_exception=True)
        self.assertEqual(events, ["Exception - error() = KeyError('k')",
                                  "Exception - ValueError = <class 'ValueError'>",
                                  "Exception = None"])
        self.assertEqual(self.names["made"], [1])

    def test_tracebacks_and_first_statements_stay(self):
        text = '"""doc"""\nfrom __future__ import annotations\n# !viztracer: log_instant("x")\n' \
               "def f(a: (lambda b: b)) -> (1):\n    x = a\n    x = 2; raise ValueError(\n" \
               "        x)\nf(1)\n"
        lines = []
        for options in ({}, ALL):
            with self.assertRaises(ValueError) as caught:
                self.run_text(text, **options)
            frames = traceback.extract_tb(caught.exception.__traceback__)
            lines.append([(f.filename, f.lineno, f.name) for f in frames if f.filename ==
                          "program.py"])
        self.assertEqual(lines[0], lines[1])
        self.assertEqual(self.names["__doc__"], "doc")
        self.assertEqual(self.names["f"].__annotations__["return"], "1")

    def test_nothing_is_logged_or_missed_without_a_tracer(self):
        self.tracer = None
        code = instrument.instrument_source("a = 1", "x", instrument.Options(**ALL),
                                            logger=instrument.Logger(lambda: None))
        names = {"__builtins__": {}}
        exec(code, names)
        self.assertEqual(names, {"__builtins__": {}, "a": 1})


class Magic(InstrumentTest):
    def magic(self, text):
        return self.run_text(text, magic_comment=True)

    def test_calls_and_trailing_logs(self):
        self.assertEqual(self.magic("""
            # !viztracer: log_instant("start")
            a = 1  # !viztracer: log
            a += 1  #!viztracer: log if a == 2
            a, b = 3, 4 # !viztracer: log
            a == 3  # !viztracer: log
            if a: c = 5  # !viztracer: log
            s = "# !viztracer: log_instant('no')"
            t = [1,  # !viztracer: log
                 2]
            # !viztracer: log_var("t", t) if t
            # !viztracer: log_instant("no") if not t
            def f():  # !viztracer: log
                "doc"
                # !viztracer: log_instant("in")
                return 1  # !viztracer: log
                # !viztracer: log_instant("no")
            # !viztracer: log_instant("out")
            f()
            """), ["start", ("a", 1), ("a", 2), ("a, b", (3, 4)), "a == 3", ("c", 5),
                   ("t", [1, 2]), "out", "def f():", "in", "return 1"])

    def test_comments_in_branches_go_to_their_block(self):
        self.assertEqual(self.magic("""
            for i in range(2):
                if i:
                    pass
                    # !viztracer: log_instant("then")
                else:
                    # !viztracer: log_instant("else")
                    pass
                # !viztracer: log_instant("after")
            # !viztracer: log_instant("end")
            """), ["else", "after", "then", "after", "end"])

    def test_a_comment_that_is_no_expression_is_an_error_with_its_line(self):
        with self.assertRaises(SyntaxError) as caught:
            self.magic("a = 1\n# !viztracer: log_var(a b)\n")
        self.assertEqual(caught.exception.lineno, 2)


class HooksTest(InstrumentTest):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(prefix="instrument-")
        self.addCleanup(shutil.rmtree, self.folder)
        sys.path.insert(0, self.folder)
        self.addCleanup(sys.path.remove, self.folder)
        self.hooks = instrument.Hooks(instrument.Options(log_var=["h_.*"]),
                                      instrument.Logger(lambda: self.tracer))
        self.hooks.install()
        self.addCleanup(self.hooks.remove)

    def load(self, name, text):
        with open(os.path.join(self.folder, name + ".py"), "w", encoding="utf-8") as f:
            f.write(text)
        importlib.invalidate_caches()
        self.addCleanup(sys.modules.pop, name, None)
        return importlib.import_module(name)

    def test_imports_are_instrumented_with_and_without_pyc_and_none_is_written(self):
        self.load("viz_mod_a", "h_a = 1\n")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "__pycache__")))
        self.hooks.remove()
        del sys.modules["viz_mod_a"]
        importlib.import_module("viz_mod_a")
        del sys.modules["viz_mod_a"]
        self.hooks.install()
        importlib.import_module("viz_mod_a")
        self.assertEqual(self.tracer.events, ["Variable Assign - h_a = 1"] * 2)

    def test_a_module_that_does_not_compile_shows_no_frame_of_ours(self):
        with self.assertRaises(SyntaxError) as caught:
            self.load("viz_mod_b", "a b\n")
        frames = traceback.extract_tb(caught.exception.__traceback__)
        self.assertFalse([f for f in frames if PACKAGE in f.filename])

    def test_compile_takes_text_trees_and_flags(self):
        exec(compile("h_x = 1", "<a>", "exec"), {})
        exec(compile(ast.parse("h_y = 2"), "<a>", "exec"), {})
        self.assertEqual(eval(compile("1 + 1", "<a>", "eval")), 2)
        self.assertIsInstance(compile("a", "<a>", "exec", flags=ast.PyCF_ONLY_AST), ast.Module)
        with self.assertRaises(SyntaxError):
            compile("a b", "<a>", "exec")
        self.assertEqual(self.tracer.events, ["Variable Assign - h_x = 1"])

    def test_marshal_gets_clean_code(self):
        code = marshal.loads(marshal.dumps(compile("h_x = 1", "<a>", "exec")))
        self.assertEqual(code, self.hooks._compile("h_x = 1", "<a>", "exec"))

    def test_remove_restores_everything(self):
        compiled = compile
        self.hooks.remove()
        self.assertIsNot(compiled, compile)
        self.assertFalse(hasattr(sys.modules["_frozen_importlib_external"], "compile"))


class Library(unittest.TestCase):
    def test_a_hundred_modules_compile_instrumented(self):
        folder = sysconfig.get_paths()["stdlib"]
        modules = sorted(glob.glob(os.path.join(folder, "*.py")))[:100]
        self.assertEqual(len(modules), 100)
        for path in modules:
            with self.subTest(path), open(path, "rb") as f:
                instrument.instrument_source(f.read(), path, instrument.Options(**ALL))

    def test_its_own_tests_pass_instrumented(self):
        source = os.path.join(sysconfig.get_paths()["stdlib"], "test")
        found = [n for n in LIBRARY_TESTS if os.path.exists(f"{source}/test_{n}.py")]
        if len(found) < 12:
            self.skipTest("the testsuite package is not installed")
        for name in found:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                shutil.copy(f"{source}/test_{name}.py", f"{folder}/copied_{name}.py")
                done = subprocess.run(
                    [sys.executable, "-c", DRIVER.format(package=PACKAGE), f"copied_{name}"],
                    cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                    timeout=200)
                self.assertEqual(done.returncode, 0, done.stdout.decode()[-3000:])


if __name__ == "__main__":
    unittest.main()
