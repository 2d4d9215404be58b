// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The search box: what is typed is asked as it is typed; hits are counted, marked on the overview
// and walked through, and stand as a table in the panel.
import { byId, h, iconButton, replace } from "./dom.js";
import { isEmptyQuery, parseQuery } from "./query_syntax.js";
import { Table } from "./table.js";
import { shortName, placeOf, visibleText } from "./labels.js";
import { count, counted, duration, exactDuration } from "./units.js";

const WAIT_MS = 90;
const MOST_LISTED = 2000;

/** @typedef {import("./trace.js").Slice} Slice */

export class Search {
    /** @param {HTMLElement} element of the tab @param {import("./app.js").App} app @param {{onfind: () => void}} options */
    constructor(element, app, options) {
        this.app = app;
        this.options = options;
        this.input = /** @type {HTMLInputElement} */ (byId("query"));
        this.output = byId("hits");
        this.form = byId("search");
        this.turn = 0;
        this.total = 0;
        this.at = -1;
        this.what = h("span.what");
        this.table = new Table([
            {
                key: "name", title: "Function", text: (row) => visibleText(shortName(row.name)),
                color: (row) => app.palette.cssOf(row.name),
            },
            { key: "place", title: "Place", width: "26%", text: (row) => placeText(row.name) },
            { key: "thread", title: "Thread", width: "16%", text: (row) => visibleText(app.trace.tracks[row.track].name) },
            { key: "ts", title: "Start", number: true, width: "150px", text: (row) => exactDuration(row.ts), value: (row) => row.ts },
            { key: "dur", title: "Duration", number: true, width: "110px", text: (row) => duration(row.dur), value: (row) => row.dur },
        ], { label: "Hits", sort: "ts", empty: "Type in the search box above.", onpick: (row) => this.pick(row) });
        element.append(h("div.toolbar", null, this.what, iconButton("save", "Save the hits as CSV", () => this.table.save("hits.csv"))), this.table.element);
        this.say();
        this.input.addEventListener("input", () => this.soon());
        this.input.addEventListener("keydown", (event) => this.key(event));
        this.form.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
        app.on("trace", () => {
            this.at = -1;
            this.total = 0;
            if (this.input.value) this.run();
        });
    }

    soon() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.run(), WAIT_MS);
    }

    /** @param {string} text */
    setText(text) {
        this.input.value = text;
        return this.run();
    }

    async run() {
        const { app } = this;
        const turn = ++this.turn;
        const query = parseQuery(this.input.value);
        this.form.classList.toggle("bad", !!query.error);
        if (!app.trace) return;
        this.at = -1;
        if (query.error || isEmptyQuery(query)) {
            this.total = 0;
            this.query = null;
            app.hits = [];
            app.hitColumns = null;
            this.table.setRows([]);
            this.say(query.error);
            app.tell("search");
            return;
        }
        this.query = query;
        try {
            const found = await app.trace.search(query, MOST_LISTED);
            if (turn !== this.turn) return;
            this.total = found.total;
            app.hits = found.hits;
            app.hitColumns = found.columns;
            this.table.setRows(found.hits);
            this.say();
            app.tell("search");
        } catch (error) {
            if (turn === this.turn) this.say(String(error));
        }
    }

    say(error = "") {
        if (error) {
            replace(this.output, h("span.bad", { title: error }, error.length > 22 ? "not understood" : error));
            replace(this.what, error);
            return;
        }
        if (!this.query) {
            replace(this.output);
            replace(this.what, "Words, /regex/, dur>1ms, thread:name, arg:text: press ", h("kbd", null, "?"), " for examples.");
            return;
        }
        const where = this.at >= 0 ? `${count(this.at + 1)} of ${count(this.total)}` : counted(this.total, "hit");
        replace(this.output, this.total ? where : "no hits",
            iconButton("up", "Previous hit (Shift+Enter)", () => this.step(-1)),
            iconButton("down", "Next hit (Enter)", () => this.step(1)));
        const listed = this.total > this.app.hits.length ? `, the first ${count(this.app.hits.length)} are listed` : "";
        replace(this.what, h("b", null, counted(this.total, "hit")), listed);
    }

    /** @param {KeyboardEvent} event */
    key(event) {
        if (event.key === "Enter") {
            event.preventDefault();
            this.step(event.shiftKey ? -1 : 1);
        } else if (event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            if (this.input.value) this.setText("");
            else byId("scroller").focus();
        }
    }

    /** The hit after or before the selection or, without one, after the left edge. @param {1 | -1} by */
    async step(by) {
        const { app } = this;
        clearTimeout(this.timer);
        const typed = parseQuery(this.input.value);
        if (JSON.stringify(typed) !== JSON.stringify(this.query)) await this.run();
        if (!this.query || !this.total) return;
        const found = await app.trace.searchStep(this.query, app.selection, app.view.t0, by);
        if (!found) return;
        this.at = app.hits.findIndex((hit) => hit.index === found.index);
        app.select(found, { go: true });
        this.say();
        this.options.onfind();
    }

    /** @param {Slice} slice */
    pick(slice) {
        this.at = this.app.hits.indexOf(slice);
        this.say();
        this.app.select(slice, { go: true });
    }
}

/** @param {string} name */
function placeText(name) {
    const place = placeOf(name);
    return place ? visibleText(`${place.path.split("/").slice(-2).join("/")}:${place.line}`) : "";
}
