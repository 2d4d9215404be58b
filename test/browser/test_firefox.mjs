// SPDX-License-Identifier: Apache-2.0
// The page in Firefox, by WebDriver BiDi: an html report opened as a file, and the same trace from
// our server. What can differ between browsers: start, drawing, keyboard and wheel, search,
// arguments, names that try to be markup. The rest is shown in Chromium (test_page.mjs).
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { writeHtml } from "./carrier.mjs";
import { launchFirefox, scratchFolder, serveVizviewer } from "./harness.mjs";
import { sharedNames, strangeElements, writeTrace } from "./scenes.mjs";

const EVIL = '<img src=x onerror="document.title=666">';
const folder = scratchFolder();
const trace = writeTrace(folder, "fox.json", {
    traceEvents: [
        { ph: "X", pid: 1, tid: 1, ts: 0, dur: 100, name: "outer (/a/x.py:1)", cat: "FEE", args: { func_args: { kept: "value-to-be-seen" } } },
        { ph: "X", pid: 1, tid: 1, ts: 10, dur: 20, name: "needle (/a/x.py:5)", cat: "FEE" },
        { ph: "X", pid: 1, tid: 1, ts: 50, dur: 20, name: EVIL, cat: "FEE", args: { [EVIL]: EVIL } },
    ],
});
let firefox;

before(async () => {
    firefox = await launchFirefox(folder);
});

after(async () => {
    await firefox?.close();
    fs.rmSync(folder, { recursive: true, force: true });
});

/** Whether the timeline shows more than its background. Runs in the page. */
function isDrawn() {
    const canvas = document.getElementById("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, Math.min(canvas.height, 200));
    return new Set(new Uint32Array(data.buffer)).size > 8;
}

/** How long the view is, in words. Runs in the page. */
const inView = () => /(\S+\s\S+)\s*in view/.exec(document.body.innerText)?.[1];

/** The text of the page, once it has all of the words. */
async function waitForText(page, ...words) {
    await page.waitForFunction((all) => all.every((word) => document.body.innerText.includes(word)), { timeout: 30000 }, words);
}

async function lookAround(address) {
    const page = await firefox.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.setViewport({ width: 1200, height: 700 });
    await page.goto(address);
    await waitForText(page, "3 events", "100");
    await page.waitForFunction(isDrawn, { timeout: 30000 });

    const canvas = await (await page.$("#canvas")).boundingBox();
    await page.mouse.click(canvas.x + canvas.width / 2, canvas.y + 36);
    await waitForText(page, "outer", "value-to-be-seen");

    const change = async (act) => {
        const before = await page.evaluate(inView);
        await act();
        await page.waitForFunction(`(${inView})() !== ${JSON.stringify(before)}`, { timeout: 30000 });
    };
    await page.focus("#scroller");
    await change(() => page.keyboard.press("w"));
    await page.mouse.move(canvas.x + canvas.width / 2, canvas.y + 36);
    await change(async () => {
        await page.keyboard.down("Control");
        await page.mouse.wheel({ deltaY: -120 });
        await page.keyboard.up("Control");
    });

    await page.type("#query", "needle");
    await page.keyboard.press("Enter");
    await waitForText(page, "needle", "/a/x.py:5");
    await page.waitForFunction(() => !document.body.innerText.includes("value-to-be-seen"), { timeout: 30000 });
    await page.$eval("#query", (box) => { box.value = ""; });
    await page.type("#query", "<img");
    await page.keyboard.press("Enter");
    await waitForText(page, EVIL);
    assert.equal(await page.evaluate(() => document.querySelectorAll("img").length), 0);
    assert.doesNotMatch(await page.title(), /666/);
    assert.deepEqual(problems, []);
    await page.close();
}

test("an html report works in Firefox", { timeout: 120000 }, async () => {
    await lookAround(pathToFileURL(writeHtml(trace, folder)).href);
});

test("the served page works in Firefox", { timeout: 120000 }, async () => {
    const server = await serveVizviewer([trace]);
    try {
        await lookAround(server.url);
    } finally {
        await server.close();
    }
});

/** The traces of all files as one, each a process of its own. */
function together(files) {
    const events = files.flatMap((file, i) => {
        const json = JSON.parse(fs.readFileSync(file, "utf8"));
        return (Array.isArray(json) ? json : json.traceEvents).map((event) => ({ ...event, pid: i + 1 }));
    });
    return writeTrace(folder, "names.json", { traceEvents: events });
}

test("names made to break out of a page run nothing in Firefox", { timeout: 180000 }, async (t) => {
    const files = sharedNames();
    if (!files.length) {
        t.skip("../shared/badinputs is not there");
        return;
    }
    const page = await firefox.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("dialog", (dialog) => { problems.push(dialog.message()); dialog.dismiss(); });
    await page.setViewport({ width: 1200, height: 2400 });
    await page.goto(pathToFileURL(writeHtml(together(files), folder)).href);
    await page.waitForFunction(isDrawn, { timeout: 30000 });
    const canvas = await (await page.$("#canvas")).boundingBox();
    for (let y = 30; y < Math.min(canvas.height, 1400); y += 34) await page.mouse.move(canvas.x + canvas.width * 0.3, canvas.y + y);
    await page.focus("#scroller");
    for (let i = 0; i < 10; i++) await page.keyboard.press("ArrowRight");
    for (const text of ["<", "script"]) {
        await page.$eval("#query", (box) => { box.value = ""; });
        await page.type("#query", text);
        for (let i = 0; i < 8; i++) await page.keyboard.press("Enter");
    }
    for (const tab of ["hits", "stats", "flame", "table", "details"]) {
        await page.click(`#tab-button-${tab}`);
        await new Promise((resolve) => setTimeout(resolve, 300));
        const row = await page.$(`#tab-${tab} tbody tr[aria-rowindex]`);
        if (row) await row.click();
    }
    assert.deepEqual(await page.evaluate(strangeElements), []);
    assert.equal(await page.evaluate(() => "polluted" in {}), false);
    assert.match(await page.title(), /^names\.html/);
    assert.deepEqual(problems, []);
    await page.close();
});
