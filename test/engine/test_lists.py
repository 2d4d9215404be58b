#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What stands beside the slices, and the ways between them, against what the events say: begin
and end marks, async slices, counters, instants, flows, objects, sources, the load profile.

    test_lists.py ASK_ENGINE ENGINE_WASM [unittest arguments]

VIZTRACER_ENGINE_TRACES=500 tries so many random traces (default: 8).
"""
import collections
import json
import os
import random
import sys
import tempfile
import unittest

import reference
import test_engine
from asking import (AGG, COUNTER, FLOWS, INSTANT, INSTANTS, NEXT, NONE, OBJECT, OBJECTS, PROFILE,
                    SLICE, SOURCE, Engine, columns, records)

TRACES = int(os.environ.get("VIZTRACER_ENGINE_TRACES", "8"))
ALL = {"t0": -test_engine.HUGE, "t1": test_engine.HUGE}
SPAN = 100_000  # ns
SOURCE_TEXT = "def f():\n    return 'é'\n"


def us(time):
    return time / 1000


class Trace:
    """A random trace of all kinds; every time of a slice's edge is there once."""

    def __init__(self, seed):
        self.rng = rng = random.Random(seed)
        self.events = [self.event("X", 1, 0, dur=us(SPAN), name="all")]  # the origin
        self.tracks = {"1": [reference.Slice(0, SPAN, "all")]}
        self.times = iter(rng.sample(range(1, SPAN), 3000))
        for tid in (1, 2):
            self.add_calls(tid, rng.random() < 0.5)
        self.counters = collections.defaultdict(list)
        self.instants = collections.defaultdict(list)
        self.asyncs, self.flows, self.objects = [], [], {}
        for _ in range(rng.randint(0, 120)):
            self.add_sample()
            self.add_instant()
        self.add_asyncs()
        self.add_objects()
        self.add_flows()
        head, *rest = self.events
        rng.shuffle(rest)
        self.events = [head] + rest
        for event in self.marks:  # begin and end marks keep their order
            self.events.append(event)

    marks = ()

    @staticmethod
    def event(phase, tid, time, **members):
        return {"ph": phase, "pid": 7, "tid": tid, "ts": us(time), "cat": "c", **members}

    def add_calls(self, tid, by_marks):
        edges = sorted(next(self.times) for _ in range(2 * self.rng.randint(1, 40)))
        found, stack, marks = self.tracks.setdefault(str(tid), []), [], []
        for i, time in enumerate(edges):
            if stack and (len(edges) - i == len(stack) or self.rng.random() < 0.5):
                start, name = stack.pop()
                found.append(reference.Slice(start, time, name))
                marks.append(self.event("E", tid, time))
                if not by_marks:
                    self.events.append(self.event("X", tid, start, name=name, dur=us(time - start)))
            else:
                stack.append((time, f"f{self.rng.randint(0, 4)} (a.py:{tid})"))
                marks.append(self.event("B", tid, time, name=stack[-1][1]))
        if by_marks:
            self.marks = list(self.marks) + marks

    def add_sample(self):
        time = self.rng.randrange(SPAN)
        values = {name: self.rng.choice((0, -3.5, 2**53 - 1, 2.5e-9, -7e-20, 1.7e20,
                                         round(self.rng.random() * 1e6, 3)))
                  for name in self.rng.sample(("used", "free"), self.rng.randint(1, 2))}
        self.events.append(self.event("C", 1, time, name="mem", args=values))
        for name, value in list(values.items()):
            # one at a time: which of several comes last is not said
            if all(time != other for other, _ in self.counters[name]):
                self.counters[name].append((time, value))
            else:
                del self.events[-1]["args"][name]

    def add_instant(self):
        time, tid, scope = self.rng.randrange(SPAN), self.rng.randint(1, 2), self.rng.choice("gpt")
        number = sum(map(len, self.instants.values()))
        if any(time == other[0] for other in self.instants[str(tid)]):
            return
        self.instants[str(tid)].append((time, f"mark{number % 3}", scope, number))
        self.events.append(self.event("i", tid, time, name=f"mark{number % 3}", s=scope,
                                      args={"number": number}))

    def add_asyncs(self):
        for number in range(self.rng.randint(0, 12)):
            start, end = sorted(next(self.times) for _ in range(2))
            self.asyncs.append(reference.Slice(start, end, f"task{number % 3}"))
            for phase, time in (("b", start), ("e", end)):
                self.events.append(dict(self.event(phase, 1, time, id=f"0x{number:x}",
                                                   name=f"task{number % 3}"), pid=8))

    def add_objects(self):
        for number in range(self.rng.randint(0, 4)):
            times = sorted(next(self.times) for _ in range(5))
            self.objects[f"0x{number}"] = times
            for phase, time in zip("NOOOD", times):
                args = {"args": {"snapshot": {"time": time}}} if phase == "O" else {}
                self.events.append(self.event(phase, 1, time, name="obj", id=f"0x{number}", **args))

    def add_flows(self):
        spans = [(tid, piece) for tid, pieces in self.tracks.items() for piece in pieces]
        for number in range(self.rng.randint(0, 6)):
            ends = []
            for phase, (tid, piece) in zip("sf", self.rng.sample(spans, min(2, len(spans)))):
                ends.append((piece.start, tid, phase))
            if len(ends) < 2 or ends[0][0] >= ends[1][0]:
                continue
            self.flows.append((f"{number}", ends[0][:2], ends[1][:2]))
            for time, tid, phase in ends:
                self.events.append(self.event(phase, int(tid), time, name="go", id=number, bp="e"))

    def write(self, path):
        report = {"traceEvents": self.events, "file_info": {
            "files": {"a.py": [SOURCE_TEXT, 2]},
            "functions": {f"f{i} (a.py:1)": ["a.py", i + 1] for i in range(3)}}}
        with open(path, "w", encoding="utf-8") as f:
            json.dump(report, f)


def in_buckets(items, level, t0, t1):
    """Those in the range, in lists of one bucket each; items begin with their time."""
    buckets = {}
    for item in sorted(items):
        if t0 <= item[0] < t1:
            buckets.setdefault(item[0] >> level, []).append(item)
    return list(buckets.values())


class ListsTest(unittest.TestCase):
    maxDiff = 2000

    def test_random_traces_are_what_their_events_say(self):
        checks = [name for name in dir(self) if name.startswith("check_")]
        for seed in range(TRACES):
            trace = Trace(seed)
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "trace.json")
                trace.write(path)
                for way, command in test_engine.ways():
                    for piece in sum(trace.tracks.values(), []):
                        piece.parent, piece.children = None, []
                    with Engine(command(path)) as engine:
                        loaded = test_engine.Loaded(engine, trace.tracks)
                        for check in checks:
                            with self.subTest(check, way=way, seed=seed):
                                getattr(self, check)(loaded, trace, random.Random(seed))

    def windows(self, rng):
        for _ in range(4):
            t0, t1 = sorted((rng.randint(0, SPAN), rng.randint(0, SPAN)))
            yield rng.randint(0, 17), t0, t1 + 1
        yield 0, 0, SPAN + 1

    def check_nothing_is_wrong_with_the_trace(self, loaded, trace, _):
        self.assertEqual({k: v for k, v in loaded.meta["problems"].items() if v}, {})
        self.assertEqual(loaded.meta["counts"]["flows"], len(trace.flows))
        self.assertEqual(loaded.meta["counts"]["instants"],
                         sum(map(len, trace.instants.values())))

    def check_counters_are_drawn_by_lowest_highest_and_last(self, loaded, trace, rng):
        self.assertEqual({c["series"]: c["samples"] for c in loaded.meta["counters"]},
                         {name: len(samples) for name, samples in trace.counters.items()
                          if samples})
        for counter in loaded.meta["counters"]:
            samples = trace.counters[counter["series"]]
            values = [value for _, value in samples]
            self.assertEqual([counter["min"], counter["max"]], [min(values), max(values)])
            for level, t0, t1 in self.windows(rng):
                before = [s for s in sorted(samples) if s[0] < t0][-1:]
                expected = [[piece[0][0], min(v for _, v in piece), max(v for _, v in piece),
                             piece[-1][1]]
                            for piece in [before] * bool(before) +
                            in_buckets(samples, level, t0, t1)]
                count, total, body = loaded.engine.ask(COUNTER, a=counter["id"], level=level,
                                                       t0=t0, t1=t1)
                got = columns(body, *("d", count) * 4)
                self.assertEqual([list(row) for row in zip(*got)], expected)
                self.assertEqual(total, sum(t0 <= time < t1 for time, _ in samples))

    def check_an_exported_trace_has_the_samples(self, loaded, trace, _):
        got = [(value, round(event["ts"] * 1000), name)
               for event in loaded.engine.export()["traceEvents"] if event["ph"] == "C"
               for name, value in event["args"].items()]
        self.assertEqual(sorted(got), sorted((value, time, name) for name, samples in
                                             trace.counters.items() for time, value in samples))

    def check_instants_are_counted_by_bucket(self, loaded, trace, rng):
        for track in loaded.meta["tracks"]:
            marks = trace.instants[track["tid"]] if track["kind"] == "thread" else []
            for level, t0, t1 in self.windows(rng):
                expected = [(track["id"], piece[0][1], len(piece), piece[0][0])
                            for piece in in_buckets(marks, level, t0, t1)]
                count, _, body = loaded.engine.ask(INSTANTS, level=level, t0=t0, t1=t1,
                                                   numbers=[track["id"]])
                number, name, instant, many, time = columns(body, *("I", count) * 4, "d", count)
                self.assertEqual(list(zip(number, [loaded.names[n][0] for n in name], many, time)),
                                 expected)
                for i, start in zip(instant[:3], time):
                    one = loaded.engine.ask_json(INSTANT, a=i)
                    mark = next(m for m in marks if m[0] == start)
                    self.assertEqual((one["start"], one["text"], one["scope"], one["args"]),
                                     (start, mark[1], mark[2], {"number": mark[3]}))

    def check_flows_lead_from_slice_to_slice(self, loaded, trace, _):
        starts = {piece.slice: (piece.start, loaded.meta["tracks"][piece.track]["tid"])
                  for piece in loaded.all}
        count, total, body = loaded.engine.ask(FLOWS, **ALL)
        begin, end, _, t0, t1 = columns(body, *("I", count) * 3, *("d", count) * 2)
        expected = sorted((a, b) for _, a, b in trace.flows)
        self.assertEqual(sorted((starts[a], starts[b]) for a, b in zip(begin, end)), expected)
        self.assertEqual(sorted(zip(t0, t1)), sorted((a[0], b[0]) for a, b in expected))
        self.assertEqual(total, len(expected))
        for key, a, b in trace.flows:
            first = next(s for s, place in starts.items() if place == a)
            out = [f for f in loaded.engine.ask_json(SLICE, a=first)["flows"]
                   if f["dir"] == "out" and f["id"].endswith(key)]
            self.assertIn(b, [starts[f["slice"]] for f in out])

    def check_objects_have_their_snapshots(self, loaded, trace, _):
        listed = loaded.engine.ask_json(OBJECTS)["objects"]
        self.assertEqual({o["id"].strip('"'): (o["created"], o["deleted"], o["snapshots"])
                          for o in listed},
                         {key: (t[0], t[4], 3) for key, t in trace.objects.items()})
        for one in listed:
            times = trace.objects[one["id"].strip('"')][1:4]
            snapshots = loaded.engine.ask_json(OBJECT, a=one["object"])["list"]
            self.assertEqual([(s["start"], s["args"]) for s in snapshots],
                             [(t, {"snapshot": {"time": t}}) for t in times])
            self.assertEqual(loaded.engine.ask_json(OBJECT, a=one["object"], b=1, limit=1)["list"],
                             snapshots[1:2])

    def check_async_slices_are_in_lanes_of_their_own(self, loaded, trace, _):
        tracks = [t for t in loaded.meta["tracks"] if t["kind"] == "async"]
        self.assertEqual(sum(t["slices"] for t in tracks), len(trace.asyncs))
        if not tracks:
            return
        count, _, body = loaded.engine.ask(AGG, numbers=[t["id"] for t in tracks])
        name, calls, total = columns(body, "I", count, "d", count, "d", count)
        self.assertEqual({loaded.names[n][0]: (c, t) for n, c, t in zip(name, calls, total)},
                         {key: value[:2] for key, value in reference.statistics(
                             trace.asyncs, 0, SPAN + 1).items()})

    def check_functions_have_their_source(self, loaded, _, __):
        for name, number in loaded.number.items():
            got = loaded.engine.ask_json(SOURCE, a=number)
            if name in ("f0 (a.py:1)", "f1 (a.py:1)", "f2 (a.py:1)"):
                self.assertEqual(got, {"path": "a.py", "line": int(name[1]) + 1,
                                       "text": SOURCE_TEXT})
            else:
                self.assertEqual(got, {})

    def check_the_profile_is_the_share_of_outermost_slices(self, loaded, _, rng):
        busy = collections.defaultdict(list)
        for piece in loaded.all:
            if not piece.parent:
                busy[piece.track].append(piece)
        for _, t0, t1 in self.windows(rng):
            number = rng.randint(1, 40)
            count, _, body = loaded.engine.ask(PROFILE, a=number, t0=t0, t1=t1,
                                               numbers=sorted(busy))
            width = (min(t1, loaded.meta["span_ns"]) - t0) / number
            for i, got in enumerate(columns(body, "f", count)[0]):
                a = t0 + i * width
                time = sum(p.within(a, a + width) for pieces in busy.values() for p in pieces)
                # edges of columns are taken in whole ns
                self.assertAlmostEqual(got, time / width / len(busy), delta=2 / width + 1e-5)

    def step(self, loaded, slice_, direction):
        count, _, body = loaded.engine.ask(NEXT, a=slice_, b=direction)
        return records(body, 0, count)[0][0] if count else NONE

    def check_the_ways_to_neighbours(self, loaded, _, rng):
        for piece in rng.sample(loaded.all, min(10, len(loaded.all))):
            row = [p.slice for p in loaded.rows[piece.row]]
            same = [p.slice for p in sorted(loaded.all, key=lambda p: (p.start, p.depth))
                    if p.name == piece.name and p.track == piece.track]
            for listed, after, before in ((row, 1, 2), (same, 5, 6)):
                at = listed.index(piece.slice)
                self.assertEqual(self.step(loaded, piece.slice, after),
                                 (listed + [NONE])[at + 1])
                self.assertEqual(self.step(loaded, piece.slice, before), ([NONE] + listed)[at])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
