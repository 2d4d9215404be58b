// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The whole trace at a glance: how busy each moment was, where hits and markers are, and a window
// that shows and moves what the tracks below show.

const HANDLE = 7;

/**
 * @typedef {{t0: number, t1: number, busy: Float32Array}} Profile busy: running threads per column
 * @typedef {{hits: Uint32Array | null, markers: {t: number}[], range: [number, number] | null}} MapMarks
 */

export class Minimap {
    /**
     * @param {HTMLCanvasElement} canvas @param {import("./viewport.js").Viewport} view
     * @param {{onwindow: (t0: number, t1: number) => void}} options
     */
    constructor(canvas, view, options) {
        this.canvas = canvas;
        this.view = view;
        this.options = options;
        /** @type {Profile | null} */
        this.profile = null;
        /** @type {null | {kind: "move" | "left" | "right" | "new", at: number, t0: number, t1: number}} */
        this.drag = null;
        canvas.addEventListener("pointerdown", (event) => this.down(event));
        canvas.addEventListener("pointermove", (event) => this.move(event));
        canvas.addEventListener("pointerup", () => { this.drag = null; });
        canvas.addEventListener("pointercancel", () => { this.drag = null; });
        canvas.addEventListener("dblclick", () => options.onwindow(view.min, view.max));
    }

    /** @param {number} t */
    x(t) {
        return (t - this.view.begin) / (this.view.end - this.view.begin) * this.canvas.clientWidth;
    }

    /** @param {number} x */
    time(x) {
        return this.view.begin + x / this.canvas.clientWidth * (this.view.end - this.view.begin);
    }

    /** @param {number} x @returns {"move" | "left" | "right" | "new"} */
    partAt(x) {
        const left = this.x(this.view.t0);
        const right = this.x(this.view.t1);
        if (Math.abs(x - left) < HANDLE && x < right) return "left";
        if (Math.abs(x - right) < HANDLE) return "right";
        const whole = this.view.span > (this.view.end - this.view.begin) * 0.98;
        return x > left && x < right && !whole ? "move" : "new";
    }

    /** @param {PointerEvent} event */
    down(event) {
        this.canvas.setPointerCapture(event.pointerId);
        const x = event.offsetX;
        const [t0, t1] = this.view.target;
        this.drag = { kind: this.partAt(x), at: this.time(x), t0, t1 };
    }

    /** @param {PointerEvent} event */
    move(event) {
        const x = Math.min(Math.max(event.offsetX, 0), this.canvas.clientWidth);
        if (!this.drag) {
            const cursors = { move: "grab", left: "ew-resize", right: "ew-resize", new: "crosshair" };
            this.canvas.style.cursor = cursors[this.partAt(x)];
            return;
        }
        const t = this.time(x);
        const { kind, at, t0, t1 } = this.drag;
        if (kind === "move") this.options.onwindow(t0 + t - at, t1 + t - at);
        else if (kind === "left") this.options.onwindow(Math.min(t, t1), t1);
        else if (kind === "right") this.options.onwindow(t0, Math.max(t, t0));
        else if (Math.abs(this.x(t) - this.x(at)) > 3) this.options.onwindow(Math.min(at, t), Math.max(at, t));
    }

    /** @param {CanvasRenderingContext2D} g @param {Record<string, string>} theme @param {MapMarks} marks */
    draw(g, theme, marks) {
        const width = this.canvas.clientWidth;
        const height = this.canvas.clientHeight;
        g.fillStyle = theme.panel;
        g.fillRect(0, 0, width, height);
        this.drawProfile(g, theme, width, height);
        if (marks.hits) this.drawHits(g, theme, marks.hits, width, height);
        if (marks.range) {
            g.fillStyle = theme.rangeFill;
            g.fillRect(this.x(marks.range[0]), 0, Math.max(1, this.x(marks.range[1]) - this.x(marks.range[0])), height);
        }
        g.fillStyle = theme.marker;
        for (const mark of marks.markers) g.fillRect(this.x(mark.t) - 0.5, 0, 1.5, height);
        this.drawWindow(g, theme, width, height);
    }

    /** @param {CanvasRenderingContext2D} g @param {Record<string, string>} theme @param {number} width @param {number} height */
    drawProfile(g, theme, width, height) {
        if (!this.profile) return;
        const { busy } = this.profile;
        const most = busy.reduce((a, b) => Math.max(a, b), 1e-9);
        g.fillStyle = theme.profile;
        g.beginPath();
        g.moveTo(0, height);
        for (let i = 0; i < busy.length; i++) {
            const y = height - 2 - (height - 10) * busy[i] / most;
            g.lineTo(i / busy.length * width, y);
            g.lineTo((i + 1) / busy.length * width, y);
        }
        g.lineTo(width, height);
        g.fill();
    }

    /** @param {CanvasRenderingContext2D} g @param {Record<string, string>} theme @param {Uint32Array} hits
     *  @param {number} width @param {number} height */
    drawHits(g, theme, hits, width, height) {
        g.fillStyle = theme.hit;
        for (let i = 0; i < hits.length; i++) {
            if (hits[i]) g.fillRect(Math.floor(i / hits.length * width), height - 6, Math.max(2, width / hits.length), 6);
        }
    }

    /** @param {CanvasRenderingContext2D} g @param {Record<string, string>} theme @param {number} width @param {number} height */
    drawWindow(g, theme, width, height) {
        const left = Math.max(0, this.x(this.view.t0));
        const right = Math.min(width, Math.max(this.x(this.view.t1), left + 2));
        g.fillStyle = theme.shade;
        g.fillRect(0, 0, left, height);
        g.fillRect(right, 0, width - right, height);
        g.strokeStyle = theme.accent;
        g.lineWidth = 1.5;
        g.strokeRect(left + 0.75, 0.75, Math.max(1, right - left - 1.5), height - 1.5);
        g.fillStyle = theme.accent;
        for (const x of [left + 1, right - 4]) {
            g.beginPath();
            g.roundRect(x, height / 2 - 7, 3, 14, 1.5);
            g.fill();
        }
    }
}
