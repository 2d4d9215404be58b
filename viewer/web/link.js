// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Keeps the address and the view in step: a link shows the same place.
import { decodeState, encodeState } from "./url_state.js";

const WAIT_MS = 150;

export class Link {
    /**
     * @param {import("./app.js").App} app
     * @param {{panel: import("./panel.js").Panel, search: import("./search.js").Search,
     *   stats: import("./stats.js").Stats, flame: import("./flame.js").Flame, scroller: HTMLElement}} parts
     */
    constructor(app, parts) {
        this.app = app;
        this.parts = parts;
        this.reading = false;
        for (const topic of /** @type {const} */ (["view", "selection", "range", "markers", "layout", "search", "tab"])) {
            app.on(topic, () => this.soon());
        }
        parts.scroller.addEventListener("scroll", () => this.soon());
        window.addEventListener("hashchange", () => {
            if (location.hash !== this.written) this.read();
        });
    }

    soon() {
        if (this.reading || !this.app.trace) return;
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.write(), WAIT_MS);
    }

    /** @returns {import("./url_state.js").UrlState} */
    state() {
        const { app, parts } = this;
        const { arrangement, selection, view } = app;
        const [t0, t1] = view.target;
        const whole = t0 <= view.min + 1 && t1 >= view.max - 1;
        return {
            t: whole ? undefined : [t0, t1],
            sel: selection ? { track: selection.track, ts: selection.ts, depth: selection.depth } : undefined,
            range: app.range || undefined, markers: app.markers, q: parts.search.input.value,
            tab: parts.panel.current === "details" ? "" : parts.panel.current,
            collapsed: [...arrangement.collapsed], folded: [...arrangement.folded], pinned: [...arrangement.pinned],
            hidden: [...arrangement.hidden], order: arrangement.order, tracks: arrangement.filter,
            sort: arrangement.sort === "given" ? "" : arrangement.sort,
            only: [parts.stats.onlyThread ? "stats" : "", parts.flame.onlyThread ? "flame" : ""].filter(Boolean).join(),
            flame: parts.flame.mode === "heavy" ? "" : parts.flame.mode,
            table: parts.stats.table.sort === "-self" ? "" : parts.stats.table.sort,
            scroll: parts.scroller.scrollTop,
        };
    }

    write() {
        const text = encodeState(this.state());
        this.written = text ? `#${text}` : "";
        if (location.hash === this.written) return;
        try {
            history.replaceState(null, "", this.written || location.pathname + location.search);
        } catch {
            // Browsers refuse too many changes in a short time: the next one will do.
        }
    }

    /** The address says nothing any more: it was of another trace. */
    forget() {
        clearTimeout(this.timer);
        this.written = "";
        history.replaceState(null, "", location.pathname + location.search);
    }

    /** Shows what the address says, and of the rest what is usual. */
    async read() {
        if (!this.app.trace) return;
        this.reading = true;
        try {
            await this.show(decodeState(location.hash));
        } finally {
            this.reading = false;
        }
    }

    /** @param {import("./url_state.js").UrlState} state */
    async show(state) {
        const { app, parts } = this;
        const { arrangement } = app;
        for (const key of /** @type {const} */ (["collapsed", "folded", "pinned", "hidden"])) arrangement[key] = new Set(state[key] || []);
        arrangement.order = state.order || [];
        arrangement.filter = state.tracks || "";
        arrangement.sort = state.sort === "activity" || state.sort === "name" ? state.sort : "given";
        parts.stats.setOnlyThread(!!state.only?.includes("stats"));
        parts.flame.setOnlyThread(!!state.only?.includes("flame"));
        parts.flame.setMode(state.flame === "time" || state.flame === "sandwich" ? state.flame : "heavy");
        if (parts.stats.table.sort !== (state.table || "-self")) parts.stats.table.setSort(state.table || "-self");
        app.markers = state.markers || [];
        if (state.t) app.show(state.t[0], state.t[1], false);
        else app.show(app.view.min, app.view.max, false);
        app.relayout();
        app.tell("markers");
        const [from, to] = (state.range || []).map((t) => Math.min(Math.max(t, 0), app.trace.end));
        app.setRange(to > from ? [from, to] : null);
        app.select(await this.selected(state.sel));
        if (parts.search.input.value !== (state.q || "")) await parts.search.setText(state.q || "");
        if (parts.panel.current !== (state.tab || "details")) parts.panel.show(state.tab || "details");
        parts.scroller.scrollTop = state.scroll || 0;
    }

    /** The slice of an address; null: this trace has none there. @param {import("./url_state.js").UrlState["sel"]} sel */
    async selected(sel) {
        const { trace } = this.app;
        const track = sel && trace.tracks[sel.track];
        if (!track || track.kind !== "slices" || !Number.isInteger(sel.depth) || sel.depth < 0 || sel.depth >= track.rows) return null;
        return trace.at(track.row0 + sel.depth, sel.ts).catch(() => null);
    }
}
