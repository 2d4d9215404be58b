// SPDX-License-Identifier: Apache-2.0
// Names made to break out of a page: nothing in them runs or becomes markup, wherever they are
// shown. ../shared/badinputs, where it is there; a few of our own in any case.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { bringTrace } from "./carrier.mjs";
import { launchBrowser, openPage, saved, scratchFolder, settle } from "./harness.mjs";
import { sharedNames, strangeElements, writeTrace } from "./scenes.mjs";

const folder = scratchFolder();
let browser;

before(async () => {
    browser = await launchBrowser();
});

after(async () => {
    await browser?.close();
    fs.rmSync(folder, { recursive: true, force: true });
});

function ownNames() {
    const evil = '<img src=x onerror="document.title=666">';
    const slice = (name, ts) => ({ ph: "X", pid: 1, tid: 1, ts, dur: 10, name, cat: evil, args: { [evil]: evil } });
    return [writeTrace(folder, "own_names.json", {
        traceEvents: [
            { ph: "M", pid: 1, tid: 1, name: "process_name", args: { name: evil } },
            { ph: "M", pid: 1, tid: 1, name: "thread_name", args: { name: evil } },
            slice(`${evil} (/a/${evil}.py:3)`, 1), slice("__proto__", 20), slice("constructor", 40), slice("=cmd|' /C calc'!A0", 60),
            { ph: "C", pid: 1, tid: 1, ts: 5, name: evil, args: { [evil]: 3 } },
            { ph: "i", pid: 1, tid: 1, ts: 8, name: evil, s: "g" },
            { ph: "N", pid: 1, tid: 1, ts: 9, id: evil, name: evil },
        ],
        file_info: { files: { "/a/x.py": [`${evil}\n</pre><script>alert(1)</script>\n`, 2] }, functions: { [`${evil} (/a/${evil}.py:3)`]: ["/a/x.py", 2] } },
    })];
}

/** Everywhere that a name is shown: tracks, tip, details, search, statistics, flame graph, table. */
async function lookEverywhere(page) {
    await page.locator("#scroller").focus();
    await page.keyboard.press("ArrowRight");
    await settle(page);
    const box = await page.locator("#canvas").boundingBox();
    for (let y = 10; y < Math.min(box.height, 160); y += 25) await page.mouse.move(box.x + box.width * 0.02 + y, box.y + y);
    await page.mouse.click(box.x + box.width / 2, box.y + 40);
    for (const text of ["<", "o"]) {
        await page.fill("#query", text);
        await page.keyboard.press("Enter");
        await settle(page, 60);
    }
    for (const tab of ["hits", "stats", "flame", "table", "details"]) {
        await page.locator(`#tab-button-${tab}`).click();
        await settle(page, 60);
        const row = page.locator(`#tab-${tab} tbody tr[aria-rowindex]`).first();
        if (await row.count()) await row.click();
        const flame = page.locator(`#tab-${tab} .flame canvas`);
        if (await flame.count()) await flame.click({ position: { x: 30, y: 8 } });
    }
    await settle(page);
}

// Two at once: each waits for its own page most of the time.
describe("names", { concurrency: 2 }, () => {
    for (const file of [...ownNames(), ...sharedNames()]) {
        test(`${path.basename(file)}: no script runs`, { timeout: 60000 }, async () => {
            const server = await bringTrace(file);
            const page = await openPage(browser, server.url);
            try {
                await lookEverywhere(page);
                assert.deepEqual(await page.evaluate(strangeElements), []);
                assert.doesNotMatch(await page.title(), /666/);
                assert.equal(await page.evaluate(() => Object.prototype.hasOwnProperty.call({}.__proto__, "polluted")), false);
                assert.deepEqual(page.problems, []);
            } finally {
                await page.context().close();
                await server.close();
            }
        });
    }
});

test("a table saved as CSV holds no formula", { timeout: 60000 }, async () => {
    const server = await bringTrace(path.join(folder, "own_names.json"));
    const page = await openPage(browser, server.url);
    try {
        await page.keyboard.press("2");
        await settle(page);
        const text = await saved(page, () => page.getByRole("button", { name: "Save this table as CSV" }).click());
        assert.match(text, /'=cmd/);
        assert.doesNotMatch(text, /(^|,)=/m);
    } finally {
        await page.context().close();
        await server.close();
    }
});
