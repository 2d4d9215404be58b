// SPDX-License-Identifier: Apache-2.0
// @ts-check
// From where a trace lies to a trace that can be asked.
import { embeddedEngine, embeddedName, embeddedTrace, isEmbedded } from "./embedded.js";
import { EngineMoving } from "./engine_moving.js";
import { EngineWasm } from "./engine_wasm.js";
import { chunksOf, inflateMembers, memberStarts } from "./gzip_members.js";
import { Trace } from "./trace.js";

/** @typedef {(done: number, all: number, what: string) => void} Progress */

const POLL_MS = 40;
/** The page's own engine waits for the first picture, but no longer: a hidden page draws none. */
const PICTURE_MS = 1000;
/** In the browser's own timeline: the page has all that it can have of the trace. */
const HERE = "viztracer-here";

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

/** @param {Uint8Array} magic the first bytes of a file */
const isGzip = (magic) => magic[0] === 0x1f && magic[1] === 0x8b;

/** @param {File} file */
const magicOf = async (file) => new Uint8Array(await file.slice(0, 8).arrayBuffer());

/** A file's bytes, counted. @param {File} file @param {Progress} progress */
async function* piecesOf(file, progress) {
    const magic = await magicOf(file);
    if (magic.length === 8 && magic.every((byte, i) => byte === (i ? 0 : 1))) {
        progress(0, file.size, "Reading");
        yield { task: /** @type {const} */ ("feedCvf"), bytes: new Uint8Array(await file.arrayBuffer()) };
        return;
    }
    const task = isGzip(magic) ? /** @type {const} */ ("feedPacked") : /** @type {const} */ ("feed");
    let done = 0;
    for await (const bytes of chunksOf(file.stream())) {
        done += bytes.byteLength;
        progress(done, file.size, "Reading");
        yield { task, bytes };
    }
}

/** What is in a gzip file of several members. @param {File} file @param {number[]} starts @param {Progress} progress */
async function* piecesOfMembers(file, starts, progress) {
    for await (const { bytes, done } of inflateMembers(file, starts)) {
        progress(done, file.size, "Reading");
        yield { task: /** @type {const} */ ("feed"), bytes };
    }
}

/** @param {AbortSignal} signal @returns {Promise<{wasm: ArrayBuffer} | {packed: string} | null>} null: this build has none */
async function fetchEngine(signal) {
    if (isEmbedded()) return embeddedEngine();
    const reply = await fetch("engine.wasm", { signal });
    return reply.ok ? { wasm: await reply.arrayBuffer() } : null;
}

/** The page's own engine with the trace; null: the trace is too large for a page, or this build has none.
 *  @param {AbortSignal} signal @returns {Promise<import("./trace.js").Carrier | null>} */
async function ownEngine(signal) {
    const source = await fetchEngine(signal);
    if (!source) return null;
    const engine = new EngineWasm();
    signal.addEventListener("abort", () => engine.close());
    try {
        await engine.create(source);
        if (await engine.load("index")) return engine;
        engine.close();
        return null;
    } catch (error) {
        engine.close();
        throw error;
    }
}

/** The trace of an html report. @param {Progress} progress @param {AbortSignal} signal */
async function openEmbedded(progress, signal) {
    const engine = new EngineWasm();
    try {
        await engine.create(embeddedEngine());
        await engine.feed(embeddedTrace(progress), signal);
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
    performance.clearMarks(HERE);
    try {
        const trace = await new Trace(engine, info.name).load();
        signal.throwIfAborted();
        trace.openInFlame = !!info.flamegraph;
        const drawn = new Promise((resolve) => {
            trace.ondrawn = () => resolve(null);
            setTimeout(resolve, PICTURE_MS);
        });
        drawn.then(() => engine.moveTo(ownEngine)).then(() => fetch("file_info", { signal: engine.control.signal }))
            .then((reply) => reply.arrayBuffer()).catch(() => undefined).then(() => performance.mark(HERE));
        return trace;
    } catch (error) {
        engine.close();
        throw error;
    }
}

/** A file with the page's own engine, in pieces. @param {File} file @param {AsyncIterable<any>} pieces @param {AbortSignal} signal */
async function openPieces(file, pieces, signal) {
    const source = await fetchEngine(signal).catch(() => null);
    if (!source) throw new Error("the page's own engine is not there: open the file with vizviewer FILE");
    const engine = new EngineWasm();
    try {
        await engine.create(source);
        await engine.feed(pieces, signal);
        return await new Trace(engine, file.name).load();
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
    try {
        return await openPieces(file, piecesOf(file, progress), signal);
    } catch (error) {
        if (signal.aborted || !isGzip(await magicOf(file))) throw error;
        const starts = await memberStarts(chunksOf(file.stream()));
        if (starts.length < 3) throw error;
        return openPieces(file, piecesOfMembers(file, starts, progress), signal);
    }
}
