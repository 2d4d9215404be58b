# SPDX-License-Identifier: Apache-2.0
"""Arguments and results in the log: what is shown, and that showing it changes nothing."""
import json
import os
import unittest

from tracing import TracedTest

KINDS = '''
def plain(a, /, b, *rest, c, **more):
    return [a, b]
def none():
    pass
def closed(x, y=2):
    return lambda: x + y
def resumed(n):
    yield n
    del n
    yield "second"
class Class:
    def method(self, v):
        raise KeyError(v)
    def __repr__(self):
        return "a Class"
plain(1, b="b", c=3.5, d={})
plain(None, 2, 3, c=b"c")
none()
closed(1)()
list(resumed(True))
try:
    Class().method("x")
except KeyError as error:
    assert error.args == ("x",) and error.__context__ is None
'''

HOSTILE = '''
import sys

class Raises:
    def __repr__(self):
        raise RuntimeError("no")
class Exits:
    def __repr__(self):
        sys.exit(3)
class NoText:
    def __repr__(self):
        return 7
class Endless:
    def __repr__(self):
        return repr(self)
class Shrinks(list):
    def __repr__(self):
        self.clear()
        return "shrunk"
class Calls:
    def __repr__(self):
        return f(1) or "called"
class Logs:
    def __repr__(self):
        __viz_tracer__.add_func_args("from", "repr")
        return "logged"

def f(x):
    return None
def fails(x):
    raise ValueError(x)

for kind in Raises, Exits, NoText, Endless, Calls, Logs:
    f(kind())
items = Shrinks([1, 2])
f(items)
assert items == [], items
cycle = []
cycle.append(cycle)
f(cycle)
value = Raises()
try:
    fails(value)
except ValueError as error:
    assert error.args == (value,) and error.__context__ is None
def deep(n):
    return deep(n + 1)
try:
    deep(Raises() and 0)
except RecursionError as error:
    print(type(error).__name__)
print("end")
'''

LONG = '''
def long(a, b):
    return a
def many(*values, **named):
    pass
long("x" * 100000, "\\0\\u4e2d" * 100000)
many(**{f"name{i}": "v" * 300 for i in range(200)})
exec("def wide(" + ", ".join(f"a{i}=1" for i in range(900)) + "): pass\\nwide()")
'''

THREADS = '''
import threading, time
class Slow:
    def __repr__(self):
        time.sleep(0.001)
        return "slow"
def f(x):
    return x
def work():
    for _ in range(20):
        f(Slow())
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
'''

INTERRUPTED = '''
import os, signal
class Interrupts:
    def __repr__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000): pass
        return "interrupted"
def f(x):
    pass
try:
    f(Interrupts())
    print("went on")
except KeyboardInterrupt:
    print("interrupted")
'''

INLINE = '''
from viztracer import VizTracer
def f(n):
    return n + 1
tracer = VizTracer(verbose=0, log_func_args=True, log_func_retval=True,
                   log_func_repr=lambda value: "<%s>" % value)
class Stops:
    def __repr__(self):
        tracer.stop()
        return "stopped"
tracer.start()
f(1)
tracer.log_func_args = False
f(2)
tracer.log_func_retval = False
f(3)
tracer.log_func_args = True
tracer.log_func_repr = None
f(4)
tracer.log_func_repr = lambda value: 7
f(5)
tracer.log_func_repr = repr
def g(x):
    return f(6)
g(Stops())
f(7)
print([e.get("args") for e in tracer.data["traceEvents"] if e["name"].startswith("f ")]
      if tracer.parse() else None)
try:
    VizTracer(log_func_repr=str, log_func_with_objprint=True)
except ValueError as error:
    print(error)
'''


PLAIN = r'''
import json
import random
numbers = random.Random(1)
CHARACTERS = "aZ09 _-.:/<>&'\"\\\n\t\0\x1f\x7f\x80\xa0\xad\xe9\u20ac\u2028\ud800\U0001f600\U000e0001\U0010ffff"
def text():
    return "".join(numbers.choices(CHARACTERS, k=numbers.choice([0, 1, 2, 15, 16, 17, 70])))
def f(x):
    return x
class Int(int):
    pass
class Str(str):
    def __repr__(self):
        return "my " + str(self)
values = [0, -1, 2**63 - 1, -2**63, 2**63, -2**63 - 1, 10**30, True, False, None, 1.5, -0.0,
          1e300 * 1e300, float("nan"), 1e16, 1e-5, 0.1, Int(3), Str("x"), b"b\xff'", "x" * 3998]
values += [text() for _ in range(300)] + [bytes(numbers.choices(range(256), k=n)) for n in range(99)]
values += [quote * n for quote in ("'", '"', "\xe9", b"'\"", b"\n") for n in (1, 330, 664, 800, 1300, 1990)
           if len(json.dumps(repr(quote * n))) < 4000]
values += [numbers.randrange(-10**20, 10**20) for _ in range(50)]
values += [numbers.random() * 10**numbers.randrange(-30, 30) for _ in range(50)]
for value in values:
    f(value)
with open("reprs.json", "w") as out:
    json.dump([repr(value) for value in values], out)
'''


def args_of(report, name):
    return [event.get("args") for event in report["traceEvents"]
            if event["name"].split(" (")[0] == name]


class ArgumentsTest(TracedTest):
    """Programs under --log_func_args and --log_func_retval."""

    def trace_text(self, text, *options):
        return self.trace(self.put("main.py", text),
                          options=["--log_func_args", "--log_func_retval", *options])

    def test_every_kind_of_parameter_is_shown(self):
        run, report = self.trace_text(KINDS)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        self.assertEqual(args_of(report, "plain"), [
            {"func_args": {"a": "1", "b": "'b'", "c": "3.5", "rest": "()", "more": "{'d': {}}"},
             "return_value": "[1, 'b']"},
            {"func_args": {"a": "None", "b": "2", "c": "b'c'", "rest": "(3,)", "more": "{}"},
             "return_value": "[None, 2]"}])
        self.assertEqual(args_of(report, "none"), [{"func_args": {}, "return_value": "None"}])
        self.assertEqual(args_of(report, "closed")[0]["func_args"], {"x": "1", "y": "2"})
        self.assertEqual(args_of(report, "resumed"), [
            {"func_args": {"n": "True"}, "return_value": "True"},
            {"func_args": {"n": "True"}, "return_value": "'second'"},
            {"func_args": {}, "return_value": "None"}])
        self.assertEqual(args_of(report, "Class.method" if self.has_qualnames() else "method"), [
            {"func_args": {"self": "a Class", "v": "'x'"}, "return_value": "<NULL>"}])
        self.assertEqual(args_of(report, "<module>")[0]["func_args"], {})

    def test_plain_values_are_shown_as_repr_shows_them(self):
        run, report = self.trace_text(PLAIN)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        with open(os.path.join(self.folder, "reprs.json"), encoding="utf-8") as f:
            reprs = json.load(f)
        self.assertEqual(args_of(report, "f"),
                         [{"func_args": {"x": text}, "return_value": text} for text in reprs])

    def has_qualnames(self):
        return hasattr(args_of.__code__, "co_qualname")

    def test_a_repr_may_do_anything(self):
        run, report = self.trace_text(HOSTILE)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        self.assertEqual(run.stdout, b"RecursionError\nend\n")
        shown = [args["func_args"]["x"] for args in args_of(report, "f")]
        self.assertEqual(shown, ["Not Displayable"] * 4 + ["called", "logged", "shrunk",
                                                           "[[...]]"])
        self.assertEqual(args_of(report, "fails"), [
            {"func_args": {"x": "Not Displayable"}, "return_value": "<NULL>"}])
        self.assertFalse([event for event in report["traceEvents"]
                          if "__repr__" in event["name"]])

    def test_what_is_long_is_cut(self):
        run, report = self.trace_text(LONG)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        (args,) = args_of(report, "long")
        self.assertEqual(args["func_args"]["a"], "'" + "x" * 3999 + "...")
        self.assertTrue(args["func_args"]["b"].endswith("..."))
        self.assertEqual(args["return_value"], "'" + "x" * 3999 + "...")
        (args,) = args_of(report, "many")
        self.assertEqual(len(args["func_args"]["named"]), 4003)
        (args,) = args_of(report, "wide")
        self.assertEqual(args["func_args"]["a0"], "1")
        self.assertLess(len(str(args)), 16000)

    def test_threads_show_their_own(self):
        run, report = self.trace_text(THREADS)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        self.assertEqual(args_of(report, "f"),
                         [{"func_args": {"x": "slow"}, "return_value": "slow"}] * 160)

    def test_an_interrupt_is_not_lost(self):
        run, _ = self.trace_text(INTERRUPTED)
        self.assertEqual(run.stdout, b"interrupted\n")

    def test_nothing_is_shown_unasked(self):
        _, report = self.trace(self.put("main.py", KINDS))
        self.assertFalse([event for event in report["traceEvents"]
                          if event["ph"] == "X" and "args" in event])
        _, report = self.trace(self.put("main.py", KINDS), options=["--log_func_retval"])
        self.assertEqual(args_of(report, "none"), [{"return_value": "None"}])

    def test_settings_change_while_it_runs(self):
        run = self.run_inline(INLINE)
        shown = [{"func_args": {"n": "<1>"}, "return_value": "<2>"}, {"return_value": "<3>"},
                 None, {"func_args": {"n": "4"}}, {"func_args": {"n": "Not Displayable"}}]
        self.assertEqual(run.stdout.decode(), f"{shown}\n"
                         "log_func_repr and log_func_with_objprint can't be both set\n",
                         run.stderr.decode())

    def test_objprint_shows_what_is_in_an_object(self):
        _, report = self.trace(self.put("main.py", "class A:\n    def __init__(self, a):\n"
                                        "        self.a = a\ndef f(x): pass\nf(A([1]))\n"),
                               options=["--log_func_args", "--log_func_with_objprint"])
        (args,) = args_of(report, "f")
        self.assertIn(".a = ", args["func_args"]["x"])


if __name__ == "__main__":
    unittest.main()
