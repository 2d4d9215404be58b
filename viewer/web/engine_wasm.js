// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The engine in the page: engine.wasm in a Worker, so that a long question never stops a frame.

/** Where the Worker's script is: a file beside this one or, in a page of one file, inside it. */
function workerUrl() {
    const inside = document.getElementById("engine-worker");
    if (!inside) return "engine_worker.js";
    return URL.createObjectURL(new Blob([inside.textContent || ""], { type: "text/javascript" }));
}

export class EngineWasm {
    constructor() {
        this.worker = new Worker(workerUrl());
        this.next = 1;
        /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
        this.waiting = new Map();
        this.worker.onmessage = ({ data }) => {
            const call = this.waiting.get(data.id);
            this.waiting.delete(data.id);
            if (data.error) call?.reject(new Error(data.error));
            else call?.resolve(data.value);
        };
        this.worker.onerror = (event) => this.fail(new Error(event.message || "the engine could not be started"));
    }

    /** @param {Error} error */
    fail(error) {
        for (const call of this.waiting.values()) call.reject(error);
        this.waiting.clear();
    }

    /** @param {any} message @param {Transferable[]} transfer @returns {Promise<any>} */
    call(message, transfer = []) {
        const id = this.next++;
        return new Promise((resolve, reject) => {
            this.waiting.set(id, { resolve, reject });
            this.worker.postMessage({ id, ...message }, transfer);
        });
    }

    /** @param {ArrayBuffer} wasm */
    create(wasm) {
        return this.call({ task: "create", wasm }, [wasm]);
    }

    /**
     * All of a stream, piece by piece.
     * @param {ReadableStream<Uint8Array>} stream @param {(events: number) => void} progress @param {AbortSignal} signal
     */
    async feed(stream, progress, signal) {
        const reader = stream.getReader();
        try {
            for (;;) {
                signal.throwIfAborted();
                const { done, value } = await reader.read();
                if (done) break;
                progress(await this.call({ task: "feed", bytes: value }));
            }
        } finally {
            reader.cancel().catch(() => undefined);
        }
        await this.call({ task: "finish" });
    }

    /** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<ArrayBuffer>} */
    ask(bytes) {
        return this.call({ task: "ask", bytes });
    }

    close() {
        this.worker.terminate();
        this.fail(new Error("the trace was closed"));
    }
}
