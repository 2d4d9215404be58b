// SPDX-License-Identifier: Apache-2.0
// @ts-check
// How a trace gets onto the page: from the server, out of the page itself, or dropped on it.
// Progress is shown, loading can be cancelled, and what goes wrong is said with what to do.
import { byId, h, replace } from "./dom.js";
import { embeddedName, isEmbedded } from "./embedded.js";
import { openFile, openServed } from "./open.js";
import { size } from "./units.js";

export class Loader {
    /** @param {import("./app.js").App} app */
    constructor(app) {
        this.app = app;
        this.cover = byId("cover");
        this.card = byId("cover-card");
        /** @type {AbortController | null} */
        this.loading = null;
        this.listenDrops();
    }

    /** The trace that the page was opened for. */
    start() {
        return this.load(isEmbedded() ? embeddedName() : "the trace", (progress, signal) => openServed(progress, signal));
    }

    /** @param {File} file */
    file(file) {
        return this.load(file.name, (progress, signal) => openFile(file, progress, signal));
    }

    choose() {
        const input = /** @type {HTMLInputElement} */ (h("input", { type: "file", accept: ".json,.gz,.cvf" }));
        input.addEventListener("change", () => {
            if (input.files?.[0]) this.file(input.files[0]);
        });
        input.click();
    }

    /**
     * @param {string} name
     * @param {(progress: (done: number, all: number, what: string) => void, signal: AbortSignal) => Promise<any>} open
     */
    async load(name, open) {
        this.loading?.abort();
        const control = new AbortController();
        this.loading = control;
        const bar = /** @type {HTMLProgressElement} */ (h("progress", { max: "1", "aria-label": "Loading" }));
        const text = h("p", null, "…");
        this.show("", h("h1", null, `Opening ${name}`), bar, text, h("div.row", null,
            h("button.button", { type: "button", onclick: () => control.abort() }, "Cancel")));
        try {
            const trace = await open((done, all, what) => {
                if (all > 0) bar.value = done / all;
                else bar.removeAttribute("value");
                text.textContent = all > 0 ? `${what}: ${size(done)} of ${size(all)}` : what;
            }, control.signal);
            if (this.loading !== control) return;
            this.loading = null;
            if (this.app.trace) this.app.trace.close();
            this.hide();
            this.app.open(trace);
        } catch (error) {
            if (this.loading !== control) return;
            this.loading = null;
            if (control.signal.aborted) this.cancelled();
            else this.failed(name, error);
        }
    }

    cancelled() {
        if (this.app.trace) this.hide();
        else this.show("", h("h1", null, "Loading was cancelled"), h("p", null, "Open another trace, or the same one again."), this.buttons());
    }

    /** @param {string} name @param {any} error */
    failed(name, error) {
        const message = String(error?.message || error);
        this.show("bad", h("h1", null, `${name} could not be opened`), h("p", null, message),
            h("p", null, advice(message)), this.buttons());
    }

    /** Nothing was given: say how a trace is made and opened. */
    empty() {
        this.show("", h("h1", null, "Open a trace"),
            h("p", null, "Drop a ", h("code", null, ".json"), ", ", h("code", null, ".json.gz"), " or ", h("code", null, ".cvf"),
                " file on this page. It stays on your machine."),
            h("p", null, "To make one: ", h("code", null, "viztracer my_script.py")), this.buttons());
    }

    buttons() {
        const row = h("div.row", null, h("button.button.primary", { type: "button", onclick: () => this.choose() }, "Open a file…"));
        if (this.app.trace) row.append(h("button.button", { type: "button", onclick: () => this.hide() }, "Back to the trace"));
        return row;
    }

    /** @param {string} kind @param {...Node} content */
    show(kind, ...content) {
        this.card.className = kind;
        this.cover.classList.remove("gone");
        replace(this.card, ...content);
    }

    hide() {
        this.cover.classList.add("gone");
        replace(this.card);
    }

    listenDrops() {
        let depth = 0;
        const files = (/** @type {DragEvent} */ event) => !!event.dataTransfer?.types.includes("Files");
        document.addEventListener("dragenter", (event) => {
            if (!files(event)) return;
            depth++;
            document.body.classList.add("dropping");
        });
        document.addEventListener("dragleave", (event) => {
            if (files(event) && --depth <= 0) document.body.classList.remove("dropping");
        });
        document.addEventListener("dragover", (event) => {
            if (files(event)) event.preventDefault();
        });
        document.addEventListener("drop", (event) => {
            depth = 0;
            document.body.classList.remove("dropping");
            const file = event.dataTransfer?.files[0];
            if (!file) return;
            event.preventDefault();
            this.file(file);
        });
    }
}

/** What may help, from the words of the error. @param {string} message */
function advice(message) {
    if (/memory/i.test(message)) return "It is too large for a page. Open it with vizviewer --use_external_processor FILE: the engine then stays in the server.";
    if (/fetch|network|HTTP/i.test(message)) return "The server does not answer. Is vizviewer still running? With --once it ends after the page was served.";
    if (/compress|data check|truncated|inflat/i.test(message)) return "Its gzip data were cut off or changed on their way: get the file again. vizviewer FILE says where.";
    if (/not whole|damaged/.test(message)) return "Get the file again from where it came from: it was cut off or changed on its way.";
    return "The file is not a trace in Chrome's trace format, or it was cut off while it was written.";
}
