// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { EngineMoving } from "../../../viewer/web/engine_moving.js";

const QUESTION = new Uint8Array([1, 2]);

/** A carrier that answers with its name. */
function carrier(name) {
    const made = {
        closed: false, is: "here", ask: async () => name, close: () => { made.closed = true; },
        moveOut: () => { made.is = "out"; }, retire: () => { made.is = "retired"; },
    };
    return made;
}

function moving() {
    return new EngineMoving(carrier("server"));
}

test("the server is asked until the page's own engine is there", async () => {
    const engine = moving();
    let give = (_) => undefined;
    const moved = engine.moveTo(() => new Promise((resolve) => { give = resolve; }));
    assert.equal(await engine.ask(QUESTION), "server");
    assert.equal(engine.server.is, "out");
    give(carrier("page"));
    await moved;
    assert.equal(await engine.ask(QUESTION), "page");
    assert.equal(engine.server.is, "retired");
});

test("without an engine of its own, or when that fails, the page goes on asking the server", async () => {
    const engine = moving();
    await engine.moveTo(async () => null);
    assert.equal(await engine.ask(QUESTION), "server");
    await assert.rejects(engine.moveTo(() => Promise.reject(new Error("no memory"))), /no memory/);
    assert.equal(await engine.ask(QUESTION), "server");
    assert.equal(engine.server.is, "out");
});

test("an engine that comes to a closed trace is closed", async () => {
    const engine = moving(), late = carrier("page"), server = engine.engine;
    const moved = engine.moveTo(async (signal) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        return late;
    });
    engine.close();
    await moved;
    assert.ok(late.closed && server.closed);
});
