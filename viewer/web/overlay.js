// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What lies over the tracks: the selected slice, the range, markers, flows, the pointer's line.
import { ROW } from "./layout.js";

/** @typedef {import("./app.js").App} App @typedef {import("./timeline.js").Timeline} Timeline */

/** @param {Timeline} timeline @param {App} app */
export function drawOverlay(timeline, app) {
    const { g, width, height } = timeline;
    const { view } = app;
    const { colors } = app.theme;
    if (app.trace.overflow) drawLost(timeline, app);
    if (app.range) drawRange(g, view, colors, width, height, app.range);
    for (const mark of app.markers) {
        g.fillStyle = colors.marker;
        g.fillRect(Math.round(view.x(mark.t)), 0, 1, height);
    }
    if (app.cursor !== null) {
        g.globalAlpha = 0.35;
        g.fillStyle = colors.muted;
        g.fillRect(Math.round(view.x(app.cursor)), 0, 1, height);
        g.globalAlpha = 1;
    }
    drawHits(timeline, app);
    if (app.selection) outline(timeline, app, app.selection, colors.accent, 2);
    drawFlows(timeline, app);
}

/** @param {CanvasRenderingContext2D} g @param {any} view @param {Record<string, string>} colors
 *  @param {number} width @param {number} height @param {[number, number]} range */
function drawRange(g, view, colors, width, height, range) {
    const x0 = Math.max(-2, view.x(range[0]));
    const x1 = Math.min(width + 2, view.x(range[1]));
    g.fillStyle = colors.veil;
    if (x0 > 0) g.fillRect(0, 0, Math.min(x0, width), height);
    if (x1 < width) g.fillRect(Math.max(x1, 0), 0, width - x1, height);
    if (x1 <= x0) return;
    g.fillStyle = colors.accent;
    g.fillRect(x0, 0, 1, height);
    g.fillRect(x1 - 1, 0, 1, height);
}

/** The buffer was full: before the first event there was more. @param {Timeline} timeline @param {App} app */
function drawLost(timeline, app) {
    const { g, height } = timeline;
    const x = Math.min(app.view.x(0), timeline.width);
    if (x <= 0) return;
    g.save();
    g.beginPath();
    g.rect(0, 0, x, height);
    g.clip();
    g.strokeStyle = app.theme.colors.warn;
    g.globalAlpha = 0.35;
    g.lineWidth = 1;
    g.beginPath();
    for (let at = -height; at < x; at += 8) {
        g.moveTo(at, height);
        g.lineTo(at + height, 0);
    }
    g.stroke();
    g.restore();
}

/** @param {Timeline} timeline @param {number} row */
function lineOf(timeline, row) {
    for (let i = timeline.lines.length - 1; i >= 0; i--) {
        if (timeline.lines[i].row === row) return timeline.lines[i];
    }
    return null;
}

/** @param {Timeline} timeline @param {App} app @param {{row: number, ts: number, dur: number}} slice
 *  @param {string} color @param {number} weight */
function outline(timeline, app, slice, color, weight) {
    const line = lineOf(timeline, slice.row);
    if (!line) return;
    const { g, width } = timeline;
    const x0 = Math.max(-4, app.view.x(slice.ts));
    const x1 = Math.min(width + 4, Math.max(app.view.x(slice.ts + slice.dur), x0 + 3));
    if (x1 < 0 || x0 > width) return;
    g.strokeStyle = color;
    g.lineWidth = weight;
    g.beginPath();
    g.roundRect(x0 + weight / 2 - 1, line.y - 1 + weight / 2 - 0.5, x1 - x0 + 2 - weight, ROW + 1 - weight + 0.5, 2.5);
    g.stroke();
}

/** @param {Timeline} timeline @param {App} app */
function drawHits(timeline, app) {
    if (!app.hits.length) return;
    let left = 400;
    for (const hit of app.hits) {
        if (hit.ts > app.view.t1 || hit.ts + hit.dur < app.view.t0) continue;
        outline(timeline, app, hit, app.theme.colors.hit, 1.25);
        if (!--left) return;
    }
}

/** Arrows of the selected slice's flows: from the end of one slice to the beginning of the other.
 *  @param {Timeline} timeline @param {App} app */
function drawFlows(timeline, app) {
    const flows = app.selection?.flows;
    if (!flows) return;
    const { g } = timeline;
    g.strokeStyle = app.theme.colors.accent;
    g.fillStyle = app.theme.colors.accent;
    g.lineWidth = 1.5;
    for (const flow of flows) {
        const from = flowPoint(timeline, app, flow.from);
        const to = flowPoint(timeline, app, flow.to);
        if (!from || !to) continue;
        const bend = Math.max(20, Math.abs(to.x - from.x) / 2);
        g.beginPath();
        g.moveTo(from.x, from.y);
        g.bezierCurveTo(from.x + bend, from.y, to.x - bend, to.y, to.x, to.y);
        g.stroke();
        g.beginPath();
        g.moveTo(to.x, to.y);
        g.lineTo(to.x - 7, to.y - 4);
        g.lineTo(to.x - 7, to.y + 4);
        g.fill();
    }
}

/** Where the end of a flow is; off the picture when its row is not drawn.
 *  @param {Timeline} timeline @param {App} app @param {{row: number, t: number, track: number}} end */
function flowPoint(timeline, app, end) {
    const line = lineOf(timeline, end.row);
    const x = app.view.x(end.t);
    if (line) return { x, y: line.y + ROW / 2 };
    const box = app.layout.boxes.find((b) => b.track?.id === end.track && b.kind === "track");
    if (!box) return null;
    return { x, y: box.top - app.scrollTop < 0 ? -10 : timeline.height + 10 };
}
