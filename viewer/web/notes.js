// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Title, facts and warnings of the trace at the top of the page.
import { byId, h, iconButton, replace } from "./dom.js";
import { visibleText } from "./labels.js";
import { counted, duration } from "./units.js";

/** @param {import("./app.js").App} app */
export function listenNotes(app) {
    app.on("trace", () => {
        const { trace } = app;
        const notes = [...trace.warnings];
        const name = visibleText(trace.fileName || "trace");
        byId("file-name").textContent = name;
        byId("file-name").title = name;
        document.title = `${name} · viztracer`;
        /** @type {import("./tracks.js").Track[]} */
        const tracks = trace.tracks;
        const threads = new Set(tracks.filter((t) => t.tid).map((t) => `${t.process} ${t.tid}`)).size;
        const processes = new Set(tracks.map((t) => t.process)).size;
        byId("file-facts").textContent = [trace.events ? duration(trace.end) : "", counted(trace.events, "event"),
            processes > 1 ? counted(processes, "process", "processes") : "", threads ? counted(threads, "thread") : ""]
            .filter(Boolean).join(" · ");
        if (!tracks.length) notes.push("There is nothing to see: nothing was recorded, or all of it was filtered out.");
        replace(byId("notes"), ...notes.map(note));
    });
}

/** @param {string} text */
function note(text) {
    const element = h("div.note", null, h("span", null, visibleText(text)));
    element.append(iconButton("close", "Dismiss", () => element.remove()));
    return element;
}
