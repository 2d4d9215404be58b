// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The tracks on the page: sizes, scrolling, pointer. Puts ruler, overview, names and picture into
// each frame.
import { byId, toast } from "./dom.js";
import { listenGestures } from "./gestures.js";
import { Heads } from "./heads.js";
import { Minimap } from "./minimap.js";
import { drawOverlay } from "./overlay.js";
import { drawRuler } from "./ruler.js";
import { Timeline } from "./timeline.js";
import { Tip } from "./tip.js";
import { markAt } from "./marks.js";
import { markInfo } from "./trace_marks.js";
import { Viewport } from "./viewport.js";
import { duration } from "./units.js";
import { ROW } from "./layout.js";

/** Fits a canvas to its box and gives a context in css pixels. @param {HTMLCanvasElement} canvas */
function fitCanvas(canvas) {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
    }
    const g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    return g;
}

/** What is seen stays; the engine may be in a server that has ended. @param {any} error */
function sayFailure(error) {
    toast(`The trace does not answer: ${error?.message || error}`);
}

export class Stage {
    /** @param {import("./app.js").App} app */
    constructor(app) {
        this.app = app;
        this.scroller = byId("scroller");
        this.content = byId("content");
        this.canvas = byId("canvas");
        this.ruler = byId("ruler");
        this.timeline = new Timeline(this.canvas, app);
        this.heads = new Heads(byId("heads"), app);
        this.map = new Minimap(byId("map"), app.view, { onwindow: (t0, t1) => app.show(t0, t1, false) });
        this.tip = new Tip(byId("tip"), app, this.timeline);
        this.span = byId("view-span");
        this.spanText = "";
        app.painters.push(() => this.paint());
        app.on("trace", () => this.opened());
        app.on("layout", () => this.laidOut());
        this.scroller.addEventListener("scroll", () => {
            app.scrollTop = this.scroller.scrollTop;
            app.redraw();
        });
        new ResizeObserver(() => this.resize()).observe(this.scroller);
        listenGestures(this.canvas, this.target());
        listenGestures(this.ruler, this.target(), { rangeOnDrag: true });
        this.resize();
    }

    resize() {
        const height = this.scroller.clientHeight;
        const width = this.content.clientWidth - byId("heads").offsetWidth;
        this.timeline.resize(width, height);
        this.app.view.width = width;
        // Ruler and overview end where the picture ends.
        const bar = this.scroller.offsetWidth - this.scroller.clientWidth;
        document.documentElement.style.setProperty("--scrollbar", `${bar}px`);
        this.app.redraw();
    }

    opened() {
        this.timeline.reset();
        this.heads.clear();
        this.scroller.scrollTop = 0;
        this.map.profile = null;
        const columns = 800;
        const { trace } = this.app;
        trace.profile(columns).then((/** @type {any} */ busy) => {
            if (trace !== this.app.trace) return;
            this.map.profile = { t0: 0, t1: trace.end, busy };
            this.app.redraw();
        });
    }

    laidOut() {
        const { layout, revealed } = this.app;
        this.content.style.height = `${layout.height + layout.pinnedHeight + 24}px`;
        if (!revealed) return;
        this.app.revealed = null;
        const box = layout.boxes.find((b) => b.kind === "track" && b.track?.id === revealed.track);
        if (!box) return;
        const y = box.top + (box.collapsed ? 0 : revealed.depth * ROW);
        const room = this.scroller.clientHeight - layout.pinnedHeight;
        if (y < this.scroller.scrollTop) this.scroller.scrollTop = Math.max(0, y - 40);
        else if (y + 2 * ROW > this.scroller.scrollTop + room) this.scroller.scrollTop = y - room + 60;
    }

    paint() {
        const { app } = this;
        const { view, theme } = app;
        this.timeline.draw(app.layout, app.scrollTop);
        drawOverlay(this.timeline, app);
        this.heads.draw(app.scrollTop, this.timeline.height);
        const g = fitCanvas(this.ruler);
        drawRuler(g, view, theme.colors, this.ruler.clientHeight, { range: app.range, markers: app.markers, cursor: app.cursor });
        this.map.draw(fitCanvas(this.map.canvas), theme.colors, { hits: app.hitColumns, markers: app.markers, range: app.range });
        const text = duration(Math.min(view.t1, view.end) - Math.max(view.t0, view.begin));
        if (this.spanText !== text) {
            this.spanText = text;
            const bold = document.createElement("b");
            bold.textContent = text;
            this.span.replaceChildren(bold, "in view");
        }
    }

    /** @returns {import("./gestures.js").Target} */
    target() {
        const { app, scroller } = this;
        return {
            pan: (dx) => {
                const by = dx / app.view.width * app.view.span;
                app.show(app.view.t0 + by, app.view.t1 + by, false);
            },
            scroll: (dy) => { scroller.scrollTop += dy; },
            canScroll: () => scroller.scrollHeight > scroller.clientHeight + 1,
            zoom: (factor, x) => app.zoom(factor, x, false),
            hover: (x, y) => this.hover(x, y),
            leave: () => this.leave(),
            click: (x, y, event) => { this.click(x, y, event).catch(sayFailure); },
            open: (x, y) => { this.open(x, y).catch(sayFailure); },
            range: (x0, x1, done) => this.dragRange(x0, x1, done),
        };
    }

    /** @param {number} x @param {number} y */
    hover(x, y) {
        const { app } = this;
        if (!app.trace) return;
        app.cursor = app.view.time(x);
        const hit = this.timeline.hit(x, y);
        app.setHover(hit ? hit.name : -1);
        this.canvas.style.cursor = hit ? "pointer" : "default";
        this.tip.show(x, y, hit);
        app.redraw();
    }

    leave() {
        this.app.cursor = null;
        this.app.setHover(-1);
        this.tip.hide();
        this.app.redraw();
    }

    /** A click on the ruler clears the range; on the tracks it selects. @param {number} x @param {number} y @param {PointerEvent} event */
    async click(x, y, event) {
        const { app } = this;
        if (!app.trace) return;
        this.scroller.focus({ preventScroll: true });
        if (event.target === this.ruler) {
            app.setRange(null);
            return;
        }
        const mark = this.markUnder(x, y);
        if (mark) {
            app.selectMark(await markInfo(app.trace, mark));
            return;
        }
        const slice = await this.sliceUnder(x, y);
        app.select(slice);
    }

    /** @param {number} x @param {number} y */
    async sliceUnder(x, y) {
        const hit = this.timeline.hit(x, y);
        if (!hit) return null;
        return this.app.trace.sliceAt(hit.line.row, hit.index);
    }

    /** @param {number} y */
    boxUnder(y) {
        const { layout } = this.app;
        const pinned = layout.pinned.find((b) => y >= b.top && y < b.top + b.height && y < this.timeline.height * 0.5);
        if (pinned) return { box: pinned, top: pinned.top };
        const at = y + this.app.scrollTop - layout.pinnedHeight;
        const box = layout.boxes.find((b) => at >= b.top && at < b.top + b.height);
        return box ? { box, top: box.top - this.app.scrollTop + layout.pinnedHeight } : null;
    }

    /** @param {number} x @param {number} y */
    markUnder(x, y) {
        const found = this.boxUnder(y);
        if (!found || found.box.kind !== "track" || !found.box.track) return null;
        const { kind, id } = found.box.track;
        if (kind === "slices" || kind === "counter") return null;
        return markAt(this.app, id, found.box.collapsed ? -1 : Math.floor((y - found.top - 4) / ROW), x);
    }

    /** Double click: a slice fills the picture; beside one, everything does. @param {number} x @param {number} y */
    async open(x, y) {
        const slice = await this.sliceUnder(x, y);
        if (!slice) {
            this.app.fit();
            return;
        }
        this.app.select(slice);
        const [t0, t1] = Viewport.around(slice.ts, slice.ts + slice.dur, 0.05);
        this.app.show(t0, t1);
    }

    /** Edges of slices within a few pixels attract. @param {number} x */
    snapped(x) {
        const { view } = this.app;
        const t = view.time(x);
        let best = t;
        let distance = 6 / view.width * view.span;
        for (const line of this.timeline.lines) {
            for (const { items: { start, duration: lasts, count }, from, to } of line.tiles) {
                for (let i = from; i < to; i++) {
                    if (count[i] > 1) continue;
                    for (const edge of [start[i], start[i] + lasts[i]]) {
                        const far = Math.abs(edge - t);
                        if (far < distance) {
                            best = edge;
                            distance = far;
                        }
                    }
                }
            }
        }
        return best;
    }

    /** @param {number} x0 @param {number} x1 @param {boolean} done */
    dragRange(x0, x1, done) {
        const { app } = this;
        if (this.rangeStart === undefined) this.rangeStart = this.snapped(x0);
        const one = Math.max(0, Math.min(this.rangeStart, app.trace.end));
        const two = Math.max(0, Math.min(this.snapped(x1), app.trace.end));
        app.range = [Math.min(one, two), Math.max(one, two)];
        app.redraw();
        if (!done) return;
        this.rangeStart = undefined;
        app.setRange(app.range[1] > app.range[0] ? app.range : null);
    }
}
