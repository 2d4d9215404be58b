// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { emptyArrangement, layOut, moveTrack, visible } from "../../../viewer/web/layout.js";

function tracks() {
    const make = (id, pid, name, rows, kind = "slices") => ({
        id, process: pid, pid: String(pid), tid: String(id), name, processName: `P${pid}`, rows, row0: 0, busyNs: id * 10, count: 1, kind,
    });
    return [make(0, 1, "main", 4), make(1, 1, "worker", 2), make(2, 2, "other", 3), make(3, 1, "memory", 1, "counter")];
}

const names = (layout) => layout.boxes.map((b) => (b.kind === "group" ? `[${b.process}]` : b.track.name));

test("tracks stand below their process, without gaps", () => {
    const layout = layOut(tracks(), emptyArrangement());
    assert.deepEqual(names(layout), ["[1]", "main", "worker", "memory", "[2]", "other"]);
    let top = 0;
    for (const box of layout.boxes) {
        assert.equal(box.top, top);
        top += box.height;
    }
    assert.equal(layout.height, top);
});

test("pinned tracks stand above, hidden and filtered ones nowhere, folded processes show their name", () => {
    const arrangement = emptyArrangement();
    arrangement.pinned.add(1);
    arrangement.hidden.add(3);
    arrangement.folded.add(2);
    const layout = layOut(tracks(), arrangement);
    assert.deepEqual(layout.pinned.map((b) => b.track.name), ["worker"]);
    assert.deepEqual(names(layout), ["[1]", "main", "[2]"]);
    arrangement.filter = "p1 main";
    assert.deepEqual(names(layOut(tracks(), arrangement)), ["[1]", "main"]);
});

test("a collapsed track has one row", () => {
    const arrangement = emptyArrangement();
    const before = layOut(tracks(), arrangement).height;
    arrangement.collapsed.add(0);
    const layout = layOut(tracks(), arrangement);
    assert.equal(layout.boxes[1].rows, 1);
    assert.ok(layout.height < before);
});

test("tracks move within their process, and the busiest can come first", () => {
    const arrangement = emptyArrangement();
    moveTrack(tracks(), arrangement, 0, 1);
    assert.deepEqual(names(layOut(tracks(), arrangement)), ["[1]", "worker", "main", "memory", "[2]", "other"]);
    moveTrack(tracks(), arrangement, 0, -5);
    assert.deepEqual(names(layOut(tracks(), arrangement)).slice(0, 2), ["[1]", "main"]);
    arrangement.sort = "activity";
    assert.deepEqual(names(layOut(tracks(), arrangement)), ["[1]", "memory", "worker", "main", "[2]", "other"]);
});

test("only what touches the picture is visible", () => {
    const { boxes } = layOut(tracks(), emptyArrangement());
    const seen = visible(boxes, boxes[2].top, boxes[2].top + 1);
    assert.deepEqual(seen.map((b) => b.key), [boxes[2].key]);
    assert.equal(visible(boxes, 0, 1e9).length, boxes.length);
    assert.equal(visible(boxes, 1e9, 2e9).length, 0);
});
