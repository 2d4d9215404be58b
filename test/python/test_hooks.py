# SPDX-License-Identifier: Apache-2.0
"""What the hooks make of calls, on every Python that is here and has a core: names and trees,
generators, exceptions, threads, filters, and what else watches calls in the same program.
"""
import collections
import os
import subprocess
import textwrap
import unittest

import pythons
from tracing import VIZTRACER, TracedTest, calls, nesting_errors

NAMES = '''
class Shape:
    def __init__(self):
        self.side = 2
    @staticmethod
    def unit():
        return Shape()
    def area(self):
        return self.side * len("ab")

def outer():
    def inner(values):
        return [value for value in values]
    return inner([1])

shape = Shape.unit()
shape.area()
outer()
[].append(1)
dict.fromkeys("a")
str.upper("a")
int("3")
(lambda: None)()
'''

SLICES = '''
def count(n):
    got = yield 0
    while got != n:
        try:
            got = yield got
        except ValueError:
            got = 7

def delegate():
    yield from count(3)

g = count(3)
next(g)
g.send(1)
g.throw(ValueError())
g.close()
list(delegate())
abandoned = delegate()
next(abandoned)
del abandoned
never_run = count(1)
never_run.close()
'''

COROUTINES = '''
import asyncio

async def fail():
    await asyncio.sleep(0)
    raise OSError()

async def numbers():
    for i in range(3):
        yield i
        await asyncio.sleep(0)

async def main():
    async for i in numbers():
        pass
    some = numbers()
    await some.asend(None)
    await some.aclose()
    task = asyncio.ensure_future(asyncio.sleep(10))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, fail(), fail(), return_exceptions=True)

loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
'''

DEEP = '''
import sys

def down(n):
    return n and down(n - 1)

sys.setrecursionlimit(20000)
down(10000)
sys.setrecursionlimit(1000)

def endless(value):
    return sorted([2, 1], key=endless)

try:
    endless(1)
except RecursionError:
    pass
'''

THREADS = '''
import _thread
import threading

def leaf():
    return len("x")

def work(times):
    for _ in range(times):
        leaf()

def nest():
    inner = threading.Thread(target=work, args=(3,), name="inner")
    inner.start()
    inner.join()

class Worker(threading.Thread):
    def run(self):
        work(4)

running = [threading.Thread(target=work, args=(5,), name="first"),
           threading.Thread(target=nest, name="outer"), Worker(name="derived")]
for thread in running:
    thread.start()
for thread in running:
    thread.join()
done = _thread.allocate_lock()
done.acquire()

def bare():
    leaf()
    done.release()

_thread.start_new_thread(bare, ())
done.acquire()
'''

OTHERS = '''
import cProfile, profile, sys, threading, trace

heard = []

def listen(frame, event, arg):
    heard.append((event, frame.f_code.co_name, getattr(arg, "__name__", None)))

def f():
    return len("abc")

def show(timings):
    return sorted((key[2], value[0]) for key, value in timings.items() if "0x" not in key[2])

print(sys.getprofile(), sys.gettrace())
sys.setprofile(listen)
f()
assert sys.getprofile() is listen
sys.setprofile(lambda frame, event, arg: None)
f()
sys.setprofile(None)
f()
for _ in range(2):
    p = cProfile.Profile()
    p.enable()
    f()
    p.disable()
    p.create_stats()
    print(show(p.stats))
p = profile.Profile()
p.runcall(f)
print(show(p.timings))
t = trace.Trace(count=1, trace=0)
t.runfunc(f)
print(sorted(t.results().counts.values()))

def fail_at(what):
    def listen(frame, event, arg):
        if event == what and frame.f_code is f.__code__:
            raise KeyError(what)
    return listen

for event in "call", "c_call", "c_return", "return":
    sys.setprofile(fail_at(event))
    try:
        f()
    except KeyError as error:
        print(error, sys.getprofile())
    sys.setprofile(None)
threading.setprofile(listen)
thread = threading.Thread(target=f)
thread.start()
thread.join()
threading.setprofile(None)

def step(frame, event, arg):
    heard.append((event, frame.f_code.co_name, frame.f_lineno))
    return step

sys.settrace(step)
f()
sys.settrace(None)
f()
print(*heard, sep="\\n")
'''

FORKED = '''
import os, sys

def f():
    return len("abc")

f()
child = os.fork()
if not child:
    for _ in range(100):
        f()
    tools = getattr(sys, "monitoring", None)
    left = [tools.get_tool(i) for i in range(6)] if tools else [None]
    os._exit(any(left) or sys.getprofile() is not None)
print(os.waitpid(child, 0)[1])
f()
'''

FILTERED = '''
import json, re
import library

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def visible():
    return sorted([2, 1], key=lambda value: len(json.dumps(value)))

fib(6)
for i in range(3):
    visible()
    library.apply(fib)
    library.apply(str.upper.__call__ if i else len)
    re.compile("a|%d+" % i)
json.loads("[1, 2]", parse_int=lambda text: fib(int(text)))
'''

LIBRARY = '''
def apply(function):
    def inner(value):
        return len([value]) and sorted([value], key=lambda value: value)
    for value in 3, 4:
        inner(value)
    try:
        return function(4)
    except TypeError:
        return max(4, 5)
'''

SUBINTERPRETER = '''
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

def f():
    return len("abc")

f()
other = interpreters.create()
interpreters.run_string(other, """
import sys
def g():
    return len("abc")
for _ in range(1000):
    g()
sys.setprofile(lambda *event: None)
g()
sys.setprofile(None)
if hasattr(sys, "monitoring"):
    for i in range(6):
        sys.monitoring.use_tool_id(i, "other")
g()
""")
interpreters.destroy(other)
f()
'''

GREENLETS = '''
from greenlet import getcurrent, greenlet

def ping(n):
    for i in range(n):
        other.switch(i)

def pong(value):
    while True:
        value = one.switch(value)

main = getcurrent()
one, other = greenlet(ping), greenlet(pong)
one.switch(50)
for _ in range(100):
    greenlet(lambda: len("q")).switch()
'''

BOUND = '''
import types

class Holder:
    shown = classmethod(repr)

Holder.shown()
Holder().shown()
types.MethodType(str.upper, "x")()
types.MethodType(types.MethodType(max, (1,)), (2,))()
Holder.shown(*())
for wrong in (lambda: list.append("x"), lambda: list.append()):
    try:
        wrong()
    except TypeError:
        pass
'''

TOOLS = '''
import sys
m = sys.monitoring
events = m.events

def f():
    return len("abc")

heard = []
for i in range(5):
    m.use_tool_id(i, "tool")
    m.register_callback(i, events.PY_START,
                        lambda code, offset, i=i: heard.append((i, code.co_name)))
    m.set_events(i, events.PY_START)
    f()
    m.set_events(i, 0)
    f()
m.register_callback(0, events.PY_START, lambda code, offset: heard.append(code) or m.DISABLE)
m.set_events(0, events.PY_START)
f()
f()
m.restart_events()
f()
m.set_events(0, 0)
print(len(heard), heard[:5])
for i in range(5):
    m.free_tool_id(i)
for bad in (), (4,), ("a", "b"), (9, "x"), (1 << 70, "x"), (4, 5):
    try:
        m.use_tool_id(*bad)
    except (TypeError, ValueError, OverflowError) as error:
        print(type(error).__name__)
'''

AUDITED = '''
import sys
sys.addaudithook(lambda event, args: event.startswith("sys.") and print(event, flush=True))
len("abc")
sys.setprofile(None)
'''


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
        _, report = self.record(NAMES)
        listcomp = f"   {q('outer.<locals>.inner.<locals>.<listcomp>')}\n"
        self.assertEqual(
            "builtins.exec\n <module>\n  builtins.__build_class__\n   Shape\n"
            f"  {q('Shape.unit')}\n   {q('Shape.__init__')}\n"
            f"  {q('Shape.area')}\n   builtins.len\n"
            f"  outer\n   {q('outer.<locals>.inner')}\n"
            + (" " + listcomp if self.version < (3, 12) else "") +
            "  list.append\n  type.fromkeys\n  str.upper\n  <lambda>\n", names_of(tree(report)))

    def test_each_slice_of_a_generator_is_a_call(self):
        self.assert_counted(SLICES)

    def test_coroutines_are_slices_too(self):
        self.assert_counted(COROUTINES)

    def test_recursion_ends_where_python_ends_it(self):
        _, report = self.record(DEEP)
        self.assertEqual(10001, self.count_of(report, "down"))
        self.assertGreater(self.count_of(report, "endless"), 100)

    def test_threads_are_recorded_from_their_first_call_under_their_names(self):
        _, report = self.record(THREADS)
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
        report = self.assert_like_python(OTHERS)
        self.assertGreater(self.count_of(report, "f"), 12)

    def test_a_forked_child_records_nothing_and_is_not_watched(self):
        report = self.assert_like_python(FORKED)
        self.assertEqual(2, self.count_of(report, "f"))
        self.assertEqual(2, self.count_of(report, "builtins.len"))

    def test_filters_hide_a_call_with_what_it_calls(self):
        library = os.path.join(self.folder, self.put("library.py", LIBRARY))
        program = os.path.join(self.folder, "program.py")
        self.record(FILTERED)  # fills the caches
        whole = tree(self.record(FILTERED)[1])
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
                _, report = self.record(FILTERED, *options)
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
        _, report = self.record(SUBINTERPRETER)
        self.assertEqual((2, 0), (self.count_of(report, "f"), self.count_of(report, "g")))

    def test_greenlets_are_counted_right(self):
        if self.run_words([self.python, "-c", "import greenlet"]).returncode:
            self.skipTest("there is no greenlet for Python %d.%d" % self.version)
        program = os.path.join(self.folder, self.put("program.py", GREENLETS))
        self.run_words([self.python, program])
        _, counted = self.count(program)
        counted["builtins.exec"] += 1
        _, report = self.trace(program)  # the slices of greenlets cross each other
        self.assertEqual(dict(counted), dict(calls(report)))


class Monitoring(Hooks):
    """What only sys.monitoring has (Python 3.12 and later)."""

    def test_bound_builtins_are_one_call(self):
        _, report = self.record(BOUND)
        names = ("builtins.repr", "str.upper", "builtins.max", "list.append", "str.append")
        self.assertEqual([2, 1, 1, 0, 0], [self.count_of(report, name) for name in names])

    def test_tools_of_the_program_get_each_identifier(self):
        report = self.assert_like_python(TOOLS)
        self.assertEqual(13, self.count_of(report, "f"))
        self.assertEqual(13, self.count_of(report, "builtins.len"))

    def test_audit_hooks_of_the_program_hear_nothing_of_us(self):
        self.assert_like_python(AUDITED)

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
