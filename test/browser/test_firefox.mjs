// SPDX-License-Identifier: Apache-2.0
// The page in Firefox, by WebDriver BiDi: an html report opened as a file, and the same trace from
// our server. What can differ between browsers: start, drawing, keyboard and wheel, search,
// arguments, names that try to be markup. The rest is shown in Chromium (test_page.mjs).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { writeHtml } from "./carrier.mjs";
import { scratchFolder, serveVizviewer } from "./harness.mjs";
import { writeTrace } from "./scenes.mjs";

const { default: puppeteer } = await import(createRequire(path.resolve(process.env.VIZTRACER_NODE_MODULES, "x.js")).resolve("puppeteer-core"));
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
    const executablePath = execFileSync("which", ["firefox-esr"], { encoding: "utf8" }).trim();
    firefox = await puppeteer.launch({
        browser: "firefox", protocol: "webDriverBiDi", headless: true, executablePath,
        env: { ...process.env, HOME: folder },
    });
});

after(async () => {
    await firefox?.close();
    fs.rmSync(folder, { recursive: true, force: true });
});

/** How many colours the timeline shows. */
const countColours = () => {
    const canvas = document.getElementById("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, Math.min(canvas.height, 200));
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    return seen.size;
};

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
    await page.waitForFunction(countColours.toString().replace(/^/, "(").replace(/$/, ")() > 8"), { timeout: 30000 });

    const canvas = await (await page.$("#canvas")).boundingBox();
    await page.mouse.click(canvas.x + canvas.width / 2, canvas.y + 36);
    await waitForText(page, "outer", "value-to-be-seen");

    const inView = () => page.evaluate(() => /([\d.]+\s*\S+)\s*in view/.exec(document.body.innerText)[1]);
    const all = await inView();
    await page.focus("#scroller");
    await page.keyboard.press("w");
    await page.waitForFunction((before) => !document.body.innerText.includes(`${before} in view`) &&
        /in view/.test(document.body.innerText), { timeout: 30000 }, all);

    await page.type("#query", "needle");
    await page.keyboard.press("Enter");
    await waitForText(page, "needle", "/a/x.py:5");
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
