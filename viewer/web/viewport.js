// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Which part of the time is seen, and how it glides from one part to another.

const MIN_SPAN_NS = 10;
const GLIDE_MS = 160;
// How far one may look past the ends, as a share of what is seen.
const MARGIN = 0.02;

export class Viewport {
    /** @param {number} t0 @param {number} t1 ns */
    constructor(t0, t1) {
        this.width = 1;
        this.begin = this.min = this.t0 = t0;
        this.end = this.max = this.t1 = t1;
        this.setBounds(t0, t1);
        this.t0 = this.min;
        this.t1 = this.max;
        /** @type {null | {from: number[], to: number[], start: number}} */
        this.glide = null;
    }

    /** @param {number} t0 @param {number} t1 */
    setBounds(t0, t1) {
        if (!(t1 > t0)) t1 = t0 + 1000;
        this.begin = t0;
        this.end = t1;
        const margin = (t1 - t0) * MARGIN / 2;
        this.min = t0 - margin;
        this.max = t1 + margin;
    }

    get span() {
        return this.t1 - this.t0;
    }

    /** @param {number} ns */
    x(ns) {
        return (ns - this.t0) / (this.t1 - this.t0) * this.width;
    }

    /** @param {number} x */
    time(x) {
        return this.t0 + x / this.width * (this.t1 - this.t0);
    }

    /** Puts [t0, t1] inside the bounds, keeping its length when it can. @param {number} t0 @param {number} t1 @returns {number[]} */
    clamp(t0, t1) {
        const full = this.max - this.min;
        let span = Math.min(Math.max(t1 - t0, MIN_SPAN_NS), full);
        const middle = (t0 + t1) / 2;
        let start = middle - span / 2;
        if (start < this.min) start = this.min;
        if (start + span > this.max) start = this.max - span;
        return [start, start + span];
    }

    /** @param {number} t0 @param {number} t1 */
    set(t0, t1) {
        this.glide = null;
        [this.t0, this.t1] = this.clamp(t0, t1);
    }

    /** @param {number} t0 @param {number} t1 @param {number} now ms @param {boolean} still */
    glideTo(t0, t1, now, still = false) {
        const to = this.clamp(t0, t1);
        if (still) {
            this.set(to[0], to[1]);
            return;
        }
        this.glide = { from: [this.t0, this.t1], to, start: now };
    }

    /** Where it will rest. @returns {number[]} */
    get target() {
        return this.glide ? this.glide.to : [this.t0, this.t1];
    }

    /** One step of the glide; true while there are more. @param {number} now ms */
    step(now) {
        if (!this.glide) return false;
        const { from, to, start } = this.glide;
        const share = Math.min(1, (now - start) / GLIDE_MS);
        const eased = 1 - (1 - share) ** 3;
        const spans = [from[1] - from[0], to[1] - to[0]];
        // Spans glide in their logarithm: a zoom of 1000 looks as even as one of 2.
        const span = spans[0] * (spans[1] / spans[0]) ** eased;
        const along = Math.abs(spans[1] - spans[0]) < 1e-9 * spans[0] ? eased
            : (span - spans[0]) / (spans[1] - spans[0]);
        this.t0 = from[0] + (to[0] - from[0]) * along;
        this.t1 = this.t0 + span;
        if (share < 1) return true;
        [this.t0, this.t1] = to;
        this.glide = null;
        return false;
    }

    /** The range after zooming by `factor` (> 1: closer) around x. @param {number} factor @param {number} x */
    zoomed(factor, x) {
        const [t0, t1] = this.target;
        const at = t0 + x / this.width * (t1 - t0);
        const span = Math.min(Math.max((t1 - t0) / factor, MIN_SPAN_NS), this.max - this.min);
        const start = at - x / this.width * span;
        return [start, start + span];
    }

    /** @param {number} share of the width, > 0: to the right */
    panned(share) {
        const [t0, t1] = this.target;
        const by = (t1 - t0) * share;
        return [t0 + by, t1 + by];
    }

    /** A range with room on both sides of [t0, t1]. @param {number} t0 @param {number} t1 */
    static around(t0, t1, room = 0.2) {
        const span = Math.max(t1 - t0, MIN_SPAN_NS);
        return [t0 - span * room, t1 + span * room];
    }
}
