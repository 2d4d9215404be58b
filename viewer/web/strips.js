// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Rows of slices as one-pixel-high images: a row's picture is one line of a pixel buffer, put on a
// small canvas once per frame and stretched to the row's height. (A fillRect per slice took
// 34-50 ms a frame where this takes 0.6 ms: 46,500 slices on 44 rows.)
import { mix } from "./colors.js";

/**
 * @typedef {import("./tiles.js").Tile} Tile
 * @typedef {{t0: number, scale: number, width: number, colors: Uint32Array, strong: Uint32Array,
 *   background: number, lit: number}} Brush `scale`: device pixels per ns; `lit`: the name that
 *   lights up, or -1
 */

/** A growing buffer of lines, one per row of the frame. */
export class Strips {
    constructor() {
        this.canvas = document.createElement("canvas");
        this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
        this.width = 0;
        this.height = 0;
        this.lines = 0;
        this.pixels = new Uint32Array(0);
        /** @type {ImageData | null} */
        this.image = null;
        /** @type {{line: number, y: number, height: number}[]} */
        this.places = [];
    }

    /** @param {number} width device pixels @param {number} lines at most */
    begin(width, lines) {
        if (width !== this.width || lines > this.height) {
            this.width = width;
            this.height = Math.max(lines, this.height, 64);
            this.canvas.width = width;
            this.canvas.height = this.height;
            this.image = this.context.createImageData(width, this.height);
            this.pixels = new Uint32Array(this.image.data.buffer);
        }
        this.pixels.fill(0, 0, width * lines);
        this.lines = 0;
        this.places.length = 0;
    }

    /** A new line, to be shown at y. @param {number} y @param {number} height device pixels @returns {number} its offset */
    line(y, height) {
        this.places.push({ line: this.lines, y, height });
        return this.lines++ * this.width;
    }

    /** @param {CanvasRenderingContext2D} context */
    draw(context) {
        if (!this.lines || !this.image) return;
        this.context.putImageData(this.image, 0, 0, 0, 0, this.width, this.lines);
        context.imageSmoothingEnabled = false;
        for (const { line, y, height } of this.places) {
            context.drawImage(this.canvas, 0, line, this.width, 1, 0, y, this.width, height);
        }
    }
}

/**
 * Paints the part of a tile between two times onto a line.
 * @param {Uint32Array} pixels @param {number} offset @param {Tile} tile @param {Brush} brush
 * @param {number} from ns @param {number} to ns
 */
export function paintTile(pixels, offset, tile, brush, from, to) {
    const { t0, scale, width } = brush;
    const first = Math.max(0, Math.round((from - t0) * scale));
    const end = Math.min(width, Math.round((to - t0) * scale));
    if (end <= first) return;
    paintCrowds(pixels, offset, tile, brush, first, end);
    const { start, duration, name, count } = tile.items;
    for (let i = tile.from; i < tile.to; i++) {
        if (count[i] > 1) continue;
        let left = Math.round((start[i] - t0) * scale);
        let right = Math.round((start[i] + duration[i] - t0) * scale);
        let color = name[i] === brush.lit ? brush.strong[name[i]] : brush.colors[name[i]];
        if (right === left) {
            // Less than a pixel: as much colour as it fills, but never nothing.
            right++;
            color = mix(color, brush.background, Math.round(Math.min(256, 72 + 184 * duration[i] * scale)));
        }
        if (right <= first || left >= end) continue;
        const edge = right - left >= 3 && right <= end;
        const stop = Math.min(right, end);
        left = Math.max(left, first);
        pixels.fill(color, offset + left, offset + stop);
        if (edge) pixels[offset + right - 1] = mix(color, brush.background, 90);
    }
}

/**
 * What is shorter than a bucket: the longest of it gives the colour, the busy share how much of it.
 * @param {Uint32Array} pixels @param {number} offset @param {Tile} tile @param {Brush} brush
 * @param {number} first @param {number} end
 */
function paintCrowds(pixels, offset, tile, brush, first, end) {
    const { t0, scale } = brush;
    const { bucketNs } = tile;
    const { start, name, count, busy } = tile.items;
    for (let i = tile.from; i < tile.to; i++) {
        if (count[i] === 1) continue;
        let left = Math.round((start[i] - t0) * scale);
        let right = Math.round((start[i] + bucketNs - t0) * scale);
        if (right === left) right++;
        if (left < first) left = first;
        if (right > end) right = end;
        if (left >= right) continue;
        const color = name[i] === brush.lit ? brush.strong[name[i]] : brush.colors[name[i]];
        const shade = mix(color, brush.background, Math.round(72 + 184 * busy[i]));
        for (let x = left; x < right; x++) pixels[offset + x] = shade;
    }
}
