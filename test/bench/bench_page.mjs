// SPDX-License-Identifier: Apache-2.0
// @ts-check
// How fast the page's engine reads a trace and answers, under node: bench_engine.c has the same of
// the native one. Prints milliseconds, the best of five; of tiles those of all rows, 1920 pixels.
//
//   node test/bench/bench_page.mjs ENGINE_WASM FILE
import { loadEngine } from "../engine/wasm_engine.mjs";

const [META, TILES, AGG, PROFILE] = [1, 3, 9, 20];
const PIXELS = 1920;
const [wasm, file] = process.argv.slice(2);

/** As viewer/engine/query.h lays it out. @param {number} kind @param {{t0?: number, t1?: number, a?: number, level?: number}} more @param {number[]} list */
function request(kind, more = {}, list = []) {
    const bytes = Buffer.alloc(64 + 4 * list.length);
    bytes.writeUInt32LE(kind, 0);
    bytes.writeDoubleLE(more.t0 || 0, 8);
    bytes.writeDoubleLE(more.t1 || 0, 16);
    bytes.writeUInt32LE(more.a || 0, 40);
    bytes.writeUInt32LE(more.level || 0, 48);
    bytes.writeUInt32LE(list.length, 56);
    list.forEach((number, i) => bytes.writeUInt32LE(number, 64 + 4 * i));
    return bytes;
}

const began = performance.now();
const engine = await loadEngine(wasm);
engine.open(file);
const opened = performance.now() - began;
const meta = JSON.parse(engine.ask(request(META)).subarray(16).toString());
const say = (/** @type {string} */ what, /** @type {number} */ ms) => console.log(`${what.padEnd(28)} ${ms.toFixed(3).padStart(9)} ms`);
say(`${meta.counts.events} events: open`, opened);
console.log(`${"memory".padEnd(28)} ${(engine.memoryBytes() / meta.counts.events).toFixed(1).padStart(9)} bytes an event`);

/** @param {string} what @param {Buffer} question */
function time(what, question) {
    let best = Infinity;
    for (let i = 0; i < 5; i++) {
        const before = performance.now();
        engine.query(question);
        best = Math.min(best, performance.now() - before);
    }
    say(what, best);
}

const rows = [...Array(meta.rows).keys()];
for (let zoom = 1; zoom <= 1e6; zoom *= 10) {
    const width = meta.span_ns / zoom;
    const t0 = zoom === 1 ? 0 : meta.span_ns / 3;
    const level = Math.max(0, Math.ceil(Math.log2(width / PIXELS)));
    time(`tiles, all rows, zoom ${zoom}`, request(TILES, { t0, t1: t0 + width, level }, rows));
}
time("statistics of everything", request(AGG));
time("load profile", request(PROFILE, { a: 1000 }));
