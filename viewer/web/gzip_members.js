// SPDX-License-Identifier: Apache-2.0
// @ts-check
// gzip files of several members (RFC 1952, 2.2), which DecompressionStream refuses behind the first.

const HEAD_BYTES = 10;
const SLOWEST = 2, FASTEST = 4, UNKNOWN_SYSTEM = 255, LAST_SYSTEM = 13;

/** Whether the head of a member may be here. Compressed bytes look like one once in 10^11. @param {Uint8Array} bytes @param {number} at */
function isHead(bytes, at) {
    return bytes[at] === 0x1f && bytes[at + 1] === 0x8b && bytes[at + 2] === 8 && bytes[at + 3] < 0x20
        && [0, SLOWEST, FASTEST].includes(bytes[at + 8]) && (bytes[at + 9] <= LAST_SYSTEM || bytes[at + 9] === UNKNOWN_SYSTEM);
}

/**
 * Where members seem to begin, the end of the file behind them.
 * @param {AsyncIterable<Uint8Array>} pieces of a file, in order
 */
export async function memberStarts(pieces) {
    const starts = [];
    let carried = new Uint8Array(0);
    let offset = 0;
    for await (const piece of pieces) {
        const bytes = new Uint8Array(carried.length + piece.length);
        bytes.set(carried);
        bytes.set(piece, carried.length);
        let at = 0;
        while ((at = bytes.indexOf(0x1f, at)) >= 0 && at + HEAD_BYTES <= bytes.length) {
            if (isHead(bytes, at)) starts.push(offset + at);
            at++;
        }
        carried = bytes.slice(Math.max(0, bytes.length - HEAD_BYTES + 1));
        offset += bytes.length - carried.length;
    }
    return [...starts, offset + carried.length];
}

/** @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream @returns {AsyncGenerator<Uint8Array<ArrayBuffer>>} */
export async function* chunksOf(stream) {
    const reader = stream.getReader();
    try {
        for (;;) {
            const { value } = await reader.read();
            if (!value) return;
            yield value;
        }
    } finally {
        reader.cancel().catch(() => undefined);
    }
}

/** What is in the members, one after the other. @param {Blob} file @param {number[]} starts as of memberStarts */
export async function* inflateMembers(file, starts) {
    for (let i = 0; i + 1 < starts.length; i++) {
        const member = file.slice(starts[i], starts[i + 1]).stream();
        for await (const bytes of chunksOf(member.pipeThrough(new DecompressionStream("gzip"))))
            yield { bytes, done: starts[i] };
    }
}
