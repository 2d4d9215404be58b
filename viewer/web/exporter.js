// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What is seen as a trace of its own: a JSON file that every viewer of this format opens, with the
// events as they stood.
import { download, toast } from "./dom.js";
import { size } from "./units.js";

/** @param {import("./app.js").App} app */
export async function saveVisible(app) {
    const { trace, view } = app;
    toast("Collecting what is seen…");
    const t0 = Math.max(0, view.t0);
    const t1 = Math.min(view.t1, trace.end + 1);
    const blob = new Blob(await trace.exported(t0, t1, app.countedTracks), { type: "application/json" });
    download(blob, "visible.json");
    toast(`Saved: ${size(blob.size)}`);
}
