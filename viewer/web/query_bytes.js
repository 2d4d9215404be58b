// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Requests and replies as viewer/engine/query.h lays them out; nothing else here knows bytes.

export const KIND = {
    META: 1, NAMES: 2, TILES: 3, SLICE: 4, AT: 5, NEXT: 6, CHILDREN: 7, SEARCH: 8, AGG: 9,
    HISTOGRAM: 10, FLAME: 11, COUNTER: 12, INSTANTS: 13, INSTANT: 14, FLOWS: 15, OBJECTS: 16,
    OBJECT: 17, SOURCE: 18, EXPORT: 19, PROFILE: 20,
};
export const NEXT = { next: 1, previous: 2, parent: 3, child: 4, nextSame: 5, previousSame: 6 };
export const FLAME = { TIME: 0, HEAVY: 1, CALLERS: 2, CALLEES: 3 };
export const SEARCH = { CASE: 1, NAMES: 2, BACKWARD: 4 };
export const NONE = 0xffffffff;
export const STATUS = { OK: 0, ERROR: 1, NEEDS_BLOCK: 2 };

const REQUEST_BYTES = 64;
const REPLY_BYTES = 16;
const RECORD_BYTES = 40;

/**
 * @typedef {{kind: number, flags?: number, t0?: number, t1?: number, d0?: number, d1?: number,
 *   a?: number, b?: number, level?: number, limit?: number, list?: ArrayLike<number>, text?: string}} Request
 * @typedef {{slice: number, row: number, name: number, track: number, depth: number,
 *   start: number, duration: number}} Record
 */

/** @param {Request} request @returns {Uint8Array<ArrayBuffer>} */
export function encodeRequest(request) {
    const list = request.list || [];
    const text = new TextEncoder().encode(request.text || "");
    const bytes = new Uint8Array(REQUEST_BYTES + 4 * list.length + text.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, request.kind, true);
    view.setUint32(4, request.flags || 0, true);
    view.setFloat64(8, request.t0 || 0, true);
    view.setFloat64(16, request.t1 || 0, true);
    view.setFloat64(24, request.d0 || 0, true);
    view.setFloat64(32, request.d1 || 0, true);
    view.setUint32(40, request.a || 0, true);
    view.setUint32(44, request.b || 0, true);
    view.setUint32(48, request.level || 0, true);
    view.setUint32(52, request.limit || 0, true);
    view.setUint32(56, list.length, true);
    view.setUint32(60, text.length, true);
    for (let i = 0; i < list.length; i++) view.setUint32(REQUEST_BYTES + 4 * i, list[i], true);
    bytes.set(text, REQUEST_BYTES + 4 * list.length);
    return bytes;
}

/** A reply, read from front to back: each column begins where the one before ended. */
export class Reply {
    /** @param {ArrayBuffer} buffer */
    constructor(buffer) {
        if (buffer.byteLength < REPLY_BYTES) throw new Error("the engine gave no answer: out of memory");
        const view = new DataView(buffer);
        this.buffer = buffer;
        this.status = view.getUint32(0, true);
        this.count = view.getUint32(4, true);
        this.total = view.getFloat64(8, true);
        this.at = REPLY_BYTES;
        if (this.status === STATUS.ERROR) throw new Error(this.text());
    }

    /** The whole body. */
    text() {
        return new TextDecoder().decode(new Uint8Array(this.buffer, REPLY_BYTES));
    }

    /** The whole body, as JSON. */
    json() {
        return JSON.parse(this.text());
    }

    /** @param {number} size of an element @param {number} n */
    take(size, n) {
        const from = this.at;
        if (from + size * n > this.buffer.byteLength) throw new Error("the engine's answer was cut off");
        this.at = from + Math.ceil(size * n / 8) * 8;
        return from;
    }

    u32(n = this.count) {
        return new Uint32Array(this.buffer, this.take(4, n), n);
    }

    f32(n = this.count) {
        return new Float32Array(this.buffer, this.take(4, n), n);
    }

    f64(n = this.count) {
        return new Float64Array(this.buffer, this.take(8, n), n);
    }

    /** @param {number} n */
    bytes(n) {
        return new Uint8Array(this.buffer, this.take(1, n), n);
    }

    /** @returns {Record[]} */
    records(n = this.count) {
        const view = new DataView(this.buffer, this.take(RECORD_BYTES, n), RECORD_BYTES * n);
        return Array.from({ length: n }, (_, i) => {
            const at = i * RECORD_BYTES;
            const word = (/** @type {number} */ offset) => view.getUint32(at + offset, true);
            return {
                slice: word(0), row: word(4), name: word(8), track: word(12), depth: word(16),
                start: view.getFloat64(at + 24, true), duration: view.getFloat64(at + 32, true),
            };
        });
    }
}
