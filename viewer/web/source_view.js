// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The source of a function with its line, coloured as Python.
import { h } from "./dom.js";
import { visibleText } from "./labels.js";

const KEYWORDS = new Set(("False None True and as assert async await break class continue def del elif else " +
    "except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield match case").split(" "));
const TOKEN = /(#.*)|((?:\b[rbfuRBFU]{1,2})?(?:"""|'''|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?))|(\b\d[\w.]*)|(\b[A-Za-z_]\w*)/g;
const LINES_AROUND = 400;

/**
 * The pieces of one line. A text in triple quotes goes on over lines: `open` is its quotes.
 * @param {string} line @param {string} open @returns {{pieces: [string, string][], open: string}}
 */
export function colorLine(line, open) {
    /** @type {[string, string][]} kind, text */
    const pieces = [];
    let at = 0;
    const until = (/** @type {string} */ quotes) => {
        const end = line.indexOf(quotes, at);
        const stop = end < 0 ? line.length : end + 3;
        pieces.push(["s", line.slice(at, stop)]);
        at = stop;
        return end < 0 ? quotes : "";
    };
    if (open) open = until(open);
    while (at < line.length && !open) {
        TOKEN.lastIndex = at;
        const match = TOKEN.exec(line);
        if (!match) break;
        if (match.index > at) pieces.push(["", line.slice(at, match.index)]);
        at = match.index + match[0].length;
        const quotes = match[2]?.slice(-3);
        if (quotes === '"""' || quotes === "'''") {
            if (match[2].replace(/^\w+/, "").length === 3) {
                pieces.push(["s", match[2]]);
                open = until(quotes);
                continue;
            }
        }
        const kind = match[1] ? "c" : match[2] ? "s" : match[3] ? "n" : KEYWORDS.has(match[4]) ? "k" : "";
        pieces.push([kind, match[0]]);
    }
    if (at < line.length) pieces.push(["", line.slice(at)]);
    return { pieces, open };
}

/** @param {string} text @param {number} here the line, from 1 */
export function sourceLines(text, here) {
    const box = h("div.source-lines", { tabindex: "0", role: "region", "aria-label": "Source" });
    const lines = text.split("\n");
    const from = Math.max(0, here - 1 - LINES_AROUND);
    const to = Math.min(lines.length, here + LINES_AROUND);
    let open = "";
    for (let i = 0; i < to; i++) {
        const colored = colorLine(lines[i], open);
        open = colored.open;
        if (i < from) continue;
        const line = h(i + 1 === here ? "div.here" : "div", { "data-n": i + 1 });
        for (const [kind, piece] of colored.pieces) {
            const shown = visibleText(piece.replace(/\t/g, "    "));
            line.append(kind ? h(`span.${kind}`, null, shown) : shown);
        }
        if (i + 1 === here) line.setAttribute("aria-current", "true");
        box.append(line);
    }
    // Once it stands in the page: its line a third down.
    requestAnimationFrame(() => {
        const current = /** @type {HTMLElement | null} */ (box.querySelector(".here"));
        if (current) box.scrollTop = current.offsetTop - box.offsetTop - box.clientHeight / 3;
    });
    return box;
}
