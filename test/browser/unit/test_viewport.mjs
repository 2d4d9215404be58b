// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { Viewport } from "../../../viewer/web/viewport.js";

function view(t0 = 0, t1 = 1000000) {
    const made = new Viewport(t0, t1);
    made.width = 1000;
    return made;
}

test("a zoom keeps the moment under the pointer", () => {
    const v = view();
    const before = v.time(250);
    v.set(...v.zoomed(4, 250));
    assert.ok(Math.abs(v.time(250) - before) < 1e-6);
    assert.ok(Math.abs(v.span - 1020000 / 4) < 1);
});

test("nobody gets lost: neither out of the trace nor below its resolution", () => {
    const v = view();
    v.set(-5e9, -4e9);
    assert.equal(v.t0, v.min);
    v.set(400000, 400000);
    assert.equal(v.span, 10);
    v.set(...v.zoomed(1e-9, 0));
    assert.equal(v.span, v.max - v.min);
});

test("a glide ends exactly where it was sent and keeps order on its way", () => {
    const v = view();
    v.glideTo(1000, 1100, 0);
    let last = Infinity;
    for (let now = 0; v.step(now); now += 16) {
        assert.ok(v.span <= last + 1e-6);
        assert.ok(v.t1 > v.t0);
        last = v.span;
    }
    assert.deepEqual([v.t0, v.t1], [1000, 1100]);
});

test("a trace of one moment has a picture, too", () => {
    assert.ok(view(0, 0).span > 0);
});
