// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The state of the view as the part of the address behind '#', so that a link shows the same place.
// Times are nanoseconds since the trace's first event; what is at its default is not written.

/**
 * @typedef {{t?: [number, number], sel?: {track: number, ts: number, depth: number},
 *   range?: [number, number], markers?: {t: number, label: string}[], q?: string, tab?: string,
 *   collapsed?: number[], folded?: number[], pinned?: number[], hidden?: number[], order?: number[], tracks?: string,
 *   sort?: string, flame?: string, table?: string, only?: string, scroll?: number}} UrlState only: the tabs, with
 *   commas, that show the selected thread alone
 */

/** @param {number[]} numbers */
const join = (numbers) => numbers.map((n) => Math.round(n)).join(",");

/** @param {UrlState} state @returns {string} without the '#' */
export function encodeState(state) {
    const parts = new URLSearchParams();
    if (state.t) parts.set("t", join(state.t));
    if (state.sel) parts.set("sel", join([state.sel.track, state.sel.ts, state.sel.depth]));
    if (state.range) parts.set("range", join(state.range));
    if (state.markers && state.markers.length) {
        parts.set("marks", state.markers.map((m) => `${Math.round(m.t)}~${m.label}`).join("|"));
    }
    for (const key of /** @type {const} */ (["q", "tab", "tracks", "sort", "flame", "table", "only"])) {
        const value = state[key];
        if (value) parts.set(key, value);
    }
    for (const key of /** @type {const} */ (["collapsed", "folded", "pinned", "hidden", "order"])) {
        const value = state[key];
        if (value && value.length) parts.set(key, join(value));
    }
    if (state.scroll) parts.set("y", String(Math.round(state.scroll)));
    return parts.toString().replace(/%2C/g, ",").replace(/%7E/g, "~").replace(/%7C/g, "|");
}

/** @param {string | null} text @param {number} least @returns {number[] | undefined} */
function numbers(text, least = 1) {
    if (!text) return undefined;
    const values = text.split(",").map(Number);
    return values.length >= least && values.every(Number.isFinite) ? values : undefined;
}

/** @param {string | null} text @returns {[number, number] | undefined} */
function pair(text) {
    const values = numbers(text, 2);
    return values && values[1] >= values[0] ? [values[0], values[1]] : undefined;
}

/** Reads what is readable and leaves out the rest. @param {string} hash @returns {UrlState} */
export function decodeState(hash) {
    const parts = new URLSearchParams(hash.replace(/^#/, ""));
    /** @type {UrlState} */
    const state = {};
    const selection = numbers(parts.get("sel"), 3);
    if (selection) state.sel = { track: selection[0], ts: selection[1], depth: selection[2] };
    state.t = pair(parts.get("t"));
    state.range = pair(parts.get("range"));
    const markers = parts.get("marks");
    if (markers) {
        state.markers = markers.split("|").map((mark) => {
            const at = mark.indexOf("~");
            return { t: Number(at < 0 ? mark : mark.slice(0, at)), label: at < 0 ? "" : mark.slice(at + 1) };
        }).filter((mark) => Number.isFinite(mark.t));
    }
    for (const key of /** @type {const} */ (["q", "tab", "tracks", "sort", "flame", "table", "only"])) {
        const value = parts.get(key);
        if (value) state[key] = value;
    }
    for (const key of /** @type {const} */ (["collapsed", "folded", "pinned", "hidden", "order"])) {
        state[key] = numbers(parts.get(key));
    }
    const scroll = Number(parts.get("y"));
    if (scroll > 0) state.scroll = scroll;
    return state;
}
