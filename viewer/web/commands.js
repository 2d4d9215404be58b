// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Everything that can be done, with its keys.
import { byId, copyText, toast } from "./dom.js";
import { openHelp, openPalette } from "./dialogs.js";
import { savePng, saveSvg } from "./picture.js";
import { saveVisible } from "./exporter.js";

/** @typedef {import("./actions.js").Action} Action */

/**
 * @param {import("./actions.js").Actions} actions @param {import("./app.js").App} app
 * @param {{stage: import("./stage.js").Stage, panel: import("./panel.js").Panel,
 *   search: import("./search.js").Search, stats: import("./stats.js").Stats,
 *   loader: import("./loader.js").Loader, flame: import("./flame.js").Flame}} parts
 */
export function addCommands(actions, app, parts) {
    actions.add([...moveCommands(app), ...selectCommands(app), ...rangeCommands(app),
        ...trackCommands(app), ...panelCommands(app, parts), ...fileCommands(app, parts)]);
    actions.add([
        { id: "palette", group: "Page", title: "Command palette", keys: ["ctrl+shift+p", "ctrl+k"], run: () => openPalette(actions) },
        { id: "help", group: "Page", title: "Keys and gestures", keys: ["?", "F1"], run: () => openHelp(actions) },
        { id: "theme", group: "Page", title: "Light or dark", keys: ["ctrl+shift+l"], run: () => app.theme.toggle() },
    ]);
}

/** @param {import("./app.js").App} app @returns {Action[]} */
function moveCommands(app) {
    const group = "Move";
    return [
        { id: "zoom-in", group, title: "Zoom in", keys: ["w", "+", "="], repeat: true, run: () => app.zoom(1.6) },
        { id: "zoom-out", group, title: "Zoom out", keys: ["s", "-"], repeat: true, run: () => app.zoom(1 / 1.6) },
        { id: "pan-left", group, title: "Move left", keys: ["a"], repeat: true, run: () => app.pan(-0.18) },
        { id: "pan-right", group, title: "Move right", keys: ["d"], repeat: true, run: () => app.pan(0.18) },
        { id: "page-left", group, title: "One picture to the left", keys: ["shift+a", "shift+PageUp"], repeat: true, run: () => app.pan(-0.9) },
        { id: "page-right", group, title: "One picture to the right", keys: ["shift+d", "shift+PageDown"], repeat: true, run: () => app.pan(0.9) },
        { id: "focus", group, title: "Fill the picture with the selection", keys: ["f"], run: () => app.focus() },
        { id: "fit", group, title: "Show everything", keys: ["0", "Home"], run: () => app.fit() },
    ];
}

/** @param {import("./app.js").App} app @returns {Action[]} */
function selectCommands(app) {
    const group = "Slices";
    const step = (/** @type {string} */ kind) => async () => {
        if (!app.trace) return;
        const found = app.selection ? await app.trace.step(app.selection, kind)
            : await app.trace.firstIn(app.view.t0, app.countedTracks);
        if (found) app.select(found, { go: true });
    };
    return [
        { id: "next", group, title: "Next slice", keys: ["ArrowRight"], repeat: true, run: step("next") },
        { id: "previous", group, title: "Previous slice", keys: ["ArrowLeft"], repeat: true, run: step("previous") },
        { id: "child", group, title: "First slice it called", keys: ["ArrowDown"], repeat: true, run: step("child") },
        { id: "parent", group, title: "Slice that called it", keys: ["ArrowUp"], repeat: true, run: step("parent") },
        { id: "next-same", group, title: "Next call of the same function", keys: ["]"], repeat: true, run: step("nextSame") },
        { id: "previous-same", group, title: "Previous call of the same function", keys: ["["], repeat: true, run: step("previousSame") },
        { id: "clear", group, title: "Select nothing", keys: ["Escape"], run: () => (app.selection || app.selectedMark ? app.select(null) : app.setRange(null)) },
        { id: "copy-name", group, title: "Copy the name of the selection", keys: ["ctrl+shift+c"], run: () => { if (app.selection) copyText(app.selection.name, "Name"); } },
    ];
}

/** @param {import("./app.js").App} app @returns {Action[]} */
function rangeCommands(app) {
    const group = "Ranges and markers";
    return [
        { id: "range-selection", group, title: "Range of the selection", keys: ["r"], run: () => { if (app.selection) app.setRange([app.selection.ts, app.selection.ts + app.selection.dur]); } },
        { id: "range-view", group, title: "Range of what is seen", keys: ["shift+r"], run: () => app.setRange([Math.max(0, app.view.t0), Math.min(app.trace.end, app.view.t1)]) },
        { id: "measure", group, title: "Measure: from here to there", keys: ["m"], run: () => measure(app) },
        { id: "mark", group, title: "Marker at the selection or the pointer", keys: ["k"], run: () => addMarker(app) },
        { id: "unmark", group, title: "Remove all markers", keys: ["shift+k"], run: () => { app.markers = []; app.tell("markers"); } },
        { id: "next-mark", group, title: "Next marker", keys: ["."], run: () => goMarker(app, 1) },
        { id: "previous-mark", group, title: "Previous marker", keys: [","], run: () => goMarker(app, -1) },
    ];
}

/** First press: one end; second press: the other. @param {import("./app.js").App} app */
function measure(app) {
    const t = app.cursor ?? app.selection?.ts ?? null;
    if (t === null) {
        toast("Point at the one end and press m, then at the other");
        return;
    }
    const at = Math.min(Math.max(t, 0), app.trace.end);
    if (app.measureFrom === null) {
        app.measureFrom = at;
        toast("Now point at the other end and press m again");
        return;
    }
    app.setRange([Math.min(app.measureFrom, at), Math.max(app.measureFrom, at)]);
    app.measureFrom = null;
}

/** @param {import("./app.js").App} app */
function addMarker(app) {
    const t = app.cursor ?? app.selection?.ts ?? (app.view.t0 + app.view.t1) / 2;
    const near = app.view.span / app.view.width * 4;
    const old = app.markers.findIndex((m) => Math.abs(m.t - t) < near);
    if (old >= 0) app.markers.splice(old, 1);
    else app.markers.push({ t: Math.round(t), label: String.fromCharCode(65 + app.markers.length % 26) });
    app.markers.sort((a, b) => a.t - b.t);
    app.tell("markers");
}

/** @param {import("./app.js").App} app @param {1 | -1} by */
function goMarker(app, by) {
    const [t0, t1] = app.view.target;
    const middle = (t0 + t1) / 2;
    const slack = (t1 - t0) / 1000;
    const list = by > 0 ? app.markers : app.markers.slice().reverse();
    const next = list.find((m) => (m.t - middle) * by > slack);
    if (next) app.show(next.t - (t1 - t0) / 2, next.t + (t1 - t0) / 2);
}

/** @param {import("./app.js").App} app @returns {Action[]} */
function trackCommands(app) {
    const group = "Tracks";
    /** @param {"collapsed" | "pinned"} set */
    const toggle = (set) => () => {
        const id = app.selection?.track ?? app.selectedMark?.track;
        if (id === undefined) {
            toast("Select a slice of the track first");
            return;
        }
        if (!app.arrangement[set].delete(id)) app.arrangement[set].add(id);
        app.relayout();
    };
    return [
        { id: "filter-tracks", group, title: "Filter tracks by name", keys: ["ctrl+shift+f"], run: () => byId("track-filter").focus() },
        { id: "pin", group, title: "Pin or unpin the selection's track", keys: ["p"], run: toggle("pinned") },
        { id: "collapse", group, title: "Collapse or expand the selection's track", keys: ["c"], run: toggle("collapsed") },
        { id: "show-hidden", group, title: "Show hidden tracks", keys: [], run: () => { app.arrangement.hidden.clear(); app.relayout(); } },
    ];
}

/** @param {import("./app.js").App} app @param {any} parts @returns {Action[]} */
function panelCommands(app, { panel, search, flame }) {
    const group = "Panel";
    const focusSearch = () => {
        search.input.focus();
        search.input.select();
    };
    return [
        { id: "search", group: "Search", title: "Search", keys: ["/", "ctrl+f"], run: focusSearch },
        { id: "hit-next", group: "Search", title: "Next hit", keys: ["n", "F3"], repeat: true, run: () => search.step(1) },
        { id: "hit-previous", group: "Search", title: "Previous hit", keys: ["shift+n", "shift+F3"], repeat: true, run: () => search.step(-1) },
        { id: "tab-details", group, title: "Selection", keys: ["1"], run: () => panel.show("details") },
        { id: "tab-stats", group, title: "Statistics", keys: ["2"], run: () => panel.show("stats") },
        { id: "tab-flame", group, title: "Flame graph", keys: ["3"], run: () => panel.show("flame") },
        { id: "tab-hits", group, title: "Hits of the search", keys: ["4"], run: () => panel.show("hits") },
        { id: "tab-table", group, title: "What is seen, as a table", keys: ["t", "5"], run: () => panel.show("table") },
        {
            id: "sandwich", group, title: "Callers and callees of the selected function", keys: ["shift+c"],
            run: () => { flame.setMode("sandwich"); flame.stale = true; panel.show("flame"); flame.refresh(); },
        },
        { id: "fold-panel", group, title: "Fold the panel", keys: ["\\"], run: () => panel.toggle() },
    ];
}

/** @param {import("./app.js").App} app @param {any} parts @returns {Action[]} */
function fileCommands(app, { stage, stats, loader }) {
    const group = "File";
    return [
        { id: "open", group, title: "Open a trace…", keys: ["ctrl+o"], run: () => loader.choose() },
        { id: "save-visible", group, title: "Save what is seen as a trace", keys: ["ctrl+shift+s"], run: () => saveVisible(app) },
        { id: "save-csv", group, title: "Save the statistics as CSV", keys: [], run: async () => { await stats.refresh(); stats.table.save("functions.csv"); } },
        { id: "save-png", group, title: "Save a picture (PNG)", keys: [], run: () => savePng(stage) },
        { id: "save-svg", group, title: "Save a picture (SVG)", keys: [], run: () => saveSvg(stage) },
        { id: "copy-link", group, title: "Copy a link to this view", keys: ["ctrl+shift+u"], run: () => setTimeout(() => copyText(location.href, "Link"), 250) },
    ];
}
