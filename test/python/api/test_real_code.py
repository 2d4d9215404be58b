# SPDX-License-Identifier: Apache-2.0
"""An inline tracer around real code: the code's results and the calls are right."""
import collections
import importlib.util
import inspect
import json
import sys
import unittest

from inlinetest import InlineTest, events, load
from viztracer import VizTracer


def nesting_errors(report):
    """Events that end after the one they began in, in ns."""
    errors, open_ends = [], []
    for event in events(report, "X"):
        begin = round(event["ts"] * 1000)
        end = begin + round(event["dur"] * 1000)
        while open_ends and open_ends[-1] <= begin:
            open_ends.pop()
        if open_ends and end > open_ends[-1]:
            errors.append(event["name"])
        open_ends.append(end)
    return errors


class RealCode(InlineTest):
    def counted(self, work):
        """(result, calls of Python functions by file and line) under sys.setprofile."""
        counts = collections.Counter()

        def profile(frame, what, _):
            if what == "call":
                code = frame.f_code
                counts[f"({code.co_filename}:{code.co_firstlineno})"] += 1
        sys.setprofile(profile)
        try:
            result = work()
        finally:
            sys.setprofile(None)
        return result, counts

    def assert_right(self, work, least):
        work()  # fills caches
        expected, counts = self.counted(work)
        with VizTracer(verbose=0, tracer_entries=5000000, ignore_c_function=True):
            result = work()
        self.assertEqual(expected, result)
        report = load("result.json")
        recorded = collections.Counter(
            event["name"][event["name"].rindex("("):] for event in events(report, "XB"))
        self.assertEqual(counts, recorded)
        self.assertGreater(sum(counts.values()), least)
        self.assertEqual([], nesting_errors(report))

    def test_a_json_round_trip_of_10_mb(self):
        document = [{"key %d" % i: [i, i / 7, str(i), None, {"x": [True, "ü" * 20]}]}
                    for i in range(90000)]
        text = json.dumps(document)
        self.assertGreater(len(text), 10_000_000)

        def round_trip():
            made = json.dumps(json.loads(text))
            for item in document[:2000]:  # by the encoder that is written in Python
                json.dumps(item, indent=1)
            return made
        self.assert_right(round_trip, 5000)

    @unittest.skipUnless(importlib.util.find_spec("pygments"), "no pygments (python3-pygments)")
    def test_pygments(self):
        import pygments.formatters
        import pygments.lexers
        text = inspect.getsource(inspect)[:30000]
        self.assert_right(lambda: pygments.highlight(
            text, pygments.lexers.PythonLexer(), pygments.formatters.HtmlFormatter()), 5000)

    @unittest.skipUnless(importlib.util.find_spec("jinja2"), "no jinja2 (python3-jinja2)")
    def test_jinja2(self):
        import jinja2
        text = "{% for row in rows %}<p>{{ row.name|upper }}: {{ row.n }}</p>{% endfor %}"
        rows = [{"name": "n%d" % i, "n": i} for i in range(500)]
        self.assert_right(lambda: jinja2.Environment(autoescape=True).from_string(text).render(
            rows=rows), 1000)


if __name__ == "__main__":
    unittest.main()
