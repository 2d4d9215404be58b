#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The engine against reference.py on random traces.

    test_engine.py ASK_ENGINE ENGINE_WASM [unittest arguments]

VIZTRACER_ENGINE_TRACES=500 tries so many random traces (default: 25). ENGINE_CHECKED is an
ASK_ENGINE with sanitizers.
"""
import json
import os
import random
import shutil
import sys
import tempfile
import unittest

import reference
from hard_order import hard_order
from asking import (AGG, AT, CHILDREN, FLAME, HISTOGRAM, META, NEXT, NONE, SEARCH, SLICE,
                    TILES, Engine, columns, records)

HERE = os.path.dirname(os.path.abspath(__file__))
ASK, WASM = sys.argv[1:3]
CHECKED = os.environ.get("ENGINE_CHECKED", ASK)
TRACES = int(os.environ.get("VIZTRACER_ENGINE_TRACES", "25"))
NODE = shutil.which("node")
HUGE = 1 << 61
STATISTICS = "calls", "total", "self", "min", "mean", "p50", "p95", "p99", "max"


def ways():
    yield "native", lambda path: [ASK, path]
    if CHECKED != ASK:
        yield "checked", lambda path: [CHECKED, path]
    yield "index", lambda path: [CHECKED, path, "--index"]
    yield "pack", lambda path: [CHECKED, path, "--pack"]
    if NODE and os.path.exists(WASM):
        yield "wasm", lambda path: [NODE, os.path.join(HERE, "ask_wasm.mjs"), WASM, path]


def nested(rng, start, end, depth):
    """Random slices that nest, in the order in which they end."""
    now, found = start, []
    while now < end and rng.random() < 0.9:
        begin = min(end, now + rng.choice((0, 0, 1, 3, 50, 1000)))
        stop = min(end, begin + rng.choice((0, 0, 1, 2, 7, 300, 5000, 60000)))
        if depth:
            found += nested(rng, begin, stop, depth - 1)
        found.append((begin, stop))
        now = stop
    return found


def random_spans(rng):
    kind = rng.choice(("nested", "nested", "shuffled", "starts", "wild"))
    if kind == "wild":
        spans = []
        for _ in range(rng.randint(0, 60)):
            start = rng.randint(0, 400)
            spans.append((start, start + rng.choice((0, 1, 5, 20, 100, 5_000_000_000))))
        return spans
    spans = nested(rng, 0, rng.choice((100, 20000, 400000)), rng.randint(0, 5))
    if kind == "shuffled":
        rng.shuffle(spans)
    elif kind == "starts":
        spans.sort(key=lambda span: (span[0], -span[1]))
    return spans


def random_trace(rng):
    """(events, {track key: slices in the order of the file}), times in ns from 0 on."""
    events, tracks = [], {}
    origin = rng.choice((0, 986155916764, -5000))
    names = [f"f{i} (a.py:{i})" for i in range(rng.choice((1, 4, 12)))]
    for tid in range(1, rng.randint(1, 3) + 1):
        spans = random_spans(rng)
        uses_marks = rng.random() < 0.25 and spans == sorted(spans, key=lambda s: s[1])
        tracks[str(tid)] = []
        for start, end in spans:
            piece = reference.Slice(start, end, rng.choice(names))
            event = {"ph": "X", "pid": 7, "tid": tid, "name": piece.name, "cat": "FEE",
                     "ts": (origin + start) / 1000, "dur": (end - start) / 1000}
            if rng.random() < 0.2:
                piece.args = event["args"] = {"n": len(events), "text": "é\"" * rng.randint(0, 3)}
            if uses_marks:
                event["cname"] = "x"  # a member that no column has
            events.append(event)
            tracks[str(tid)].append(piece)
    # the origin is the first time of all
    first = min((p.start for slices in tracks.values() for p in slices), default=0)
    for slices in tracks.values():
        for piece in slices:
            piece.start -= first
            piece.end -= first
    return events, tracks


def write_trace(folder, events):
    path = os.path.join(folder, "trace.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"traceEvents": events}, f)
    return path


class Loaded:
    """A trace in an engine beside its reference."""

    def __init__(self, engine, tracks):
        self.engine = engine
        self.meta = engine.ask_json(META)
        self.names = engine.names()
        self.number = {name: i for i, (name, category) in enumerate(self.names) if category}
        self.rows, self.track_of, self.all = {}, {}, []
        ids = {(t["tid"], t["lane"]): t for t in self.meta["tracks"]}
        for tid, slices in tracks.items():
            for piece in reference.nest(slices) if slices else []:
                track = ids[tid, piece.lane]
                row = track["first_row"] + piece.depth
                self.rows.setdefault(row, []).append(piece)
                piece.row, piece.track = row, track["id"]
                self.all.append(piece)
        number = 0
        for row in sorted(self.rows):
            for piece in self.rows[row]:
                piece.slice, number = number, number + 1


class EngineTest(unittest.TestCase):
    maxDiff = 2000

    def test_random_traces_are_what_the_reference_says(self):
        for seed in range(TRACES):
            events, tracks = random_trace(random.Random(seed))
            with tempfile.TemporaryDirectory() as folder:
                self.each_way(write_trace(folder, events), seed, events, tracks)

    def test_durations_in_a_bad_order_have_right_percentiles(self):
        order, rounds = hard_order(3000)
        self.assertGreater(rounds, 500)  # far more than select_rank tries
        events, slices, now = [], [], 0
        for value in order:
            piece = reference.Slice(now, now + value + 1, "f")
            events.append({"ph": "X", "pid": 7, "tid": 1, "name": "f", "cat": "FEE",
                           "ts": now / 1000, "dur": (value + 1) / 1000})
            slices.append(piece)
            now = piece.end
        with tempfile.TemporaryDirectory() as folder:
            path = write_trace(folder, events)
            for way, command in ways():
                for piece in slices:
                    piece.parent, piece.children = None, []
                with self.subTest(way=way), Engine(command(path)) as engine:
                    self.check_statistics_are_those_of_the_reference(
                        Loaded(engine, {"1": slices}), random.Random(1), events)

    def test_tiles_of_many_slices_are_right_at_every_level(self):
        rng = random.Random(3)
        spans = nested(rng, 0, 40, 0)
        while len(spans) < 3000:
            now = spans[-1][1] + rng.choice((0, 5, 900, 40_000)) if spans else 0
            spans += nested(rng, now, now + rng.choice((100, 2000, 400_000)), 2)
        slices = [reference.Slice(start, end, f"f{rng.randint(0, 9)}") for start, end in spans]
        first = min(piece.start for piece in slices)
        with tempfile.TemporaryDirectory() as folder:
            path = write_trace(folder, [
                {"ph": "X", "pid": 7, "tid": 1, "name": p.name, "cat": "FEE",
                 "ts": p.start / 1000, "dur": p.duration / 1000} for p in slices])
            for piece in slices:
                piece.start, piece.end = piece.start - first, piece.end - first
            for way, command in ways():
                for piece in slices:
                    piece.parent, piece.children = None, []
                with Engine(command(path)) as engine:
                    loaded = Loaded(engine, {"1": slices})
                    self.assertGreater(max(map(len, loaded.rows.values())), 500)
                    for level in range(28):
                        with self.subTest(way=way, level=level):
                            self.compare_level(loaded, level, rng)

    @unittest.skipUnless(os.path.exists(WASM), "built without the page")
    def test_the_module_is_small(self):
        self.assertLessEqual(os.path.getsize(WASM), 116 << 10)

    def each_way(self, path, seed, events, tracks):
        checks = [name for name in dir(self) if name.startswith("check_")]
        for way, command in ways():
            for slices in tracks.values():
                for piece in slices:
                    piece.parent, piece.children = None, []
            with Engine(command(path)) as engine:
                loaded = Loaded(engine, tracks)
                for check in checks:
                    with self.subTest(check, way=way, seed=seed):
                        getattr(self, check)(loaded, random.Random(seed), events)

    def ranges(self, loaded, rng):
        span = loaded.meta["span_ns"]
        yield -HUGE, HUGE
        for _ in range(3):
            a, b = sorted((rng.randint(0, span), rng.randint(0, span)))
            yield a, b + 1

    def check_rows_have_the_slices_that_the_reference_nests(self, loaded, _, events):
        self.assertEqual(loaded.meta["slices"], len(events))
        self.assertEqual(loaded.meta["problems"]["unplaced"], 0)
        self.assertEqual(loaded.meta["rows"], len(loaded.rows))
        for row, pieces in loaded.rows.items():
            expected = []
            for at in range(0, len(pieces), 1000):
                count, _, body = loaded.engine.ask(NEXT, a=pieces[at].slice, b=4)
                expected += [r[0] for r in records(body, 0, count)]
            self.assertEqual([min(c.slice for c in p.children)
                              for p in pieces[::1000] if p.children], expected, row)

    def tiles(self, loaded, row, level, t0, t1):
        count, _, body = loaded.engine.ask(TILES, level=level, t0=t0, t1=t1, numbers=[row])
        return columns(body, "I", 2, "d", count, "d", count, "I", count, "I", count, "I", count,
                       "f", count)

    def compare_level(self, loaded, level, rng):
        for row, pieces in loaded.rows.items():
            for window in self.ranges(loaded, rng):
                self.compare_tiles(loaded, row, pieces, level, window)

    def check_tiles_show_the_longest_of_each_bucket(self, loaded, rng, _):
        for row, pieces in loaded.rows.items():
            for t0, t1 in self.ranges(loaded, rng):
                self.compare_tiles(loaded, row, pieces, rng.randint(0, 16), (t0, t1))

    def compare_tiles(self, loaded, row, pieces, level, window):
        t0, t1 = max(window[0], 0), min(window[1], loaded.meta["span_ns"] + 1)
        first, start, duration, name, _, count, busy = self.tiles(loaded, row, level, t0, t1)
        expected = reference.tiles(pieces, level, t0, t1)
        self.assertEqual(list(zip(start, duration, name, count)),
                         [(a, b, loaded.number[c], d) for a, b, c, d, _ in expected])
        self.assertEqual(first, [0, len(expected)])
        for got, (*_, filled) in zip(busy, expected):
            self.assertAlmostEqual(got, min(1, filled / (1 << level)), places=6)

    def check_statistics_are_those_of_the_reference(self, loaded, rng, _):
        for t0, t1 in self.ranges(loaded, rng):
            count, total, body = loaded.engine.ask(AGG, t0=t0, t1=t1)
            name, *rest = columns(body, "I", count, *("d", count) * 9)
            expected = reference.statistics(loaded.all, t0, t1)
            self.assertEqual({loaded.names[n][0] for n in name}, set(expected))
            self.assertEqual(total, sum(value[0] for value in expected.values()))
            for i, n in enumerate(name):
                numbers = zip(STATISTICS, (c[i] for c in rest), expected[loaded.names[n][0]])
                for what, got, wanted in numbers:
                    self.assertAlmostEqual(got, wanted, delta=abs(wanted) * 1e-12, msg=what)

    def flame(self, loaded, **options):
        count, lost, body = loaded.engine.ask(FLAME, **options)
        parent, name, *rest = columns(body, "I", count, "I", count, *("d", count) * 4)
        self.assertEqual(lost, 0)
        paths = []
        for i in range(count):
            above = () if parent[i] == NONE else paths[parent[i]]
            paths.append(above + (loaded.names[name[i]][0],))
        return {p: tuple(c[i] for c in rest) for i, p in enumerate(paths)}

    def check_flame_graphs_are_those_of_the_reference(self, loaded, rng, _):
        for t0, t1 in self.ranges(loaded, rng):
            got = self.flame(loaded, t0=t0, t1=t1, a=rng.randint(0, 1))
            expected = reference.flame(loaded.all, t0, t1)
            # what has no duration may be in a range without those around it
            if t0 == -HUGE:
                self.assertEqual(got, expected)
            self.assertEqual(sum(v[2] for v in got.values()),
                             sum(v[2] for v in expected.values()))
        for name in sorted({piece.name for piece in loaded.all})[:3]:
            for a, callers in ((2, True), (3, False)):
                got = self.flame(loaded, a=a, b=loaded.number[name])
                self.assertEqual({key: value[:3] for key, value in got.items()},
                                 reference.sandwich(loaded.all, name, callers))

    def check_search_finds_what_the_reference_finds(self, loaded, rng, _):
        order = sorted(loaded.all, key=lambda p: (p.start, p.slice))
        for text, arg, d0 in ((b"F1", b"", 0), (b"", b'"n"', 0), (b"f", b"", 100)):
            hits = [p for p in order if text.decode().lower() in p.name and
                    (not arg or p.args is not None) and p.duration >= d0]
            options = {"text": text + arg, "level": len(text), "d0": d0}
            count, total, body = loaded.engine.ask(SEARCH, a=NONE, limit=1000, **options)
            self.assertEqual((total, [r[0] for r in records(body, 1024, count)]),
                             (len(hits), [p.slice for p in hits[:1000]]))
            self.assertEqual(sum(columns(body, "I", 256)[0]), len(hits))
            if not order:
                continue
            edge = rng.choice(order)
            key = edge.start, edge.slice
            for flag, wanted in (
                    (0, [p for p in hits if (p.start, p.slice) > key]),
                    (4, [p for p in hits[::-1] if (p.start, p.slice) < key])):
                count, _, body = loaded.engine.ask(SEARCH, a=edge.slice, limit=5, flags=flag,
                                                   **options)
                self.assertEqual([r[0] for r in records(body, 1024, count)],
                                 [p.slice for p in wanted[:5]])

    def check_a_slice_knows_its_stack_children_and_arguments(self, loaded, rng, _):
        for piece in rng.sample(loaded.all, min(8, len(loaded.all))):
            got = loaded.engine.ask_json(SLICE, a=piece.slice)
            stack = []
            above = piece.parent
            while above:
                stack.insert(0, above.slice)
                above = above.parent
            self.assertEqual([s["slice"] for s in got["stack"]], stack)
            self.assertEqual((got["start"], got["duration"], got["text"], got["children"]),
                             (piece.start, piece.duration, piece.name, len(piece.children)))
            self.assertEqual(got["self"],
                             piece.duration - sum(c.duration for c in piece.children))
            args = got["event"].get("args") if "event" in got else got.get("args")
            self.assertEqual(args, piece.args)
            count, _, body = loaded.engine.ask(CHILDREN, a=piece.slice)
            self.assertEqual([r[0] for r in records(body, 0, count)],
                             sorted(c.slice for c in piece.children))
            count, _, body = loaded.engine.ask(NEXT, a=piece.slice, b=3)
            self.assertEqual([r[0] for r in records(body, 0, count)], stack[-1:])

    def check_at_finds_the_slice_at_a_time(self, loaded, rng, _):
        for row, pieces in loaded.rows.items():
            time = rng.randint(0, loaded.meta["span_ns"])
            count, _, body = loaded.engine.ask(AT, a=row, t0=time, t1=time + 1)
            inside = [p.slice for p in pieces if p.start <= time <= p.end]
            if inside:
                self.assertIn(records(body, 0, count)[0][0], inside)
            else:
                self.assertEqual(count, 0)

    def check_histograms_count_every_call(self, loaded, _, __):
        for name in sorted({piece.name for piece in loaded.all})[:3]:
            count, total, body = loaded.engine.ask(HISTOGRAM, a=loaded.number[name])
            low, high, calls = columns(body, *("d", count) * 3)
            durations = [p.duration for p in loaded.all if p.name == name]
            self.assertEqual(total, len(durations))
            self.assertEqual(calls, [sum(a <= d < b for d in durations)
                                     for a, b in zip(low, high)])

    def check_an_exported_trace_is_the_trace(self, loaded, _, events):
        def key(event):
            return (event["tid"], round(event["ts"] * 1000), round(event["dur"] * 1000),
                    event["name"], event["cat"], json.dumps(event.get("args")))
        got = [e for e in loaded.engine.export()["traceEvents"] if e["ph"] == "X"]
        self.assertEqual(sorted(map(key, got)), sorted(map(key, events)))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
