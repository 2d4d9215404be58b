// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The picture of the tracks. A frame asks for what it needs, paints what is known and never waits.
import { ROW, visible } from "./layout.js";
import { Strips, paintTile } from "./strips.js";
import { TileCache, levelFor } from "./tiles.js";
import { Labels, labelPlace } from "./labels.js";
import { ticksOf } from "./ruler.js";
import { toast } from "./dom.js";
import { drawCounter } from "./counters.js";
import { drawMarks } from "./marks.js";

const TOP = 4;
const LABEL_ROOM = 22;
const MOST_LABELS = 700;
/** In the browser's own timeline: the first frame in which nothing of a trace was missing. */
const WHOLE = "viztracer-picture";

/**
 * @typedef {import("./layout.js").Box} Box
 * @typedef {import("./tiles.js").Tile} Tile
 * @typedef {{row: number, t0: number, t1: number, y: number, height: number, tiles: Tile[], box: Box, depth: number}} Line
 */

export class Timeline {
    /** @param {HTMLCanvasElement} canvas @param {import("./app.js").App} app */
    constructor(canvas, app) {
        this.canvas = canvas;
        this.app = app;
        this.g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
        this.strips = new Strips();
        this.labels = new Labels((text) => this.g.measureText(text).width);
        this.tiles = new TileCache((wishes) => app.trace.tiles(wishes), () => app.redraw(),
            (why) => toast(`The picture is not whole: ${why}`));
        /** @type {Line[]} what the last frame showed */
        this.lines = [];
        this.whole = false;
        this.width = 1;
        this.height = 1;
        this.ratio = 1;
    }

    /** Another trace: nothing of the last one is shown. */
    reset() {
        this.tiles.clear();
        this.labels.known.clear();
        this.whole = false;
        performance.clearMarks(WHOLE);
    }

    /** @param {number} width @param {number} height css pixels */
    resize(width, height) {
        this.ratio = window.devicePixelRatio || 1;
        this.width = width;
        this.height = height;
        this.canvas.width = Math.max(1, Math.round(width * this.ratio));
        this.canvas.height = Math.max(1, Math.round(height * this.ratio));
        this.canvas.style.height = `${height}px`;
    }

    /** @param {{pinned: Box[], boxes: Box[], pinnedHeight: number}} layout @param {number} scroll */
    draw(layout, scroll) {
        const { g, ratio, app } = this;
        g.setTransform(1, 0, 0, 1, 0, 0);
        g.fillStyle = app.theme.colors.paper;
        g.fillRect(0, 0, this.canvas.width, this.canvas.height);
        this.tiles.beginFrame();
        const pinnedHeight = Math.min(layout.pinnedHeight, this.height * 0.5);
        const below = visible(layout.boxes, scroll, scroll + this.height - pinnedHeight);
        const above = layout.pinned.filter((box) => box.top < pinnedHeight);
        this.lines = [];
        for (const box of below) this.addLines(box, box.top - scroll + pinnedHeight, pinnedHeight, this.height);
        for (const box of above) this.addLines(box, box.top, 0, pinnedHeight);
        this.drawGrid(below, scroll, pinnedHeight);
        this.paintLines();
        g.setTransform(ratio, 0, 0, ratio, 0, 0);
        this.drawLabels();
        this.drawOthers(below, pinnedHeight - scroll, pinnedHeight, this.height);
        this.drawOthers(above, 0, 0, pinnedHeight);
        if (pinnedHeight) {
            g.fillStyle = app.theme.colors.faint;
            g.fillRect(0, pinnedHeight - 1, this.width, 1);
        }
        if (!this.whole && app.trace && !this.tiles.wishes.length) {
            this.whole = true;
            performance.mark(WHOLE);
            app.trace.ondrawn();
        }
        this.tiles.flush();
    }

    /** @param {Box} box @param {number} y @param {number} from @param {number} to */
    addLines(box, y, from, to) {
        if (box.kind !== "track" || !box.track || box.track.kind !== "slices") return;
        for (let depth = 0; depth < box.rows; depth++) {
            const top = y + TOP + depth * ROW;
            if (top + ROW <= from || top + 1 > to) continue;
            this.lines.push({
                row: box.track.row0 + depth, t0: 0, t1: 0, y: top, height: ROW - 1, tiles: [], box, depth,
            });
        }
    }

    paintLines() {
        const { app, strips, ratio } = this;
        const { view, trace } = app;
        const width = this.canvas.width;
        const scale = width / view.span;
        const level = levelFor(1 / scale);
        const brush = {
            t0: view.t0, scale, width, colors: app.colors.plain, strong: app.colors.strong,
            background: app.palette.background, lit: app.hoverName,
        };
        strips.begin(width, this.lines.length);
        const t0 = Math.max(view.t0, 0);
        const t1 = Math.min(view.t1, trace.end);
        if (t1 <= t0) return;
        for (const line of this.lines) {
            const top = Math.round(line.y * ratio);
            const offset = strips.line(top, Math.round((line.y + line.height) * ratio) - top);
            this.tiles.cover(line.row, level, t0, t1, (tile, from, to) => {
                line.tiles.push(tile);
                paintTile(strips.pixels, offset, tile, brush, from, to);
            });
        }
        strips.draw(this.g);
    }

    /** Names on what is wide enough. A slice that lies in several tiles is named once. */
    drawLabels() {
        const { g, app } = this;
        g.font = app.theme.colors.font;
        g.fillStyle = app.theme.colors.sliceInk;
        g.textBaseline = "middle";
        let left = MOST_LABELS;
        const least = LABEL_ROOM / this.width * app.view.span;
        for (const line of this.lines) {
            let last = -1;
            for (const tile of line.tiles) {
                const { start, duration, name, slice, count } = tile.items;
                for (let i = tile.from; i < tile.to && left; i++) {
                    if (count[i] > 1 || duration[i] < least || slice[i] <= last) continue;
                    last = slice[i];
                    left -= this.drawLabel(line, start[i], duration[i], name[i]) ? 1 : 0;
                }
            }
        }
    }

    /** @param {Line} line @param {number} start @param {number} duration @param {number} name */
    drawLabel(line, start, duration, name) {
        const { view, trace } = this.app;
        const place = labelPlace(view.x(start), view.x(start + duration), this.width);
        if (!place) return false;
        const text = this.labels.fit(trace.nameOf(name), place.room);
        if (!text) return false;
        this.g.fillText(text, place.x, line.y + line.height / 2 + 0.5);
        return true;
    }

    /** @param {Box[]} boxes @param {number} scroll @param {number} pinnedHeight */
    drawGrid(boxes, scroll, pinnedHeight) {
        const { g, app, ratio } = this;
        g.setTransform(ratio, 0, 0, ratio, 0, 0);
        g.fillStyle = app.theme.colors.grid;
        const { ticks } = ticksOf(app.view);
        for (const t of ticks) g.fillRect(Math.round(app.view.x(t)), 0, 1, this.height);
        for (const box of boxes) {
            const y = box.top - scroll + pinnedHeight;
            if (box.kind === "group") {
                g.fillStyle = app.theme.colors.group;
                g.fillRect(0, y, this.width, box.height);
                g.fillStyle = app.theme.colors.line;
            } else {
                g.fillStyle = app.theme.colors.grid;
            }
            g.fillRect(0, y + box.height - 1, this.width, 1);
        }
        g.setTransform(1, 0, 0, 1, 0, 0);
    }

    /** @param {Box[]} boxes @param {number} by @param {number} from @param {number} to */
    drawOthers(boxes, by, from, to) {
        const { g, app } = this;
        g.save();
        g.beginPath();
        g.rect(0, from, this.width, to - from);
        g.clip();
        for (const box of boxes) {
            if (box.kind !== "track" || !box.track || box.track.kind === "slices") continue;
            if (box.track.kind === "counter") drawCounter(g, app, box, box.top + by, this.width);
            else drawMarks(g, app, box, box.top + by, this.width);
        }
        g.restore();
    }

    /** The line at a height, or null. @param {number} y */
    lineAt(y) {
        // Pinned tracks were added last and lie on top.
        for (let i = this.lines.length - 1; i >= 0; i--) {
            const line = this.lines[i];
            if (y >= line.y && y < line.y + ROW) return line;
        }
        return null;
    }

    /**
     * What the picture shows at a point: a slice, a crowd of short ones, or nothing.
     * @param {number} x @param {number} y
     * @returns {null | {kind: "slice", line: Line, start: number, duration: number, name: number, index: number}
     *   | {kind: "crowd", line: Line, t0: number, t1: number, name: number, index: number, count: number, busy: number}}
     */
    hit(x, y) {
        const line = this.lineAt(y);
        if (!line) return null;
        const t = this.app.view.time(x);
        const near = this.app.view.span / this.width;
        for (const tile of line.tiles) {
            const i = itemAt(tile, t, near);
            if (i < 0) continue;
            const { start, duration, name, slice, count, busy } = tile.items;
            if (count[i] === 1) return { kind: "slice", line, start: start[i], duration: duration[i], name: name[i], index: slice[i] };
            return {
                kind: "crowd", line, t0: start[i], t1: start[i] + tile.bucketNs, name: name[i], index: slice[i],
                count: count[i], busy: busy[i],
            };
        }
        return null;
    }
}

/**
 * The item that the picture shows at a time, slices before crowds; -1: none.
 * @param {Tile} tile @param {number} t @param {number} near ns: narrow slices are easier to hit
 */
function itemAt(tile, t, near) {
    const { start, duration, count } = tile.items;
    let low = tile.from;
    let high = tile.to;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (start[middle] <= t) low = middle + 1;
        else high = middle;
    }
    let crowd = -1;
    for (let i = low - 1; i >= Math.max(tile.from, low - 3); i--) {
        if (count[i] > 1) {
            if (crowd < 0 && t < start[i] + tile.bucketNs) crowd = i;
        } else if (t < start[i] + Math.max(duration[i], near)) {
            return i;
        }
    }
    return crowd;
}
