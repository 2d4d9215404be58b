// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Title, facts and warnings of the trace at the top of the page.
import { byId, h, iconButton, replace } from "./dom.js";
import { visibleText } from "./labels.js";
import { count, duration } from "./units.js";

/** @param {import("./app.js").App} app */
export function listenNotes(app) {
    app.on("trace", () => {
        const { trace } = app;
        const name = visibleText(trace.fileName || "trace");
        byId("file-name").textContent = name;
        byId("file-name").title = name;
        document.title = `${name} · viztracer`;
        const threads = trace.tracks.filter((/** @type {any} */ t) => t.kind === "slices").length;
        const processes = new Set(trace.tracks.map((/** @type {any} */ t) => t.process)).size;
        byId("file-facts").textContent = [duration(trace.end), `${count(trace.events)} events`,
            processes > 1 ? `${processes} processes` : "", `${threads} ${threads === 1 ? "thread" : "threads"}`]
            .filter(Boolean).join(" · ");
        replace(byId("notes"), ...trace.warnings.map((/** @type {string} */ text) => note(text)));
    });
}

/** @param {string} text */
function note(text) {
    const element = h("div.note", null, h("span", null, visibleText(text)));
    element.append(iconButton("close", "Dismiss", () => element.remove()));
    return element;
}
