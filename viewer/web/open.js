// SPDX-License-Identifier: Apache-2.0
// @ts-check
// From where a trace lies to a trace that can be asked.
import { embeddedEngine, embeddedName, embeddedTrace, isEmbedded } from "./embedded.js";
import { EngineMoving } from "./engine_moving.js";
import { EngineWasm } from "./engine_wasm.js";
import { Trace } from "./trace.js";

/** @typedef {(done: number, all: number, what: string) => void} Progress */

const POLL_MS = 40;

/** The server is asked what state the trace is in until its engine answers.
 *  @param {Progress} progress @param {AbortSignal} signal */
async function untilRead(progress, signal) {
    for (;;) {
        const reply = await fetch("trace_info", { signal });
        if (!reply.ok) throw new Error(`the server answered HTTP ${reply.status}`);
        const info = await reply.json();
        if (info.state === "failed") throw new Error(info.error);
        if (info.state !== "loading") return info;
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

/** The page's own engine with the trace; null: the trace is too large for a page, or this build has none.
 *  @param {AbortSignal} signal @returns {Promise<import("./trace.js").Carrier | null>} */
async function ownEngine(signal) {
    const [wasm, reply] = await Promise.all([fetchEngine(signal), fetch("index", { signal })]);
    if (!wasm || reply.status !== 200 || !reply.body) return null;
    const engine = new EngineWasm();
    try {
        await engine.create(wasm);
        await engine.feed(reply.body.pipeThrough(new DecompressionStream("gzip")), () => undefined, signal);
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
 * that serves once may end then; it goes on where the page's own engine failed.
 * @param {Progress} progress @param {AbortSignal} signal
 */
export async function openServed(progress, signal) {
    if (isEmbedded()) return openEmbedded(progress, signal);
    const info = await untilRead(progress, signal);
    const engine = new EngineMoving();
    try {
        const trace = await new Trace(engine, info.name).load();
        signal.throwIfAborted();
        trace.openInFlame = !!info.flamegraph;
        engine.moveTo(ownEngine).then(() => fetch("file_info", { signal: engine.control.signal }))
            .then((reply) => reply.arrayBuffer()).catch(() => undefined);
        return trace;
    } catch (error) {
        engine.close();
        throw error;
    }
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
