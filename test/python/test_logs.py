# SPDX-License-Identifier: Apache-2.0
"""What is logged besides calls: print, garbage collection, audit events, exit functions, tasks,
torch; from the command line and inline, and gone when the recording is."""
import importlib.util
import os
import unittest

from tracing import VIZTRACER, TracedTest, nesting_errors

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data")

PRINTS = '''
import atexit, sys
original = print
class Shown:
    def __str__(self):
        return "shown"
def f():
    print("a", 1, Shown(), sep="-")
    print("b", end="", file=sys.stderr)
    print()
    print("c", flush=True)
    try:
        print("d", sep=3)
    except TypeError as error:
        sys.stdout.write(str(error) + "\\n")
f()
atexit.register(lambda: print("at exit"))
'''

INLINE = '''
import builtins, gc
from viztracer import VizTracer
before = builtins.print, list(gc.callbacks), builtins.compile
tracer = VizTracer(verbose=0, log_print=True, log_gc=True, log_audit=["my[.].*"])
import sys
def events(*phases):
    tracer.parse()
    return [(e["name"], e.get("args")) for e in tracer.data["traceEvents"] if e["ph"] in phases]
tracer.start()
print("one")
gc.collect()
sys.audit("my.event", 1)
sys.audit("other")
tracer.stop()
print("two")
sys.audit("my.event", 2)
gc.collect()
print(len(events("i", "C")), events("i"))
assert (builtins.print, list(gc.callbacks), builtins.compile) == before
tracer.log_print = False
tracer.log_gc = False
with_gc = []
tracer.start()
gc.collect()
tracer.log_gc = True
gc.collect()
tracer.log_gc = False
gc.collect()
tracer.stop()
print([name for name, args in events("C")], list(gc.callbacks) == before[1])
for value in 1, None:
    try:
        tracer.log_gc = value
    except TypeError as error:
        print(error)
'''

AUDITED = '''
import sys
class Fails:
    def __str__(self):
        raise RuntimeError
    def __repr__(self):
        sys.audit("my.nested")
        raise RuntimeError
def f():
    sys.audit("my.event", 1, "two", Fails())
    sys.audit("your.event")
    try:
        raise KeyError("pending")
    except KeyError:
        sys.audit("my.event")
        raise
try:
    f()
except KeyError as error:
    print(error.__context__)
'''

TASKS = '''
import asyncio, gc
async def leaf(n):
    await asyncio.sleep(0)
    return n
async def worker(n):
    asyncio.current_task()
    for i in range(3):
        await leaf(n)
    if n == 1:
        raise ValueError(n)
async def renamed():
    await leaf(0)
    asyncio.current_task().set_name("new name")
    await leaf(0)
async def numbers():
    for i in range(2):
        yield i
        await asyncio.sleep(0)
async def consumer():
    async for i in numbers():
        pass
async def main():
    first = asyncio.ensure_future(worker(1))
    await asyncio.gather(first, worker(2), return_exceptions=True)
    for name in "x", "y", "z":
        task = asyncio.ensure_future(worker(3))
        task.set_name("named " + name)
        await task
        del task
        gc.collect()
    await asyncio.ensure_future(renamed())
    await asyncio.ensure_future(consumer())
asyncio.run(main())
'''

TRIO = '''
import sys, types
class Task:
    def __init__(self, name): self.name = name
current = None
def current_task():
    if current is None:
        raise RuntimeError("must be called from async context")
    return current
trio = types.ModuleType("trio.lowlevel")
trio.current_task = current_task
sys.modules["trio.lowlevel"] = trio
async def work():
    pass
def loop():
    global current
    for task in Task("__main__.a"), Task("__main__.b"):
        current = task
        try:
            work().send(None)
        except StopIteration:
            current = None
loop()
'''

NURSERY = """
import trio
def work():
    pass
async def child(count):
    for _ in range(count):
        await trio.sleep(0.001)
        work()
async def main():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(child, 3)
        nursery.start_soon(child, 2, name="child two")
trio.run(main)
"""

TORCH = '''
import json, os, time
class profile:
    def __init__(self, activities): assert activities == {"CPU"}
    def __enter__(self): self.began = time.time_ns()
    def __exit__(self, *exc): pass
    def export_chrome_trace(self, path):
        with open(os.environ["RECORDED"]) as source, open(path, "w") as target:
            trace = json.load(source)
            if isinstance(trace, dict):
                first = min(e["ts"] for e in trace["traceEvents"] if e["ph"] == "X")
                trace["baseTimeNanoseconds"] = self.began - int(first * 1000)
            json.dump(trace, target)
class record_function(profile):
    def __init__(self, name): assert name == "viztracer.mark"
def supported_activities(): return {"CPU"}
'''

REAL_TORCH = '''
import time, torch
time.sleep(0.02)
a = torch.ones(4, 4)
b = torch.matmul(a, a)
c = torch.add(a, b)
'''

EXIT = '''
import atexit
def fib(n):
    return 1 if n < 2 else fib(n - 1) + fib(n - 2)
atexit.register(fib, 6)
'''


def named(report, *phases):
    return [(event["name"], event.get("args")) for event in report["traceEvents"]
            if event["ph"] in phases]


class LogsTest(TracedTest):
    """Programs with one of these logs."""

    def test_print_is_logged_and_not_printed(self):
        run, report = self.trace(self.put("main.py", PRINTS), options=["--log_print"])
        self.assertEqual([event for event in report["traceEvents"] if event["ph"] == "i"
                          and (event["s"] != "g" or event["args"] is not None)], [])
        self.assertEqual([name for name, _ in named(report, "i")],
                         ["print - a-1-shown\n", "print - b", "print - \n", "print - c\n"])
        self.assertEqual(run.stdout.decode(), "sep must be None or a string, not int\nat exit\n")
        self.assertEqual(run.stderr, b"")

    def test_everything_is_put_back_on_stop(self):
        run = self.run_inline(INLINE)
        self.assertEqual(run.stderr.decode(), "")
        self.assertEqual(run.stdout.decode(), (
            "two\n"
            "4 [('print - one\\n', None), ('my.event', {'args': ['1']})]\n"
            "['garbage collection', 'garbage collection'] True\n"
            "log_gc needs to be True or False, not 1\n"
            "log_gc needs to be True or False, not None\n"))

    def test_collections_are_counters(self):
        text = "import gc\na = []\na.append(a)\ndel a\ngc.collect()\n"
        _, report = self.trace(self.put("main.py", "import gc\ngc.disable()\n" + text),
                               options=["--log_gc"])
        (_, began), (_, ended) = [event for event in named(report, "C")
                                  if event[0] == "garbage collection"]
        self.assertGreaterEqual(began.pop("collected"), 1)
        self.assertEqual((began, ended), (
            {"collecting": 1, "uncollectable": 0},
            {"collecting": 0, "collected": 0, "uncollectable": 0}))
        starts = [event["ts"] for event in report["traceEvents"] if event["ph"] == "C"]
        call = next(event for event in report["traceEvents"] if event["name"] == "gc.collect")
        self.assertTrue(call["ts"] <= starts[0] <= starts[1] <= call["ts"] + call["dur"])

    def test_audit_events_are_instants(self):
        run, report = self.trace(self.put("main.py", AUDITED), options=["--log_audit", "my[.].*"])
        self.assertEqual((run.stdout, run.stderr), (b"None\n", b""))
        self.assertEqual(named(report, "i"), [
            ("my.event", {"args": ["1", "two", "Not Displayable"]}), ("my.event", {"args": []})])
        _, report = self.trace(self.put("main.py", "id(1)"), options=["--log_audit"])
        self.assertIn("builtins.id", [name for name, _ in named(report, "i")])
        run = self.run_words([VIZTRACER, "--log_audit", "[", "--", "main.py"])
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"--log_audit: '[' is not a regular expression", run.stdout)

    def test_exit_functions_are_recorded_when_asked_for(self):
        for options, count in (["--log_exit"], 25), ([], 0):
            _, report = self.trace(self.put("main.py", EXIT), options=options)
            calls = [event for event in report["traceEvents"] if event["name"].startswith("fib ")]
            self.assertEqual(len(calls), count)

    def lanes(self, report):
        """The lanes' names, and the functions in each."""
        names = {event["tid"]: event["args"]["name"] for event in report["traceEvents"]
                 if event["name"] == "thread_name"}
        found = {}
        for event in report["traceEvents"]:
            if event["ph"] == "X":
                found.setdefault((event["tid"], names[event["tid"]]), set()).add(
                    event["name"].split(" (")[0])
        return found

    def test_each_task_has_a_lane_with_its_name(self):
        run, report = self.trace(self.put("main.py", TASKS), options=["--log_async"])
        self.assertEqual((run.stdout, run.stderr), (b"", b""))
        self.assertEqual(nesting_errors(report), [])
        lanes = {name: functions for (_, name), functions in self.lanes(report).items()}
        self.assertEqual(len(self.lanes(report)), len(lanes))
        own = {"MainThread", "Task-1", "Task-2", "Task-3", "named x", "named y", "named z",
               "new name", "Task-8"}
        self.assertEqual(own - set(lanes), set())
        self.assertFalse([name for name in set(lanes) - own
                          if lanes[name] & {"worker", "leaf"}])  # asyncio.run's own
        self.assertIn("main", lanes["Task-1"])
        self.assertLessEqual({"worker", "leaf", "sleep"}, lanes["named y"])
        self.assertLessEqual({"consumer", "numbers"}, lanes["Task-8"])
        self.assertNotIn("worker", lanes["MainThread"])
        self.assertIn("run", lanes["MainThread"])

    def test_tasks_share_the_thread_unless_asked_for(self):
        _, report = self.trace(self.put("main.py", TASKS))
        self.assertEqual([name for _, name in self.lanes(report)], ["MainThread"])

    def test_tasks_of_trio_are_asked_for_where_trio_keeps_them(self):
        run, report = self.trace(self.put("main.py", TRIO), options=["--log_async"])
        self.assertEqual(run.stderr, b"")
        self.assertEqual([name for (_, name), functions in self.lanes(report).items()
                          if "work" in functions], ["__main__.a", "__main__.b"])

    @unittest.skipUnless(importlib.util.find_spec("trio"), "no trio (python3-trio)")
    def test_a_lane_for_each_task_of_trio(self):
        run, report = self.trace(self.put("main.py", NURSERY), options=["--log_async"])
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        lanes = self.lanes(report)
        works = [name for (_, name), functions in lanes.items() if "work" in functions]
        self.assertEqual(sorted(works), ["__main__.child", "child two"])  # in no order
        for (_, name), functions in lanes.items():
            self.assertEqual("main" in functions, name == "__main__.main")

    def merged_torch(self, recorded):
        """What a torch that recorded this leaves in the report, and the sleep beside it."""
        os.makedirs(os.path.join(self.folder, "torch"))
        self.put("torch/__init__.py", "from . import profiler\n")
        self.put("torch/profiler.py", TORCH)
        os.environ["RECORDED"] = os.path.join(DATA, recorded)
        self.addCleanup(os.environ.pop, "RECORDED")
        self.put("main.py", "import time\ntime.sleep(0.05)\n")
        run, report = self.trace("-m", "main", options=["--log_torch"])
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        sleep = next(event for event in report["traceEvents"] if event["name"] == "time.sleep")
        merged = [event for event in report["traceEvents"] if event["name"].startswith("aten::")]
        self.assertEqual([event for event in report["traceEvents"]
                          if event["ph"] == "M" and "ts" in event
                          or event["name"] == "viztracer.mark"], [])
        return merged, sleep

    def test_torch_events_come_on_our_clock(self):
        """The form with the times of the wall clock, put together by its description."""
        merged, sleep = self.merged_torch("torch_object.json")
        self.assertEqual([event["name"] for event in merged], ["aten::add", "aten::matmul"])
        self.assertLess(abs(merged[0]["ts"] - sleep["ts"]), 1e6)
        self.assertAlmostEqual(merged[1]["ts"] - merged[0]["ts"], 40.5, 2)
        self.assertEqual(merged[0]["dur"], 12.25)

    def test_torch_events_are_found_by_our_mark(self):
        """The form whose times count from torch's own start, as Debian's torch 1.13 recorded it:
        two marks with what they did, then ones, matmul and add."""
        merged, sleep = self.merged_torch("torch_list.json")
        self.assertEqual([event["name"] for event in merged], [
            "aten::ones", "aten::empty", "aten::fill_", "aten::matmul", "aten::mm",
            "aten::resolve_conj", "aten::resolve_conj", "aten::resolve_conj", "aten::add"])
        # The middle of the last mark was at 1609, and shortly before the program.
        mark = merged[0]["ts"] - (1691 - 1609)
        self.assertTrue(mark < sleep["ts"] < mark + 1e6, (mark, sleep))
        self.assertAlmostEqual(merged[-1]["ts"] - merged[0]["ts"], 2822 - 1691, 2)

    @unittest.skipUnless(importlib.util.find_spec("torch"), "no torch (python3-torch)")
    def test_what_torch_does_lies_within_the_calls_that_do_it(self):
        run, report = self.trace(self.put("main.py", REAL_TORCH), options=["--log_torch"])
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        for name in "ones", "matmul", "add":
            (inner,) = [event for event in report["traceEvents"]
                        if event["name"] == f"aten::{name}"]
            (call,) = [event for event in report["traceEvents"]
                       if event["name"] == f"torch.{name}"]
            self.assertLessEqual(call["ts"], inner["ts"] + 1)  # torch's are whole microseconds
            self.assertLessEqual(inner["ts"] + inner["dur"], call["ts"] + call["dur"] + 1)

    def test_without_torch_the_stated_message(self):
        self.put("torch.py", "raise ModuleNotFoundError('hidden', name='torch')\n")
        self.put("main.py", "print(1)")
        run = self.run_words([VIZTRACER, "--log_torch", "-m", "main"])
        self.assertEqual((run.returncode, run.stdout), (1, b"torch is not installed\n"))
        run = self.run_inline("from viztracer import VizTracer\ntry:\n"
                              "    VizTracer(log_torch=True)\nexcept ModuleNotFoundError as e:\n"
                              "    print(e.name)")
        self.assertEqual(run.stdout, b"torch\n")


if __name__ == "__main__":
    unittest.main()
