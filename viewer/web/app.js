// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What the page knows: the trace, the view, what is selected. Parts change it through its methods
// and hear of changes by name; one frame at a time draws what has changed.
import { Palette, colorOf, pixel, strongColorOf } from "./colors.js";
import { emptyArrangement, layOut } from "./layout.js";
import { Theme } from "./theme.js";
import { Viewport } from "./viewport.js";

/**
 * @typedef {import("./trace.js").Trace} Trace
 * @typedef {import("./trace.js").Slice} Slice
 * @typedef {import("./trace.js").Mark} Mark
 * @typedef {"trace" | "theme" | "selection" | "range" | "layout" | "view" | "markers" | "search" | "hover" | "tab"} Topic
 */

export class App {
    constructor() {
        /** @type {any} the trace that is shown; set before anything is drawn */
        this.trace = null;
        this.view = new Viewport(0, 1e9);
        this.arrangement = emptyArrangement();
        this.layout = layOut([], this.arrangement);
        /** @type {Slice | null} */
        this.selection = null;
        /** @type {Mark | null} an instant, object, counter value or flow instead of a slice */
        this.selectedMark = null;
        /** @type {[number, number] | null} */
        this.range = null;
        /** @type {{t: number, label: string}[]} */
        this.markers = [];
        /** @type {Uint32Array | null} hits of the search over time */
        this.hitColumns = null;
        /** @type {Slice[]} */
        this.hits = [];
        this.hoverName = -1;
        this.scrollTop = 0;
        /** @type {Slice | null} what the scroller shall bring into sight */
        this.revealed = null;
        /** @type {number | null} */
        this.cursor = null;
        /** @type {number | null} the first end of a measure */
        this.measureFrom = null;
        /** @type {Map<Topic, (() => void)[]>} */
        this.listeners = new Map();
        /** @type {(() => void)[]} drawn in each frame, in this order */
        this.painters = [];
        this.frameAsked = false;
        this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
        this.palette = new Palette(false);
        this.colors = { plain: new Uint32Array(1), strong: new Uint32Array(1) };
        this.theme = new Theme(() => this.themeChanged());
    }

    /** @param {Topic} topic @param {() => void} listener */
    on(topic, listener) {
        const list = this.listeners.get(topic);
        if (list) list.push(listener);
        else this.listeners.set(topic, [listener]);
    }

    /** @param {Topic} topic */
    tell(topic) {
        for (const listener of this.listeners.get(topic) || []) listener();
        this.redraw();
    }

    redraw() {
        if (this.frameAsked) return;
        this.frameAsked = true;
        requestAnimationFrame((now) => this.frame(now));
    }

    /** @param {number} now */
    frame(now) {
        this.frameAsked = false;
        if (!this.trace) return;
        const moving = this.view.step(now);
        for (const paint of this.painters) paint();
        if (moving) this.redraw();
    }

    /** @param {Trace} trace */
    open(trace) {
        this.trace = trace;
        this.view.setBounds(0, trace.end);
        this.view.set(this.view.min, this.view.max);
        this.arrangement = emptyArrangement();
        this.selection = null;
        this.selectedMark = null;
        this.range = null;
        this.markers = [];
        this.hits = [];
        this.hitColumns = null;
        this.hoverName = -1;
        this.recolor();
        this.relayout();
        this.tell("trace");
        this.tell("selection");
        this.tell("range");
    }

    themeChanged() {
        this.palette = new Palette(this.theme ? this.theme.dark : false);
        this.recolor();
        this.tell("theme");
    }

    /** Each name's colour, and the one in which it lights up. */
    recolor() {
        if (!this.trace) return;
        const { names } = this.trace;
        const dark = this.theme.dark;
        this.colors.plain = new Uint32Array(names.length);
        this.colors.strong = new Uint32Array(names.length);
        for (let i = 0; i < names.length; i++) {
            this.colors.plain[i] = pixel(colorOf(names[i], dark));
            this.colors.strong[i] = pixel(strongColorOf(names[i], dark));
        }
    }

    relayout() {
        this.layout = layOut(this.trace ? this.trace.tracks : [], this.arrangement);
        this.tell("layout");
    }

    /** @param {number} t0 @param {number} t1 */
    show(t0, t1, glide = true) {
        this.view.glideTo(t0, t1, performance.now(), !glide || this.still);
        this.tell("view");
    }

    /** @param {number} factor @param {number} [x] @param {boolean} [glide] */
    zoom(factor, x = this.cursor === null ? this.view.width / 2 : this.view.x(this.cursor), glide = true) {
        const [t0, t1] = this.view.zoomed(factor, x);
        this.show(t0, t1, glide);
    }

    /** @param {number} share of the width */
    pan(share, glide = true) {
        const [t0, t1] = this.view.panned(share);
        this.show(t0, t1, glide);
    }

    fit() {
        this.show(this.view.min, this.view.max);
    }

    /** Shows the selection, the range, or all. */
    focus() {
        if (this.selection) {
            const { ts, dur } = this.selection;
            const [t0, t1] = Viewport.around(ts, ts + dur);
            this.show(t0, t1);
            this.reveal(this.selection);
        } else if (this.range) {
            const [t0, t1] = Viewport.around(this.range[0], this.range[1], 0.05);
            this.show(t0, t1);
        } else {
            this.fit();
        }
    }

    /** Brings a slice's row into the picture; the scroller listens. @param {Slice} slice */
    reveal(slice) {
        this.revealed = slice;
        const track = this.trace.tracks[slice.track];
        this.arrangement.hidden.delete(slice.track);
        this.arrangement.folded.delete(track.process);
        if (slice.depth > 0) this.arrangement.collapsed.delete(slice.track);
        this.relayout();
    }

    /**
     * @param {Slice | null} slice
     * @param {{go?: boolean}} [options] go: move the view so that it is seen
     */
    select(slice, options = {}) {
        this.selection = slice;
        this.selectedMark = null;
        if (slice && options.go) this.goTo(slice);
        this.tell("selection");
    }

    /** @param {Mark | null} mark */
    selectMark(mark) {
        this.selection = null;
        this.selectedMark = mark;
        this.tell("selection");
    }

    /** Moves only as much as is needed to see it. @param {Slice} slice */
    goTo(slice) {
        const [t0, t1] = this.view.target;
        const span = t1 - t0;
        const end = slice.ts + slice.dur;
        const tiny = slice.dur < span / 400;
        if (slice.ts < t0 || end > t1 || tiny) {
            const wanted = tiny ? Math.max(slice.dur * 12, 100)
                : Math.max(span, slice.dur * 1.3);
            const middle = slice.ts + slice.dur / 2;
            if (!(slice.ts <= t0 && end >= t1)) this.show(middle - wanted / 2, middle + wanted / 2);
        }
        this.reveal(slice);
    }

    /** @param {[number, number] | null} range */
    setRange(range) {
        this.range = range;
        this.tell("range");
    }

    /** @param {number} name */
    setHover(name) {
        if (name === this.hoverName) return;
        this.hoverName = name;
        this.tell("hover");
    }

    /** The tracks of slices that take part in numbers: not hidden ones, all when none is hidden. */
    get countedTracks() {
        return this.trace.tracks.filter((/** @type {any} */ t) =>
            t.kind === "slices" && !this.arrangement.hidden.has(t.id)).map((/** @type {any} */ t) => t.id);
    }

    /** The same, or only the track of the selected slice. @param {boolean} onlyThread */
    tracksFor(onlyThread) {
        return onlyThread && this.selection ? [this.selection.track] : this.countedTracks;
    }
}
