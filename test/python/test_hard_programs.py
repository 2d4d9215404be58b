# SPDX-License-Identifier: Apache-2.0
"""Programs that are hard to record (reliability R10): many threads, threads that nobody waits for,
generators that nobody finishes, exceptions that pass through C."""
import sys
import unittest

from tracing import TracedTest, calls, nesting_errors, threads

LATE_OBJECTS = '''
import builtins
import sys

class Late:
    def __del__(self):
        raise ValueError("late")

builtins.kept = Late()
sys.kept = Late()
'''

MANY_THREADS = '''
import threading

def leaf():
    return 1

def work(barrier):
    barrier.wait()
    for _ in range(50):
        leaf()

barrier = threading.Barrier(200)
threads = [threading.Thread(target=work, args=(barrier,)) for _ in range(200)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
'''

SHORT_THREADS = '''
import _thread
import threading

def leaf():
    return 1

def work(done):
    leaf()
    done.release()

for _ in range(100):
    done = threading.Semaphore(0)
    for _ in range(50):
        _thread.start_new_thread(work, (done,))
    for _ in range(50):
        done.acquire()
'''

# What `{stop}` does takes place while `outer` and `inner` are open.
STOPPED_MEANWHILE = '''
import atexit
import os
import threading
from viztracer import get_tracer

def later():
    pass

def at_the_end():
    pass

def inner():
    {stop}
    later()
    later()

def outer():
    inner()
    later()

atexit.register(at_the_end)
outer()
later()
if os.fork() == 0:
    later()
    os._exit(0)
os.wait()
'''

STOPS = (
    "get_tracer().stop(); get_tracer().start()",
    "get_tracer().save('side.json')",
    "get_tracer().save('side.json'); get_tracer().save('side.json')",
    "t = threading.Thread(target=get_tracer().save, args=('side.json',)); t.start(); t.join()",
)

DAEMON_THREADS = '''
import threading
import time

def spin(started):
    started.release()
    while True:
        time.sleep(0.001)

started = threading.Semaphore(0)
for _ in range(10):
    threading.Thread(target=spin, args=(started,), daemon=True).start()
for _ in range(10):
    started.acquire()
'''

ABANDONED_GENERATORS = '''
import gc

def forever(n):
    try:
        while True:
            yield n
    finally:
        len("closed")

def outer(n):
    yield from forever(n)

kept = [outer(i) for i in range(100)]
for g in kept:
    next(g)
del kept[::2], g
for i in range(100):
    next(outer(i))
cycle = outer(1)
next(cycle)
ring = [cycle]
ring.append(ring)
del cycle, ring
gc.collect()
'''

EXCEPTIONS_THROUGH_C = '''
import functools
import json

def fail(*values):
    raise ValueError(values)

def caught(function, *values, **named):
    try:
        function(*values, **named)
    except ValueError:
        return True

class Odd:
    def __repr__(self):
        raise ValueError("no repr")
    def __hash__(self):
        raise ValueError("no hash")

def nested(n):
    return sorted([2, 1], key=fail if n == 0 else lambda value: nested(n - 1))

for _ in range(50):
    assert caught(sorted, [3, 1, 2], key=fail)
    assert caught(max, [3, 1, 2], key=fail)
    assert caught(list, map(fail, [1, 2]))
    assert caught(functools.reduce, fail, [1, 2, 3])
    assert caught(json.loads, "{}", object_hook=fail)
    assert caught(repr, Odd())
    assert caught(hash, Odd())
    assert caught(int, "x")
    assert caught(nested, 5)
'''


class HardPrograms(TracedTest):
    def record(self, text):
        self.run_words([sys.executable, self.put("program.py", text)])  # fills the caches
        run, report = self.trace(self.put("program.py", text))
        self.assertEqual((0, b""), (run.returncode, run.stderr))
        self.assertEqual([], nesting_errors(report))
        self.assertFalse(report["viztracer_metadata"]["overflow"])
        return report

    def count_of(self, report, function):
        return sum(count for name, count in calls(report).items()
                   if name.startswith(function + " ("))

    def assert_all_calls(self, report, text):
        _, counted = self.count(self.put("program.py", text))
        counted["builtins.exec"] += 1
        recorded = calls(report)
        self.assertEqual({}, {name: (counted[name], recorded[name])
                              for name in counted.keys() | recorded.keys()
                              if counted[name] != recorded[name]})

    def test_200_threads_that_live_at_the_same_time(self):
        report = self.record(MANY_THREADS)
        self.assertEqual(200, self.count_of(report, "work"))
        self.assertEqual(200 * 50, self.count_of(report, "leaf"))
        self.assertEqual(201, len(threads(report)))

    def test_5000_threads_that_live_for_one_call(self):
        report = self.record(SHORT_THREADS)
        self.assertEqual(5000, self.count_of(report, "work"))
        self.assertEqual(5000, self.count_of(report, "leaf"))

    def test_daemon_threads_that_outlive_the_program(self):
        report = self.record(DAEMON_THREADS)
        self.assertEqual(10, self.count_of(report, "spin"))
        self.assertEqual(11, len(threads(report)))

    def test_a_program_that_stops_and_starts_its_tracer_is_recorded_to_its_end(self):
        for stop in STOPS:
            with self.subTest(stop=stop):
                report = self.record(STOPPED_MEANWHILE.format(stop=stop))
                self.assertEqual(5, self.count_of(report, "later"))
                self.assertEqual(0, self.count_of(report, "at_the_end"))

    def test_objects_that_raise_when_the_modules_are_gone(self):
        script = self.put("main.py", LATE_OBJECTS)
        alone = self.run_words([sys.executable, script])
        run, _ = self.trace(script)
        self.assertEqual((run.returncode, run.stderr.count(b"ValueError: late")),
                         (alone.returncode, alone.stderr.count(b"ValueError: late")))

    def test_generators_that_are_abandoned(self):
        report = self.record(ABANDONED_GENERATORS)
        self.assert_all_calls(report, ABANDONED_GENERATORS)

    def test_exceptions_that_pass_through_c(self):
        report = self.record(EXCEPTIONS_THROUGH_C)
        self.assert_all_calls(report, EXCEPTIONS_THROUGH_C)


if __name__ == "__main__":
    unittest.main()
