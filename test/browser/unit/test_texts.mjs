// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { findActions, keyLabel, keyOf } from "../../../viewer/web/actions.js";
import { colorOf, contrast, hash } from "../../../viewer/web/colors.js";
import { layOutFlame } from "../../../viewer/web/flame_layout.js";
import { layOutJson } from "../../../viewer/web/json_view.js";
import { Labels, placeOf, shortName, visibleText } from "../../../viewer/web/labels.js";
import { colorLine } from "../../../viewer/web/source_view.js";
import { compareValues, csvField, toCsv } from "../../../viewer/web/table.js";

test("names on slices keep a contrast of 4.5 in both themes", () => {
    for (let i = 0; i < 3000; i++) {
        for (const name of [`function_${i} (/a/b.py:${i})`, `module.call_${i}`]) {
            assert.ok(contrast(colorOf(name, false), [0x1d, 0x24, 0x30]) >= 4.5, name);
            assert.ok(contrast(colorOf(name, true), [0xf1, 0xf3, 0xf7]) >= 4.5, name);
        }
    }
});

test("functions get many different colours", () => {
    const colors = new Set(Array.from({ length: 500 }, (_, i) => colorOf(`f${i} (/x.py:${i})`, false).join()));
    assert.ok(colors.size > 60, `${colors.size}`);
    assert.notEqual(hash("a1"), hash("a2"));
});

test("a function's name is split from its place", () => {
    assert.equal(shortName("Class.method (/a b/c (1).py:12)"), "Class.method");
    assert.deepEqual(placeOf("f (/a b/c (1).py:12)"), { path: "/a b/c (1).py", line: 12 });
    assert.equal(placeOf("builtins.exec"), null);
    assert.equal(shortName("(/x.py:1)"), "(/x.py:1)");
});

test("signs that turn or hide text are shown as signs", () => {
    assert.equal(visibleText("a\u202eb\u0000c\u001b[31m\u007f"), "a\\u202eb␀c␛[31m␡");
    assert.equal(visibleText("naïve 日本 😀"), "naïve 日本 😀");
});

test("labels are cut to their room, or left out", () => {
    const labels = new Labels((text) => text.length * 10);
    assert.equal(labels.fit("function_name (/a.py:1)", 200), "function_name");
    const cut = labels.fit("function_name (/a.py:1)", 75);
    assert.ok(cut.endsWith("…") && cut.length * 10 <= 75, cut);
    assert.equal(labels.fit("function_name (/a.py:1)", 12), "");
});

test("JSON is laid out without being parsed: large numbers and repeated members stay", () => {
    const text = layOutJson('{"a":[1,{"b":"x, y: {"}],"a":12345678901234567890,"e":{}}').map((t) => t.text).join("");
    assert.equal(text, '{\n  "a": [\n    1,\n    {\n      "b": "x, y: {"\n    }\n  ],\n  "a": 12345678901234567890,\n  "e": {}\n}');
});

test("a line of Python is coloured, a text over several lines to its end", () => {
    const one = colorLine('def f(x):  # no "text"', "");
    assert.deepEqual(one.pieces.filter(([kind]) => kind), [["k", "def"], ["c", '# no "text"']]);
    const two = colorLine('x = """begin', "");
    assert.equal(two.open, '"""');
    const three = colorLine('end""" + y', two.open);
    assert.equal(three.open, "");
    assert.equal(three.pieces[0][1], 'end"""');
    for (const line of ['"""', "'''x''' '", "\"unclosed", "f'{a}'", "\t\t", "]]>"]) {
        assert.equal(colorLine(line, "").pieces.map(([, text]) => text).join(""), line);
    }
});

test("CSV quotes what must be quoted and disarms formulas", () => {
    assert.equal(csvField('a,"b"\n'), '"a,""b""\n"');
    assert.equal(csvField("=1+1"), "'=1+1");
    assert.equal(csvField(-5), "-5");
    const columns = [{ key: "n", title: "N", text: (r) => r.n }, { key: "v", title: "V", text: () => "shown", value: (r) => r.v }];
    assert.equal(toCsv(columns, [{ n: "x", v: 3 }]), "N,V\r\nx,3\r\n");
});

test("tables sort numbers as numbers", () => {
    assert.deepEqual([10, 9, 1].sort(compareValues), [1, 9, 10]);
    assert.deepEqual(["f10", "f9"].sort(compareValues), ["f9", "f10"]);
});

test("keys have one spelling", () => {
    const event = (key, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });
    assert.equal(keyOf(event("P", { ctrlKey: true, shiftKey: true })), "ctrl+shift+p");
    assert.equal(keyOf(event("?", { shiftKey: true })), "?");
    assert.equal(keyOf(event("ArrowLeft", { shiftKey: true })), "shift+ArrowLeft");
    assert.equal(keyLabel("ctrl+shift+p", false), "Ctrl+Shift+P");
    assert.equal(keyLabel("+", false), "+");
});

test("the palette finds a command by its letters", () => {
    const actions = ["Zoom in", "Zoom out", "Keys and gestures"].map((title) => ({ id: title, group: "", title, keys: [], run() {} }));
    assert.equal(findActions(actions, "zin")[0].title, "Zoom in");
    assert.equal(findActions(actions, "qq").length, 0);
    assert.equal(findActions(actions, "").length, 3);
});

test("a flame graph's children lie within their parents, the heaviest first", () => {
    const nodes = [
        { parent: -1, name: 0, total: 100, self: 10, calls: 1, t0: 0 },
        { parent: 0, name: 1, total: 30, self: 30, calls: 1, t0: 0 },
        { parent: 0, name: 2, total: 60, self: 60, calls: 2, t0: 5 },
    ];
    const heavy = layOutFlame(nodes, -1, "heavy", 0).boxes;
    assert.deepEqual(heavy.map((b) => [b.node, b.x, b.width, b.depth]), [[0, 0, 1, 0], [2, 0, 0.6, 1], [1, 0.6, 0.3, 1]]);
    assert.equal(layOutFlame(nodes, -1, "time", 0).boxes[1].node, 1);
    const zoomed = layOutFlame(nodes, 2, "heavy", 0);
    assert.deepEqual(zoomed.boxes.map((b) => [b.node, b.width]), [[0, 1], [2, 1]]);
    assert.equal(layOutFlame(nodes, -1, "heavy", 0.5).boxes.length, 2);
});
