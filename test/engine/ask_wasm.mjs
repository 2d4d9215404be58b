// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Answers queries from a pipe, as ask_engine.c does, with engine.wasm.
//
//   node ask_wasm.mjs ENGINE_WASM FILE
import { readSync, writeSync } from "node:fs";
import { loadEngine } from "./wasm_engine.mjs";

const [wasmPath, path] = process.argv.slice(2);

/** @param {number} size @returns {Buffer | null} */
function take(size) {
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size;) {
        let n = 0;
        try {
            n = readSync(0, bytes, at, size - at, null);
        } catch (error) {
            if (/** @type {any} */ (error).code === "EOF") return null;
            if (/** @type {any} */ (error).code !== "EAGAIN") throw error;
            continue;
        }
        if (!n) return null;
        at += n;
    }
    return bytes;
}

const engine = await loadEngine(wasmPath);
engine.open(path);
for (;;) {
    const head = take(4);
    const request = head && take(head.readUInt32LE(0));
    if (!request) break;
    const reply = engine.ask(request);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(reply.length);
    for (const bytes of [size, reply])
        for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
}
