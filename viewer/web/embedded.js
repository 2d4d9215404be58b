// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What an html report has in itself (core/io/html_layout.h): the engine, and the trace in pieces of
// base64 that are taken out of the page one by one.

/** @param {string} text base64 @returns {Uint8Array<ArrayBuffer>} */
function decode(text) {
    const quick = /** @type {any} */ (Uint8Array).fromBase64;
    if (quick) return quick(text);
    const chars = atob(text);
    const bytes = new Uint8Array(chars.length);
    for (let i = 0; i < chars.length; i++) bytes[i] = chars.charCodeAt(i);
    return bytes;
}

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

/** @returns {Promise<ArrayBuffer>} */
export function embeddedEngine() {
    const packed = decode(document.getElementById("engine-wasm")?.textContent || "");
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Response(stream).arrayBuffer();
}

/** Until the browser has read the page: only then it is known to be whole. */
async function untilParsed() {
    if (document.readyState !== "loading") return;
    await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
}

/** The packed report as a stream; each piece leaves the page before it is inflated.
 *  @param {(done: number, all: number, what: string) => void} progress
 *  @returns {Promise<ReadableStream<Uint8Array<ArrayBuffer>>>} */
export async function embeddedTrace(progress) {
    await untilParsed();
    if (!document.getElementById("trace-end")) throw new Error("this file is not whole: it ends before its trace does");
    const pieces = [...document.querySelectorAll("script.trace")];
    const all = pieces.reduce((sum, piece) => sum + (piece.textContent || "").length, 0);
    let done = 0;
    pieces.reverse();
    return new ReadableStream({
        pull(control) {
            const piece = pieces.pop();
            if (!piece) {
                control.close();
                return;
            }
            const text = piece.textContent || "";
            piece.remove();
            done += text.length;
            progress(done, all, "Loading");
            control.enqueue(decode(text));
        },
    }, { highWaterMark: 0 });
}
