// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The engine in its Worker: a plain script, so that it can also stand inside a page of one file.
// Each message {id, task, …} gets one answer {id, value} or {id, error}.
(() => {
    const NEEDS_BLOCK = 2;
    /** @type {any} the exports of engine.wasm; see viewer/engine/wasm.h */
    let engine = null;

    /** @returns {ArrayBuffer} */
    const memory = () => engine.memory.buffer;

    const failure = () => {
        const bytes = new Uint8Array(memory(), engine.vt_wasm_error());
        const text = new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
        return new Error(text || "the engine ran out of memory");
    };

    /**
     * Runs `call` on a copy of the bytes in the engine's memory.
     * @param {Uint8Array} bytes @param {(at: number, size: number) => number} call
     */
    const withBytes = (bytes, call) => {
        const at = engine.vt_wasm_alloc(Math.max(bytes.length, 1));
        if (!at) throw new Error("the engine ran out of memory");
        new Uint8Array(memory(), at, bytes.length).set(bytes);
        const status = call(at, bytes.length);
        engine.vt_wasm_free(at);
        if (status) throw failure();
    };

    /** @param {ArrayBuffer} wasm */
    const create = async (wasm) => {
        const { instance } = await WebAssembly.instantiate(wasm, {});
        engine = instance.exports;
        engine._initialize();
        if (engine.vt_wasm_create()) throw failure();
    };

    /** The reply is copied: the engine overwrites it, and its memory moves when it grows. */
    const reply = () => memory().slice(engine.vt_wasm_reply(), engine.vt_wasm_reply() + engine.vt_wasm_reply_size());

    /** @param {Uint8Array} packed raw deflate */
    const inflate = async (packed) => {
        const stream = new Blob([/** @type {any} */ (packed)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
        return new Uint8Array(await new Response(stream).arrayBuffer());
    };

    /** Asks again after each block of arguments or sources that has to be unpacked first.
     *  @param {Uint8Array} request */
    const ask = async (request) => {
        for (;;) {
            withBytes(request, engine.vt_wasm_query);
            const answer = reply();
            const head = new DataView(answer);
            if (answer.byteLength < 16 || head.getUint32(0, true) !== NEEDS_BLOCK) return answer;
            const block = head.getUint32(4, true);
            const bytes = await inflate(new Uint8Array(answer, 16));
            withBytes(bytes, (at, size) => engine.vt_wasm_provide(block, at, size));
        }
    };

    /** @param {any} message */
    const perform = async (message) => {
        if (message.task === "create") return create(message.wasm);
        if (message.task === "feed") {
            withBytes(message.bytes, engine.vt_wasm_feed);
            return engine.vt_wasm_events();
        }
        if (message.task === "finish") {
            if (engine.vt_wasm_finish()) throw failure();
            return engine.vt_wasm_events();
        }
        return ask(message.bytes);
    };

    self.onmessage = async ({ data }) => {
        try {
            const value = await perform(data);
            const transfer = value instanceof ArrayBuffer ? [value] : [];
            /** @type {any} */ (self).postMessage({ id: data.id, value }, transfer);
        } catch (error) {
            const text = error instanceof Error ? error.message : String(error);
            self.postMessage({ id: data.id, error: text });
        }
    };
})();
