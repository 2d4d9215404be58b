// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Answers queries from a pipe, as ask_engine.c does, with engine.wasm.
//
//   node ask_wasm.mjs ENGINE_WASM FILE
import { readFileSync, readSync, writeSync } from "node:fs";
import { inflateRawSync } from "node:zlib";

const [wasmPath, path] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(wasmPath), {});
const engine = /** @type {any} */ (instance.exports);
engine._initialize();

/** @param {Uint8Array} bytes @param {(at: number) => number} use */
function withBytes(bytes, use) {
    const at = engine.vt_wasm_alloc(bytes.length);
    if (!at) throw new Error("out of memory");
    new Uint8Array(engine.memory.buffer, at, bytes.length).set(bytes);
    const status = use(at);
    engine.vt_wasm_free(at);
    if (status) {
        const text = new Uint8Array(engine.memory.buffer, engine.vt_wasm_error());
        throw new Error(new TextDecoder().decode(text.subarray(0, text.indexOf(0))));
    }
}

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

/** @param {Buffer} request @returns {Buffer} */
function answer(request) {
    for (;;) {
        withBytes(request, (at) => engine.vt_wasm_query(at, request.length));
        const reply = Buffer.from(
            new Uint8Array(engine.memory.buffer, engine.vt_wasm_reply(), engine.vt_wasm_reply_size()));
        if (reply.readUInt32LE(0) !== 2) return reply;
        const raw = inflateRawSync(reply.subarray(16));
        withBytes(raw, (at) => engine.vt_wasm_provide(reply.readUInt32LE(4), at, raw.length));
    }
}

if (engine.vt_wasm_create()) throw new Error("out of memory");
const text = readFileSync(path);
for (let at = 0; at < text.length; at += 65536) {
    const piece = text.subarray(at, at + 65536);
    withBytes(piece, (place) => engine.vt_wasm_feed(place, piece.length));
}
if (engine.vt_wasm_finish()) throw new Error("not a trace");
for (;;) {
    const head = take(4);
    const request = head && take(head.readUInt32LE(0));
    if (!request) break;
    const reply = answer(request);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(reply.length);
    for (const bytes of [size, reply])
        for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
}
