// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Everything about one slice: what the engine says of it, its callers, callees and flows.
import { KIND } from "./query_bytes.js";

/** @typedef {import("./trace.js").Slice} Slice @typedef {import("./trace.js").Trace} Trace
 *  @typedef {import("./trace.js").Flow} Flow */

const MOST_STACK = 100;
const MOST_FLOWS = 40;
/** Of all that overlap a slice, to find its own among them. */
const MOST_OVERLAPPING = 200000;

/** @param {Trace} trace @param {Slice} slice @returns {Promise<import("./trace.js").SliceInfo>} */
export async function sliceInfo(trace, slice) {
    const json = await trace.json({ kind: KIND.SLICE, a: slice.index });
    const depth = Math.min(json.depth, MOST_STACK);
    const [parents, children, flows] = await Promise.all([
        // The callers stand in the rows above, at the same time.
        Promise.all(Array.from({ length: depth }, (_, i) => trace.at(json.row - 1 - i, json.start))),
        trace.ask({ kind: KIND.CHILDREN, a: slice.index }),
        json.flows?.length ? flowsOf(trace, json) : [],
    ]);
    return {
        ...trace.fromJson(json), selfNs: json.self, args: json.args === undefined ? "" : JSON.stringify(json.args),
        category: json.category || "", open: json.unfinished, childCount: json.children, flows,
        parents: /** @type {Slice[]} */ (parents.filter(Boolean)),
        children: children.records().map((r) => trace.slice(r)).sort((a, b) => b.dur - a.dur),
    };
}

/** @param {Trace} trace @param {any} json of SLICE @returns {Promise<Flow[]>} */
async function flowsOf(trace, json) {
    const reply = await trace.ask({ kind: KIND.FLOWS, t0: json.start, t1: json.start + Math.max(json.duration, 1), limit: MOST_OVERLAPPING });
    const [from, to, name, start, end] = [reply.u32(), reply.u32(), reply.u32(), reply.f64(), reply.f64()];
    const own = [...from.keys()].filter((i) => from[i] === json.slice || to[i] === json.slice).slice(0, MOST_FLOWS);
    const place = (/** @type {Slice} */ s, /** @type {number} */ t) => ({ row: s.row, t, track: s.track, slice: s.index, name: s.name });
    return Promise.all(own.map(async (i) => {
        const [one, two] = await Promise.all([trace.sliceAt(0, from[i]), trace.sliceAt(0, to[i])]);
        return { name: trace.nameOf(name[i]), from: place(one, start[i]), to: place(two, end[i]) };
    }));
}
