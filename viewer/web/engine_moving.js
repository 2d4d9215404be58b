// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The engine in the server until the page's own has the trace: the first picture need not wait for
// that. Both number rows and slices alike, so nobody notices the move.
import { EngineHttp } from "./engine_http.js";

/** @typedef {import("./trace.js").Carrier} Carrier */

export class EngineMoving {
    constructor(server = new EngineHttp()) {
        this.server = server;
        /** @type {Carrier} */
        this.engine = this.server;
        this.control = new AbortController();
    }

    /**
     * Asks the engine that `make` gives from when it is there; null: there is none for this trace.
     * When that fails, the server's goes on being asked.
     * @param {(signal: AbortSignal) => Promise<Carrier | null>} make
     */
    async moveTo(make) {
        const { signal } = this.control;
        this.server.moveOut();
        const engine = await make(signal);
        if (!engine) return;
        if (signal.aborted) {
            engine.close();
            return;
        }
        this.engine = engine;
        this.server.retire();
    }

    /** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<ArrayBuffer>} */
    ask(bytes) {
        return this.engine.ask(bytes);
    }

    close() {
        this.control.abort();
        this.server.close();
        if (this.engine !== this.server) this.engine.close();
    }
}
