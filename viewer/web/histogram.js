// SPDX-License-Identifier: Apache-2.0
// @ts-check
// How long the calls of one function took: counts over durations, on a logarithmic scale.
import { count, duration } from "./units.js";

/** @typedef {{from: ArrayLike<number>, to: ArrayLike<number>, counts: ArrayLike<number>}} Histogram from, to: ns */

const BOTTOM = 18;

/** @param {HTMLCanvasElement} canvas @param {Histogram} histogram @param {Record<string, string>} theme @param {string} color */
export function drawHistogram(canvas, histogram, theme, color) {
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth || 288;
    const height = canvas.clientHeight || 130;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    g.scale(ratio, ratio);
    const { counts, from, to } = histogram;
    if (!counts.length) return;
    const most = Math.max(...Array.from(counts), 1);
    const low = Math.log(Math.max(from[0], 1));
    const span = Math.max(Math.log(Math.max(to[to.length - 1], 2)) - low, 1e-9);
    const place = (/** @type {number} */ ns) => (Math.log(Math.max(ns, 1)) - low) / span * width;
    g.fillStyle = color;
    Array.from(counts).forEach((n, i) => {
        if (!n) return;
        const x = place(from[i]);
        const bar = Math.max(place(to[i]) - x, 2);
        // A single call among thousands is still seen.
        const size = Math.max(2, (height - BOTTOM - 14) * n / most);
        g.beginPath();
        g.roundRect(x + 0.5, height - BOTTOM - size, Math.max(1, bar - 1), size, Math.min(2, bar / 3));
        g.fill();
    });
    g.fillStyle = theme.line;
    g.fillRect(0, height - BOTTOM, width, 1);
    g.font = theme.smallFont;
    g.fillStyle = theme.muted;
    g.textBaseline = "alphabetic";
    g.fillText(duration(from[0]), 0, height - 4);
    const last = duration(to[to.length - 1]);
    g.fillText(last, width - g.measureText(last).width, height - 4);
    g.textBaseline = "top";
    g.fillText(`most: ${count(most)}`, 0, 0);
}
