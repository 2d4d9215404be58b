// SPDX-License-Identifier: Apache-2.0
// @ts-check
// From where a trace lies to a trace that can be asked.
import { embeddedEngine, embeddedName, embeddedTrace, isEmbedded } from "./embedded.js";
import { EngineHttp } from "./engine_http.js";
import { EngineWasm } from "./engine_wasm.js";
import { Trace } from "./trace.js";

/** @typedef {(done: number, all: number, what: string) => void} Progress */

const POLL_MS = 250;

/** The server's engine is asked what state the trace is in until it has one that lasts.
 *  @param {Progress} progress @param {AbortSignal} signal */
async function untilRead(progress, signal) {
    for (;;) {
        const reply = await fetch("trace_info", { signal });
        if (!reply.ok) throw new Error(`the server answered HTTP ${reply.status}`);
        const info = await reply.json();
        if (info.state === "failed") throw new Error(info.error);
        if (info.state === "ready") return info;
        progress(info.bytes, info.size, "Reading");
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
}

/** Bytes pass through and are counted. @param {(bytes: number) => void} onbytes */
function counter(onbytes) {
    let done = 0;
    return new TransformStream({
        transform(piece, control) {
            done += piece.byteLength;
            onbytes(done);
            control.enqueue(piece);
        },
    });
}

/** @param {AbortSignal} signal @returns {Promise<ArrayBuffer | null>} null: this build has none */
async function fetchEngine(signal) {
    if (isEmbedded()) return embeddedEngine();
    const reply = await fetch("engine.wasm", { signal });
    return reply.ok ? reply.arrayBuffer() : null;
}

/** @param {any} info trace_info @param {Progress} progress @param {AbortSignal} signal
 *  @returns {Promise<import("./trace.js").Carrier>} */
async function servedEngine(info, progress, signal) {
    if (info.engine === "server") return new EngineHttp();
    const wasm = await fetchEngine(signal);
    if (!wasm) return new EngineHttp();
    const reply = await fetch("index", { signal });
    if (reply.status === 204) return new EngineHttp();
    if (!reply.ok || !reply.body) throw new Error(await reply.text() || `the server answered HTTP ${reply.status}`);
    const all = Number(reply.headers.get("Content-Length"));
    const engine = new EngineWasm();
    try {
        await engine.create(wasm);
        const counted = reply.body.pipeThrough(counter((done) => progress(done, all, "Loading")));
        await engine.feed(counted.pipeThrough(new DecompressionStream("gzip")), () => undefined, signal);
        return engine;
    } catch (error) {
        engine.close();
        throw error;
    }
}

/** The trace of an html report. @param {Progress} progress @param {AbortSignal} signal */
async function openEmbedded(progress, signal) {
    const engine = new EngineWasm();
    try {
        await engine.create(await embeddedEngine());
        const stream = await embeddedTrace(progress);
        await engine.feed(stream.pipeThrough(new DecompressionStream("gzip")), () => undefined, signal);
        return await new Trace(engine, embeddedName()).load();
    } catch (error) {
        engine.close();
        throw error;
    }
}

/**
 * The trace that the page was opened for. When everything is here, /file_info is asked: a server
 * that serves once may end then.
 * @param {Progress} progress @param {AbortSignal} signal
 */
export async function openServed(progress, signal) {
    if (isEmbedded()) return openEmbedded(progress, signal);
    const info = await untilRead(progress, signal);
    const trace = await new Trace(await servedEngine(info, progress, signal), info.name).load();
    trace.openInFlame = !!info.flamegraph;
    fetch("file_info", { signal }).then((reply) => reply.arrayBuffer()).catch(() => undefined);
    return trace;
}

/**
 * A file from the user's disk; it is read in the page and goes nowhere.
 * @param {File} file @param {Progress} progress @param {AbortSignal} signal
 */
export async function openFile(file, progress, signal) {
    const wasm = await fetchEngine(signal).catch(() => null);
    if (!wasm) throw new Error("the page's own engine is not there: open the file with vizviewer FILE");
    if (/\.cvf$/i.test(file.name)) throw new Error("compressed reports (.cvf) are opened with vizviewer FILE");
    const engine = new EngineWasm();
    try {
        await engine.create(wasm);
        const magic = new Uint8Array(await file.slice(0, 2).arrayBuffer());
        let stream = file.stream().pipeThrough(counter((done) => progress(done, file.size, "Reading")));
        if (magic[0] === 0x1f && magic[1] === 0x8b) stream = stream.pipeThrough(new DecompressionStream("gzip"));
        await engine.feed(stream, () => undefined, signal);
        return await new Trace(engine, file.name).load();
    } catch (error) {
        engine.close();
        throw error;
    }
}
