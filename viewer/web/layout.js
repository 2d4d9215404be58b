// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Where each track stands: from the list of tracks and what the user did to them to a list of
// boxes from top to bottom. Plain numbers, no drawing.

export const ROW = 18;
export const GROUP = 26;
const PAD = 8;
const COUNTER = 44;
const LOW = 24;

/**
 * @typedef {import("./trace.js").Track} Track
 * @typedef {{kind: "group" | "track", key: string, top: number, height: number, rows: number,
 *   collapsed: boolean, track: Track | null, process: number, pinned: boolean}} Box
 * @typedef {{collapsed: Set<number>, folded: Set<number>, pinned: Set<number>, hidden: Set<number>,
 *   order: number[], filter: string, sort: "given" | "activity" | "name"}} Arrangement
 */

/** @returns {Arrangement} */
export function emptyArrangement() {
    return {
        collapsed: new Set(), folded: new Set(), pinned: new Set(), hidden: new Set(),
        order: [], filter: "", sort: "given",
    };
}

/** @param {Track} track @param {string} filter lower case words */
export function trackMatches(track, filter) {
    const text = `${track.name} ${track.processName} ${track.pid} ${track.tid}`.toLowerCase();
    return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** @param {Track} track @param {boolean} collapsed */
export function trackHeight(track, collapsed) {
    if (track.kind === "counter") return (collapsed ? LOW : COUNTER) + PAD;
    const rows = collapsed ? 1 : Math.max(1, track.rows);
    return Math.max(rows * ROW + PAD, LOW);
}

/**
 * The tracks in the order in which they are shown, processes together.
 * @param {Track[]} tracks @param {Arrangement} arrangement
 */
export function arrange(tracks, arrangement) {
    const { order, sort, hidden, filter } = arrangement;
    const place = new Map(order.map((id, index) => [id, index]));
    const shown = tracks.filter((t) => !hidden.has(t.id) && (!filter || trackMatches(t, filter)));
    const given = new Map(tracks.map((t, index) => [t.id, index]));
    /** @param {Track} t */
    const rank = (t) => place.get(t.id) ?? order.length + (given.get(t.id) ?? 0);
    if (sort === "activity") shown.sort((a, b) => b.busyNs - a.busyNs);
    else if (sort === "name") shown.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    else shown.sort((a, b) => rank(a) - rank(b));
    /** @type {Map<number, Track[]>} */
    const processes = new Map();
    for (const track of shown) {
        const group = processes.get(track.process);
        if (group) group.push(track);
        else processes.set(track.process, [track]);
    }
    return processes;
}

/**
 * Boxes from top to bottom. Pinned tracks stand above, in `pinned`, and do not scroll.
 * @param {Track[]} tracks @param {Arrangement} arrangement
 * @returns {{pinned: Box[], boxes: Box[], pinnedHeight: number, height: number}}
 */
export function layOut(tracks, arrangement) {
    const pinnedTracks = tracks.filter((t) => arrangement.pinned.has(t.id) && !arrangement.hidden.has(t.id));
    /** @type {Box[]} */
    const pinned = [];
    let top = 0;
    for (const track of pinnedTracks) {
        const box = trackBox(track, top, arrangement, true);
        pinned.push(box);
        top += box.height;
    }
    const pinnedHeight = top;
    /** @type {Box[]} */
    const boxes = [];
    top = 0;
    for (const [process, group] of arrange(tracks, arrangement)) {
        const folded = arrangement.folded.has(process);
        boxes.push({
            kind: "group", key: `p${process}`, top, height: GROUP, rows: 0, collapsed: folded,
            track: group[0], process, pinned: false,
        });
        top += GROUP;
        if (folded) continue;
        for (const track of group) {
            if (arrangement.pinned.has(track.id)) continue;
            const box = trackBox(track, top, arrangement, false);
            boxes.push(box);
            top += box.height;
        }
    }
    return { pinned, boxes, pinnedHeight, height: top };
}

/** @param {Track} track @param {number} top @param {Arrangement} arrangement @param {boolean} pinned @returns {Box} */
function trackBox(track, top, arrangement, pinned) {
    const collapsed = arrangement.collapsed.has(track.id);
    return {
        kind: "track", key: `${pinned ? "P" : "t"}${track.id}`, top,
        height: trackHeight(track, collapsed), rows: collapsed ? 1 : Math.max(1, track.rows),
        collapsed, track, process: track.process, pinned,
    };
}

/** The boxes that touch [from, to). @param {Box[]} boxes @param {number} from @param {number} to */
export function visible(boxes, from, to) {
    let low = 0;
    let high = boxes.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (boxes[middle].top + boxes[middle].height <= from) low = middle + 1;
        else high = middle;
    }
    const found = [];
    for (let i = low; i < boxes.length && boxes[i].top < to; i++) found.push(boxes[i]);
    return found;
}

/** Moves one track before another of the same process. @param {Track[]} tracks @param {Arrangement} arrangement
 *  @param {number} id @param {number} by rows up (< 0) or down */
export function moveTrack(tracks, arrangement, id, by) {
    const track = tracks.find((t) => t.id === id);
    if (!track) return;
    arrangement.sort = "given";
    const all = [...arrange(tracks, { ...arrangement, filter: "", hidden: new Set() }).values()].flat();
    const group = all.filter((t) => t.process === track.process);
    const from = group.indexOf(track);
    const to = Math.min(Math.max(from + by, 0), group.length - 1);
    group.splice(from, 1);
    group.splice(to, 0, track);
    let next = 0;
    arrangement.order = all.map((t) => (t.process === track.process ? group[next++].id : t.id));
}
