// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { isEmptyQuery, matchesName, parseQuery } from "../../../viewer/web/query_syntax.js";

test("words, texts in quotes and filters are told apart", () => {
    const query = parseQuery('open "my file" thread:Main pid:12 arg:user dur>1ms');
    assert.deepEqual(query.words, ["open", "my file"]);
    assert.deepEqual(query.thread, ["main"]);
    assert.deepEqual(query.process, ["12"]);
    assert.deepEqual(query.arg, ["user"]);
    assert.equal(query.minNs, 1000001);
    assert.equal(query.maxNs, Infinity);
    assert.equal(query.error, "");
});

test("durations have all five comparisons", () => {
    assert.equal(parseQuery("dur>=5us").minNs, 5000);
    assert.equal(parseQuery("dur<5us").maxNs, 4999);
    assert.equal(parseQuery("dur<=5us").maxNs, 5000);
    const exact = parseQuery("dur=7");
    assert.deepEqual([exact.minNs, exact.maxNs], [7, 7]);
    assert.match(parseQuery("dur>fast").error, /not a duration/);
});

test("a regular expression stands between slashes; a broken one is an error", () => {
    assert.equal(parseQuery("/re(ad|cv)$/").regex, "re(ad|cv)$");
    assert.match(parseQuery("/(/").error, /not a regular expression/);
    assert.equal(matchesName(parseQuery("/^get/ name"), "getName"), true);
    assert.equal(matchesName(parseQuery("/^get/"), "forget"), false);
});

test("a colon or a slash in a name is no filter", () => {
    assert.deepEqual(parseQuery("std::vector").words, ["std::vector"]);
    assert.deepEqual(parseQuery("a/b.py:12").words, ["a/b.py:12"]);
    assert.deepEqual(parseQuery("__proto__").words, ["__proto__"]);
});

test("nothing typed asks for nothing", () => {
    assert.equal(isEmptyQuery(parseQuery("   ")), true);
    assert.equal(isEmptyQuery(parseQuery("dur>1")), false);
});

test("no text makes the parser hang or throw", () => {
    for (const text of ['"', "/", "dur>", "thread:", ":", '"a', "a\"b", "<script>", "\\", "\u0000", "dur", "arg:\"x y\""]) {
        assert.doesNotThrow(() => parseQuery(text), text);
    }
    assert.deepEqual(parseQuery('arg:"x y"').arg, ["x y"]);
});
