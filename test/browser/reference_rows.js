// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The events of a JSON trace as tracks, rows and slices, in the obvious way.

const NS = 1000;

/** @param {any} event @param {string} key */
const ns = (event, key) => Math.round(Number(event[key]) * NS);

export class ReferenceRows {
    /** @param {any} json @param {string} fileName */
    constructor(json, fileName) {
        this.fileName = fileName;
        this.metadata = json.viztracer_metadata || {};
        this.fileInfo = json.file_info || { files: {}, functions: {} };
        const events = (Array.isArray(json) ? json : json.traceEvents).filter((/** @type {any} */ e) => e && e.ph);
        this.events = events.filter((/** @type {any} */ e) => e.ph !== "M").length;
        const timed = events.filter((/** @type {any} */ e) => e.ph !== "M" && Number.isFinite(Number(e.ts)));
        this.originNs = timed.reduce((/** @type {number} */ least, /** @type {any} */ e) => Math.min(least, ns(e, "ts")), Infinity);
        if (!Number.isFinite(this.originNs)) this.originNs = 0;
        this.end = timed.reduce((/** @type {number} */ most, /** @type {any} */ e) => Math.max(most, ns(e, "ts") + (e.dur ? ns(e, "dur") : 0)), 0) - this.originNs;
        this.end = Math.max(this.end, 1);
        this.warnings = this.metadata.overflow ? ["The buffer was full: the oldest events are missing. --tracer_entries makes it larger."] : [];
        /** @type {string[]} */
        this.names = [];
        this.nameIds = new Map();
        this.processNames = new Map();
        this.threadNames = new Map();
        for (const e of events) {
            if (e.ph === "M" && e.name === "process_name") this.processNames.set(e.pid, e.args.name);
            if (e.ph === "M" && e.name === "thread_name") this.threadNames.set(`${e.pid} ${e.tid}`, e.args.name);
        }
        /** @type {any[]} */
        this.tracks = [];
        /** @type {any[][]} slices of each row, by start */
        this.rows = [];
        /** @type {any[]} */
        this.slices = [];
        /** @type {Map<number, any[]>} */
        this.markLists = new Map();
        /** @type {Map<number, any[]>} */
        this.counterLists = new Map();
        this.addThreads(events);
        this.addCounters(timed);
        this.addMarks(timed);
    }

    /** @param {string} name */
    idOf(name) {
        let id = this.nameIds.get(name);
        if (id === undefined) {
            id = this.names.push(name) - 1;
            this.nameIds.set(name, id);
        }
        return id;
    }

    /** @param {number} id */
    nameOf(id) {
        return this.names[id] ?? "";
    }

    /** @param {any[]} events */
    addThreads(events) {
        const threads = new Map();
        for (const e of events) {
            if (!"XBEbe".includes(e.ph)) continue;
            const key = "be".includes(e.ph) ? `${e.pid} -1` : `${e.pid} ${e.tid}`;
            if (!threads.has(key)) threads.set(key, []);
            threads.get(key).push(e);
        }
        for (const [key, list] of threads) {
            const [pid, tid] = key.split(" ").map(Number);
            const track = this.addTrack("slices", pid, tid, this.threadNames.get(key) || `Thread ${tid}`);
            const found = this.pairUp(list);
            found.sort((a, b) => a.ts - b.ts || b.dur - a.dur || b.order - a.order);
            /** @type {any[]} */
            const stack = [];
            for (const slice of found) {
                while (stack.length && stack[stack.length - 1].ts + stack[stack.length - 1].dur <= slice.ts) stack.pop();
                slice.parent = stack[stack.length - 1] || null;
                slice.depth = stack.length;
                slice.track = track.id;
                slice.selfNs = slice.dur;
                if (slice.parent) slice.parent.selfNs -= slice.dur;
                else track.busyNs += slice.dur;
                stack.push(slice);
                track.rows = Math.max(track.rows, slice.depth + 1);
                track.count++;
                this.slices.push(slice);
            }
            for (let depth = 0; depth < track.rows; depth++) {
                const row = found.filter((s) => s.depth === depth);
                row.forEach((slice, index) => Object.assign(slice, { row: track.row0 + depth, index }));
                this.rows.push(row);
            }
        }
    }

    /** X events as they are; B with its E, or to the end of the trace. @param {any[]} list */
    pairUp(list) {
        const found = [];
        /** @type {any[]} */
        const open = [];
        list.forEach((e, order) => {
            const name = e.name ?? "";
            const base = { name, nameId: this.idOf(name), order, category: e.cat || "", args: e.args ? JSON.stringify(e.args) : "", open: false };
            if (e.ph === "X") found.push({ ...base, ts: ns(e, "ts") - this.originNs, dur: e.dur ? ns(e, "dur") : 0 });
            else if (e.ph === "B" || e.ph === "b") open.push({ ...base, ts: ns(e, "ts") - this.originNs, dur: 0 });
            else if (open.length) {
                const slice = open.pop();
                slice.dur = ns(e, "ts") - this.originNs - slice.ts;
                found.push(slice);
            }
        });
        for (const slice of open) found.push({ ...slice, dur: this.end - slice.ts, open: true });
        return found;
    }

    /** @param {string} kind @param {number} pid @param {number} tid @param {string} name */
    addTrack(kind, pid, tid, name) {
        const track = {
            id: this.tracks.length, kind, process: pid, pid: String(pid), tid: tid < 0 ? "" : String(tid), name,
            processName: this.processNames.get(pid) || `Process ${pid}`, engine: this.tracks.length,
            rows: kind === "slices" ? 0 : 1, row0: this.rows.length, busyNs: 0, count: 0,
            /** @type {any[]} */
            series: [],
        };
        this.tracks.push(track);
        return track;
    }

    /** @param {any[]} events */
    addCounters(events) {
        const lists = new Map();
        for (const e of events) {
            if (e.ph !== "C") continue;
            const key = `${e.pid} ${e.name}`;
            if (!lists.has(key)) lists.set(key, []);
            lists.get(key).push(e);
        }
        for (const list of lists.values()) {
            const track = this.addTrack("counter", list[0].pid, -1, list[0].name);
            track.count = list.length;
            const samples = list.map((/** @type {any} */ e) => ({ t: ns(e, "ts") - this.originNs, args: e.args || {} }));
            samples.sort((/** @type {any} */ a, /** @type {any} */ b) => a.t - b.t);
            this.counterLists.set(track.id, samples);
            track.series = [...new Set(samples.flatMap((/** @type {any} */ e) => Object.keys(e.args)))].map((name) => {
                const values = samples.map((/** @type {any} */ e) => Number(e.args[name])).filter(Number.isFinite);
                return { name, min: Math.min(...values), max: Math.max(...values) };
            });
        }
    }

    /** @param {any[]} events */
    addMarks(events) {
        const kinds = /** @type {Record<string, string>} */ ({ i: "instant", I: "instant", N: "created", O: "snapshot", D: "deleted" });
        const lists = new Map();
        for (const e of events) {
            if (!kinds[e.ph]) continue;
            const object = "NOD".includes(e.ph);
            const key = object ? `objects ${e.pid}` : `instants ${e.pid}`;
            if (!lists.has(key)) lists.set(key, { object, list: [], idents: [] });
            const group = lists.get(key);
            const ident = object ? String(e.id) : "";
            if (object && !group.idents.includes(ident)) group.idents.push(ident);
            group.list.push({
                kind: kinds[e.ph], t: ns(e, "ts") - this.originNs, dur: 0, name: e.name, args: e.args ? JSON.stringify(e.args) : "",
                ident, scope: e.s || "", count: 1, instant: -1, depth: object ? group.idents.indexOf(ident) : 0, pid: e.pid,
            });
        }
        for (const { object, list, idents } of lists.values()) {
            const track = this.addTrack(object ? "objects" : "instants", list[0].pid, -1, object ? "Objects" : "MainThread · instants");
            track.rows = Math.max(1, idents.length);
            track.count = list.length;
            list.sort((/** @type {any} */ a, /** @type {any} */ b) => a.t - b.t);
            list.forEach((/** @type {any} */ m, /** @type {number} */ id) => Object.assign(m, { id, track: track.id }));
            this.markLists.set(track.id, list);
        }
    }
}
