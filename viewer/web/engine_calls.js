// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Questions to engine_worker.js, and its answers: what takes long stops no frame.

/** Where the Worker's script is: a file beside this one or, in a page of one file, inside it. */
function workerUrl() {
    const inside = document.getElementById("engine-worker");
    if (!inside) return "engine_worker.js";
    return URL.createObjectURL(new Blob([inside.textContent || ""], { type: "text/javascript" }));
}

export class EngineCalls {
    constructor() {
        this.worker = new Worker(workerUrl());
        this.next = 1;
        this.retired = false;
        this.broken = false;
        /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
        this.waiting = new Map();
        this.worker.onmessage = ({ data }) => {
            const call = this.waiting.get(data.id);
            this.waiting.delete(data.id);
            if (data.error) call?.reject(new Error(data.error));
            else call?.resolve(data.value);
            if (this.retired && !this.waiting.size) this.worker.terminate();
        };
        this.worker.onerror = (event) => {
            this.broken = true;
            this.fail(new Error(event.message || "the engine could not be started"));
        };
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

    /** Ends the Worker when it has answered. */
    retire() {
        this.retired = true;
        if (!this.waiting.size) this.worker.terminate();
    }

    close() {
        this.worker.terminate();
        this.fail(new Error("the trace was closed"));
    }
}
