// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The scale of time above the tracks: where its ticks stand and how they are drawn.
import { tickLabel, tickStep, duration } from "./units.js";

/** Ticks about 110 pixels apart. @param {import("./viewport.js").Viewport} view @returns {{step: number, ticks: number[]}} */
export function ticksOf(view) {
    const step = tickStep(view.span / Math.max(view.width / 110, 1));
    const ticks = [];
    for (let t = Math.ceil(view.t0 / step) * step; t <= view.t1; t += step) ticks.push(t);
    return { step, ticks };
}

/**
 * @param {CanvasRenderingContext2D} g in css pixels
 * @param {import("./viewport.js").Viewport} view
 * @param {Record<string, string>} theme @param {number} height
 * @param {{range: [number, number] | null, markers: {t: number, label: string}[], cursor: number | null}} marks
 */
export function drawRuler(g, view, theme, height, marks) {
    g.fillStyle = theme.panel;
    g.fillRect(0, 0, view.width, height);
    if (marks.range) drawRange(g, view, theme, height, marks.range);
    const { step, ticks } = ticksOf(view);
    g.font = theme.smallFont;
    g.textBaseline = "alphabetic";
    for (const t of ticks) {
        const x = Math.round(view.x(t)) + 0.5;
        g.fillStyle = theme.line;
        g.fillRect(x - 0.5, height - 7, 1, 7);
        for (let i = 1; i < 5; i++) {
            const minor = Math.round(view.x(t + step * i / 5));
            g.fillRect(minor, height - 4, 1, 4);
        }
        g.fillStyle = theme.muted;
        const label = tickLabel(t, step);
        if (x + 4 + g.measureText(label).width <= view.width) g.fillText(label, x + 4, height - 9);
    }
    g.fillStyle = theme.line;
    g.fillRect(0, height - 1, view.width, 1);
    for (const mark of marks.markers) drawMarker(g, view.x(mark.t), mark.label, theme, height);
    if (marks.cursor !== null) drawCursor(g, view, theme, height, marks.cursor, step);
}

/** @param {CanvasRenderingContext2D} g @param {import("./viewport.js").Viewport} view
 *  @param {Record<string, string>} theme @param {number} height @param {[number, number]} range */
function drawRange(g, view, theme, height, range) {
    const x0 = Math.max(-1, view.x(range[0]));
    const x1 = Math.min(view.width + 1, view.x(range[1]));
    if (x1 < 0 || x0 > view.width) return;
    g.fillStyle = theme.rangeFill;
    g.fillRect(x0, 0, x1 - x0, height);
    g.fillStyle = theme.accent;
    g.fillRect(x0, 0, 1.5, height);
    g.fillRect(x1 - 1.5, 0, 1.5, height);
    const text = duration(range[1] - range[0]);
    g.font = theme.smallBold;
    const width = g.measureText(text).width;
    if (x1 - x0 > width + 24) {
        const middle = (x0 + x1) / 2;
        g.fillStyle = theme.accent;
        g.beginPath();
        g.roundRect(middle - width / 2 - 6, 1.5, width + 12, 14, 4);
        g.fill();
        g.fillStyle = theme.onAccent;
        g.textBaseline = "middle";
        g.fillText(text, middle - width / 2, 9);
    }
}

/** @param {CanvasRenderingContext2D} g @param {number} x @param {string} label
 *  @param {Record<string, string>} theme @param {number} height */
function drawMarker(g, x, label, theme, height) {
    if (x < -200 || x > g.canvas.width) return;
    g.fillStyle = theme.marker;
    g.fillRect(x - 0.5, 0, 1.5, height);
    g.beginPath();
    g.moveTo(x, 1);
    g.lineTo(x + 9, 4.5);
    g.lineTo(x, 8);
    g.fill();
    if (!label) return;
    g.font = theme.smallBold;
    g.textBaseline = "alphabetic";
    g.fillText(label, x + 12, 9);
}

/** @param {CanvasRenderingContext2D} g @param {import("./viewport.js").Viewport} view
 *  @param {Record<string, string>} theme @param {number} height @param {number} t @param {number} step */
function drawCursor(g, view, theme, height, t, step) {
    const x = view.x(t);
    if (x < 0 || x > view.width) return;
    const text = tickLabel(Math.round(t / (step / 100)) * (step / 100), step / 100);
    g.font = theme.smallFont;
    const width = g.measureText(text).width + 10;
    const left = Math.min(Math.max(x - width / 2, 0), view.width - width);
    g.fillStyle = theme.ink;
    g.beginPath();
    g.roundRect(left, height - 20, width, 16, 4);
    g.fill();
    g.fillStyle = theme.paper;
    g.textBaseline = "middle";
    g.fillText(text, left + 5, height - 11.5);
    g.fillStyle = theme.ink;
    g.fillRect(x - 0.5, height - 4, 1, 4);
}
