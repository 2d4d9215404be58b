// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The engine in the page: engine.wasm in a Worker.
import { EngineCalls } from "./engine_calls.js";

export class EngineWasm extends EngineCalls {
    /** @param {{wasm: ArrayBuffer} | {packed: string}} source packed: raw deflate in base64 */
    create(source) {
        return this.call({ task: "create", ...source }, "wasm" in source ? [source.wasm] : []);
    }

    /**
     * All pieces of a trace, one by one.
     * @param {AsyncIterable<{task: "feed" | "feedPacked" | "feedCvf", bytes: Uint8Array} | {task: "feedBase64", text: string}>} pieces
     * packed: gzip; cvf: all in one @param {AbortSignal} signal
     */
    async feed(pieces, signal) {
        for await (const piece of pieces) {
            signal.throwIfAborted();
            await this.call(piece);
        }
        signal.throwIfAborted();
        await this.call({ task: "finish" });
    }

    /** The whole trace, gzip'ed, which the Worker gets itself, so that no frame waits for it.
     *  @param {string} url @returns {Promise<boolean>} false: there is none for a page */
    load(url) {
        return this.call({ task: "load", url: new URL(url, document.baseURI).href });
    }

    /** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<ArrayBuffer>} */
    ask(bytes) {
        return this.call({ task: "ask", bytes });
    }
}
