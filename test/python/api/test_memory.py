# SPDX-License-Identifier: Apache-2.0
"""Memory, references and files stay flat; entering and leaving is quick.

VIZTRACER_TEST_FULL=1 makes the full counts: 10,000 cycles, 1 M events. Under a debug Python (see
CONTRIBUTING.md) all references are counted, too.
"""
import gc
import os
import statistics
import sys
import time
import unittest

from inlinetest import InlineTest
from viztracer import VizCounter, VizObject, VizTracer, ignore_function, log_sparse
from viztracer.vizplugin import VizPluginBase

FULL = bool(os.environ.get("VIZTRACER_TEST_FULL"))
CYCLES = 10000 if FULL else 1000
EVENTS = 1000000 if FULL else 50000


def leaf():
    return 1


def rss_kb():
    with open("/proc/self/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


class Plugin(VizPluginBase):
    def support_version(self):
        return "1.0.0"


class Broken:
    def __repr__(self):
        raise ValueError


class Memory(InlineTest):
    def grown(self, work, count):
        """(memory blocks, KB, descriptors) more after `count` times."""
        gc.collect()
        before = sys.getallocatedblocks(), rss_kb(), len(os.listdir("/proc/self/fd"))
        for _ in range(count):
            work()
        gc.collect()
        after = sys.getallocatedblocks(), rss_kb(), len(os.listdir("/proc/self/fd"))
        return [b - a for a, b in zip(before, after)]

    def assert_flat(self, work, count, warm_up, blocks_limit):
        """From 3.12 on the interpreter keeps something for each function that was ever watched:
        some rounds pass until all that can run has run. What grows by cycles grows in each round."""
        for _ in range(warm_up):
            work()
        for _ in range(30):
            blocks, kb, files = self.grown(work, count)
            if blocks < blocks_limit:
                break
        self.assertLess(blocks, blocks_limit)
        self.assertLess(kb, 4096)
        self.assertEqual(0, files)

    def test_start_stop_clear(self):
        tracer = self.tracer()

        def cycle():
            tracer.start()
            leaf()
            tracer.stop()
            tracer.clear()
        self.assert_flat(cycle, CYCLES, 100, CYCLES // 4)

    def test_new_tracers(self):
        def cycle():
            tracer = VizTracer(verbose=0, register_global=False)
            tracer.me = tracer
            tracer.start()
            leaf()
            tracer.stop()
        self.assert_flat(cycle, CYCLES // 50, 20, CYCLES // 60)

    def test_custom_events(self):
        tracer = self.tracer(tracer_entries=10000)
        tracer.start()
        counter, thing, value = VizCounter(tracer, "c"), VizObject(tracer, "o"), {"a": [1, "x"]}
        numbers = iter(range(1 << 62))

        def eight():
            number = next(numbers)
            tracer.add_instant("i", value)
            tracer.log_var("v", number)
            tracer.log_var("w", value)
            tracer.add_variable("q", number)
            tracer.add_func_args("k", value)
            with tracer.log_event("e"):
                counter.a = number
            thing.x = [number]
        self.assert_flat(eight, EVENTS // 8, 8000, EVENTS // 40)

    def assert_no_references(self, name, work):
        if not hasattr(sys, "gettotalrefcount"):
            for _ in range(3):
                work()  # it is checked that nothing is raised
            return
        for _ in range(8):
            work()
        gc.collect()
        before = sys.gettotalrefcount()
        for _ in range(20):
            work()
        gc.collect()
        self.assertLess(abs(sys.gettotalrefcount() - before), 15, name)

    def refused(self, call, *args, **kwargs):
        try:
            call(*args, **kwargs)
        except Exception:
            return
        self.fail("it was not refused")

    def test_no_call_keeps_or_drops_a_reference(self):
        tracer = self.tracer()
        sparse = self.tracer(log_sparse=True)

        def recorded(work):
            def cycle():
                tracer.start()
                work()
                tracer.stop()
                tracer.clear()
            return cycle

        def events():
            tracer.add_instant("a", {"k": [1, 2.5, None, True, "ü", (1,)], 1: 2})
            tracer.log_instant("b", scope="p")
            tracer.log_var("v", {"a": [leaf]})
            tracer.add_variable("x", 5, "counter")
            tracer.add_object("O", 5, "o", {"snapshot": {"a": [1]}})
            tracer.add_raw({"ph": "i", "name": "x", "ts": 1, "pid": 3})
            tracer.add_func_args("n", "k", 3)
            tracer.get_func_args()

        def errors():
            circle = []
            circle.append(circle)
            for value in (Broken(), circle, {(1,): 2}, object()):
                tracer.add_instant("a", value)
            self.refused(tracer.save, "r.json")
            self.refused(VizTracer, log_gc=1)
            self.refused(VizTracer, include_files=["a", 1])
            self.refused(tracer.add_instant, "a", None, "x")
            self.refused(tracer.add_instant)
            self.refused(tracer.add_object, "X", 1, "a")
            self.refused(tracer.add_counter, "a", 5)
            self.refused(tracer.add_func_args, 1, 2)
            self.refused(tracer.add_raw, 5)
            self.refused(tracer.save, "x.txt")

        def saves():
            tracer.start()
            leaf()
            tracer.parse()
            tracer.save("r.json.gz")

        def settings():
            tracer.include_files, tracer.include_files = ["a"], None
            tracer.process_name, tracer.process_name = "x", None
            tracer.log_func_repr, tracer.log_func_repr = repr, None
            tracer.min_duration, tracer.min_duration = 2, 0
            tracer.init_kwargs, tracer.get_args()

        def plugins():
            with VizTracer(verbose=0, plugins=[Plugin()], register_global=False):
                leaf()

        def decorators():
            ignored = ignore_function(tracer=tracer)(leaf)
            deep = log_sparse(stack_depth=3, dynamic_tracer_check=True)(leaf)
            sparse.register_global()
            sparse.start()
            ignored()
            deep()
            sparse.stop()
            sparse.clear()
            sparse.unregister_global()

        def classes():
            counter, thing = VizCounter(tracer, "c"), VizObject(tracer)
            counter.a = 1
            thing.a = [1]
            self.refused(setattr, counter, "a", "x")
        for name, work in {"events": recorded(events), "errors": recorded(errors), "saves": saves,
                           "settings": settings, "plugins": plugins, "decorators": decorators,
                           "classes": recorded(classes)}.items():
            self.assert_no_references(name, work)

    def test_entering_and_leaving_takes_less_than_a_millisecond(self):
        """Without the files: 0.4 ms where the log's file lies on a busy disk."""
        def seconds():
            tracer = VizTracer(verbose=0)
            begin = time.perf_counter()
            tracer.start()
            tracer.stop()
            took = time.perf_counter() - begin
            tracer.cleanup()
            return took
        self.assertLess(statistics.median(seconds() for _ in range(51)), 0.001)


if __name__ == "__main__":
    unittest.main()
