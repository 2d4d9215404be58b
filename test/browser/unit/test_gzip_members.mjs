// SPDX-License-Identifier: Apache-2.0
// gzip of several members: where they begin, however the file is cut into pieces.
import assert from "node:assert/strict";
import test from "node:test";
import zlib from "node:zlib";
import { inflateMembers, memberStarts } from "../../../viewer/web/gzip_members.js";

const texts = ["one ".repeat(5000), "", "ü".repeat(300), "last"];
const members = texts.map((text) => zlib.gzipSync(text));
const file = Buffer.concat(members);
const ends = members.reduce((all, member) => [...all, all.at(-1) + member.length], [0]);

async function* cut(bytes, size) {
    for (let at = 0; at < bytes.length; at += size) yield new Uint8Array(bytes.subarray(at, at + size));
}

const textOf = async (blob, starts) => {
    const pieces = [];
    for await (const { bytes } of inflateMembers(blob, starts)) pieces.push(bytes);
    return Buffer.concat(pieces).toString();
};

for (const size of [1, 2, 3, 7, 10, 64, file.length]) {
    test(`the members of a file in pieces of ${size} bytes`, async () => {
        assert.deepEqual(await memberStarts(cut(file, size)), ends);
    });
}

test("what is in the members, in order", async () => {
    assert.equal(await textOf(new Blob([file]), ends), texts.join(""));
});

test("a member that is cut or changed is an error", async () => {
    const changed = Buffer.from(file);
    changed[ends[1] - 6] ^= 1;
    await assert.rejects(textOf(new Blob([changed]), ends));
    await assert.rejects(textOf(new Blob([file.subarray(0, -3)]), ends));
});

test("bytes that only begin like a head are none", async () => {
    const almost = Buffer.from([0x1f, 0x8b, 8, 0xe0, 0, 0, 0, 0, 0, 3, 0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 3, 0x1f]);
    assert.deepEqual(await memberStarts(cut(almost, 4)), [almost.length]);
    assert.deepEqual(await memberStarts(cut(Buffer.alloc(0), 4)), [0]);
});
