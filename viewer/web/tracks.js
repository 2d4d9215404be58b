// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The outline of a trace (META) → the tracks of the page.
import { counted } from "./units.js";

/**
 * @typedef {"slices" | "counter" | "instants" | "objects"} TrackKind
 * @typedef {{id: number, kind: TrackKind, process: number, pid: string, tid: string, name: string,
 *   processName: string, rows: number, row0: number, busyNs: number, count: number, engine: number,
 *   series: {id: number, name: string, min: number, max: number}[], objects: any[]}} Track
 *   engine: the engine's number of the track that it is of, -1: none
 */

/** @param {any} meta @param {any[]} objects @returns {Track[]} */
export function tracksOf(meta, objects) {
    /** @type {Track[]} */
    const tracks = [];
    /** @param {TrackKind} kind @param {any} process @param {Partial<Track>} more */
    const add = (kind, process, more) => {
        tracks.push({
            id: tracks.length, kind, process: process.id, pid: String(process.pid), tid: "", name: "",
            processName: process.name || `Process ${process.pid}`, rows: 1, row0: 0, busyNs: 0, count: 0,
            engine: -1, series: [], objects: [], ...more,
        });
    };
    for (const process of meta.processes) {
        const own = meta.tracks.filter((/** @type {any} */ t) => t.process === process.id);
        for (const track of own) addTrack(track, process, add);
        addCounters(meta.counters.filter((/** @type {any} */ c) => c.process === process.id), process, add);
        const list = objects.filter((o) => o.process === process.id);
        if (list.length) {
            const count = list.reduce((sum, o) => sum + o.snapshots + (o.created !== null ? 1 : 0) + (o.deleted !== null ? 1 : 0), 0);
            add("objects", process, { name: "Objects", rows: list.length, count, objects: list });
        }
    }
    return tracks;
}

/** @param {any} track @param {any} process @param {(kind: TrackKind, process: any, more: Partial<Track>) => void} add */
function addTrack(track, process, add) {
    const tid = track.kind === "async" ? "" : String(track.tid);
    let name = track.name || (track.kind === "async" ? "Async" : `Thread ${track.tid}`);
    if (track.lane > 0) name += ` · overlapping ${track.lane}`;
    if (track.depth > 0) {
        add("slices", process, {
            tid, name, rows: track.depth, row0: track.first_row, busyNs: track.busy_ns, count: track.slices, engine: track.id,
        });
    }
    if (track.instants > 0) {
        add("instants", process, { tid, name: `${name} · instants`, count: track.instants, engine: track.id });
    }
}

/** The series of one counter share a graph. @param {any[]} counters @param {any} process
 *  @param {(kind: TrackKind, process: any, more: Partial<Track>) => void} add */
function addCounters(counters, process, add) {
    const names = [...new Set(counters.map((c) => c.name))];
    for (const name of names) {
        const series = counters.filter((c) => c.name === name);
        add("counter", process, {
            name, count: Math.max(...series.map((c) => c.samples)),
            series: series.map((c) => ({ id: c.id, name: c.series, min: c.min, max: c.max })),
        });
    }
}

/** What is not shown as it was meant, in words. @param {any} meta @returns {string[]} */
export function warningsOf(meta) {
    const { problems } = meta;
    const n = (/** @type {number} */ count, /** @type {string} */ one, /** @type {string} */ many) => (count ? [counted(count, one, many)] : []);
    const odd = [
        ...n(problems.unfinished, "slice had no end (drawn to the end of the trace)", "slices had no end (drawn to the end of the trace)"),
        ...n(problems.end_without_begin, "end without a beginning", "ends without a beginning"),
        ...n(problems.without_ts + problems.bad_ts, "event without a usable time", "events without a usable time"),
        ...n(problems.without_dur, "slice without a duration", "slices without a duration"),
        ...n(problems.minus_dur, "slice of negative duration", "slices of negative duration"),
        ...n(problems.unknown_phase, "event of an unknown kind", "events of unknown kinds"),
        ...n(problems.bad_counter, "counter without a number", "counters without a number"),
        ...n(problems.unbound_flow, "flow with only one end", "flows with only one end"),
        ...n(problems.unplaced, "event that belongs nowhere", "events that belong nowhere"),
    ];
    const warnings = odd.length ? [`Not everything in this trace is as it should be: ${odd.join(", ")}.`] : [];
    if (meta.overflow || meta.lost_events) {
        const lost = meta.lost_events ? `${meta.lost_events} of the oldest events are` : "The oldest events are";
        warnings.unshift(`${lost} missing: the buffer was full. A larger --tracer_entries keeps more.`);
    }
    return warnings;
}
