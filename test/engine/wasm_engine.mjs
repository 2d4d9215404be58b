// SPDX-License-Identifier: Apache-2.0
// @ts-check
// engine.wasm under node, fed with a file.
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { inflateRawSync } from "node:zlib";

const PIECE = 65536;
const NEEDS_BLOCK = 2;

/** @param {string} path of engine.wasm */
export async function loadEngine(path) {
    const { instance } = await WebAssembly.instantiate(readFileSync(path), {});
    const engine = /** @type {any} */ (instance.exports);
    engine._initialize();
    if (engine.vt_wasm_create()) throw new Error("out of memory");

    /** @param {Uint8Array} bytes @param {(at: number) => number} use */
    const withBytes = (bytes, use) => {
        const at = engine.vt_wasm_alloc(bytes.length);
        if (!at) throw new Error("out of memory");
        new Uint8Array(engine.memory.buffer, at, bytes.length).set(bytes);
        const status = use(at);
        engine.vt_wasm_free(at);
        if (status) {
            const text = new Uint8Array(engine.memory.buffer, engine.vt_wasm_error());
            throw new Error(new TextDecoder().decode(text.subarray(0, text.indexOf(0))));
        }
    };

    return {
        /** A report, a packed one or an index. @param {string} file */
        open(file) {
            const fd = openSync(file);
            const piece = Buffer.alloc(PIECE);
            for (let n; (n = readSync(fd, piece)) > 0;) withBytes(piece.subarray(0, n), (at) => engine.vt_wasm_feed(at, n));
            closeSync(fd);
            if (engine.vt_wasm_finish()) throw new Error("not a trace");
        },

        /** @param {Buffer} request @returns {Buffer} */
        ask(request) {
            for (;;) {
                withBytes(request, (at) => engine.vt_wasm_query(at, request.length));
                const reply = Buffer.from(
                    new Uint8Array(engine.memory.buffer, engine.vt_wasm_reply(), engine.vt_wasm_reply_size()));
                if (reply.readUInt32LE(0) !== NEEDS_BLOCK) return reply;
                const raw = inflateRawSync(reply.subarray(16));
                withBytes(raw, (at) => engine.vt_wasm_provide(reply.readUInt32LE(4), at, raw.length));
            }
        },

        /** Asks without taking the reply. @param {Buffer} request */
        query(request) {
            withBytes(request, (at) => engine.vt_wasm_query(at, request.length));
        },

        memoryBytes: () => engine.memory.buffer.byteLength,
    };
}
