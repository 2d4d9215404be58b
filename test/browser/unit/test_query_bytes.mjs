// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { encodeRequest, KIND, NONE, Reply } from "../../../viewer/web/query_bytes.js";
import { nameFilter, splitTiles } from "../../../viewer/web/trace_parts.js";
import { parseQuery } from "../../../viewer/web/query_syntax.js";
import { tracksOf, warningsOf } from "../../../viewer/web/tracks.js";

/** A reply as the engine writes it: head, then columns, each padded to 8 bytes. */
function reply(count, total, columns, status = 0) {
    const size = columns.reduce((sum, c) => sum + Math.ceil(c.byteLength / 8) * 8, 16);
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, status, true);
    view.setUint32(4, count, true);
    view.setFloat64(8, total, true);
    let at = 16;
    for (const column of columns) {
        bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
        at += Math.ceil(column.byteLength / 8) * 8;
    }
    return bytes.buffer;
}

test("a request has every field in its place", () => {
    const bytes = encodeRequest({
        kind: KIND.SEARCH, flags: 2, t0: 1.5, t1: 2.5, d0: 3.5, d1: 4.5, a: NONE, b: 7, level: 8, limit: 9, list: [10, 11], text: "ä",
    });
    const view = new DataView(bytes.buffer);
    assert.deepEqual([0, 4, 40, 44, 48, 52, 56, 60, 64, 68].map((at) => view.getUint32(at, true)), [8, 2, NONE, 7, 8, 9, 2, 2, 10, 11]);
    assert.deepEqual([8, 16, 24, 32].map((at) => view.getFloat64(at, true)), [1.5, 2.5, 3.5, 4.5]);
    assert.deepEqual([...bytes.slice(72)], [0xc3, 0xa4]);
});

test("columns of a reply follow one another, padded to eight bytes", () => {
    const made = new Reply(reply(3, 42, [Uint32Array.of(1, 2, 3), Float64Array.of(1.5, 2.5, 3.5), Float32Array.of(0.5, 1, 2)]));
    assert.equal(made.total, 42);
    assert.deepEqual([...made.u32()], [1, 2, 3]);
    assert.deepEqual([...made.f64()], [1.5, 2.5, 3.5]);
    assert.deepEqual([...made.f32()], [0.5, 1, 2]);
    assert.throws(() => made.u32(), /cut off/);
});

test("an error is thrown with its sentence, an empty reply is out of memory", () => {
    const sentence = new TextEncoder().encode("no such row");
    assert.throws(() => new Reply(reply(sentence.length, 0, [sentence], 1)), /no such row/);
    assert.throws(() => new Reply(new ArrayBuffer(0)), /memory/);
});

test("a slice record is read field by field", () => {
    const record = new Uint8Array(40);
    const view = new DataView(record.buffer);
    [5, 6, 7, 8, 9, 10].forEach((value, i) => view.setUint32(4 * i, value, true));
    view.setFloat64(24, 1.5, true);
    view.setFloat64(32, 2.5, true);
    assert.deepEqual(new Reply(reply(1, 1, [record])).records(), [{ slice: 5, row: 6, name: 7, track: 8, depth: 9, start: 1.5, duration: 2.5 }]);
});

test("an answer is cut into tiles: a slice over several is in each, a crowd in its own", () => {
    const made = new Reply(reply(4, 0, [
        Uint32Array.of(0, 3, 4), Float64Array.of(100, 700, 900, 0), Float64Array.of(500, 1, 10, 1024), Uint32Array.of(1, 2, 3, 4),
        Uint32Array.of(11, 12, 13, 14), Uint32Array.of(1, 5, 1, 1), Float32Array.of(0, 0.5, 0, 0),
    ]));
    const tiles = splitTiles(made, [3, 4], 0, 0, 3);
    assert.equal(tiles.length, 8);
    assert.deepEqual(tiles.map((t) => [...t.items.slice.subarray(t.from, t.to)]), [[11], [11], [11, 12], [13], [14], [14], [14], [14]]);
    assert.deepEqual([...tiles[2].items.count], [1, 5, 1, 1]);
    assert.equal(tiles[2].items.busy[1], 0.5);
    assert.deepEqual(tiles.map((t) => [t.row, t.index]), [[3, 0], [3, 1], [3, 2], [3, 3], [4, 0], [4, 1], [4, 2], [4, 3]]);
});

test("a search becomes bits of names and numbers of tracks", () => {
    const trace = {
        names: Array.from({ length: 40 }, (_, i) => `f${i}`),
        tracks: [{ kind: "slices", name: "Main", tid: "1", processName: "P", pid: "9", engine: 5 }, { kind: "counter", name: "Main", tid: "", processName: "P", pid: "9" }],
    };
    const found = nameFilter(trace, parseQuery("/^f3[39]$/ thread:main"));
    assert.deepEqual([...found.words], [0, (1 << 1) | (1 << 7)]);
    assert.deepEqual(found.tracks, [5]);
    assert.equal(nameFilter(trace, parseQuery("nothing")), null);
    assert.equal(nameFilter(trace, parseQuery("thread:other")), null);
    assert.deepEqual(nameFilter(trace, parseQuery("dur>1")), { words: null, tracks: [] });
});

const META = {
    processes: [{ id: 0, pid: "12", name: "MainProcess" }, { id: 1, pid: "13", name: "" }],
    tracks: [
        { id: 0, process: 0, kind: "thread", tid: "12", name: "MainThread", lane: 0, first_row: 0, depth: 3, slices: 9, instants: 2, busy_ns: 5 },
        { id: 1, process: 0, kind: "thread", tid: "12", name: "MainThread", lane: 1, first_row: 3, depth: 1, slices: 1, instants: 0, busy_ns: 1 },
        { id: 2, process: 1, kind: "async", tid: "0", name: "", lane: 0, first_row: 4, depth: 1, slices: 1, instants: 0, busy_ns: 1 },
    ],
    counters: [{ id: 0, process: 0, name: "mem", series: "a", samples: 3, min: 0, max: 2 }, { id: 1, process: 0, name: "mem", series: "b", samples: 2, min: 1, max: 5 }],
    problems: { unfinished: 0, end_without_begin: 1, without_ts: 0, without_dur: 0, minus_dur: 0, bad_ts: 0, unknown_phase: 2, bad_counter: 0, unbound_flow: 0, unplaced: 0 },
    overflow: true, lost_events: 7,
};

test("an outline becomes tracks: threads, what overlaps, instants, counters, objects", () => {
    const tracks = tracksOf(META, [{ object: 0, process: 1, id: "0x1", text: "cache", created: 5, deleted: null, snapshots: 2 }]);
    assert.deepEqual(tracks.map((t) => [t.id, t.kind, t.name, t.row0, t.engine]), [
        [0, "slices", "MainThread", 0, 0], [1, "instants", "MainThread · instants", 0, 0],
        [2, "slices", "MainThread · overlapping 1", 3, 1], [3, "counter", "mem", 0, -1],
        [4, "slices", "Async", 4, 2], [5, "objects", "Objects", 0, -1],
    ]);
    assert.deepEqual(tracks[3].series.map((s) => s.name), ["a", "b"]);
    assert.equal(tracks[4].processName, "Process 13");
    assert.equal(tracks[5].count, 3);
});

test("what is lost or odd is said", () => {
    const [lost, odd] = warningsOf(META);
    assert.match(lost, /^7 of the oldest events are missing/);
    assert.match(odd, /1 end without a beginning, 2 events of unknown kinds/);
});
