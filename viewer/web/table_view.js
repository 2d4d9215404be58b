// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What is on the canvas as a table, for those who hear the page and for those who like rows: the
// longest slices of what is seen.
import { h, iconButton, replace } from "./dom.js";
import { Table } from "./table.js";
import { shortName, visibleText } from "./labels.js";
import { duration, exactDuration } from "./units.js";

const WAIT_MS = 250;

export class TableView {
    /** @param {HTMLElement} element @param {import("./app.js").App} app @param {import("./timeline.js").Timeline} timeline */
    constructor(element, app, timeline) {
        this.element = element;
        this.app = app;
        this.timeline = timeline;
        this.what = h("span.what");
        this.table = new Table([
            { key: "name", title: "Function", text: (row) => visibleText(shortName(row.name)), color: (row) => app.palette.cssOf(row.name) },
            { key: "track", title: "Track", width: "20%", text: (row) => visibleText(app.trace.tracks[row.track].name) },
            { key: "depth", title: "Depth", number: true, width: "80px", text: (row) => String(row.depth), value: (row) => row.depth },
            { key: "ts", title: "Start", number: true, width: "160px", text: (row) => exactDuration(row.ts), value: (row) => row.ts },
            { key: "dur", title: "Duration", number: true, width: "110px", text: (row) => duration(row.dur), value: (row) => row.dur },
        ], {
            label: "Slices in view", sort: "ts", empty: "No slice wider than a pixel is in view: zoom in.",
            onpick: async (row) => {
                const slice = await app.trace.sliceAt(row.row, row.index);
                if (slice) app.select(slice);
            },
        });
        element.append(h("div.toolbar", null, this.what, iconButton("save", "Save as CSV", () => this.table.save("slices.csv"))), this.table.element);
        for (const topic of /** @type {const} */ (["view", "layout", "trace"])) app.on(topic, () => this.soon());
    }

    soon() {
        clearTimeout(this.timer);
        if (this.element.offsetParent) this.timer = setTimeout(() => this.refresh(), WAIT_MS);
    }

    /** From the frame's own tiles: exactly what is drawn. */
    refresh() {
        const { app } = this;
        if (!app.trace) return;
        const rows = [];
        const seen = new Set();
        for (const line of this.timeline.lines) {
            for (const tile of line.tiles) {
                const { start, duration: lasts, name, slice, count } = tile.items;
                for (let i = tile.from; i < tile.to; i++) {
                    const key = `${line.row} ${slice[i]}`;
                    if (count[i] > 1 || seen.has(key) || start[i] > app.view.t1 || start[i] + lasts[i] < app.view.t0) continue;
                    seen.add(key);
                    rows.push({
                        name: app.trace.nameOf(name[i]), track: line.box.track?.id, depth: line.depth,
                        row: line.row, index: slice[i], ts: start[i], dur: lasts[i],
                    });
                }
            }
        }
        this.table.setRows(rows);
        const { t0, t1 } = app.view;
        replace(this.what, h("b", null, `${rows.length} slices`), ` between ${duration(Math.max(t0, 0))} and ${duration(Math.min(t1, app.trace.end))}, in the tracks in sight`);
    }
}
