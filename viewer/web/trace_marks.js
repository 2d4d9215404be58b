// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Instants and the lives of objects as marks of a track.
import { KIND } from "./query_bytes.js";

/** @typedef {import("./trace.js").Mark} Mark @typedef {import("./trace.js").Trace} Trace */

const MOST_SNAPSHOTS = 100;

/** @param {Partial<Mark>} mark @returns {Mark} */
function makeMark(mark) {
    return {
        id: "", track: 0, depth: 0, kind: "instant", t: 0, dur: 0, name: "", count: 1, args: "", ident: "", scope: "", instant: -1, ...mark,
    };
}

/** @param {Trace} trace @param {import("./tracks.js").Track} track @param {number} t0 @param {number} t1
 *  @param {number} level @returns {Promise<Mark[]>} */
export async function marksIn(trace, track, t0, t1, level) {
    if (track.kind === "objects") return objectMarks(trace, track);
    const reply = await trace.ask({ kind: KIND.INSTANTS, t0: Math.max(t0, 0), t1: Math.max(t1, 1), level, list: [track.engine] });
    reply.u32();
    const [name, instant, count, time] = [reply.u32(), reply.u32(), reply.u32(), reply.f64()];
    return Array.from(time, (t, i) => makeMark({
        id: `i${instant[i]}`, track: track.id, t, name: trace.nameOf(name[i]), count: count[i], instant: instant[i],
    }));
}

/** @param {Trace} trace @param {import("./tracks.js").Track} track @returns {Promise<Mark[]>} */
async function objectMarks(trace, track) {
    const lists = await Promise.all(track.objects.map(async (object, depth) => {
        const common = { track: track.id, depth, name: object.text, ident: object.id };
        const marks = [];
        if (object.created !== null) marks.push(makeMark({ ...common, id: `n${object.object}`, kind: "created", t: object.created }));
        if (object.snapshots) {
            const { list } = await trace.json({ kind: KIND.OBJECT, a: object.object, limit: MOST_SNAPSHOTS });
            list.forEach((/** @type {any} */ snapshot, /** @type {number} */ n) => marks.push(makeMark({
                ...common, id: `o${object.object}.${n}`, kind: "snapshot", t: snapshot.start,
                args: snapshot.args === undefined ? "" : JSON.stringify(snapshot.args),
            })));
        }
        if (object.deleted !== null) marks.push(makeMark({ ...common, id: `d${object.object}`, kind: "deleted", t: object.deleted }));
        return marks;
    }));
    return lists.flat().sort((a, b) => a.t - b.t);
}

/** What only a look at the one instant tells. @param {Trace} trace @param {Mark} mark @returns {Promise<Mark>} */
export async function markInfo(trace, mark) {
    if (mark.instant < 0) return mark;
    const json = await trace.json({ kind: KIND.INSTANT, a: mark.instant });
    const scopes = /** @type {Record<string, string>} */ ({ g: "global", p: "process", t: "thread" });
    return { ...mark, args: json.args === undefined || json.args === null ? "" : JSON.stringify(json.args), scope: scopes[json.scope] || "" };
}
