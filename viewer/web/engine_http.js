// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The engine in the server: until the page's own is there, and for traces that are too large for a page.
import { EngineCalls } from "./engine_calls.js";

export class EngineHttp {
    constructor() {
        this.control = new AbortController();
        /** @type {EngineCalls | null} who fetches instead of the page */
        this.calls = null;
    }

    /** From now on a Worker fetches: what takes an answer out of the network takes the time of a
     *  frame. The first picture does not wait for a Worker to start. */
    moveOut() {
        this.calls ??= new EngineCalls();
    }

    /** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<ArrayBuffer>} */
    async ask(bytes) {
        const { calls } = this;
        if (calls && !calls.broken) {
            try {
                return await calls.call({ task: "askServer", url: new URL("query", document.baseURI).href, bytes });
            } catch (error) {
                if (!calls.broken) throw error;
            }
        }
        const reply = await fetch("query", { method: "POST", body: bytes, signal: this.control.signal });
        if (!reply.ok) throw new Error(await reply.text() || `the server answered HTTP ${reply.status}`);
        return reply.arrayBuffer();
    }

    /** Nothing will be asked any more; what was asked is still answered. */
    retire() {
        this.calls?.retire();
    }

    close() {
        this.control.abort();
        this.calls?.close();
    }
}
