// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { TileCache, levelFor, tileLength } from "../../../viewer/web/tiles.js";
import { paintTile } from "../../../viewer/web/strips.js";

function tile(row, level, index, slices = []) {
    const items = {
        start: Float64Array.from(slices, (s) => s[0]), duration: Float64Array.from(slices, (s) => s[1]),
        name: Uint32Array.from(slices, (s) => s[2] ?? 0), slice: Uint32Array.from(slices, (_, i) => i),
        count: Uint32Array.from(slices, (s) => s[3] ?? 1), busy: Float32Array.from(slices, (s) => s[4] ?? 0),
    };
    return { row, level, index, t0: index * tileLength(level), bucketNs: 2 ** level, used: 0, items, from: 0, to: slices.length };
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

test("a crowd fills its bucket, the paler the less it is busy, and a slice lies on top of it", () => {
    const brush = { t0: 0, scale: 1, width: 32, colors: Uint32Array.of(0xff000000, 0xff00ff00), strong: new Uint32Array(2), background: 0xffffffff, lit: -1 };
    const pixels = new Uint32Array(32);
    paintTile(pixels, 0, tile(0, 3, 0, [[0, 8, 0, 9, 0.1], [8, 8, 0, 9, 0.9], [12, 20, 1]]), brush, 0, 32);
    const [pale, dark] = [pixels[0] & 0xff, pixels[8] & 0xff];
    assert.ok(pale > dark && pale < 0xff, `${pale} ${dark}`);
    assert.ok(pixels.subarray(0, 8).every((p) => p === pixels[0]));
    assert.ok(pixels.subarray(12, 31).every((p) => p === 0xff00ff00));
});

test("a tile paints only the part that it is asked for", () => {
    const brush = { t0: 0, scale: 1, width: 100, colors: Uint32Array.of(0xff0000ff), strong: new Uint32Array(1), background: 0, lit: -1 };
    const pixels = new Uint32Array(100);
    paintTile(pixels, 0, tile(0, 0, 0, [[0, 100, 0]]), brush, 30, 40);
    assert.equal(pixels.filter((p) => p).length, 10);
});
