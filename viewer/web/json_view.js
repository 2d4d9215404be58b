// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Arguments as coloured, indented JSON. The text is scanned, not parsed: large numbers and the
// order and repetition of members stay as the trace has them.
import { h } from "./dom.js";
import { visibleText } from "./labels.js";

const TOKEN = /"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]|[^\s]/g;
const MOST = 200000;

/**
 * The tokens of a JSON text with the white space that shows its structure.
 * @param {string} text @returns {{kind: string, text: string}[]}
 */
export function layOutJson(text) {
    const tokens = text.match(TOKEN) || [];
    /** @type {{kind: string, text: string}[]} */
    const out = [];
    let depth = 0;
    const newLine = () => out.push({ kind: "space", text: "\n" + "  ".repeat(depth) });
    tokens.forEach((token, index) => {
        if (token === "{" || token === "[") {
            out.push({ kind: "sign", text: token });
            if (tokens[index + 1] === "}" || tokens[index + 1] === "]") return;
            depth++;
            newLine();
        } else if (token === "}" || token === "]") {
            const before = tokens[index - 1];
            if (before !== "{" && before !== "[") {
                depth = Math.max(0, depth - 1);
                newLine();
            }
            out.push({ kind: "sign", text: token });
        } else if (token === ",") {
            out.push({ kind: "sign", text: "," });
            newLine();
        } else if (token === ":") {
            out.push({ kind: "sign", text: ": " });
        } else if (token[0] === '"') {
            out.push({ kind: tokens[index + 1] === ":" ? "key" : "text", text: readable(token) });
        } else {
            out.push({ kind: /^[-\d]/.test(token) ? "number" : "word", text: token });
        }
    });
    return out;
}

/** \uXXXX as the character, when it is one that can be seen. @param {string} token */
function readable(token) {
    return visibleText(token.replace(/\\u([0-9a-fA-F]{4})/g, (whole, code) => {
        const sign = String.fromCharCode(parseInt(code, 16));
        return /[\p{L}\p{N}\p{P}\p{S}]/u.test(sign) && sign !== '"' && sign !== "\\" ? sign : whole;
    }));
}

/** @param {string} text */
export function jsonView(text) {
    const pre = h("pre.json");
    for (const { kind, text: part } of layOutJson(text.slice(0, MOST))) {
        pre.append(kind === "space" || kind === "sign" ? part : h(`span.${kind}`, null, part));
    }
    if (text.length > MOST) pre.append(`\n… ${text.length - MOST} more characters: copy to see all`);
    return pre;
}
