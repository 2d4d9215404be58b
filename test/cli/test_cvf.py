#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""json -> cvf -> json on generated reports, and the cvf between read by another decoder.

Every event that can be in a trace comes by chance: CVF_EVENTS of them (20,000; the full count is
1,000,000), CVF_SEED chooses others. Whatever goes in must come out with the same value, but for
the resolution of the format: slices have both ends on the 10 ns grid.
"""
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest
from decimal import ROUND_HALF_UP, Decimal

from cvf_decoder import Cvf

VIZTRACER = os.environ["VIZTRACER"]
EVENTS = int(os.environ.get("CVF_EVENTS", "20000"))
SEED = int(os.environ.get("CVF_SEED", "1"))

NAMES = ["f (/home/me/a.py:1)", "list.append", "", "ü – \U0001F600", "a\"b\\c\n", "n\0ul", "\udc80 lone",
         "x" * 600, "y" * 5000, "</script>", "__proto__", "viztracer_metadata"]


def run(*words):
    result = subprocess.run([VIZTRACER, *words], capture_output=True, text=True, check=False)
    if result.returncode or result.stdout or result.stderr:
        raise AssertionError(f"{words}: {result.returncode}: {result.stdout}{result.stderr}")


# ---- reports by chance

def number(rng):
    return rng.choice([rng.randint(-5, 5), rng.randint(-2**63, 2**63 - 1), 10**rng.randint(18, 40),
                       rng.random(), -rng.random() * 10.0**rng.randint(-300, 300), 1.0, -0.0, 1e22])


def value(rng, depth=0):
    kind = rng.randrange(8 if depth < 3 else 6)
    if kind < 2:
        return number(rng)
    if kind < 6:
        return rng.choice([None, True, False, rng.choice(NAMES), "text", "ts"])
    if kind == 6:
        return [value(rng, depth + 1) for _ in range(rng.randrange(3))]
    return {rng.choice(NAMES[:6]) + str(i): value(rng, depth + 1) for i in range(rng.randrange(3))}


def time_us(rng, now_ns):
    """A time near now as JSON may have it: with 3 decimals, whole, or with as many as it likes."""
    kind = rng.randrange(20)
    if kind == 0:
        return rng.choice([0, -1.5, 1e15, "12.5", 2**62, -2**70, 1.7e308, 5e-324])
    return now_ns / 1000 if kind < 18 else now_ns // 1000 if kind == 18 else now_ns / 1000 + 1e-4


def slice_event(rng, now_ns, names):
    event = {"ph": "X", "pid": rng.choice([1, 2, 4711]), "tid": rng.choice([1, 2]), "cat": "FEE",
             "name": rng.choice(names), "ts": time_us(rng, now_ns),
             "dur": rng.choice([0, rng.randint(0, 2000) / 1000, rng.randint(0, 10**9) / 1000])}
    if rng.random() < 0.2:
        event["args"] = value(rng)
    return event


def counter_event(rng, now_ns, names):
    keys = rng.sample(["a", "b", "ü", "c\"", "", "n\0"], rng.randrange(4))
    return {"ph": "C", "pid": 1, "tid": rng.choice([1, 7]), "name": rng.choice(names[:7]),
            "ts": time_us(rng, now_ns),
            "args": {key: number(rng) if rng.random() < 0.95 else value(rng) for key in keys}}


def other_event(rng, now_ns, names):
    event = {"ph": rng.choice(["i", "B", "E", "b", "n", "e", "s", "t", "f", "N", "O", "D", "M"]),
             "pid": rng.choice([1, "1", 2**63 + 5]), "tid": 1, "name": rng.choice(names),
             "ts": time_us(rng, now_ns)}
    if event["ph"] == "M":
        event = {"ph": "M", "pid": rng.choice([0, 1]), "tid": 0,
                 "name": rng.choice(["process_name", "thread_name", "process_labels",
                                     "viztracer_metadata"]), "args": {"name": rng.choice(names)}}
    elif rng.random() < 0.5:
        event[rng.choice(["args", "id", "s", "bp"])] = value(rng)
    return event


def spoil(rng, event):
    """What makes an event one that has no place of its own."""
    kind = rng.randrange(7)
    if kind == 0:
        event.pop(rng.choice(sorted(set(event) - {"ph"})), None)
    elif kind == 1:
        event["extra"] = value(rng)
    elif kind == 2:
        event["cat"] = rng.choice(["fee", "other", ""])
    elif kind == 3:
        event["pid"] = rng.choice(["7", 7.0, -7, 2**64, 1e3])
    elif kind == 4:
        event["tid"] = rng.choice(["main", 0.5])
    elif kind == 5:
        event["dur"] = rng.choice([-1, 1e300, "3"])
    else:
        event["name"] = rng.choice([7, 1.5])
    return event


def generate(count, seed):
    rng = random.Random(seed)
    names = NAMES + [f"function_{i} (/home/me/m.py:{i})" for i in range(40)]
    now_ns, events = 986155916764123, []
    for _ in range(count):
        now_ns += rng.choice([0, 3, 10, 900, 70000, 10**9]) * rng.randint(0, 3)
        make = rng.choices([slice_event, counter_event, other_event], [12, 4, 2])[0]
        event = make(rng, now_ns, names)
        events.append(spoil(rng, event) if rng.random() < 0.05 else event)
    rng.shuffle(events[count // 2:])
    return events


# ---- what must come out

def freeze(thing):
    """Something that is equal for equal JSON values, and not for 1 and 1.0."""
    if isinstance(thing, dict):
        return frozenset((key, freeze(item)) for key, item in thing.items())
    if isinstance(thing, list):
        return tuple(freeze(item) for item in thing)
    if isinstance(thing, Decimal):
        return ("real", thing.normalize(), thing.is_signed())
    return (type(thing).__name__, thing)


def whole_ns(us):
    return int((Decimal(us) * 1000).quantize(Decimal(1), ROUND_HALF_UP))


def is_number(thing):
    return isinstance(thing, (int, Decimal)) and not isinstance(thing, bool)


def on_grid(event):
    """The event as it must come back. Only what any reader may expect of the format is said here:
    a slice or counter may have its times on the grid, whatever else it has."""
    event = dict(event)
    if event["ph"] not in ("X", "C") or not is_number(event.get("ts")):
        return freeze(event)
    if abs(event["ts"]) > Decimal(2) ** 63 / 1000:
        return freeze(event)
    begin = whole_ns(event["ts"])
    if event["ph"] == "C":
        event["ts"] = begin
        return freeze(event)
    event["ts"] = begin // 10
    dur = event.get("dur")
    if is_number(dur) and 0 <= dur < Decimal(2) ** 62 / 1000:
        event["dur"] = (begin + whole_ns(dur)) // 10 - begin // 10
    return freeze(event)


def strict(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f, parse_float=Decimal)


class RoundTrip(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="cvf-")
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def round_trip(self, report):
        """The report read exactly, the compressed one, and the one that comes back."""
        with open(self.path("in.json"), "w", encoding="utf-8") as f:
            json.dump(report, f, ensure_ascii=bool(SEED % 2))
        run("--compress", self.path("in.json"), "-o", self.path("x.cvf"))
        run("--decompress", self.path("x.cvf"), "-o", self.path("out.json"))
        with open(self.path("x.cvf"), "rb") as f:
            cvf = Cvf(f.read())
        return strict(self.path("in.json")), cvf, strict(self.path("out.json"))

    def assert_same_events(self, before, after):
        counts = collections.Counter(map(on_grid, before))
        counts.subtract(collections.Counter(map(on_grid, after)))
        wrong = [(count, dict(event)) for event, count in counts.items() if count]
        self.assertEqual(wrong[:4], [])

    def test_what_goes_in_comes_out(self):
        report = {"displayTimeUnit": "ns", "traceEvents": generate(EVENTS, SEED),
                  "viztracer_metadata": {"version": "1", "overflow": False, "x": [1.50, None]},
                  "file_info": {"files": {"/a.py": ["é = 1\n", 1]},
                                "functions": {"f (/a.py:1)": ["/a.py", 1]}},
                  "otherData": {"a": [1, {}]}, "samples": []}
        before, cvf, after = self.round_trip(report)
        self.assert_same_events(before["traceEvents"], after["traceEvents"])
        for name in ("displayTimeUnit", "viztracer_metadata", "file_info", "otherData", "samples"):
            self.assertEqual(freeze(before[name]), freeze(after[name]))
        self.assertEqual(set(before), set(after))
        record, last = cvf.events.pop()
        self.assertEqual(record, "others")
        self.assertEqual(freeze(last["args"]), freeze(before["viztracer_metadata"]))
        self.assertEqual(freeze(cvf.file_info), freeze(before["file_info"]))
        self.assert_same_events(before["traceEvents"], [event for _, event in cvf.events])
        kinds = collections.Counter(record for record, _ in cvf.events)
        for kind in ("slices", "counters", "process_name", "thread_name", "others"):
            self.assertGreater(kinds[kind], 0)
        ours = [e for e in before["traceEvents"] if e["ph"] == "X" and e.get("cat") == "FEE"]
        self.assertGreater(kinds["slices"], len(ours) // 2)

    def test_a_report_without_anything_beside_its_events_gets_nothing(self):
        before, cvf, after = self.round_trip([{"ph": "i", "ts": 1, "name": "i"}])
        self.assertEqual(after, {"traceEvents": before})
        self.assertEqual(cvf.events, [("others", before[0])])

    def test_empty_members_are_members(self):
        report = {"traceEvents": [], "viztracer_metadata": {},
                  "file_info": {"files": {}, "functions": {}}}
        self.assertEqual(self.round_trip(report)[2], report)

    def test_an_event_that_looks_like_our_metadata_stays_an_event(self):
        lure = {"ph": "M", "pid": 0, "tid": 0, "name": "viztracer_metadata", "args": {"overflow": 1}}
        for events in ([lure], [lure, lure], [lure, {"ph": "i", "ts": 1}],
                       [{"ph": "i", "ts": 1}, dict(lure, report={"a": 1})]):
            self.assertEqual(self.round_trip({"traceEvents": events})[2], {"traceEvents": events})
            report = {"traceEvents": events, "viztracer_metadata": {"overflow": False}, "a": 7}
            self.assertEqual(self.round_trip(report)[2], report)

    def test_what_is_inside_stays_inside(self):
        events, rng = [], random.Random(SEED)
        for _ in range(300):
            points = sorted(rng.sample(range(1000), 4))
            for begin, end in (points[::3], points[1:3]):
                events.append({"ph": "X", "pid": 1, "tid": 1, "cat": "FEE", "name": "f",
                               "ts": begin / 1000, "dur": (end - begin) / 1000})
        after = self.round_trip(events)[2]["traceEvents"]
        seen = collections.Counter((whole_ns(e["ts"]) // 10, whole_ns(e["ts"] + e["dur"]) // 10)
                                   for e in after)
        want = collections.Counter((whole_ns(Decimal(str(e["ts"]))) // 10,
                                    whole_ns(Decimal(str(e["ts"])) + Decimal(str(e["dur"]))) // 10)
                                   for e in events)
        self.assertEqual(seen, want)

    def test_what_repeats_itself_comes_back(self):
        """Args without end in few bytes: no bomb to our own reader."""
        events = [{"ph": "X", "pid": 1, "tid": 1, "cat": "FEE", "name": "z" * 1000, "ts": i, "dur": 1,
                   "args": {"func_args": {"self": "<object>" * 10}}} for i in range(50000)]
        before, _, after = self.round_trip({"traceEvents": events})
        self.assertEqual(len(after["traceEvents"]), len(events))
        self.assert_same_events(before["traceEvents"][::1000], after["traceEvents"][::1000])

    def test_slices_of_another_order_are_sorted_with_their_args(self):
        events = [{"ph": "X", "pid": 1, "tid": 1, "cat": "FEE", "name": "f", "ts": ts, "dur": 1,
                   "args": {"ts": ts}} for ts in (5, 3, 9, 1)]
        after = self.round_trip(events)[2]["traceEvents"]
        self.assertEqual([event["args"]["ts"] for event in after], [1, 3, 5, 9])
        self.assertEqual([int(event["ts"]) for event in after], [1, 3, 5, 9])


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
