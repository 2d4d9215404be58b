// SPDX-License-Identifier: Apache-2.0
// What a file of tests of the page has: a browser, a trace that carrier.mjs brings, and its numbers
// computed without the engine.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { bringTrace } from "./carrier.mjs";
import { launchBrowser, openPage, scratchFolder, settle } from "./harness.mjs";
import { ReferenceTrace } from "./reference.js";
import { threeProcesses, writeTrace } from "./scenes.mjs";

export const folder = scratchFolder();
const json = threeProcesses();
export const file = writeTrace(folder, "three.json", json);
export const reference = new ReferenceTrace(JSON.parse(JSON.stringify(json)), "three.json");
export const threads = reference.tracks.filter((t) => t.kind === "slices").map((t) => t.id);
/** Set when tests run. */
export const here = { browser: null, server: null };

before(async () => {
    here.browser = await launchBrowser();
    here.server = await bringTrace(file);
});

after(async () => {
    await here.browser?.close();
    await here.server?.close();
    fs.rmSync(folder, { recursive: true, force: true });
});

/** Runs a scene on a fresh page and wants no error, no refused script, no dialog. */
export function scene(name, run, hash = "", options = {}) {
    test(name, { timeout: 60000 }, async (t) => {
        const page = await openPage(here.browser, here.server.url + hash, options);
        try {
            await run(page, t);
            assert.deepEqual(page.problems, []);
        } finally {
            await page.context().close();
        }
    });
}

/** How long a stretch of time is in view, as the page says it. */
export const inView = (page) => page.locator("#view-span").innerText();

/** The parts of the view's address. */
export const address = (page) => new URLSearchParams(new URL(page.url()).hash.slice(1));

/** Selects by search: the first slice that is found. */
export async function selectFirst(page, text) {
    await page.keyboard.press("/");
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".details h2");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await settle(page);
}

/** Runs a command by its title in the palette. */
export async function command(page, title) {
    await page.keyboard.press("Control+Shift+P");
    await page.keyboard.type(title);
    await page.keyboard.press("Enter");
    await settle(page);
}
