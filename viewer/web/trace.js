// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The trace that is shown, as the page wants it: each method asks the engine one thing. Who carries
// question and answer (a Worker with engine.wasm, or the server) is the carrier's business.
import { BUCKETS } from "./tiles.js";
import { encodeRequest, FLAME, KIND, NEXT, NONE, Reply, SEARCH } from "./query_bytes.js";
import { nameFilter, splitTiles } from "./trace_parts.js";
import { marksIn } from "./trace_marks.js";
import { sliceInfo } from "./trace_slice.js";
import { tracksOf, warningsOf } from "./tracks.js";

/**
 * @typedef {import("./query_bytes.js").Request} Request
 * @typedef {import("./tracks.js").Track} Track
 * @typedef {{ask: (bytes: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>, close: () => void}} Carrier
 * @typedef {{row: number, index: number, track: number, depth: number, ts: number, dur: number,
 *   name: string, nameId: number, flows?: Flow[]}} Slice index: the engine's number of the slice
 * @typedef {{row: number, t: number, track: number, slice: number, name: string}} FlowEnd
 * @typedef {{name: string, from: FlowEnd, to: FlowEnd}} Flow
 * @typedef {Slice & {selfNs: number, args: string, category: string, open: boolean, parents: Slice[],
 *   children: Slice[], childCount: number, flows: Flow[]}} SliceInfo
 * @typedef {{id: string, track: number, depth: number, kind: string, t: number, dur: number, name: string,
 *   count: number, args: string, ident: string, scope: string, instant: number}} Mark
 */

export class Trace {
    /** @param {Carrier} carrier @param {string} fileName */
    constructor(carrier, fileName) {
        this.carrier = carrier;
        this.fileName = fileName;
        /** @type {string[]} */
        this.names = [];
        /** @type {Track[]} */
        this.tracks = [];
        /** @type {Map<number, number>} the engine's number of a track → ours */
        this.trackIds = new Map();
        /** @type {string[]} */
        this.warnings = [];
        this.events = 0;
        this.end = 1;
        this.origin = 0n;
        this.overflow = false;
        this.openInFlame = false;
        /** Called when nothing was missing in a frame for the first time. */
        this.ondrawn = () => {};
        /** @type {any} */
        this.metadata = {};
    }

    /** Asks for the outline and the names. */
    async load() {
        const [meta, names] = await Promise.all([this.json({ kind: KIND.META }), this.ask({ kind: KIND.NAMES })]);
        const begin = names.u32(names.count + 1);
        names.u32();
        names.f64();
        const bytes = names.bytes(begin[names.count]);
        const decoder = new TextDecoder();
        this.names = Array.from({ length: names.count }, (_, i) => decoder.decode(bytes.subarray(begin[i], begin[i + 1])));
        const objects = meta.counts.objects ? (await this.json({ kind: KIND.OBJECTS })).objects : [];
        this.tracks = tracksOf(meta, objects);
        for (const track of this.tracks) if (track.kind === "slices") this.trackIds.set(track.engine, track.id);
        this.events = meta.counts.events - meta.counts.metadata;
        this.end = Math.max(meta.span_ns, 1);
        this.origin = BigInt(meta.origin_ns);
        this.metadata = meta.metadata || {};
        this.warnings = warningsOf(meta);
        this.overflow = meta.overflow;
        return this;
    }

    /** @param {Request} request @returns {Promise<Reply>} */
    async ask(request) {
        return new Reply(await this.carrier.ask(encodeRequest(request)));
    }

    /** @param {Request} request @returns {Promise<any>} */
    async json(request) {
        return (await this.ask(request)).json();
    }

    close() {
        this.carrier.close();
    }

    /** @param {number} id */
    nameOf(id) {
        return this.names[id] ?? "";
    }

    /** The engine's numbers of tracks; none when it is all of them. @param {number[]} ids */
    engineTracks(ids) {
        const slices = this.tracks.filter((t) => t.kind === "slices");
        return ids.length === slices.length ? [] : ids.map((id) => this.tracks[id].engine);
    }

    /** @param {import("./query_bytes.js").Record} r @returns {Slice} */
    slice(r) {
        return {
            row: r.row, index: r.slice, track: this.trackIds.get(r.track) ?? 0, depth: r.depth,
            ts: r.start, dur: r.duration, name: this.nameOf(r.name), nameId: r.name,
        };
    }

    /** @param {Reply} reply @returns {Slice | null} */
    one(reply) {
        const [record] = reply.records();
        return record ? this.slice(record) : null;
    }

    /** Wishes of the same stretch are one question. @param {import("./tiles.js").Wish[]} wishes */
    async tiles(wishes) {
        /** @type {Map<string, import("./tiles.js").Wish[]>} */
        const groups = new Map();
        for (const wish of wishes) {
            const key = `${wish.level} ${wish.first} ${wish.last}`;
            const group = groups.get(key);
            if (group) group.push(wish);
            else groups.set(key, [wish]);
        }
        const answers = await Promise.all([...groups.values()].map(async (group) => {
            const { level, first, last } = group[0];
            const length = BUCKETS * 2 ** level;
            const rows = group.map((wish) => wish.row);
            const reply = await this.ask({ kind: KIND.TILES, t0: first * length, t1: (last + 1) * length, level, list: rows });
            return splitTiles(reply, rows, level, first, last);
        }));
        return answers.flat();
    }

    /** @param {number} row @param {number} index @returns {Promise<Slice>} */
    async sliceAt(row, index) {
        return this.fromJson(await this.json({ kind: KIND.SLICE, a: index }));
    }

    /** @param {any} json of SLICE @returns {Slice} */
    fromJson(json) {
        return {
            row: json.row, index: json.slice, track: this.trackIds.get(json.track) ?? 0, depth: json.depth,
            ts: json.start, dur: json.duration, name: json.text, nameId: json.name,
        };
    }

    /** @param {number} row @param {number} t @param {number} [near] ns */
    async at(row, t, near = 0) {
        return this.one(await this.ask({ kind: KIND.AT, a: row, t0: t, d0: near }));
    }

    /** @param {Slice} slice @returns {Promise<SliceInfo>} */
    info(slice) {
        return sliceInfo(this, slice);
    }

    /** @param {Slice} slice @param {string} kind */
    async step(slice, kind) {
        const b = NEXT[/** @type {keyof typeof NEXT} */ (kind)];
        return this.one(await this.ask({ kind: KIND.NEXT, a: slice.index, b }));
    }

    /** @param {number} t @param {number[]} tracks */
    async firstIn(t, tracks) {
        const list = this.engineTracks(tracks);
        const reply = await this.ask({ kind: KIND.SEARCH, a: NONE, b: list.length, t0: Math.max(t, 0), t1: this.end + 1, list, limit: 1 });
        reply.u32(256);
        return this.one(reply);
    }

    /** The request of a search; null when nothing can fit. @param {import("./query_syntax.js").Query} query */
    searchRequest(query) {
        const filter = nameFilter(this, query);
        if (!filter) return null;
        if (query.arg.length > 1) throw new Error("one arg: at a time");
        return {
            kind: KIND.SEARCH, flags: filter.words ? SEARCH.NAMES : 0, a: NONE, b: filter.tracks.length,
            d0: query.minNs, d1: query.maxNs === Infinity ? 0 : Math.max(query.maxNs, 0.5),
            list: [...filter.tracks, ...(filter.words || [])], text: query.arg[0] || "",
        };
    }

    /** @param {import("./query_syntax.js").Query} query @param {number} most */
    async search(query, most) {
        const request = this.searchRequest(query);
        if (!request) return { total: 0, hits: [], columns: new Uint32Array(256) };
        const reply = await this.ask({ ...request, limit: most });
        const columns = reply.u32(256);
        return { total: reply.total, columns, hits: reply.records().map((r) => this.slice(r)) };
    }

    /** The next hit behind (or before) a slice or a time; after the last comes the first.
     *  @param {import("./query_syntax.js").Query} query @param {Slice | null} from @param {number} t @param {1 | -1} by */
    async searchStep(query, from, t, by) {
        const request = this.searchRequest(query);
        if (!request) return null;
        const flags = request.flags | (by < 0 ? SEARCH.BACKWARD : 0);
        const range = from ? {} : by > 0 ? { t0: Math.max(t, 0), t1: this.end + 1 } : { t0: 0, t1: Math.max(t, 1) };
        for (const more of [{ a: from ? from.index : NONE, ...range }, { a: NONE }]) {
            const reply = await this.ask({ ...request, flags, limit: 1, ...more });
            reply.u32(256);
            const found = this.one(reply);
            if (found) return found;
        }
        return null;
    }

    /** @param {number} t0 @param {number} t1 @param {number[]} tracks */
    async aggregate(t0, t1, tracks) {
        if (!tracks.length) return [];
        const reply = await this.ask({ kind: KIND.AGG, t0, t1, list: this.engineTracks(tracks) });
        const name = reply.u32();
        const columns = Array.from({ length: 9 }, () => reply.f64());
        return Array.from(name, (id, i) => {
            const [calls, total, self, min, mean, p50, p95, p99, max] = columns.map((c) => c[i]);
            return { name: id, calls, total, self, min, mean, p50, p95, p99, max };
        });
    }

    /** @param {number} name @param {number} t0 @param {number} t1 @param {number[]} tracks */
    async histogram(name, t0, t1, tracks) {
        const reply = await this.ask({ kind: KIND.HISTOGRAM, a: name, t0, t1, list: this.engineTracks(tracks) });
        return { from: reply.f64(), to: reply.f64(), counts: reply.f64() };
    }

    /** The first call of a function that lasts at least so long. @param {number} name @param {number} least
     *  @param {number} t0 @param {number} t1 @param {number[]} tracks */
    async findCall(name, least, t0, t1, tracks) {
        const list = this.engineTracks(tracks);
        const words = new Uint32Array((this.names.length + 31) >> 5);
        words[name >> 5] |= 1 << (name & 31);
        const reply = await this.ask({
            kind: KIND.SEARCH, flags: SEARCH.NAMES, a: NONE, b: list.length, d0: least, t0, t1, list: [...list, ...words], limit: 1,
        });
        reply.u32(256);
        return this.one(reply);
    }

    /** @param {number} a FLAME.* @param {number} b function @param {number} t0 @param {number} t1 @param {number[]} tracks */
    async flameNodes(a, b, t0, t1, tracks) {
        if (!tracks.length) return { nodes: [], left: 0 };
        const reply = await this.ask({ kind: KIND.FLAME, a, b, t0, t1, list: this.engineTracks(tracks) });
        const [parent, name, calls, total, self, first] = [reply.u32(), reply.u32(), reply.f64(), reply.f64(), reply.f64(), reply.f64()];
        const nodes = Array.from(parent, (p, i) => ({
            parent: p === NONE ? -1 : p, name: name[i], calls: calls[i], total: total[i], self: self[i], t0: first[i],
        }));
        return { nodes, left: reply.total }; // left: slices in no node, because there would be too many
    }

    /** @param {number} t0 @param {number} t1 @param {number[]} tracks @param {boolean} inOrder */
    flame(t0, t1, tracks, inOrder) {
        return this.flameNodes(inOrder ? FLAME.TIME : FLAME.HEAVY, 0, t0, t1, tracks);
    }

    /** @param {number} t0 @param {number} t1 @param {number[]} tracks @param {number} name */
    async sandwich(t0, t1, tracks, name) {
        const [below, above] = await Promise.all([FLAME.CALLEES, FLAME.CALLERS].map((a) => this.flameNodes(a, name, t0, t1, tracks)));
        return { nodes: below.nodes, callers: above.nodes, left: Math.max(below.left, above.left) };
    }

    /** @param {number} track @param {number} t0 @param {number} t1 @param {number} level */
    async counter(track, t0, t1, level) {
        return Promise.all(this.tracks[track].series.map(async ({ id, name }) => {
            const reply = await this.ask({ kind: KIND.COUNTER, a: id, t0, t1, level });
            return { name, time: reply.f64(), min: reply.f64(), max: reply.f64(), last: reply.f64() };
        }));
    }

    /** @param {number} track @param {number} t0 @param {number} t1 @param {number} level @returns {Promise<Mark[]>} */
    marks(track, t0, t1, level) {
        return marksIn(this, this.tracks[track], t0, t1, level);
    }

    /** Share of time in which threads run. @param {number} columns */
    async profile(columns) {
        return (await this.ask({ kind: KIND.PROFILE, t0: 0, t1: this.end, a: columns })).f32();
    }

    /** Pieces of a trace file of what is in the range. @param {number} t0 @param {number} t1 @param {number[]} tracks */
    async exported(t0, t1, tracks) {
        const pieces = [];
        let a = 0;
        do {
            const reply = await this.ask({ kind: KIND.EXPORT, a, t0, t1, list: this.engineTracks(tracks) });
            pieces.push(new Uint8Array(reply.buffer, reply.at));
            a = reply.count;
        } while (a);
        return pieces;
    }

    /** @param {number} t @returns {bigint | null} ns since 1970 */
    wallClockAt(t) {
        const base = this.metadata.baseTimeNanoseconds;
        return typeof base === "number" ? BigInt(base) + this.origin + BigInt(Math.round(t)) : null;
    }

    /** @param {number} name @returns {Promise<{path: string, line: number, text: string} | null>} */
    async sourceOf(name) {
        const source = await this.json({ kind: KIND.SOURCE, a: name });
        return source.text ? source : null;
    }
}
