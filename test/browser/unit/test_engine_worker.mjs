// SPDX-License-Identifier: Apache-2.0
// The Worker's script with the real engine: what it is fed, in whatever pieces, and what it says of
// what is no trace.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
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

/** A compressed report that our own tool makes. */
function compressed(trace) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "viztracer-worker-"));
    try {
        fs.writeFileSync(path.join(folder, "a.json"), trace);
        const viztracer = path.join(path.dirname(WASM), "viztracer");
        const done = spawnSync(viztracer, ["--quiet", "--compress", path.join(folder, "a.json"), "-o", path.join(folder, "a.cvf")], { encoding: "utf8" });
        assert.equal(done.status, 0, done.stderr);
        return new Uint8Array(fs.readFileSync(path.join(folder, "a.cvf")));
    } finally {
        fs.rmSync(folder, { recursive: true });
    }
}

const MANY_KINDS = JSON.stringify({
    traceEvents: [
        ...JSON.parse(TRACE.toString()).traceEvents.slice(0, 50),
        ...[0.1, 1e-7, -12.5, 3, 1e22, 0].map((value, i) => ({ ph: "C", pid: 1, tid: 1, ts: i * 10, name: "load", args: { value } })),
        { ph: "M", pid: 1, tid: 1, name: "process_name", args: { name: "kid" } },
        { ph: "i", pid: 1, tid: 1, ts: 9, name: "mark", s: "g", args: { text: "é" } },
    ],
    viztracer_metadata: { version: "2.0.0" },
    file_info: { files: { "a.py": ["source", 1] }, functions: { f1: ["a.py", 1] } },
});

test("a compressed report (cvf) is what its JSON is", options, async () => {
    const [one, two] = await Promise.all([withEngine(), withEngine()]);
    await one({ task: "feed", bytes: new Uint8Array(Buffer.from(MANY_KINDS)) });
    await two({ task: "feedCvf", bytes: compressed(MANY_KINDS) });
    const answers = [];
    for (const call of [one, two]) {
        await call({ task: "finish" });
        const json = async (request) => new Reply(await call({ task: "ask", bytes: encodeRequest(request) })).json();
        const meta = await json({ kind: KIND.META });
        const names = new Reply(await call({ task: "ask", bytes: encodeRequest({ kind: KIND.NAMES }) }));
        const samples = new Reply(await call({ task: "ask", bytes: encodeRequest({ kind: KIND.COUNTER, a: 0 }) }));
        samples.f64();
        answers.push({
            slices: meta.slices, counts: { ...meta.counts, metadata: 0, events: 0 }, counters: meta.counters, has_sources: meta.has_sources,
            process: meta.processes[0].name, low: [...samples.f64()], names: names.count,
            args: (await json({ kind: KIND.SLICE, a: 7 })).args, instant: (await json({ kind: KIND.INSTANT, a: 0 })).args,
        });
    }
    assert.deepEqual(answers[1], answers[0]);
    assert.equal(answers[0].low.length, 6);
});

for (const [what, change] of [
    ["cut off", (file) => file.subarray(0, file.length - 9)],
    ["damaged in a block", (file) => { file[file.length - 20] ^= 0x55; return file; }],
    ["of another version", (file) => { file[0] = 2; return file; }],
    ["with a block that holds more than it says", (file) => {
        const at = Buffer.from(file).lastIndexOf(Buffer.from([0x78])) - 16;
        new DataView(file.buffer, file.byteOffset).setBigUint64(at, 3n, true);
        return file;
    }],
]) {
    test(`a compressed report ${what} is refused`, options, async () => {
        const call = await withEngine();
        await assert.rejects(async () => {
            await call({ task: "feedCvf", bytes: change(compressed(MANY_KINDS)) });
            await call({ task: "finish" });
        }, (error) => error.message.length > 10);
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
