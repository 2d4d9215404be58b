// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { TileCache, levelFor, tileLength } from "../../../viewer/web/tiles.js";
import { paintTile } from "../../../viewer/web/strips.js";

function tile(row, level, index, slices = []) {
    return {
        row, level, index, t0: index * tileLength(level), bucketNs: 2 ** level, used: 0,
        starts: Float64Array.from(slices, (s) => s[0]), durations: Float64Array.from(slices, (s) => s[1]),
        names: Uint32Array.from(slices, (s) => s[2] ?? 0), slices: Float64Array.from(slices, (_, i) => i),
        buckets: new Uint16Array(0), bucketNames: new Uint32Array(0), bucketSlices: new Uint32Array(0), busy: new Uint8Array(0), counts: new Uint32Array(0),
    };
}

test("a bucket is never wider than a pixel", () => {
    for (const ns of [0.01, 1, 1.9, 2, 1000, 12345678]) assert.ok(2 ** levelFor(ns) <= Math.max(ns, 1));
});

test("what is missing is asked for once and drawn from a coarser tile until it comes", async () => {
    const asked = [];
    let arrived = 0;
    const cache = new TileCache(async (wishes) => {
        asked.push(...wishes);
        return wishes.map((w) => tile(w.row, w.level, w.first));
    }, () => arrived++);
    cache.put(tile(7, 3, 0));
    cache.beginFrame();
    const painted = [];
    const length = tileLength(0);
    cache.cover(7, 0, 2 * length, 3 * length, (t, from, to) => painted.push([t.level, from, to]));
    assert.deepEqual(painted, [[3, 2 * length, 3 * length]]);
    await cache.flush();
    assert.deepEqual(asked, [{ row: 7, level: 0, first: 2, last: 2 }]);
    assert.equal(arrived, 1);
    cache.beginFrame();
    painted.length = 0;
    cache.cover(7, 0, 2 * length, 3 * length, (t, from, to) => painted.push([t.level, from, to]));
    assert.deepEqual(painted, [[0, 2 * length, 3 * length]]);
    await cache.flush();
    assert.equal(asked.length, 1);
});

test("a failed request is told and not repeated without end", async () => {
    const cache = new TileCache(async () => { throw new Error("gone"); }, () => assert.fail("nothing arrived"));
    cache.beginFrame();
    cache.cover(0, 0, 0, 10, () => undefined);
    await cache.flush();
    assert.match(cache.failed, /gone/);
});

test("old tiles are forgotten, those in use are kept", () => {
    const cache = new TileCache(async () => [], () => undefined);
    for (let i = 0; i < 12000; i++) {
        cache.clock = i < 11000 ? 1 : 2;
        cache.put(tile(0, 0, i));
    }
    cache.put(tile(0, 0, 12000));
    assert.ok(cache.count < 7000);
    assert.ok(cache.line(0, 0).has(11999));
    assert.ok(!cache.line(0, 0).has(0));
});

test("a slice of a pixel or more has its exact pixels, and one that is hardly there has one", () => {
    const brush = { t0: 0, scale: 0.1, width: 20, colors: Uint32Array.of(0xff0000ff, 0xff00ff00), strong: new Uint32Array(2), background: 0xffffffff, lit: -1 };
    const pixels = new Uint32Array(20);
    paintTile(pixels, 0, tile(0, 0, 0, [[20, 20, 0], [100, 1, 1]]), brush, 0, 256);
    assert.deepEqual([...pixels].map((p) => (p ? 1 : 0)), [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.notEqual(pixels[10], 0xffffffff);
});

test("a tile paints only the part that it is asked for", () => {
    const brush = { t0: 0, scale: 1, width: 100, colors: Uint32Array.of(0xff0000ff), strong: new Uint32Array(1), background: 0, lit: -1 };
    const pixels = new Uint32Array(100);
    paintTile(pixels, 0, tile(0, 0, 0, [[0, 100, 0]]), brush, 30, 40);
    assert.equal(pixels.filter((p) => p).length, 10);
});
