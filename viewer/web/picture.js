// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What is seen as a picture: PNG from the canvases, SVG from the slices of the frame.
import { download } from "./dom.js";
import { css } from "./colors.js";
import { shortName, visibleText } from "./labels.js";
import { ticksOf } from "./ruler.js";
import { tickLabel } from "./units.js";

/** @param {HTMLCanvasElement} canvas @param {string} name */
export function saveCanvas(canvas, name) {
    canvas.toBlob((blob) => {
        if (blob) download(blob, name);
    }, "image/png");
}

/** The names of the tracks in sight, with their places. @param {import("./stage.js").Stage} stage */
function headsInSight(stage) {
    const { app, timeline } = stage;
    const { layout } = app;
    const places = layout.boxes.map((box) => ({ box, y: box.top - app.scrollTop + layout.pinnedHeight }));
    return places.filter(({ box, y }) => y + box.height > layout.pinnedHeight && y < timeline.height)
        .concat(layout.pinned.map((box) => ({ box, y: box.top })));
}

/** @param {import("./layout.js").Box} box */
function headText(box) {
    return visibleText((box.kind === "group" ? box.track?.processName : box.track?.name) || "");
}

/** Ruler, names and tracks on one canvas. @param {import("./stage.js").Stage} stage */
export function savePng(stage) {
    const { timeline, ruler, app } = stage;
    const { ratio } = timeline;
    const head = 180;
    const canvas = document.createElement("canvas");
    canvas.width = timeline.canvas.width + head * ratio;
    canvas.height = timeline.canvas.height + ruler.height;
    const g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const { colors } = app.theme;
    g.fillStyle = colors.panel;
    g.fillRect(0, 0, canvas.width, canvas.height);
    g.drawImage(ruler, head * ratio, 0);
    g.drawImage(timeline.canvas, head * ratio, ruler.height);
    g.setTransform(ratio, 0, 0, ratio, 0, ruler.height);
    g.beginPath();
    g.rect(0, 0, head - 4, timeline.height);
    g.clip();
    g.textBaseline = "middle";
    for (const { box, y } of headsInSight(stage)) {
        g.font = box.kind === "group" ? colors.smallBold : colors.smallFont;
        g.fillStyle = colors.ink;
        g.fillText(headText(box), box.kind === "group" ? 8 : 16, y + 13);
    }
    saveCanvas(canvas, "timeline.png");
}

/** @param {string} text */
function escapeXml(text) {
    return text.replace(/[\ufffe\uffff]/g, "\ufffd").replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** @param {number} pixel */
function cssOfPixel(pixel) {
    return css([pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255]);
}

/**
 * The items of a line as boxes: slices with their names, crowds of short ones as pale as the picture
 * has them. @param {import("./stage.js").Stage} stage @param {import("./timeline.js").Line} line
 * @param {(x0: number, x1: number, item: {name: number, share: number, count: number}) => void} put
 */
function boxesOf({ app, timeline }, line, put) {
    const seen = new Set();
    for (const { items: { start, duration, name, slice, count, busy }, from, to } of line.tiles) {
        for (let i = from; i < to; i++) {
            if (seen.has(slice[i])) continue;
            seen.add(slice[i]);
            const x0 = Math.max(0, app.view.x(start[i]));
            const x1 = Math.min(timeline.width, Math.max(app.view.x(start[i] + duration[i]), x0 + 0.5));
            const share = count[i] > 1 ? 0.28 + 0.72 * busy[i] : 1;
            if (x1 > x0) put(x0, x1, { name: name[i], share, count: count[i] });
        }
    }
}

/** The timeline as SVG. @param {import("./stage.js").Stage} stage */
export function timelineSvg(stage) {
    const { app, timeline } = stage;
    const { view } = app;
    const { colors } = app.theme;
    const head = 180;
    const top = 26;
    const width = timeline.width + head;
    const height = Math.min(timeline.height, app.layout.height + app.layout.pinnedHeight) + top;
    const out = [`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
        `<rect width="100%" height="100%" fill="${colors.paper}"/>`];
    const { step, ticks } = ticksOf(view);
    for (const t of ticks) {
        const x = (view.x(t) + head).toFixed(1);
        out.push(`<path d="M${x} 16V${height}" stroke="${colors.grid}"/><text x="${x}" y="14" fill="${colors.muted}">${tickLabel(t, step)}</text>`);
    }
    for (const line of timeline.lines) {
        boxesOf(stage, line, (x0, x1, { name, share, count }) => {
            const text = app.trace.nameOf(name);
            const title = escapeXml(visibleText(count > 1 ? `${text} and ${count - 1} more` : text));
            out.push(`<rect x="${(x0 + head).toFixed(2)}" y="${line.y + top}" width="${(x1 - x0).toFixed(2)}" height="${line.height}" fill="${cssOfPixel(app.colors.plain[name])}"${share < 1 ? ` fill-opacity="${share.toFixed(2)}"` : ""}><title>${title}</title></rect>`);
            const label = count === 1 && x1 - x0 > 30 ? timeline.labels.fit(text, x1 - x0 - 8) : "";
            if (label) out.push(`<text x="${(x0 + head + 4).toFixed(1)}" y="${line.y + top + 12.5}" fill="${colors.sliceInk}">${escapeXml(label)}</text>`);
        });
    }
    for (const { box, y } of headsInSight(stage)) {
        out.push(`<text x="${box.kind === "group" ? 6 : 14}" y="${y + top + 16}" fill="${colors.ink}">${escapeXml(shortName(headText(box)).slice(0, 28))}</text>`);
    }
    out.push("</svg>");
    return out.join("\n");
}

/** @param {import("./stage.js").Stage} stage */
export function saveSvg(stage) {
    download(new Blob([timelineSvg(stage)], { type: "image/svg+xml" }), "timeline.svg");
}
