// SPDX-License-Identifier: Apache-2.0
// The Worker's script with the real engine: what it is fed, in whatever pieces, and what it says of
// what is no trace.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import vm from "node:vm";
import zlib from "node:zlib";
import { ROOT } from "../harness.mjs";
import { encodeRequest, KIND, Reply } from "../../../viewer/web/query_bytes.js";

const WASM = path.join(path.dirname(process.env.VIZVIEWER || path.join(ROOT, "build/vizviewer")), "engine.wasm");
const SCRIPT = fs.readFileSync(path.join(ROOT, "viewer/web/engine_worker.js"), "utf8");
const TRACE = Buffer.from(JSON.stringify({
    traceEvents: Array.from({ length: 500 }, (_, i) => ({ ph: "X", pid: 1, tid: 1, ts: i * 10, dur: 5, name: `f${i % 7}`, cat: "FEE", args: { i } })),
}));

/** A Worker without a thread. @param {(url: string, options: any) => Promise<Response>} [fetch] */
function startWorker(fetch = () => Promise.reject(new Error("no network"))) {
    const waiting = new Map();
    const self = { postMessage: (answer) => waiting.get(answer.id)(answer), onmessage: null };
    const shared = { self, fetch, WebAssembly, DecompressionStream, TextDecoder, Blob, Response, Uint8Array, ArrayBuffer, DataView, Math, Error, Promise, atob, String };
    vm.runInNewContext(SCRIPT, shared);
    let next = 1;
    return (message) => new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, ({ value, error }) => (error === undefined ? resolve(value) : reject(new Error(error))));
        self.onmessage({ data: { id, ...message } });
    });
}

async function withEngine(fetch) {
    const call = startWorker(fetch);
    const wasm = fs.readFileSync(WASM);
    await call({ task: "create", wasm: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.length) });
    return call;
}

function pieces(bytes, size) {
    return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => new Uint8Array(bytes.subarray(i * size, (i + 1) * size)));
}

async function eventsOf(call) {
    const meta = new Reply(await call({ task: "ask", bytes: encodeRequest({ kind: KIND.META }) })).json();
    return meta.counts.events;
}

const options = { skip: !fs.existsSync(WASM) && "built without engine.wasm" };

for (const size of [1, 100, 1 << 20]) {
    test(`plain, gzip'ed and base64'd traces in pieces of ${size}`, options, async () => {
        const packed = zlib.gzipSync(TRACE);
        for (const [task, bytes] of [["feed", TRACE], ["feedPacked", packed]]) {
            const call = await withEngine();
            for (const piece of pieces(bytes, size)) await call({ task, bytes: piece });
            await call({ task: "finish" });
            assert.equal(await eventsOf(call), 500);
        }
        const call = await withEngine();
        for (const piece of pieces(packed, Math.max(size, 3))) await call({ task: "feedBase64", text: Buffer.from(piece).toString("base64") });
        await call({ task: "finish" });
        assert.equal(await eventsOf(call), 500);
    });
}

test("the engine comes packed, too", options, async () => {
    const call = startWorker();
    await call({ task: "create", packed: zlib.deflateRawSync(fs.readFileSync(WASM)).toString("base64") });
    await call({ task: "feed", bytes: new Uint8Array(TRACE) });
    await call({ task: "finish" });
    assert.equal(await eventsOf(call), 500);
});

for (const [what, bytes, wanted] of [
    ["cut off", zlib.gzipSync(TRACE).subarray(0, 400), /./],
    ["no gzip at all", TRACE, /./],
    ["a gzip'ed text that is no trace", zlib.gzipSync("no trace at all"), /not a trace|not JSON|byte/],
    ["a gzip'ed text that breaks off", zlib.gzipSync(TRACE.subarray(0, 5000)), /./],
    ["followed by something else", Buffer.concat([zlib.gzipSync(TRACE), Buffer.from("more of it")]), /./],
]) {
    test(`packed and ${what}: it is told, and nothing hangs`, { ...options, timeout: 20000 }, async () => {
        const call = await withEngine();
        await assert.rejects(async () => {
            for (const piece of pieces(bytes, 64)) await call({ task: "feedPacked", bytes: piece });
            await call({ task: "finish" });
        }, wanted);
    });
}

test("an empty file is no trace", options, async () => {
    const call = await withEngine();
    await assert.rejects(call({ task: "finish" }), /not a trace/);
});

test("the index is fetched, or there is none", options, async () => {
    const asked = [];
    const call = await withEngine(async (url) => {
        asked.push(url);
        return url.endsWith("none") ? new Response(null, { status: 204 }) : new Response(zlib.gzipSync(TRACE));
    });
    assert.equal(await call({ task: "load", url: "http://x/none" }), false);
    assert.equal(await call({ task: "load", url: "http://x/index" }), true);
    assert.equal(await eventsOf(call), 500);
    assert.deepEqual(asked, ["http://x/none", "http://x/index"]);
});

test("the server's refusal is passed on", async () => {
    const call = startWorker(async () => new Response("there is no such report here", { status: 404 }));
    await assert.rejects(call({ task: "askServer", url: "http://x/query", bytes: new Uint8Array(64) }), /no such report/);
});
