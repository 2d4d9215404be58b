# SPDX-License-Identifier: Apache-2.0
"""Custom events: moments, variables, durations, counters, objects, logging."""
import gc
import logging
import sys
import threading
import unittest

import viztracer
from inlinetest import EventsTest, events, names
from viztracer import VizCounter, VizLoggingHandler, VizObject, objtext
from viztracer.eventbase import _EventBase


class Moments(EventsTest):
    def test_log_instant(self):
        self.t.log_instant("a")
        self.t.log_instant("b", {"x": 1}, "p")
        self.t.log_instant("c", args=[1], scope="g", cond=True)
        self.t.log_instant("no", cond=False)
        self.t.log_instant("no", cond=[])
        self.assertEqual([("a", None, "t"), ("b", {"x": 1}, "p"), ("c", [1], "g")],
                         self.pick("i", "name", "args", "s"))

    def test_add_instant_takes_the_scope_where_the_manual_has_it(self):
        self.t.add_instant("a")
        self.t.add_instant("b", "p")
        self.t.add_instant("c", "text")
        self.t.add_instant("d", {"k": 1}, "t")
        self.t.add_instant("e", scope="t")
        self.t.add_instant("f", args="t")
        self.assertEqual([("a", None, "g"), ("b", None, "p"), ("c", "text", "g"),
                          ("d", {"k": 1}, "t"), ("e", None, "t"), ("f", "t", "g")],
                         self.pick("i", "name", "args", "s"))

    def test_wrong_scopes_are_refused_while_it_records(self):
        for log in (self.t.add_instant, self.t.log_instant):
            with self.assertRaisesRegex(ValueError, "^Scope must be one of 'g', 'p', 't'$"):
                log("a", None, "x")
            with self.assertRaisesRegex(TypeError, "^Scope must be a string$"):
                log("a", None, 1)
        self.t.stop()
        self.t.add_instant("a", None, "x")
        self.assertEqual([], self.log())

    def test_events_carry_process_thread_and_time(self):
        before = self.t.getts()
        self.t.add_instant("a")
        after = self.t.getts()
        event, = self.log()
        self.assertEqual({"pid", "tid", "ts", "ph", "cat", "name", "s", "args"}, set(event))
        self.assertTrue(before - 1 <= event["ts"] <= after + 1)

    def test_any_name_can_be_shown(self):
        given = ["", "ü", "\ud800", "a\x00b", "\n\"\\", 5, None, "x" * 100000]
        for name in given:
            self.t.add_instant(name)
        self.assertEqual([str(name).replace("\ud800", "\ufffd") for name in given],
                         [e["name"] for e in self.log()])

    def test_many_names_need_no_symbols(self):
        for i in range(70000):
            self.t.add_instant(f"name {i}")
        self.assertEqual([f"name {i}" for i in range(70000)], [e["name"] for e in self.log()])

    def test_nothing_is_logged_or_checked_when_nothing_records(self):
        self.t.stop()
        self.t.log_instant("a", object())
        self.t.log_var("a", 1)
        self.t.add_variable("a", "x", "counter")
        self.t.add_counter("a", {"x": "y"})
        self.t.add_object("x", 1, "a")
        self.t.add_func_args("a", object())
        self.assertEqual([], self.log())


class Variables(EventsTest):
    def test_log_var(self):
        for value in (1, 2.5, True, "s", [1], None):
            self.t.log_var("v", value)
        self.t.log_var("v", 1, cond=False)
        self.assertEqual(
            [("C", {"value": 1}, None), ("C", {"value": 2.5}, None), ("C", {"value": True}, None),
             ("i", {"object": "'s'"}, "t"), ("i", {"object": "[\n  1\n]"}, "t"),
             ("i", {"object": "None"}, "t")], self.pick("Ci", "ph", "args", "s"))

    def test_add_variable(self):
        self.t.add_variable("x", "text")
        self.t.add_variable("n", 5, "counter")
        self.t.add_variable("n", 5, event="instant")
        with self.assertRaisesRegex(ValueError, r"^x\(s\) is not a number$"):
            self.t.add_variable("x", "s", "counter")
        with self.assertRaisesRegex(ValueError, "^zz is not supported$"):
            self.t.add_variable("x", 1, "zz")
        self.assertEqual([("i", "x = 'text'", None, "p"), ("C", "n", {"n": 5}, None),
                          ("i", "n = 5", None, "p")],
                         self.pick("Ci", "ph", "name", "args", "s"))

    def test_objects_are_shown_member_by_member(self):
        class Point:
            def __init__(self):
                self.x, self.inner = 1, {"a": [1, (2,)], "b": set()}
                self.me = self
        self.t.log_var("p", Point())
        text = self.log()[0]["args"]["object"]
        self.assertEqual("<Point\n  .x = 1,\n  .inner = {\n    'a': [\n      1,\n      (\n        2\n"
                         "      )\n    ],\n    'b': {}\n  },\n  .me = ...\n>", text)

    def test_large_objects_are_cut(self):
        self.t.log_var("v", list(range(100000)))
        nested = []
        for _ in range(5000):
            nested = [nested]
        self.t.log_var("v", nested)
        many, deep = (e["args"]["object"] for e in self.log())
        self.assertTrue(many.endswith("99,\n  ...\n]"), many[-50:])
        self.assertLess(len(deep), 20000)

    def test_objprint_shows_them_where_it_is_installed(self):
        self.put("objprint.py", "def objstr(value, color=True):\n"
                                "    if value == 'bad': raise OSError\n"
                                "    return f'<<{value} {color}>>'\n")
        sys.path.insert(0, self.folder)
        self.addCleanup(sys.modules.pop, "objprint", None)
        self.addCleanup(setattr, objtext, "_text", None)  # which printer is looked for once
        objtext._text = None
        self.addCleanup(sys.path.remove, self.folder)
        self.t.log_var("v", "x")
        self.t.log_var("v", "bad")
        self.assertEqual(["<<x False>>", "'bad'"], [e["args"]["object"] for e in self.log()])

    def test_counters(self):
        self.t.add_counter("c", {"a": 1, "b": 2.5})
        with self.assertRaises(TypeError):
            self.t.add_counter("c", 5)
        self.assertEqual([("c", {"a": 1, "b": 2.5})], self.pick("C", "name", "args"))


class Durations(EventsTest):
    def test_log_event_is_shown_like_a_call(self):
        line = sys._getframe().f_lineno + 1
        with self.t.log_event("my event") as entered:
            len("")
        self.assertIsInstance(entered, viztracer.VizEvent)
        self.t.stop()
        report = self.save(self.t)
        event, = [e for e in events(report, "X") if e["name"].startswith("my event")]
        self.assertEqual((f"my event ({__file__}:{line})", "FEE"), (event["name"], event["cat"]))
        call, = [e for e in events(report, "X") if e["name"] == "builtins.len"]
        self.assertTrue(event["ts"] <= call["ts"] and
                        call["ts"] + call["dur"] <= event["ts"] + event["dur"])
        self.assertIn(event["name"], report["file_info"]["functions"])

    def test_log_event_when_the_body_raises(self):
        with self.assertRaises(KeyError):
            with self.t.log_event("it raised"):
                raise KeyError
        self.t.stop()
        self.assertIn("it raised", names(self.save(self.t)))

    def test_log_event_also_while_stopped(self):
        self.t.stop()
        self.t.clear()
        with self.t.log_event("alone"):
            pass
        self.assertEqual(["alone"], names(self.save(self.t)))

    def test_log_events_nest_and_can_be_used_again(self):
        event = self.t.log_event("twice")
        for _ in range(2):
            with event:
                with self.t.log_event("inner"):
                    pass
        self.t.stop()
        self.assertEqual(["twice", "inner"] * 2,
                         [n for n in names(self.save(self.t)) if n in ("twice", "inner")])

    def test_raw_events_get_our_process_and_thread(self):
        raw = {"ph": "X", "name": "mine", "ts": self.t.getts(), "dur": 5, "pid": 1, "tid": 2,
               "cat": "own", "args": {"a": [1]}}
        self.t.add_raw(raw)
        self.t.stop()
        self.t.add_raw(dict(raw, name="later"))
        with self.assertRaises(TypeError):
            self.t.add_raw([])
        report = self.save(self.t)
        ours = {e["pid"] for e in report["traceEvents"] if e["ph"] == "M"}
        mine = [e for e in report["traceEvents"] if e.get("cat") == "own"]
        self.assertEqual(["mine", "later"], [e["name"] for e in mine])
        self.assertEqual(ours, {e["pid"] for e in mine})
        self.assertEqual({"ph", "name", "ts", "dur", "pid", "tid", "cat", "args"}, set(mine[0]))

    def test_add_func_args(self):
        t = self.t

        def outer():
            t.add_func_args("a", 1)
            t.add_func_args("name", "b", [2])  # the manual's signature
            t.add_func_args("a", {"new": 3})
            self.assertEqual({"a": {"new": 3}, "b": [2]}, t.get_func_args())
            inner()
            t.add_func_args(key="c", value=None)

        def inner():
            self.assertIsNone(t.get_func_args())
            t.add_func_args("d", "ü")
        outer()
        with self.assertRaisesRegex(TypeError, "key must be a string"):
            t.add_func_args(1, 2)
        t.stop()
        args = {e["name"].split(" (")[0].split(".")[-1]: e["args"]
                for e in events(self.save(t), "X") if "args" in e}
        self.assertEqual({"outer": {"a": {"new": 3}, "b": [2], "c": None}, "inner": {"d": "ü"}},
                         args)


class Counters(EventsTest):
    def test_attributes_are_logged_as_they_are_set(self):
        counter = VizCounter(self.t, "counter name")
        counter.a = 2
        counter.b = 1.2
        counter._hidden = 5
        counter.a = 3
        self.assertEqual([("counter name", {"a": 2}), ("counter name", {"a": 2, "b": 1.2}),
                          ("counter name", {"a": 3, "b": 1.2})], self.pick("C", "name", "args"))

    def test_manual_log(self):
        counter = VizCounter(self.t, "c", trigger_on_change=False)
        later = VizCounter(self.t, "d")
        later.config("trigger_on_change", False)
        counter.a = later.a = 1
        counter.log()
        later._viztracer_log()
        self.assertEqual([("c", {"a": 1}), ("d", {"a": 1})], self.pick("C", "name", "args"))

    def test_only_numbers(self):
        counter = VizCounter(self.t, "c")
        counter.a = 1
        for wrong in ("x", True, None, [1]):
            with self.assertRaisesRegex(Exception, "^Counter can only take numeric values$"):
                counter.a = wrong
        counter.function = len
        self.assertEqual(1, counter.a)
        self.assertEqual([("c", {"a": 1})] * 2, self.pick("C", "name", "args"))

    def test_include_and_exclude(self):
        only = VizCounter(self.t, "only", include_attributes=["a"])
        but = VizCounter(self.t, "but", exclude_attributes=["a"])
        for counter in (only, but):
            counter.a = 1
            counter.b = "text" if counter is only else 2
        but.config("include_attributes", ["a"])
        but.a = 5
        self.assertEqual([("only", {"a": 1}), ("but", {"b": 2}), ("but", {"a": 5})],
                         self.pick("C", "name", "args"))

    def test_without_a_tracer_it_is_an_ordinary_object(self):
        for kind in (VizCounter, VizObject):
            plain = kind(None, "x")
            plain.a = "anything" if kind is VizObject else 1
            plain.config("trigger_on_change", True)
            plain.log()
        counter = VizCounter(None, "x")
        counter.a = "not a number"
        self.assertEqual("not a number", counter.a)
        self.assertEqual([], self.log())

    def test_unknown_config(self):
        with self.assertRaisesRegex(ValueError, "^No config named zz$"):
            VizCounter(self.t, "c").config("zz", 1)
        with self.assertRaisesRegex(ValueError, "^No config named zz$"):
            VizCounter(self.t, "c")._viztracer_set_config("zz", 1)

    def test_the_base_class_cannot_log(self):
        with self.assertRaises(NotImplementedError):
            _EventBase(self.t, "x").log()


class Objects(EventsTest):
    def test_an_object_is_born_changes_and_dies(self):
        thing = VizObject(self.t, "my variable")
        number = str(id(thing))
        thing.a = 1
        thing.b = "s"
        thing.odd = {1, 2}
        del thing
        gc.collect()
        self.assertEqual(
            [("N", "my variable", number, None),
             ("O", "my variable", number, {"snapshot": {"a": 1}}),
             ("O", "my variable", number, {"snapshot": {"a": 1, "b": "s"}}),
             ("O", "my variable", number, {"snapshot": {"a": 1, "b": "s"}}),
             ("D", "my variable", number, None)], self.pick("NOD", "ph", "name", "id", "args"))

    def test_the_name_is_the_class_where_none_is_given(self):
        class Stock(VizObject):
            pass
        kept = [Stock(self.t), VizObject(self.t), VizObject(self.t, name=None)]
        self.assertEqual(["Stock", "VizObject", "VizObject"],
                         [e["name"] for e in self.log("N")])
        self.assertEqual(3, len(kept))

    def test_inheritance_as_in_the_manual(self):
        class MyClass(VizObject):
            def __init__(self, tracer):
                super().__init__(tracer, "my name", trigger_on_change=False)
                self.total = 0

            @VizObject.triggerlog
            def log_on_this_function(self, n):
                self.total += n
                return self.total

            @VizObject.triggerlog(when="both")
            def both(self):
                self.total = 100

            @VizObject.triggerlog(when="before")
            def before(self):
                """What it does."""
                self.total = -1
        thing = MyClass(self.t)
        self.assertEqual(5, thing.log_on_this_function(5))
        thing.both()
        thing.before()
        thing.log()
        self.assertEqual("What it does.", thing.before.__doc__)
        self.assertEqual([5, 5, 100, 100, -1],
                         [e["args"]["snapshot"]["total"] for e in self.log("O")])

    def test_triggerlog_is_refused_at_decoration(self):
        with self.assertRaisesRegex(ValueError, "^when has to be one of 'after', 'before' or "
                                                "'both', not zz$"):
            VizObject.triggerlog(when="zz")

    def test_a_class_may_have_a_log_and_a_config_of_its_own(self):
        class Own(VizObject):
            def log(self, text):
                self.text = text

            def config(self):
                return "mine"
        own = Own(self.t, "own")
        own.log("hello")
        own._viztracer_set_config("trigger_on_change", False)
        own._viztracer_log()
        self.assertEqual("mine", own.config())
        self.assertEqual(["hello", "hello"],
                         [e["args"]["snapshot"]["text"] for e in self.log("O")])

    def test_attributes_before_the_base_class_is_ready(self):
        class Early(VizObject):
            def __init__(self, tracer):
                self.early = 1
                super().__init__(tracer, "e")
        early = Early(self.t)
        early.b = 2
        self.assertEqual([{"early": 1, "b": 2}], [e["args"]["snapshot"] for e in self.log("O")])

    def test_lists_and_dicts_are_shown_as_they_are_at_the_save(self):
        thing = VizObject(self.t, "o")
        thing.items = [1]
        thing.items.append(2)
        self.assertEqual([{"items": [1, 2]}], [e["args"]["snapshot"] for e in self.log("O")])

    def test_phases(self):
        self.t.add_object("N", 5, "o")
        self.t.add_object("O", "5", "o", {"snapshot": {"a": 1}})
        self.t.add_object("D", 5, "o")
        with self.assertRaises(ValueError):
            self.t.add_object("X", 5, "o")
        self.assertEqual([("N", "5"), ("O", "5"), ("D", "5")], self.pick("NOD", "ph", "id"))


class Logging(EventsTest):
    def setUp(self):
        super().setUp()
        self.logger = logging.Logger("of this test")
        self.handler = VizLoggingHandler()
        self.logger.addHandler(self.handler)

    def test_records_become_moments_of_the_process(self):
        self.logger.warning("before")
        self.handler.setTracer(self.t)
        self.logger.warning("lib %s", "is here")
        self.handler.setFormatter(logging.Formatter("%(levelname)s:%(message)s"))
        self.logger.error("two")
        self.handler.setTracer(None)
        self.logger.error("after")
        self.assertEqual([("logging - lib is here", "p"), ("logging - ERROR:two", "p")],
                         self.pick("i", "name", "s"))

    def test_the_level_is_kept(self):
        handler = VizLoggingHandler(level=logging.ERROR)
        handler.setTracer(self.t)
        logger = logging.Logger("x")
        logger.addHandler(handler)
        logger.warning("no")
        logger.error("yes")
        self.assertEqual(["logging - yes"], [e["name"] for e in self.log()])

    def test_from_many_threads(self):
        self.handler.setTracer(self.t)
        threads = [threading.Thread(target=lambda: [self.logger.error("x") for _ in range(500)])
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        logged = self.log()
        self.assertEqual((2000, 4), (len(logged), len({e["tid"] for e in logged})))


if __name__ == "__main__":
    unittest.main()
