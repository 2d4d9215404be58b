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
    const [name, slice, count, busy] = [reply.u32(), reply.u32(), reply.u32(), reply.f32()];
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
            /** @type {number[]} */
            const exact = [];
            /** @type {number[]} */
            const crowds = [];
            for (let i = from; i < to; i++) (count[i] > 1 ? crowds : exact).push(i);
            tiles.push({
                row: rows[r], level, index, t0, bucketNs, used: 0,
                starts: Float64Array.from(exact, (i) => start[i]), durations: Float64Array.from(exact, (i) => duration[i]),
                names: Uint32Array.from(exact, (i) => name[i]), slices: Float64Array.from(exact, (i) => slice[i]),
                buckets: Uint16Array.from(crowds, (i) => Math.round((start[i] - t0) / bucketNs)),
                bucketNames: Uint32Array.from(crowds, (i) => name[i]), bucketSlices: Uint32Array.from(crowds, (i) => slice[i]),
                busy: Uint8Array.from(crowds, (i) => Math.min(255, Math.round(busy[i] * 255))),
                counts: Uint32Array.from(crowds, (i) => count[i]),
            });
        }
    }
    return tiles;
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
