// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What has a moment but no length: instants as diamonds, objects as bars of life with snapshots.
import { ROW } from "./layout.js";
import { visibleText } from "./labels.js";
import { levelFor } from "./tiles.js";

/** @typedef {import("./trace.js").Mark} Mark */

/** @type {Map<number, {key: string, asked: string, marks: Mark[]}>} */
const known = new Map();

export function forgetMarks() {
    known.clear();
}

/** @param {import("./app.js").App} app @param {number} track @returns {Mark[]} */
export function marksOf(app, track) {
    const { t0, t1, span, width } = app.view;
    // A diamond is some pixels wide: closer than that, one stands for several.
    const level = levelFor(span / width * 8);
    const key = `${t0} ${t1} ${level}`;
    let entry = known.get(track);
    if (!entry) known.set(track, entry = { key: "", asked: "", marks: [] });
    const memory = entry;
    if (memory.key !== key && !memory.asked) {
        memory.asked = key;
        app.trace.marks(track, t0, t1, level).then((/** @type {Mark[]} */ marks) => {
            memory.marks = marks;
            memory.key = memory.asked;
            memory.asked = "";
            app.redraw();
        }, () => { memory.key = key; memory.asked = ""; });
    }
    return memory.marks;
}

/** @param {CanvasRenderingContext2D} g @param {import("./app.js").App} app
 *  @param {import("./layout.js").Box} box @param {number} top @param {number} width */
export function drawMarks(g, app, box, top, width) {
    const track = /** @type {import("./trace.js").Track} */ (box.track);
    g.font = app.theme.colors.font;
    g.textBaseline = "middle";
    const marks = marksOf(app, track.id);
    marks.forEach((mark, index) => {
        const depth = box.collapsed ? 0 : mark.depth;
        const y = top + 4 + depth * ROW + ROW / 2;
        const x = app.view.x(mark.t);
        const next = marks.slice(index + 1).find((m) => m.depth === mark.depth);
        const room = (next ? app.view.x(next.t) : width) - x;
        drawMark(g, app, mark, x, y, room);
    });
}

/** @param {CanvasRenderingContext2D} g @param {import("./app.js").App} app @param {Mark} mark
 *  @param {number} x @param {number} y @param {number} room to the next one */
function drawMark(g, app, mark, x, y, room) {
    const { colors } = app.theme;
    const selected = app.selectedMark && app.selectedMark.id === mark.id && app.selectedMark.track === mark.track;
    if (x < -10 || x > g.canvas.width) return;
    g.fillStyle = app.palette.cssOf(mark.name);
    if (mark.kind === "created" || mark.kind === "snapshot") {
        g.globalAlpha = 0.35;
        g.fillRect(x, y - 4, Math.max(0, room), 8);
        g.globalAlpha = 1;
    }
    g.fillStyle = colors.ink;
    g.beginPath();
    if (mark.kind === "deleted") {
        g.rect(x - 1, y - 6, 2, 12);
    } else if (mark.kind === "snapshot") {
        g.arc(x, y, 4.5, 0, 2 * Math.PI);
    } else {
        g.moveTo(x, y - 6);
        g.lineTo(x + 5, y);
        g.lineTo(x, y + 6);
        g.lineTo(x - 5, y);
        g.closePath();
    }
    g.fillStyle = selected ? colors.accent : colors.marker;
    g.fill();
    if (selected) {
        g.strokeStyle = colors.accent;
        g.lineWidth = 4;
        g.globalAlpha = 0.35;
        g.stroke();
        g.globalAlpha = 1;
    }
    const more = mark.count > 1 ? ` +${mark.count - 1}` : "";
    const text = mark.kind === "deleted" ? "" : visibleText(mark.name) + more;
    if (text && g.measureText(text).width < room - 14) {
        g.fillStyle = colors.ink;
        g.fillText(text, x + 9, y + 0.5);
    }
}

/** The mark next to a point of a track's row, or null. @param {import("./app.js").App} app
 *  @param {number} track @param {number} depth @param {number} x */
export function markAt(app, track, depth, x) {
    let best = null;
    let distance = 9;
    for (const mark of marksOf(app, track)) {
        if (depth >= 0 && mark.depth !== depth) continue;
        const far = Math.abs(app.view.x(mark.t) - x);
        if (far < distance) {
            best = mark;
            distance = far;
        }
    }
    return best;
}
