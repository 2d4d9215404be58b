// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What is known of the selection: facts and arguments, the source, who called it and what it called.
import { copyText, h, iconButton, replace } from "./dom.js";
import { jsonView } from "./json_view.js";
import { placeOf, shortName, visibleText } from "./labels.js";
import { sourceLines } from "./source_view.js";
import { count, duration, exactDuration, percent, wallClock } from "./units.js";

/** @typedef {import("./trace.js").SliceInfo} SliceInfo @typedef {import("./trace.js").Slice} Slice */

const MOST_CHILDREN = 60;

/** @param {[string, string | Node, string?][]} rows */
function factList(rows) {
    return h("dl.facts", null, ...rows.flatMap(([name, value, small]) => [
        h("dt", null, name), h("dd", null, value, small ? h("small", null, small) : null),
    ]));
}

export class Details {
    /** @param {HTMLElement} element @param {import("./app.js").App} app */
    constructor(element, app) {
        this.element = element;
        this.app = app;
        this.turn = 0;
        app.on("selection", () => { this.show(); });
    }

    async show() {
        const turn = ++this.turn;
        const { selection, selectedMark, trace } = this.app;
        if (selectedMark) {
            replace(this.element, this.markView(selectedMark));
            return;
        }
        if (!selection || !trace) {
            replace(this.element, h("div.empty", null, h("strong", null, "Nothing is selected"),
                "Click a slice to see its arguments, its source and who called it. Drag on the ruler to select a range; press ",
                h("kbd", null, "?"), " for all keys."));
            return;
        }
        try {
            const info = /** @type {SliceInfo} */ (await trace.info(selection));
            if (turn !== this.turn) return;
            if (info.flows.length) {
                selection.flows = info.flows;
                this.app.redraw();
            }
            const source = await this.sourceView(info);
            if (turn !== this.turn) return;
            replace(this.element, h("div.details", null, this.factsView(info), source, this.stackView(info)));
            this.say(info);
        } catch (error) {
            if (turn === this.turn) replace(this.element, h("div.empty", null, h("strong", null, "This slice could not be read"), String(error)));
        }
    }

    /** For those who hear the page. @param {SliceInfo} info */
    say(info) {
        const said = /** @type {HTMLElement} */ (document.getElementById("said"));
        said.textContent = `${shortName(info.name)}, ${duration(info.dur)}, at ${duration(info.ts)}, depth ${info.depth}`;
    }

    /** @param {SliceInfo} info */
    factsView(info) {
        const { app } = this;
        const track = app.trace.tracks[info.track];
        const place = placeOf(info.name);
        const wall = app.trace.wallClockAt(info.ts);
        const share = info.dur ? percent(info.selfNs / info.dur) : "";
        /** @type {[string, string | Node, string?][]} */
        const rows = [
            ["Duration", exactDuration(info.dur), info.open ? "had not ended when recording stopped" : ""],
            ["Self time", exactDuration(info.selfNs), share],
            ["Start", exactDuration(info.ts)],
        ];
        if (wall !== null) rows.push(["Wall clock", wallClock(wall)]);
        rows.push(["Thread", `${visibleText(track.name)}`, track.tid ? `tid ${track.tid}` : ""]);
        rows.push(["Process", visibleText(track.processName), track.pid ? `pid ${track.pid}` : ""]);
        if (info.category) rows.push(["Category", visibleText(info.category)]);
        rows.push(["Depth", String(info.depth)]);
        const go = (/** @type {string} */ kind) => async () => {
            const found = await app.trace.step(info, kind);
            if (found) app.select(found, { go: true });
        };
        const button = (/** @type {string} */ text, /** @type {() => void} */ run, /** @type {string} */ hint) =>
            h("button.button", { type: "button", title: hint, onclick: run }, text);
        return h("section", { "aria-label": "Facts" },
            h("h2", null, h("span.swatch", { style: `background:${app.palette.cssOf(info.name)}` }),
                h("span", null, visibleText(shortName(info.name)))),
            place ? h("div.place", null, visibleText(`${place.path}:${place.line}`)) : null,
            h("div.buttons", null,
                button("‹ Previous call", go("previousSame"), "The previous slice of this function ([)"),
                button("Next call ›", go("nextSame"), "The next slice of this function (])"),
                button("Zoom", () => app.focus(), "Fill the picture with it (f)"),
                button("Range", () => app.setRange([info.ts, info.ts + info.dur]), "Statistics of its duration (r)"),
                button("Copy name", () => copyText(info.name, "Name"), "Copy the whole name")),
            factList(rows),
            info.args ? h("h3", null, "Arguments", iconButton("copy", "Copy the arguments", () => copyText(info.args, "Arguments"))) : null,
            info.args ? jsonView(info.args) : null);
    }

    /** @param {SliceInfo} info */
    async sourceView(info) {
        const place = placeOf(info.name);
        const source = await this.app.trace.sourceOf(info.nameId);
        const section = h("section.source-view", { "aria-label": "Source" });
        if (source) {
            section.append(h("header", null, visibleText(`${source.path}:${source.line}`)), sourceLines(source.text, source.line));
        } else {
            section.append(h("div.empty", null, h("strong", null, place ? "No source in this trace" : "A function without Python source"),
                place ? "The trace was saved without sources (--file_info), or the file could not be read then."
                    : "It is written in C or is an event of the program's own."));
        }
        return section;
    }

    /** @param {Slice} slice @param {boolean} current */
    chainItem(slice, current) {
        const { app } = this;
        return h("li", { "aria-current": current ? "true" : null }, h("button", {
            type: "button", title: visibleText(slice.name), onclick: () => app.select(slice, { go: true }),
        }, h("span.swatch", { style: `background:${app.palette.cssOf(slice.name)}` }),
        h("span.n", null, visibleText(shortName(slice.name))), h("span.d", null, duration(slice.dur))));
    }

    /** @param {SliceInfo} info */
    stackView(info) {
        const shown = info.children.slice(0, MOST_CHILDREN);
        const more = info.childCount - shown.length;
        return h("section", { "aria-label": "Callers and callees" },
            h("h3", null, "Called by"),
            info.parents.length ? h("ul.chain", null, ...info.parents.map((p) => this.chainItem(p, false)))
                : h("div.place", null, "Nothing: it stands at the bottom of its thread."),
            h("h3", null, `Calls${info.childCount ? ` · ${count(info.childCount)}` : ""}`),
            info.childCount ? h("ul.chain", null, ...shown.map((c) => this.chainItem(c, false)))
                : h("div.place", null, "Nothing that was recorded."),
            more > 0 ? h("div.place", null, `and ${count(more)} more, the longest first`) : null,
            info.flows.length ? h("h3", null, "Flows") : null,
            info.flows.length ? h("ul.chain", null, ...info.flows.map((flow) => this.flowItem(flow, info))) : null);
    }

    /** @param {import("./trace.js").Flow} flow @param {SliceInfo} info */
    flowItem(flow, info) {
        const out = flow.from.slice === info.index;
        const end = out ? flow.to : flow.from;
        return h("li", null, h("button", {
            type: "button", onclick: async () => {
                const slice = await this.app.trace.sliceAt(end.row, end.slice);
                if (slice) this.app.select(slice, { go: true });
            },
        }, h("span.n", { title: visibleText(`${flow.name}: ${end.name}`) }, `${out ? "→" : "←"} ${visibleText(shortName(end.name))}`),
        h("span.d", null, duration(flow.to.t - flow.from.t))));
    }

    /** @param {import("./trace.js").Mark} mark */
    markView(mark) {
        const { trace } = this.app;
        const track = trace.tracks[mark.track];
        const words = /** @type {Record<string, string>} */ ({
            instant: "Instant", created: "Object created", snapshot: "Snapshot of an object", deleted: "Object deleted",
        });
        const wall = trace.wallClockAt(mark.t);
        /** @type {[string, string, string?][]} */
        const rows = [["Kind", words[mark.kind] || mark.kind], ["Time", exactDuration(mark.t)]];
        if (wall !== null) rows.push(["Wall clock", wallClock(wall)]);
        if (mark.ident) rows.push(["Id", visibleText(mark.ident)]);
        if (mark.scope) rows.push(["Scope", mark.scope]);
        rows.push(["Track", visibleText(track.name)], ["Process", visibleText(track.processName)]);
        return h("div.details", null, h("section", null,
            h("h2", null, visibleText(mark.name)), factList(rows)),
        h("section", null, h("h3", null, "Arguments", mark.args ? iconButton("copy", "Copy the arguments", () => copyText(mark.args, "Arguments")) : null),
            mark.args ? jsonView(mark.args) : h("div.place", null, "None.")));
    }
}
