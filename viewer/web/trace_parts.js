// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Answers of the engine cut to what the page keeps.
import { BUCKETS } from "./tiles.js";
import { matchesName } from "./query_syntax.js";

/**
 * The answer for a stretch of several tiles, tile by tile. A slice that lies in several tiles is in
 * each of them, as a tile is drawn alone.
 * @param {import("./query_bytes.js").Reply} reply @param {number[]} rows @param {number} level
 * @param {number} first @param {number} last @returns {import("./tiles.js").Tile[]}
 */
export function splitTiles(reply, rows, level, first, last) {
    const begin = reply.u32(rows.length + 1);
    const [start, duration] = [reply.f64(), reply.f64()];
    const columns = { start, duration, name: reply.u32(), slice: reply.u32(), count: reply.u32(), busy: reply.f32() };
    const bucketNs = 2 ** level;
    const length = BUCKETS * bucketNs;
    const tiles = [];
    for (let r = 0; r < rows.length; r++) {
        let from = begin[r];
        for (let index = first; index <= last; index++) {
            const t0 = index * length;
            const t1 = t0 + length;
            while (from < begin[r + 1] && start[from] + duration[from] <= t0 && start[from] < t0) from++;
            let to = from;
            while (to < begin[r + 1] && start[to] < t1) to++;
            tiles.push(makeTile(columns, from, to, { row: rows[r], level, index, t0, bucketNs }));
        }
    }
    return tiles;
}

/**
 * The items [from, to) as a tile, in plain loops: a frame may bring tens of thousands of them.
 * @param {{start: Float64Array, duration: Float64Array, name: Uint32Array, slice: Uint32Array,
 *   count: Uint32Array, busy: Float32Array}} columns @param {number} from @param {number} to
 * @param {{row: number, level: number, index: number, t0: number, bucketNs: number}} place
 * @returns {import("./tiles.js").Tile}
 */
function makeTile(columns, from, to, place) {
    const { start, duration, name, slice, count, busy } = columns;
    let crowds = 0;
    for (let i = from; i < to; i++) crowds += count[i] > 1 ? 1 : 0;
    const exact = to - from - crowds;
    const tile = {
        ...place, used: 0, starts: new Float64Array(exact), durations: new Float64Array(exact),
        names: new Uint32Array(exact), slices: new Float64Array(exact), buckets: new Uint16Array(crowds),
        bucketNames: new Uint32Array(crowds), bucketSlices: new Uint32Array(crowds), busy: new Uint8Array(crowds),
        counts: new Uint32Array(crowds),
    };
    let e = 0;
    let c = 0;
    for (let i = from; i < to; i++) {
        if (count[i] > 1) {
            tile.buckets[c] = Math.round((start[i] - place.t0) / place.bucketNs);
            tile.bucketNames[c] = name[i];
            tile.bucketSlices[c] = slice[i];
            tile.busy[c] = Math.min(255, Math.round(busy[i] * 255));
            tile.counts[c++] = count[i];
        } else {
            tile.starts[e] = start[i];
            tile.durations[e] = duration[i];
            tile.names[e] = name[i];
            tile.slices[e++] = slice[i];
        }
    }
    return tile;
}

/**
 * Which names and tracks a search is about; null when none is. `words` is a bit per name, null: any.
 * @param {import("./trace.js").Trace} trace @param {import("./query_syntax.js").Query} query
 * @returns {{words: Uint32Array | null, tracks: number[]} | null}
 */
export function nameFilter(trace, query) {
    /** @type {number[]} */
    let tracks = [];
    if (query.thread.length || query.process.length) {
        const own = trace.tracks.filter((t) => t.kind === "slices" &&
            query.thread.every((w) => `${t.name} ${t.tid}`.toLowerCase().includes(w)) &&
            query.process.every((w) => `${t.processName} ${t.pid}`.toLowerCase().includes(w)));
        if (!own.length) return null;
        tracks = own.map((t) => t.engine);
    }
    if (!query.words.length && !query.regex) return { words: null, tracks };
    const words = new Uint32Array((trace.names.length + 31) >> 5);
    let any = false;
    trace.names.forEach((name, i) => {
        if (!matchesName(query, name)) return;
        words[i >> 5] |= 1 << (i & 31);
        any = true;
    });
    return any ? { words, tracks } : null;
}
