// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { decodeState, encodeState } from "../../../viewer/web/url_state.js";

test("a state comes back as it went", () => {
    const state = {
        t: [1000, 2000], sel: { track: 3, ts: 1500, depth: 2 }, range: [10, 20], q: 'a b&c=d "#" /x|y/ dur>1ms',
        markers: [{ t: 5, label: "A" }, { t: 7, label: "" }], tab: "flame", collapsed: [1, 2], folded: [7], pinned: [3],
        hidden: [4], order: [2, 1], tracks: "main", sort: "activity", only: "stats,flame", flame: "time", table: "-total", scroll: 120,
    };
    const read = decodeState("#" + encodeState(state));
    assert.deepEqual(read, state);
});

test("an empty state writes nothing", () => {
    assert.equal(encodeState({ markers: [], collapsed: [], order: [] }), "");
});

test("what cannot be read is left out", () => {
    const read = decodeState("#t=5,x&sel=1&range=9,3&marks=q~A|4~B&collapsed=a&y=-4&nonsense=1");
    assert.equal(read.t, undefined);
    assert.equal(read.sel, undefined);
    assert.equal(read.range, undefined);
    assert.equal(read.collapsed, undefined);
    assert.equal(read.scroll, undefined);
    assert.deepEqual(read.markers, [{ t: 4, label: "B" }]);
});
