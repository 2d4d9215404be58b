// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Counters as graphs: per pixel the least and the greatest value, so that no peak is lost.
import { visibleText } from "./labels.js";
import { levelFor } from "./tiles.js";

/**
 * @typedef {{name: string, time: Float64Array, min: Float64Array, max: Float64Array, last: Float64Array}} Series
 *   per bucket that has samples, and the last one before the range
 */

/** @type {Map<number, {key: string, asked: string, picture: Series[]}>} what was asked last, and its answer */
const pictures = new Map();

export function forgetCounters() {
    pictures.clear();
}

/** The picture for what is seen, asked for when it is not there; until then the last one.
 *  @param {import("./app.js").App} app @param {number} track */
function pictureOf(app, track) {
    const { t0, t1, span, width } = app.view;
    const level = levelFor(span / width);
    const key = `${t0} ${t1} ${level}`;
    let entry = pictures.get(track);
    if (!entry) pictures.set(track, entry = { key: "", asked: "", picture: [] });
    const memory = entry;
    if (memory.key !== key && !memory.asked) {
        memory.asked = key;
        const done = (/** @type {Series[]} */ picture) => {
            memory.picture = picture;
            memory.key = memory.asked;
            memory.asked = "";
            app.redraw();
        };
        app.trace.counter(track, Math.max(t0, 0), Math.max(t1, 1), level).then(done, () => { memory.key = key; memory.asked = ""; });
    }
    return memory.picture;
}

/** Values in few signs. @param {number} value */
export function shortNumber(value) {
    const size = Math.abs(value);
    if (size >= 1e15) return value.toPrecision(3);
    if (size >= 1e9) return `${(value / 1e9).toPrecision(3)} G`;
    if (size >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
    if (size >= 1e4) return `${(value / 1e3).toPrecision(3)} k`;
    return String(Number(value.toPrecision(5)));
}

/** @param {CanvasRenderingContext2D} g @param {import("./app.js").App} app
 *  @param {import("./layout.js").Box} box @param {number} top @param {number} width */
export function drawCounter(g, app, box, top, width) {
    const track = /** @type {import("./trace.js").Track} */ (box.track);
    const picture = pictureOf(app, track.id);
    const height = box.height - 10;
    const bottom = top + 4 + height;
    // The scale is that of the whole trace: it does not jump while one moves.
    const most = Math.max(0, ...track.series.map((s) => s.max));
    const least = Math.min(0, ...track.series.map((s) => s.min));
    const half = most / 2 - least / 2 || 1; // halves: their difference is finite
    const y = (/** @type {number} */ value) => bottom - (value / 2 - least / 2) / half * height;
    picture.forEach((series, index) => {
        drawSeries(g, app, series, y, colorsOf(app, series.name, index, picture.length), Math.min(width, app.view.x(app.trace.end)));
    });
    drawScale(g, app, shortNumber(most), top + 8);
    if (!box.collapsed && least < 0) drawScale(g, app, shortNumber(least), bottom - 5);
}

/** A value of the scale, readable in front of the lines. @param {CanvasRenderingContext2D} g
 *  @param {import("./app.js").App} app @param {string} text @param {number} middle */
function drawScale(g, app, text, middle) {
    const { colors } = app.theme;
    g.font = colors.smallFont;
    g.globalAlpha = 0.8;
    g.fillStyle = colors.paper;
    g.fillRect(2, middle - 6, g.measureText(text).width + 4, 12);
    g.globalAlpha = 1;
    g.fillStyle = colors.muted;
    g.textBaseline = "middle";
    g.fillText(text, 4, middle + 0.5);
}

/** @param {import("./app.js").App} app @param {string} name @param {number} index @param {number} all */
function colorsOf(app, name, index, all) {
    if (all === 1) return { line: app.theme.colors.counterLine, fill: app.theme.colors.counter };
    const color = app.palette.strongOf(`${name} (series:${index + 1})`);
    return { line: color, fill: "" };
}

/** Values hold until the next one: steps. Within a bucket from the least to the greatest.
 *  @param {CanvasRenderingContext2D} g @param {import("./app.js").App} app @param {Series} series
 *  @param {(value: number) => number} y @param {{line: string, fill: string}} color @param {number} end */
function drawSeries(g, app, series, y, color, end) {
    const { time, min, max, last } = series;
    if (!time.length) return;
    g.beginPath();
    const first = Math.max(-2, app.view.x(time[0]));
    g.moveTo(first, y(min[0]));
    for (let i = 0; i < time.length; i++) {
        const x = Math.max(-2, app.view.x(time[i]));
        if (i) g.lineTo(x, y(last[i - 1]));
        g.lineTo(x, y(min[i]));
        g.lineTo(x, y(max[i]));
        g.lineTo(x, y(last[i]));
    }
    g.lineTo(end, y(last[time.length - 1]));
    g.lineJoin = "round";
    g.lineWidth = 1.25;
    g.strokeStyle = color.line;
    g.stroke();
    if (!color.fill) return;
    g.lineTo(end, y(0));
    g.lineTo(first, y(0));
    g.closePath();
    g.fillStyle = color.fill;
    g.fill();
}

/** The values at a point of time, as the tip shows them. @param {number} track @param {number} t
 *  @returns {{name: string, value: string}[]} */
export function counterValues(track, t) {
    return (pictures.get(track)?.picture || []).flatMap(({ name, time, min, max, last }) => {
        let at = time.length - 1;
        while (at >= 0 && time[at] > t) at--;
        if (at < 0) return [];
        const value = min[at] === max[at] ? shortNumber(last[at]) : `${shortNumber(min[at])} … ${shortNumber(max[at])}`;
        return [{ name: visibleText(name), value }];
    });
}
