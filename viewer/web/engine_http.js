// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The engine in the server: traces that are too large for a page.

export class EngineHttp {
    constructor() {
        this.control = new AbortController();
    }

    /** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<ArrayBuffer>} */
    async ask(bytes) {
        const reply = await fetch("query", { method: "POST", body: bytes, signal: this.control.signal });
        if (!reply.ok) throw new Error(await reply.text() || `the server answered HTTP ${reply.status}`);
        return reply.arrayBuffer();
    }

    close() {
        this.control.abort();
    }
}
