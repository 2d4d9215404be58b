// SPDX-License-Identifier: Apache-2.0
// @ts-check
// A slow, obvious trace: every question is answered by going through all slices. Tests compare the
// engine's numbers with it, and tests of the page alone put it in the engine's place.
import { ReferenceRows } from "./reference_rows.js";

const NS = 1000;

export class ReferenceTrace extends ReferenceRows {
    /** @param {{row: number, level: number, first: number, last: number}[]} wishes */
    async tiles(wishes) {
        return wishes.flatMap(({ row, level, first, last }) =>
            Array.from({ length: last - first + 1 }, (_, i) => this.tile(row, level, first + i)));
    }

    /** @param {number} row @param {number} level @param {number} index */
    tile(row, level, index) {
        const bucketNs = 2 ** level;
        const t0 = index * 256 * bucketNs;
        const t1 = t0 + 256 * bucketNs;
        const inside = this.rows[row].filter((s) => s.ts < t1 && Math.max(s.ts + s.dur, s.ts + 1) > t0);
        const big = inside.filter((s) => s.dur >= bucketNs);
        /** @type {Map<number, any>} */
        const crowds = new Map();
        for (const s of inside) {
            if (s.dur >= bucketNs || s.ts < t0) continue;
            const bucket = Math.floor((s.ts - t0) / bucketNs);
            const crowd = crowds.get(bucket) || { longest: s, busy: 0, count: 0 };
            if (s.dur > crowd.longest.dur) crowd.longest = s;
            crowd.busy += s.dur;
            crowd.count++;
            crowds.set(bucket, crowd);
        }
        const list = big.map((s) => ({ start: s.ts, duration: s.dur, name: s.nameId, slice: s.index, count: 1, busy: 1 }));
        for (const [bucket, { longest, busy, count }] of crowds) {
            const start = t0 + bucket * bucketNs;
            list.push(count === 1 ? { start: longest.ts, duration: longest.dur, name: longest.nameId, slice: longest.index, count, busy: 1 }
                : { start, duration: bucketNs, name: longest.nameId, slice: longest.index, count, busy: Math.min(1, busy / bucketNs) });
        }
        list.sort((a, b) => a.start - b.start);
        const items = {
            start: Float64Array.from(list, (i) => i.start), duration: Float64Array.from(list, (i) => i.duration),
            name: Uint32Array.from(list, (i) => i.name), slice: Uint32Array.from(list, (i) => i.slice),
            count: Uint32Array.from(list, (i) => i.count), busy: Float32Array.from(list, (i) => i.busy),
        };
        return { row, level, index, t0, bucketNs, items, from: 0, to: list.length, used: 0 };
    }

    /** @param {any} s */
    public(s) {
        if (!s) return null;
        const { row, index, track, depth, ts, dur, name, nameId } = s;
        return { row, index, track, depth, ts, dur, name, nameId };
    }

    /** @param {number} row @param {number} index */
    async sliceAt(row, index) {
        return this.public(this.rows[row]?.[index]);
    }

    /** @param {number} row @param {number} t */
    async at(row, t) {
        return this.public(this.rows[row]?.find((s) => t >= s.ts && t < s.ts + Math.max(1, s.dur)));
    }

    /** @param {{row: number, index: number}} ref */
    async info(ref) {
        const s = this.rows[ref.row][ref.index];
        const parents = [];
        for (let p = s.parent; p; p = p.parent) parents.push(this.public(p));
        const children = this.slices.filter((c) => c.parent === s).sort((a, b) => b.dur - a.dur);
        return {
            ...this.public(s), selfNs: s.selfNs, args: s.args, category: s.category, open: s.open, parents,
            children: children.slice(0, 100).map((c) => this.public(c)), childCount: children.length, flows: [],
        };
    }

    /** @param {{row: number, index: number}} ref @param {string} kind */
    async step(ref, kind) {
        const s = this.rows[ref.row][ref.index];
        const same = this.slices.filter((o) => o.nameId === s.nameId).sort((a, b) => a.ts - b.ts);
        const found = {
            next: () => this.rows[s.row][s.index + 1], previous: () => this.rows[s.row][s.index - 1],
            parent: () => s.parent, child: () => this.slices.find((c) => c.parent === s),
            nextSame: () => same[same.indexOf(s) + 1], previousSame: () => same[same.indexOf(s) - 1],
        }[kind];
        return this.public(found?.());
    }

    /** @param {number} t @param {number[]} tracks */
    async firstIn(t, tracks) {
        return this.public(this.slices.find((s) => tracks.includes(s.track) && s.ts >= t));
    }

    /** @param {any} query @param {any} s */
    matches(query, s) {
        const track = this.tracks[s.track];
        const name = s.name.toLowerCase();
        return query.words.every((/** @type {string} */ w) => name.includes(w.toLowerCase())) &&
            (!query.regex || new RegExp(query.regex, "iu").test(s.name)) &&
            query.thread.every((/** @type {string} */ w) => `${track.name} ${track.tid}`.toLowerCase().includes(w)) &&
            query.process.every((/** @type {string} */ w) => `${track.processName} ${track.pid}`.toLowerCase().includes(w)) &&
            query.arg.every((/** @type {string} */ w) => s.args.toLowerCase().includes(w.toLowerCase())) &&
            s.dur >= query.minNs && s.dur <= query.maxNs;
    }

    /** @param {any} query */
    hitsOf(query) {
        return this.slices.filter((s) => this.matches(query, s)).sort((a, b) => a.ts - b.ts || a.depth - b.depth);
    }

    /** @param {any} query @param {number} most */
    async search(query, most) {
        const hits = this.hitsOf(query);
        const columns = 256;
        const histogram = new Uint32Array(columns);
        for (const s of hits) histogram[Math.min(columns - 1, Math.floor(s.ts / this.end * columns))]++;
        return { total: hits.length, hits: hits.slice(0, most).map((s) => this.public(s)), columns: histogram };
    }

    /** @param {any} query @param {any} from @param {number} t @param {1 | -1} by */
    async searchStep(query, from, t, by) {
        const hits = this.hitsOf(query);
        let at = from ? hits.findIndex((s) => s.row === from.row && s.index === from.index) : -1;
        if (at < 0) {
            const next = hits.findIndex((s) => s.ts >= (from ? from.ts : t));
            at = by > 0 ? (next < 0 ? 0 : next) : (next < 0 ? hits.length : next) - 1;
        } else {
            at += by;
        }
        at = (at + hits.length) % hits.length;
        return this.public(hits[at]);
    }

    /** The part of a slice inside a range. @param {any} s @param {number} t0 @param {number} t1 */
    clip(s, t0, t1) {
        return Math.max(0, Math.min(s.ts + s.dur, t1) - Math.max(s.ts, t0));
    }

    /** @param {any} s @param {number} t0 @param {number} t1 */
    touches(s, t0, t1) {
        return s.dur ? s.ts < t1 && s.ts + s.dur > t0 : s.ts >= t0 && s.ts < t1;
    }

    /** @param {number} t0 @param {number} t1 @param {number[]} tracks */
    async aggregate(t0, t1, tracks) {
        const rows = new Map();
        for (const s of this.slices) {
            if (!tracks.includes(s.track) || !this.touches(s, t0, t1)) continue;
            const row = rows.get(s.nameId) || { name: s.nameId, calls: 0, total: 0, self: 0, durations: [] };
            rows.set(s.nameId, row);
            row.calls++;
            row.durations.push(s.dur);
            const inside = this.clip(s, t0, t1);
            row.self += inside;
            row.total += inside;
            if (s.parent && this.touches(s.parent, t0, t1)) rows.get(s.parent.nameId).self -= inside;
        }
        return [...rows.values()].map((row) => {
            const sorted = row.durations.sort((/** @type {number} */ a, /** @type {number} */ b) => a - b);
            const rank = (/** @type {number} */ share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
            const sum = sorted.reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0);
            return {
                name: row.name, calls: row.calls, total: row.total, self: row.self, min: sorted[0], mean: sum / row.calls,
                p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: sorted[sorted.length - 1],
            };
        });
    }

    /** @param {number} name @param {number} t0 @param {number} t1 @param {number[]} tracks */
    async histogram(name, t0, t1, tracks) {
        const list = this.slices.filter((s) => s.nameId === name && tracks.includes(s.track) && this.touches(s, t0, t1)).map((s) => s.dur);
        const least = Math.max(1, Math.min(...list));
        const most = Math.max(least * 1.01, ...list);
        const bins = 32;
        const counts = new Array(bins).fill(0);
        for (const dur of list) counts[Math.min(bins - 1, Math.floor(Math.log(Math.max(dur, 1) / least) / Math.log(most / least) * bins))]++;
        const edge = (/** @type {number} */ i) => least * (most / least) ** (i / bins);
        return { counts, from: counts.map((_, i) => edge(i)), to: counts.map((_, i) => edge(i + 1)) };
    }

    /** @param {number} name @param {number} least @param {number} t0 @param {number} t1 @param {number[]} tracks */
    async findCall(name, least, t0, t1, tracks) {
        const list = this.slices.filter((s) => s.nameId === name && s.dur >= least && tracks.includes(s.track) && this.touches(s, t0, t1));
        list.sort((a, b) => a.ts - b.ts);
        return this.public(list[0]);
    }

    /** @param {number} t0 @param {number} t1 @param {number[]} tracks */
    async flame(t0, t1, tracks) {
        /** @type {any[]} */
        const nodes = [];
        const ids = new Map();
        const nodeOf = new Map();
        for (const s of this.slices) {
            if (!tracks.includes(s.track) || !this.touches(s, t0, t1)) continue;
            const parent = s.parent ? nodeOf.get(s.parent) ?? -1 : -1;
            const key = `${parent} ${s.nameId}`;
            if (!ids.has(key)) {
                ids.set(key, nodes.length);
                nodes.push({ parent, name: s.nameId, total: 0, self: 0, calls: 0, t0: s.ts });
            }
            const id = ids.get(key);
            nodeOf.set(s, id);
            const inside = this.clip(s, t0, t1);
            nodes[id].total += inside;
            nodes[id].self += inside;
            nodes[id].calls++;
            if (parent >= 0) nodes[parent].self -= inside;
        }
        return { nodes, left: 0 };
    }

    /** @param {number} t0 @param {number} t1 @param {number[]} tracks @param {number} name */
    async sandwich(t0, t1, tracks, name) {
        const { nodes } = await this.flame(t0, t1, tracks);
        /** @type {any[]} */
        const below = [];
        /** @type {any[]} */
        const above = [];
        const add = (/** @type {any[]} */ list, /** @type {number} */ parent, /** @type {any} */ node, /** @type {number} */ total) => {
            let at = list.findIndex((n) => n.parent === parent && n.name === node.name);
            if (at < 0) at = list.push({ parent, name: node.name, total: 0, self: 0, calls: 0, t0: node.t0 }) - 1;
            list[at].total += total;
            list[at].calls += node.calls;
            return at;
        };
        const inSubtree = new Map();
        nodes.forEach((node, i) => {
            const up = inSubtree.get(node.parent);
            if (up !== undefined) inSubtree.set(i, add(below, up, node, node.total));
            else if (node.name === name) {
                inSubtree.set(i, add(below, -1, node, node.total));
                let at = add(above, -1, node, node.total);
                for (let p = node.parent; p >= 0; p = nodes[p].parent) at = add(above, at, nodes[p], node.total);
            }
        });
        return { nodes: below, callers: above, left: 0 };
    }

    /** All samples, whatever the level. @param {number} track */
    async counter(track) {
        const list = this.counterLists.get(track) || [];
        return this.tracks[track].series.map((/** @type {any} */ { name }) => {
            const own = list.filter((e) => Number.isFinite(Number(e.args[name])));
            const values = Float64Array.from(own, (e) => Number(e.args[name]));
            return { name, time: Float64Array.from(own, (e) => e.t), min: values, max: values, last: values };
        });
    }

    /** @param {number} track @param {number} t0 @param {number} t1 */
    async marks(track, t0, t1) {
        return (this.markLists.get(track) || []).filter((m) => m.t >= t0 - this.end && m.t <= t1);
    }

    /** @param {number} columns */
    async profile(columns) {
        const busy = new Float32Array(columns);
        const width = this.end / columns;
        for (const s of this.slices) {
            if (s.depth) continue;
            const from = Math.floor(s.ts / width);
            const to = Math.min(columns - 1, Math.floor((s.ts + s.dur) / width));
            for (let i = from; i <= to; i++) busy[i] += this.clip(s, i * width, (i + 1) * width) / width;
        }
        return busy;
    }

    /** @param {number} t0 @param {number} t1 @param {number[]} tracks */
    async exported(t0, t1, tracks) {
        const events = this.slices.filter((s) => tracks.includes(s.track) && this.touches(s, t0, t1)).map((s) => ({
            ph: "X", pid: Number(this.tracks[s.track].pid), tid: Number(this.tracks[s.track].tid),
            ts: (s.ts + this.originNs) / NS, dur: s.dur / NS, name: s.name,
        }));
        return [JSON.stringify({ traceEvents: events })];
    }

    /** @param {number} t */
    wallClockAt(t) {
        const base = this.metadata.baseTimeNanoseconds;
        return base === undefined ? null : BigInt(base) + BigInt(this.originNs + Math.round(t));
    }

    /** @param {number} id */
    async sourceOf(id) {
        const name = this.nameOf(id);
        const place = this.fileInfo.functions?.[name];
        const text = place && this.fileInfo.files?.[place[0]]?.[0];
        return text ? { path: place[0], line: place[1], text } : null;
    }

    ondrawn() {}

    close() {
        this.slices = [];
    }
}
