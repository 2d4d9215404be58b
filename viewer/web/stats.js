// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The table of functions of the selected range or of everything, and the durations of one of them.
import { h, iconButton, replace } from "./dom.js";
import { Table } from "./table.js";
import { drawHistogram } from "./histogram.js";
import { shortName, placeOf, visibleText } from "./labels.js";
import { count, counted, duration, percent } from "./units.js";

/** @typedef {{name: number, calls: number, total: number, self: number, min: number, mean: number,
 *   p50: number, p95: number, p99: number, max: number}} FunctionRow */

export class Stats {
    /** @param {HTMLElement} element @param {import("./app.js").App} app @param {{onchange: () => void}} options */
    constructor(element, app, options) {
        this.app = app;
        this.element = element;
        this.options = options;
        this.turn = 0;
        this.stale = true;
        this.total = 1;
        this.what = h("span.what");
        this.onlyThread = false;
        this.filter = /** @type {HTMLInputElement} */ (h("input", {
            type: "search", placeholder: "Filter functions", "aria-label": "Filter functions", spellcheck: "false",
        }));
        this.filter.addEventListener("input", () => this.table.setFilter(this.filter.value));
        this.scope = h("div.segments", { role: "group", "aria-label": "Threads" });
        this.aside = h("aside", { "aria-label": "Histogram" });
        this.table = new Table(this.columns(), {
            label: "Functions", sort: "-self", empty: "No function ran here.",
            filterText: (row) => app.trace.nameOf(row.name),
            onpick: (row) => this.pick(row), onsort: options.onchange,
        });
        this.table.element.addEventListener("mouseleave", () => app.setHover(-1));
        element.append(h("div.toolbar", null, this.what, this.scope, this.filter,
            iconButton("save", "Save this table as CSV", () => this.table.save("functions.csv"))),
        h("div.split", null, this.table.element, this.aside));
        this.drawScope();
        this.say(null);
        for (const topic of /** @type {const} */ (["range", "trace"])) app.on(topic, () => this.outdated());
        app.on("theme", () => { this.table.drawn = ""; this.table.draw(); this.drawAside(); });
    }

    columns() {
        const time = (/** @type {keyof FunctionRow} */ key, /** @type {string} */ title, /** @type {string} */ hint) => ({
            key, title, hint, number: true, width: "84px",
            text: (/** @type {FunctionRow} */ row) => duration(row[key]), value: (/** @type {FunctionRow} */ row) => row[key],
        });
        return [
            {
                key: "name", title: "Function", text: (/** @type {FunctionRow} */ row) => visibleText(this.app.trace.nameOf(row.name)),
                color: (/** @type {FunctionRow} */ row) => this.app.palette.cssOf(this.app.trace.nameOf(row.name)),
            },
            {
                key: "calls", title: "Calls", number: true, width: "84px", text: (/** @type {FunctionRow} */ row) => count(row.calls),
                value: (/** @type {FunctionRow} */ row) => row.calls, hint: "Slices that touch the range",
            },
            { ...time("total", "Total", "Time in the function and what it called, inside the range; a recursive call counts as well as its caller"), bar: (/** @type {FunctionRow} */ row) => row.total / this.total },
            { ...time("self", "Self", "Time in the function itself, inside the range"), bar: (/** @type {FunctionRow} */ row) => row.self / this.total },
            time("min", "Min", "The shortest call"), time("mean", "Mean", "The mean of the calls' whole durations"),
            time("p50", "p50", "Half of the calls are shorter"), time("p95", "p95", "95 % of the calls are shorter"),
            time("p99", "p99", "99 % of the calls are shorter"), time("max", "Max", "The longest call"),
        ];
    }

    drawScope() {
        const make = (/** @type {boolean} */ one, /** @type {string} */ text) => h("button", {
            type: "button", "aria-pressed": String(this.onlyThread === one), onclick: () => { this.setOnlyThread(one); this.outdated(); },
        }, text);
        replace(this.scope, make(false, "All threads"), make(true, "Selected thread"));
    }

    /** @param {boolean} one */
    setOnlyThread(one) {
        this.onlyThread = one;
        this.drawScope();
        this.options.onchange();
    }

    outdated() {
        this.stale = true;
        if (this.element.offsetParent) this.refresh();
    }

    async refresh() {
        const { app } = this;
        if (!this.stale || !app.trace) return;
        this.stale = false;
        const turn = ++this.turn;
        const [t0, t1] = app.range || [0, app.trace.end];
        try {
            const rows = /** @type {FunctionRow[]} */ (await app.trace.aggregate(t0, t1, app.tracksFor(this.onlyThread)));
            if (turn !== this.turn) return;
            this.total = rows.reduce((sum, row) => sum + row.self, 0) || 1;
            this.table.setRows(rows);
            this.say(rows);
            this.picked = null;
            this.drawAside();
        } catch (error) {
            if (turn === this.turn) this.what.textContent = `The numbers could not be computed: ${error}`;
        }
    }

    /** @param {FunctionRow[] | null} rows */
    say(rows) {
        const { range } = this.app;
        const calls = rows ? rows.reduce((sum, row) => sum + row.calls, 0) : 0;
        replace(this.what, h("b", null, range ? duration(range[1] - range[0]) : "The whole trace"),
            rows ? ` · ${counted(rows.length, "function")} · ${counted(calls, "call")} · ${duration(this.total)} of work` : "",
            range ? "" : " · drag on the ruler for a range");
    }

    /** @param {FunctionRow} row */
    async pick(row) {
        const { app } = this;
        this.picked = row;
        app.setHover(row.name);
        const [t0, t1] = app.range || [0, app.trace.end];
        const turn = this.turn;
        const histogram = await app.trace.histogram(row.name, t0, t1, app.tracksFor(this.onlyThread));
        if (turn !== this.turn || this.picked !== row) return;
        this.histogram = histogram;
        this.drawAside();
    }

    drawAside() {
        const row = this.picked;
        if (!row) {
            replace(this.aside, h("p", null, "Click a function to see how long its calls took, and to go to them."));
            return;
        }
        const { app } = this;
        const name = app.trace.nameOf(row.name);
        const place = placeOf(name);
        const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { role: "img", "aria-label": `Durations of ${shortName(name)}` }));
        const go = (/** @type {number} */ least) => async () => {
            const [t0, t1] = app.range || [0, app.trace.end];
            const slice = await app.trace.findCall(row.name, least, t0, t1, app.tracksFor(this.onlyThread));
            if (slice) app.select(slice, { go: true });
        };
        replace(this.aside, h("h3", null, visibleText(shortName(name))),
            place ? h("p", null, visibleText(`${place.path}:${place.line}`)) : "",
            h("p", null, `${counted(row.calls, "call")}, ${percent(row.self / this.total)} of the work`), canvas,
            h("div.buttons", null,
                h("button.button", { type: "button", onclick: go(row.max) }, "Longest call"),
                h("button.button", { type: "button", onclick: go(0) }, "First call")));
        if (this.histogram) drawHistogram(canvas, this.histogram, app.theme.colors, app.palette.cssOf(name));
    }
}
