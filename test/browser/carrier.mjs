// SPDX-License-Identifier: Apache-2.0
// Who brings the page and its trace to the browser; VIZTRACER_CARRIER chooses:
//   server      our own vizviewer (the default)
//   html        an html report, opened as a file
//   reference   the page's modules alone, with the reference in the engine's place
// Scenes are the same for all of them.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, scratchFolder, servePageAlone, serveVizviewer } from "./harness.mjs";

export const CARRIER = process.env.VIZTRACER_CARRIER || "server";

/** An html report of a trace. @param {string} trace @param {string} folder @returns {string} its path */
export function writeHtml(trace, folder) {
    const viewer = process.env.VIZVIEWER || path.join(ROOT, "build/vizviewer");
    const html = path.join(folder, path.basename(trace).replace(/\.json(\.gz)?$/, ".html"));
    const done = spawnSync(path.join(path.dirname(viewer), "viztracer"), ["--quiet", "--combine", trace, "-o", html], { encoding: "utf8" });
    if (done.status !== 0) throw new Error(`viztracer --combine ${trace}: ${done.stderr}`);
    return html;
}

/** @param {string} trace @returns {Promise<{url: string, close: () => Promise<any>}>} */
export async function bringTrace(trace) {
    if (CARRIER === "reference") return servePageAlone(trace);
    if (CARRIER === "server") return serveVizviewer([trace]);
    const folder = scratchFolder();
    return {
        url: pathToFileURL(writeHtml(trace, folder)).href,
        close: async () => fs.rmSync(folder, { recursive: true, force: true }),
    };
}
