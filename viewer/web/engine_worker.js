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

    /** @param {ArrayBuffer | Uint8Array<ArrayBuffer>} wasm */
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

    /**
     * Of a report that may be anybody's, no further than it may go: a few bytes may hold very many.
     * @param {Uint8Array} packed zlib @param {number} most bytes
     */
    const inflateUpTo = async (packed, most) => {
        const stream = new Blob([/** @type {any} */ (packed)]).stream().pipeThrough(new DecompressionStream("deflate"));
        const reader = stream.getReader();
        const pieces = [];
        let size = 0;
        for (;;) {
            const { done, value } = await reader.read();
            if (done) break;
            size += value.length;
            if (size > most) throw new Error("not a whole cvf file: a block holds more text than it says");
            pieces.push(value);
        }
        return { pieces, size };
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

    /** @param {Uint8Array} bytes */
    const feed = (bytes) => withBytes(bytes, engine.vt_wasm_feed);

    /** @param {ReadableStream<Uint8Array>} stream */
    const feedAll = async (stream) => {
        const reader = stream.getReader();
        for (;;) {
            const { done, value } = await reader.read();
            if (done) return;
            feed(value);
        }
    };

    /** What packed pieces go through on their way to the engine, and the end of that way.
     *  @type {null | {writer: WritableStreamDefaultWriter, fed: Promise<void>}} */
    let unpacker = null;

    /** @param {Uint8Array<ArrayBuffer>} bytes gzip */
    const feedPacked = async (bytes) => {
        if (!unpacker) {
            const { writable, readable } = new DecompressionStream("gzip");
            unpacker = { writer: writable.getWriter(), fed: feedAll(readable) };
            unpacker.fed.catch(() => undefined);
        }
        // What the engine says of the bytes is worth more than that the stream broke off.
        await Promise.race([unpacker.writer.write(bytes), unpacker.fed]).catch(() => unpacker?.fed);
    };

    /** A whole compressed report (cvf): its blocks are inflated first. @param {Uint8Array} file */
    const feedCvf = async (file) => {
        const at = engine.vt_wasm_alloc(file.length);
        if (!at) throw new Error("the engine ran out of memory");
        new Uint8Array(memory(), at, file.length).set(file);
        if (engine.vt_wasm_cvf_blocks(at, file.length)) throw failure();
        const blocks = new DataView(reply());
        for (let i = 0; 16 * i < blocks.byteLength; i++) {
            const offset = blocks.getUint32(16 * i, true);
            const packed = file.subarray(offset, offset + blocks.getUint32(16 * i + 4, true));
            const { pieces, size } = await inflateUpTo(packed, blocks.getFloat64(16 * i + 8, true));
            const to = engine.vt_wasm_alloc(size);
            if (!to) throw new Error("the engine ran out of memory");
            let end = to;
            for (const piece of pieces) {
                new Uint8Array(memory(), end, piece.length).set(piece);
                end += piece.length;
            }
            if (engine.vt_wasm_cvf_provide(i, to, size)) throw failure();
        }
        if (engine.vt_wasm_cvf_read(at, file.length)) throw failure();
        engine.vt_wasm_free(at);
    };

    const finish = async () => {
        if (unpacker) {
            unpacker.writer.close().catch(() => undefined);
            await unpacker.fed;
        }
        if (engine.vt_wasm_finish()) throw failure();
    };

    /** The whole trace from where the page came from, gzip'ed; false: there is none for a page.
     *  @param {string} url */
    const load = async (url) => {
        const reply = await fetch(url);
        if (reply.status !== 200 || !reply.body) return false;
        await feedAll(reply.body.pipeThrough(new DecompressionStream("gzip")));
        await finish();
        return true;
    };

    /** @param {string} url @param {Uint8Array<ArrayBuffer>} bytes */
    const askServer = async (url, bytes) => {
        const reply = await fetch(url, { method: "POST", body: bytes });
        if (!reply.ok) throw new Error(await reply.text() || `the server answered HTTP ${reply.status}`);
        return reply.arrayBuffer();
    };

    /** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
    const fromBase64 = (text) => {
        const quick = /** @type {any} */ (Uint8Array).fromBase64;
        if (quick) return quick(text);
        const chars = atob(text);
        const bytes = new Uint8Array(chars.length);
        for (let i = 0; i < chars.length; i++) bytes[i] = chars.charCodeAt(i);
        return bytes;
    };

    /** @type {Record<string, (message: any) => any>} */
    const tasks = {
        create: async ({ wasm, packed }) => create(wasm || await inflate(fromBase64(packed))),
        feed: ({ bytes }) => feed(bytes),
        feedPacked: ({ bytes }) => feedPacked(bytes),
        feedBase64: ({ text }) => feedPacked(fromBase64(text)),
        feedCvf: ({ bytes }) => feedCvf(bytes),
        load: ({ url }) => load(url),
        askServer: ({ url, bytes }) => askServer(url, bytes),
        finish,
        ask: ({ bytes }) => ask(bytes),
    };

    self.onmessage = async ({ data }) => {
        try {
            const value = await tasks[data.task](data);
            const transfer = value instanceof ArrayBuffer ? [value] : [];
            /** @type {any} */ (self).postMessage({ id: data.id, value }, transfer);
        } catch (error) {
            const text = error instanceof Error ? error.message : String(error);
            self.postMessage({ id: data.id, error: text });
        }
    };
})();
