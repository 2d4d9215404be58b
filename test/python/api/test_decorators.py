# SPDX-License-Identifier: Apache-2.0
"""ignore_function, log_sparse, trace_and_save."""
import multiprocessing
import os
import re
import threading
import time
import unittest

from inlinetest import InlineTest, events, load, names
from viztracer import VizTracer, ignore_function, log_sparse, trace_and_save


def leaf():
    return 1


def branch():
    return leaf()


def shown(report, *wanted):
    return [n for n in (name.split(".")[-1] for name in names(report)) if n in wanted]


class IgnoreFunction(InlineTest):
    def test_neither_the_function_nor_what_it_calls_is_shown(self):
        @ignore_function
        def hidden(depth):
            """What it does."""
            branch()
            if depth:
                hidden(depth - 1)
            return depth
        tracer = self.tracer()
        tracer.start()
        self.assertEqual(3, hidden(3))
        branch()
        self.assertEqual(["branch", "leaf"],
                         shown(self.save(tracer), "hidden", "ignore_wrapper", "branch", "leaf"))
        self.assertEqual(("hidden", "What it does."), (hidden.__name__, hidden.__doc__))

    def test_recording_goes_on_also_when_the_function_raises(self):
        @ignore_function
        def hidden():
            raise KeyError
        tracer = self.tracer()
        tracer.start()
        for _ in range(2):
            with self.assertRaises(KeyError):
                hidden()
            leaf()
        self.assertEqual(["leaf", "leaf"], shown(self.save(tracer), "hidden", "leaf"))

    def test_with_a_tracer_that_is_not_registered(self):
        tracer = self.tracer(register_global=False)

        @ignore_function(tracer=tracer)
        def hidden():
            leaf()
        tracer.start()
        hidden()
        leaf()
        self.assertEqual(["leaf"], shown(self.save(tracer), "hidden", "leaf"))

    def test_the_registered_tracer_is_looked_for_at_the_call(self):
        hidden = ignore_function(branch)
        with self.assertRaisesRegex(NameError,
                                    "^ignore_function only works with global tracer$"):
            hidden()
        tracer = self.tracer()
        self.assertEqual(1, hidden())  # it does not record
        tracer.start()
        hidden()
        self.assertEqual([], shown(self.save(tracer), "branch", "leaf"))


class LogSparse(InlineTest):
    def make(self, **how):
        """f calls g calls h; g is decorated."""
        def h():
            return leaf()

        @log_sparse(**how)
        def g():
            return h()

        def f():
            return g()
        return f

    def test_without_a_sparse_tracer_the_function_is_as_it_was(self):
        def plain():
            pass
        self.assertIs(plain, log_sparse(plain))
        self.tracer()
        self.assertIs(plain, log_sparse(plain))
        self.assertIs(plain, log_sparse(stack_depth=3)(plain))
        self.assertIs(len, log_sparse(len))

    def test_only_decorated_functions(self):
        tracer = self.tracer(log_sparse=True)
        f = self.make()
        tracer.start()
        self.assertTrue(tracer.enable)
        f()
        f()
        leaf()
        report = self.save(tracer)
        event, second = events(report, "X")
        self.assertEqual((event["name"], "FEE"), (second["name"], event["cat"]))
        self.assertRegex(event["name"], r"^g \(%s:\d+\)$" % re.escape(__file__))

    def test_with_so_many_levels(self):
        tracer = self.tracer(log_sparse=True)
        for depth, wanted in ((1, ["g"]), (2, ["g", "h"]), (3, ["g", "h", "leaf"]),
                              (9, ["g", "h", "leaf"])):
            f = self.make(stack_depth=depth)
            tracer.start()
            f()
            leaf()
            f()
            report = self.save(tracer)
            self.assertEqual(wanted * 2, shown(report, "f", "g", "h", "leaf"))
            self.assertEqual(len(wanted) * 2, len(events(report)))

    def test_decorated_functions_within_are_ordinary_ones(self):
        tracer = self.tracer(log_sparse=True)

        @log_sparse(stack_depth=3)
        def inner():
            leaf()

        @log_sparse
        def plain():
            leaf()

        @log_sparse(stack_depth=2)
        def outer():
            inner()
            plain()
        tracer.start()
        outer()
        self.assertEqual(["outer", "inner", "plain"],
                         shown(self.save(tracer), "outer", "inner", "plain", "leaf"))

    def test_dynamic_check_in_a_with_statement(self):
        f = self.make(dynamic_tracer_check=True)
        deep = self.make(dynamic_tracer_check=True, stack_depth=2)
        f()
        with VizTracer(log_sparse=True, verbose=0):
            f()
            deep()
        self.assertEqual(["g", "g", "h"], shown(load("result.json"), "f", "g", "h", "leaf"))

    def test_dynamic_check_with_an_ordinary_tracer_shows_no_wrapper(self):
        f = self.make(dynamic_tracer_check=True)
        with VizTracer(verbose=0, ignore_c_function=True):
            f()
        self.assertEqual(["f", "g", "h", "leaf"],
                         [n.split(".")[-1] for n in names(load("result.json"))])

    def test_dynamic_check_of_a_tracer_that_is_off(self):
        f = self.make(dynamic_tracer_check=True)
        self.tracer(log_sparse=True)
        self.assertEqual(1, f())

    def test_exceptions_pass(self):
        tracer = self.tracer(log_sparse=True)

        def fail():
            raise KeyError
        tracer.start()
        for decorated in (log_sparse(fail), log_sparse(stack_depth=5)(fail)):
            with self.assertRaises(KeyError):
                decorated()
            leaf()
        self.assertEqual(["fail", "fail"], shown(self.save(tracer), "fail", "leaf"))

    def test_log_event_and_custom_events(self):
        tracer = self.tracer(log_sparse=True)
        tracer.start()
        with tracer.log_event("piece"):
            leaf()
        self.assertEqual(["piece"], names(self.save(tracer)))

    def test_in_threads(self):
        tracer = self.tracer(log_sparse=True)
        both = threading.Barrier(2)

        @log_sparse(stack_depth=3)
        def work():
            both.wait(30)
            branch()

        def run():
            leaf()
            for _ in range(5):
                work()
                leaf()
        tracer.start()
        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        tracer.stop()
        report = self.save(tracer)
        self.assertEqual({"work": 10, "branch": 10, "leaf": 10},
                         {name: shown(report, name).count(name)
                          for name in ("work", "branch", "leaf")})

    def test_methods_and_what_they_tell_of_themselves(self):
        self.tracer(log_sparse=True)

        class Thing:
            @log_sparse
            def method(self, n):
                """What it does."""
                return n
        self.assertEqual((5, "method", "What it does."),
                         (Thing().method(5), Thing.method.__name__, Thing.method.__doc__))

    def test_stop_within_a_region(self):
        tracer = self.tracer(log_sparse=True)

        @log_sparse(stack_depth=5)
        def stops():
            leaf()
            tracer.stop()
            leaf()
        tracer.start()
        stops()
        leaf()
        self.assertEqual(["stops", "leaf"],
                         [n for n in shown(self.save(tracer), "stops", "leaf")])


class TraceAndSave(InlineTest):
    def reports(self, folder, count):
        deadline = time.monotonic() + 60
        while len(os.listdir(folder)) < count or any(
                not name.endswith(".json") for name in os.listdir(folder)):
            self.assertLess(time.monotonic(), deadline, os.listdir(folder))
            time.sleep(0.01)
        for child in multiprocessing.active_children():
            child.join()
        return sorted(os.listdir(folder))

    def test_each_call_leaves_a_report(self):
        @trace_and_save(output_dir="mylogs", ignore_c_function=True, verbose=0)
        def traced(n):
            """What it does."""
            branch()
            return n
        self.assertEqual([1, 2, 3], [traced(n) for n in (1, 2, 3)])
        self.assertEqual("What it does.", traced.__doc__)
        for name in self.reports("mylogs", 3):
            self.assertRegex(name, r"^result_traced_\d+\.json$")
            report = load(os.path.join("mylogs", name))
            self.assertEqual(["traced", "branch", "leaf"],
                             shown(report, "traced", "branch", "leaf"))
            self.assertEqual({os.getpid()}, {e["pid"] for e in report["traceEvents"]})

    def test_bare_and_with_an_exception(self):
        @trace_and_save
        def fails():
            raise KeyError
        with self.prints(), self.assertRaises(KeyError):
            fails()
        self.assertEqual(1, len(self.reports(".", 1)))

    def test_without_fork(self):
        before = multiprocessing.get_start_method()
        self.addCleanup(multiprocessing.set_start_method, before, force=True)
        multiprocessing.set_start_method("spawn", force=True)

        @trace_and_save(verbose=0, output_dir="d")
        def traced():
            leaf()
        traced()
        name, = os.listdir("d")
        self.assertEqual(["leaf"], shown(load(os.path.join("d", name)), "leaf"))


if __name__ == "__main__":
    unittest.main()
