# SPDX-License-Identifier: Apache-2.0
"""What JSON cannot carry: the error at the save, and a readable stand-in after it."""
import unittest

from inlinetest import EventsTest, events


class Values(EventsTest):
    def refused(self, kind, text):
        self.t.stop()
        with self.assertRaisesRegex(kind, f"^{text}$"):
            self.t.save("r.json")
        self.t.parse()  # the data is there all the same
        return [e.get("args") for e in events(self.t.data, "i")]

    def test_objects(self):
        self.t.add_instant("a", {"k": object()})
        shown, = self.refused(TypeError, "Object of type object is not JSON serializable")
        self.assertRegex(shown["k"], "^<object object at 0x")

    def test_circles(self):
        circle = [1]
        circle.append(circle)
        loop = {}
        loop["me"] = {"deep": loop}
        self.t.add_instant("a", circle)
        self.t.add_instant("a", loop)
        self.assertEqual([[1, "..."], {"me": {"deep": "..."}}],
                         self.refused(ValueError, "Circular reference detected"))

    def test_too_deep(self):
        deep = []
        for _ in range(100000):
            deep = [deep]
        self.t.add_instant("a", deep)
        self.refused(RecursionError, "maximum recursion depth.*")
        while deep:
            deep = deep[0]

    def test_keys(self):
        self.t.add_instant("a", {1: 1, 2.5: 2, None: 3, "s": 5})
        self.t.add_instant("a", {False: 4, (1, 2): 1})
        self.assertEqual([{"1": 1, "2.5": 2, "null": 3, "s": 5},
                          {"false": 4, "(1, 2)": 1}], self.refused(
            TypeError, "keys must be str, int, float, bool or None, not tuple"))

    def test_failing_reprs_and_what_they_raise(self):
        class Broken:
            def __repr__(self):
                raise ZeroDivisionError

        class Interrupted:
            def __repr__(self):
                raise KeyboardInterrupt
        self.t.add_instant("a", [Broken()])
        self.t.add_variable("v", Broken())
        self.t.log_var("v", Broken())
        with self.assertRaises(KeyboardInterrupt):
            self.t.add_instant("a", [Interrupted()])
        self.assertEqual([["Not Displayable"], None, {"object": "Not Displayable"}],
                         self.refused(TypeError, "Object of type Broken is not JSON serializable"))

    def test_what_json_writes_differently_makes_no_error(self):
        class Int(int):
            def __repr__(self):
                return "not a number"

        class Dict(dict):
            pass
        given = [1.5, 1e300, -0.0, 10 ** 40, Int(3), Dict(a=1), (1, 2), "\ud800\udc00 \ud800 ü\x7f",
                 float("nan"), float("inf"), -float("inf"), True, None]
        self.t.add_instant("a", given)
        self.assertEqual([1.5, 1e300, -0.0, 10 ** 40, 3, {"a": 1}, [1, 2],
                          "\U00010000 \ufffd ü\x7f", "nan", "inf", "-inf", True, None],
                         self.log()[0]["args"])

    def test_huge_values(self):
        text = "x" * 30_000_000
        self.t.add_instant("a", text)
        self.t.add_instant("b", 1)
        self.t.add_func_args("k", text)
        number = self.t.add_instant("c", 7 ** 20000)
        self.assertIsNone(number)
        logged = {e["name"]: e.get("args") for e in self.log()}
        self.assertEqual(1, logged["b"])
        self.assertTrue(logged.get("a") is None or logged["a"].startswith("xxxx"))

    def test_the_error_is_forgotten_with_the_data(self):
        self.t.add_instant("a", object())
        self.t.clear()
        self.t.add_instant("b", 1)
        self.assertEqual([("b", 1)], self.pick("i", "name", "args"))

    def test_values_that_change_the_tracer_while_they_are_written(self):
        t = self.t

        class Clears:
            def __repr__(self):
                t.clear()
                t.stop()
                t.save("inner.json")
                t.start()
                return "cleared"
        t.add_instant("a", [Clears(), Clears()])
        t.stop()
        t.parse()
        self.assertIsInstance(t.data["traceEvents"], list)

    def test_containers_that_change_while_they_are_written(self):
        items = []

        class Shrinks:
            def __repr__(self):
                items.clear()
                return "gone"
        items.extend([Shrinks(), 1, 2, 3])
        mapping = {}

        class Grows:
            def __repr__(self):
                mapping[len(mapping)] = 1
                return "grown"
        mapping.update(a=Grows(), b=2)
        self.t.add_instant("a", items)
        self.t.add_instant("a", mapping)
        self.t.stop()
        self.t.parse()
        self.assertEqual(["gone"], events(self.t.data, "i")[0]["args"])


if __name__ == "__main__":
    unittest.main()
