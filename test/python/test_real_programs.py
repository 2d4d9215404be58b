# SPDX-License-Identifier: Apache-2.0
"""Real programs: traced, they do what they do untraced, and no call is missing or made up.

Each program runs in a stock Python under the counting hook and then under viztracer. Output and
exit status must be equal, every function's number of calls must be equal, strict parsers must
load the report, and its events must nest.
"""
import collections
import importlib.util
import json
import os
import re
import shutil
import sys
import unittest
import unittest.mock

from tracing import TracedTest, calls, nesting_errors

STDLIB = os.path.dirname(os.__file__)

ASYNCIO = '''
import asyncio

async def produce(queue, count):
    for i in range(count):
        await queue.put(i)
        await asyncio.sleep(0)

async def consume(queue, count):
    total = 0
    for _ in range(count):
        total += await queue.get()
    return total

async def cancelled():
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return "cancelled"

async def main():
    queue = asyncio.Queue(maxsize=3)
    task = asyncio.create_task(cancelled())
    async with asyncio.Lock():
        got = await asyncio.gather(produce(queue, 500), consume(queue, 500))
    task.cancel()
    print(got, await task)

asyncio.run(main())
'''

THREADED = '''
import threading

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def work(results, i):
    results[i] = sum(map(fib, range(12))) + len(sorted([3, 1, 2], key=abs))

results = {}
threads = [threading.Thread(target=work, args=(results, i)) for i in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(results.items()))
'''

RECURSION = '''
import sys
sys.setrecursionlimit(20000)

def down(n):
    return n and 1 + down(n - 1)

print(down(10000))
'''


def waits_for_a_thread(name):
    """Whether a wait is taken depends on which thread is faster, with and without tracing."""
    return "/threading.py:" in name or "_thread." in name or name.endswith("lock.acquire") or \
        name.endswith("lock.release")


def without_pids(counts):
    """The counts with the process id taken out of the names of test files."""
    merged = collections.Counter()
    for name, count in counts.items():
        merged[re.sub(r"@test_\d+_tmp", "@test_tmp", name)] += count
    return merged


class RealPrograms(TracedTest):
    def compare(self, *program, leave_out=lambda name: False, same_output=True):
        """Besides the program's own calls the builtins.exec that runs it is recorded."""
        self.run_words([sys.executable, *program])  # fills the caches
        stock, counted = self.count(*program)
        traced, report = self.trace(*program)
        self.assertEqual(stock.returncode, traced.returncode, traced.stderr)
        if same_output:
            self.assertEqual(stock.stdout, traced.stdout)
        counted["builtins.exec"] += 1
        counted, recorded = without_pids(counted), without_pids(calls(report))
        differing = {name: (counted[name], recorded[name])
                     for name in counted.keys() | recorded.keys()
                     if counted[name] != recorded[name] and not leave_out(name)}
        self.assertEqual({}, differing, "(counted, recorded) by name")
        self.assertEqual([], nesting_errors(report))
        self.assertFalse(report["viztracer_metadata"]["overflow"])
        return recorded

    def test_json_tool_formats_a_large_file(self):
        document = {f"key {i}": [i, i / 7, str(i), None, {"x": [True, False]}]
                    for i in range(5000)}
        name = self.put("large.json", json.dumps(document))
        recorded = self.compare("-m", "json.tool", name)
        self.assertGreater(sum(recorded.values()), 200000)

    # The tests that start no process and wait for none: their calls depend on the clock.
    @unittest.skipUnless(importlib.util.find_spec("test.test_support"), "no test package here")
    def test_unittest_runs_a_stdlib_test_module(self):
        chosen = ("Import", "captured", "change_cwd", "check", "detect", "get_attribute",
                  "match_test", "rmtree", "sortdict", "swap", "temp_cwd", "unload")
        recorded = self.compare("-m", "unittest", "test.test_support",
                                *(word for name in chosen for word in ("-k", name)),
                                same_output=False)
        self.assertGreater(sum(count for name, count in recorded.items()
                               if name.startswith("TestCase.run (")), 15)

    def test_compileall_compiles_a_part_of_the_standard_library(self):
        package = os.path.join(self.folder, "package")
        shutil.copytree(os.path.join(STDLIB, "email"), package,
                        ignore=shutil.ignore_patterns("__pycache__"))
        self.compare("-m", "compileall", "-f", "-q", package)

    @unittest.skipUnless(importlib.util.find_spec("pyflakes"), "pyflakes is not installed")
    def test_pyflakes_reads_a_part_of_the_standard_library(self):
        files = [os.path.join(STDLIB, name) for name in ("shlex.py", "textwrap.py")]
        # pyflakes makes a binding for each builtin: a traced program has one more.
        with unittest.mock.patch.dict(os.environ, PYFLAKES_BUILTINS="__viz_tracer__"):
            self.compare("-m", "pyflakes", *files)

    @unittest.skipUnless(importlib.util.find_spec("pygments"), "pygments is not installed")
    def test_pygments_marks_up_a_part_of_the_standard_library(self):
        self.compare("-m", "pygments", "-f", "html", os.path.join(STDLIB, "shlex.py"))

    def test_an_asyncio_program(self):
        self.compare(self.put("tasks.py", ASYNCIO))

    def test_a_threaded_program(self):
        recorded = self.compare(self.put("threaded.py", THREADED),
                                leave_out=waits_for_a_thread)
        self.assertEqual(20, sum(n for name, n in recorded.items() if name.startswith("work ")))

    def test_a_recursion_10000_deep(self):
        recorded = self.compare(self.put("deep.py", RECURSION))
        self.assertEqual(10001, sum(n for name, n in recorded.items() if name.startswith("down ")))


if __name__ == "__main__":
    unittest.main()
