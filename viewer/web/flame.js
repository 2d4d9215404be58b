// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The flame graph: call paths merged, of everything, a range or a thread; or, for one function,
// who calls it (above) and what it calls (below).
import { h, iconButton, replace } from "./dom.js";
import { layOutFlame } from "./flame_layout.js";
import { Labels, shortName, visibleText } from "./labels.js";
import { saveCanvas } from "./picture.js";
import { count, counted, duration, percent } from "./units.js";

const ROW = 20;

/** @typedef {import("./flame_layout.js").FlameNode} FlameNode @typedef {import("./flame_layout.js").FlameBox} FlameBox
 *  @typedef {"heavy" | "time" | "sandwich"} Mode */

export class Flame {
    /** @param {HTMLElement} element @param {import("./app.js").App} app @param {{onchange: () => void}} options */
    constructor(element, app, options) {
        this.app = app;
        this.element = element;
        this.options = options;
        /** @type {Mode} */
        this.mode = "heavy";
        this.onlyThread = false;
        this.zoomed = -1;
        /** How many rows of callers stand above a function. */
        this.shift = 0;
        this.lit = -1;
        this.turn = 0;
        this.stale = true;
        /** @type {{nodes: FlameNode[], callers: FlameNode[] | null, left: number}} */
        this.data = { nodes: [], callers: null, left: 0 };
        /** @type {(FlameBox & {y: number, nodes: FlameNode[]})[]} */
        this.boxes = [];
        this.what = h("span.what");
        this.modes = h("div.segments", { role: "group", "aria-label": "Kind of flame graph" });
        this.scope = h("div.segments", { role: "group", "aria-label": "Threads" });
        this.canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { role: "img" }));
        this.scroller = h("div.flame", { tabindex: "0", role: "region", "aria-label": "Flame graph" }, this.canvas);
        this.g = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
        this.labels = new Labels((text) => this.g.measureText(text).width);
        element.append(h("div.toolbar", null, this.what, this.scope, this.modes,
            iconButton("save", "Save as picture (PNG)", () => this.savePicture())), this.scroller);
        this.listen();
        this.drawButtons();
        for (const topic of /** @type {const} */ (["range", "trace"])) app.on(topic, () => this.outdated());
        app.on("selection", () => {
            if (this.mode === "sandwich" || this.onlyThread) this.outdated();
        });
        app.on("theme", () => this.draw());
        new ResizeObserver(() => this.draw()).observe(this.scroller);
    }

    drawButtons() {
        const make = (/** @type {boolean} */ pressed, /** @type {string} */ text, /** @type {string} */ hint, /** @type {() => void} */ run) => h("button", {
            type: "button", title: hint, "aria-pressed": String(pressed), onclick: () => { run(); this.drawButtons(); this.outdated(); },
        }, text);
        /** @type {[Mode, string, string][]} */
        const modes = [["heavy", "Left heavy", "The most time first"], ["time", "In order", "As they were called first"],
            ["sandwich", "Callers / callees", "Of the selected function"]];
        replace(this.modes, ...modes.map(([mode, text, hint]) => make(this.mode === mode, text, hint, () => this.setMode(mode))));
        replace(this.scope, make(!this.onlyThread, "All threads", "", () => this.setOnlyThread(false)),
            make(this.onlyThread, "Selected thread", "", () => this.setOnlyThread(true)));
    }

    /** @param {Mode} mode */
    setMode(mode) {
        this.mode = mode;
        this.drawButtons();
        this.options.onchange();
    }

    /** @param {boolean} one */
    setOnlyThread(one) {
        this.onlyThread = one;
        this.drawButtons();
        this.options.onchange();
    }

    outdated() {
        this.stale = true;
        if (this.element.offsetParent) this.refresh();
    }

    async refresh() {
        const { app } = this;
        if (!this.stale || !app.trace) return;
        this.stale = false;
        const turn = ++this.turn;
        const [t0, t1] = app.range || [0, app.trace.end];
        const tracks = app.tracksFor(this.onlyThread);
        try {
            let data;
            if (this.mode === "sandwich") {
                const name = app.selection ? app.selection.nameId : -1;
                data = name < 0 ? { nodes: [], callers: [], left: 0 } : await app.trace.sandwich(t0, t1, tracks, name);
            } else {
                data = { ...await app.trace.flame(t0, t1, tracks, this.mode === "time"), callers: null };
            }
            if (turn !== this.turn) return;
            this.data = data;
            this.zoomed = -1;
            this.draw();
            this.scroller.scrollTop = this.mode === "sandwich" ? this.shift * ROW - this.scroller.clientHeight / 2 : 0;
            this.say();
        } catch (error) {
            if (turn === this.turn) this.what.textContent = `The graph could not be computed: ${error}`;
        }
    }

    get whole() {
        return this.data.nodes.reduce((sum, node) => sum + (node.parent < 0 ? node.total : 0), 0);
    }

    say() {
        const { app, data, mode } = this;
        const range = app.range ? duration(app.range[1] - app.range[0]) : "The whole trace";
        if (mode === "sandwich" && !app.selection) {
            replace(this.what, "Select a function: its callers stand above it, what it calls below.");
            return;
        }
        const subject = mode === "sandwich" && app.selection ? visibleText(shortName(app.selection.name)) : range;
        replace(this.what, h("b", null, subject), ` · ${duration(this.whole)} of work · ${counted(data.nodes.length, "call path")}`,
            data.left ? ` · ${count(data.left)} calls more are in paths for which there is no room` : "");
        this.canvas.setAttribute("aria-label", `Flame graph: ${subject}, ${duration(this.whole)}. The statistics tab has the numbers as a table.`);
    }

    draw() {
        const width = this.scroller.clientWidth;
        if (!width || !this.app.trace) return;
        const least = 1 / width;
        const order = this.mode === "time" ? "time" : "heavy";
        const below = layOutFlame(this.data.nodes, this.zoomed, order, least);
        const callers = this.data.callers;
        const above = callers ? layOutFlame(callers, -1, "heavy", least) : { boxes: [], depth: 0 };
        this.shift = callers && callers.length ? above.depth - 1 : 0;
        this.boxes = [
            ...above.boxes.filter((b) => b.depth > 0).map((b) => ({ ...b, y: (above.depth - 1 - b.depth) * ROW, nodes: /** @type {FlameNode[]} */ (callers) })),
            ...below.boxes.map((b) => ({ ...b, y: (this.shift + b.depth) * ROW, nodes: this.data.nodes })),
        ];
        this.paint(width, Math.max((this.shift + below.depth) * ROW + 4, this.scroller.clientHeight - 1));
    }

    /** @param {number} width @param {number} height */
    paint(width, height) {
        const { g, canvas, app } = this;
        const ratio = window.devicePixelRatio || 1;
        // Browsers draw nothing at all on canvases above some size.
        const tall = Math.min(height, 16000 / ratio);
        canvas.width = Math.round(width * ratio);
        canvas.height = Math.round(tall * ratio);
        canvas.style.height = `${tall}px`;
        g.setTransform(ratio, 0, 0, ratio, 0, 0);
        g.font = app.theme.colors.font;
        g.textBaseline = "middle";
        for (const box of this.boxes) {
            const node = box.nodes[box.node];
            const name = app.trace.nameOf(node.name);
            const x = box.x * width;
            const size = Math.max(box.width * width - 1, 1);
            const color = node.name === this.lit ? app.colors.strong[node.name] : app.colors.plain[node.name];
            g.fillStyle = `rgb(${color & 255} ${(color >> 8) & 255} ${(color >> 16) & 255})`;
            g.globalAlpha = this.zoomed >= 0 && box.nodes === this.data.nodes && box.depth < this.depthOf(this.zoomed) ? 0.5 : 1;
            g.fillRect(x, box.y, size, ROW - 1);
            const text = size > 22 ? this.labels.fit(name, size - 8) : "";
            g.fillStyle = app.theme.colors.sliceInk;
            if (text) g.fillText(text, x + 4, box.y + ROW / 2);
        }
        g.globalAlpha = 1;
        if (!this.boxes.length) this.paintEmpty(width, tall);
    }

    /** @param {number} width @param {number} height */
    paintEmpty(width, height) {
        const text = this.mode === "sandwich" && !this.app.selection ? "Select a slice first." : "No function ran here.";
        this.g.fillStyle = this.app.theme.colors.muted;
        this.g.fillText(text, width / 2 - this.g.measureText(text).width / 2, height / 2);
    }

    /** @param {number} node */
    depthOf(node) {
        let depth = 0;
        for (let at = this.data.nodes[node].parent; at >= 0; at = this.data.nodes[at].parent) depth++;
        return depth;
    }

    /** @param {MouseEvent} event */
    boxAt(event) {
        const bounds = this.canvas.getBoundingClientRect();
        const x = (event.clientX - bounds.left) / bounds.width;
        const y = event.clientY - bounds.top;
        return this.boxes.find((b) => y >= b.y && y < b.y + ROW && x >= b.x && x < b.x + b.width) || null;
    }

    listen() {
        this.canvas.addEventListener("mousemove", (event) => {
            const box = this.boxAt(event);
            const lit = box ? box.nodes[box.node].name : -1;
            this.canvas.style.cursor = box ? "pointer" : "default";
            if (lit !== this.lit) {
                this.lit = lit;
                this.app.setHover(lit);
                this.draw();
            }
            if (box) this.sayBox(box);
            else this.say();
        });
        this.canvas.addEventListener("mouseleave", () => {
            this.lit = -1;
            this.app.setHover(-1);
            this.draw();
            this.say();
        });
        this.canvas.addEventListener("click", (event) => {
            const box = this.boxAt(event);
            this.zoomed = box && box.nodes === this.data.nodes && box.node !== this.zoomed ? box.node : -1;
            this.draw();
        });
    }

    /** @param {FlameBox & {nodes: FlameNode[]}} box */
    sayBox(box) {
        const node = box.nodes[box.node];
        const name = visibleText(this.app.trace.nameOf(node.name));
        replace(this.what, h("b", null, name), ` · ${duration(node.total)} (${percent(node.total / (this.whole || 1))})` +
            ` · self ${duration(node.self)} · ${counted(node.calls, "call")}`);
    }

    savePicture() {
        saveCanvas(this.canvas, "flame-graph.png");
    }
}
