// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What an html report has in itself (core/io/html_layout.h): the engine, and the trace in pieces of
// base64 that are taken out of the page one by one.

/** Whether this page is a report. */
export function isEmbedded() {
    return !!document.getElementById("engine-wasm");
}

/** The report's own name. */
export function embeddedName() {
    const name = location.pathname.split("/").pop() || "report.html";
    try {
        return decodeURIComponent(name);
    } catch {
        return name;
    }
}

/** The engine, raw deflate in base64. */
export function embeddedEngine() {
    return { packed: document.getElementById("engine-wasm")?.textContent || "" };
}

/** Until the browser has read the page: only then it is known to be whole. */
async function untilParsed() {
    if (document.readyState !== "loading") return;
    await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
}

/** The packed report, gzip'ed, in pieces of base64; each leaves the page before it is read.
 *  @param {(done: number, all: number, what: string) => void} progress
 *  @returns {AsyncGenerator<{task: "feedBase64", text: string}>} */
export async function* embeddedTrace(progress) {
    await untilParsed();
    if (!document.getElementById("trace-end")) throw new Error("this file is not whole: it ends before its trace does");
    const pieces = [...document.querySelectorAll("script.trace")];
    const all = pieces.reduce((sum, piece) => sum + (piece.textContent || "").length, 0);
    let done = 0;
    for (const piece of pieces) {
        const text = piece.textContent || "";
        piece.remove();
        done += text.length;
        progress(done, all, "Loading");
        yield { task: "feedBase64", text };
    }
}
