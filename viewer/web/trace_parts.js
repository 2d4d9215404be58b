// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Answers of the engine cut to what the page keeps.
import { BUCKETS } from "./tiles.js";
import { matchesName } from "./query_syntax.js";

/**
 * The answer for a stretch of several tiles, tile by tile, as views of its columns: a frame may bring
 * tens of thousands of items. A slice that lies in several tiles is in each of them, as a tile is
 * drawn alone.
 * @param {import("./query_bytes.js").Reply} reply @param {number[]} rows @param {number} level
 * @param {number} first @param {number} last @returns {import("./tiles.js").Tile[]}
 */
export function splitTiles(reply, rows, level, first, last) {
    const begin = reply.u32(rows.length + 1);
    const [start, duration] = [reply.f64(), reply.f64()];
    const items = { start, duration, name: reply.u32(), slice: reply.u32(), count: reply.u32(), busy: reply.f32() };
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
            tiles.push({ row: rows[r], level, index, t0, bucketNs, items, from, to, used: 0 });
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
