// SPDX-License-Identifier: Apache-2.0
// The page with our own server: gz, a directory, the engine in the server, --once, and the traces
// of others in ../shared/traces.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { after, before, test } from "node:test";
import { hasPageEngine, launchBrowser, openPage, pictureOf, scratchFolder, serveVizviewer, settle, SHARED } from "./harness.mjs";
import { threeProcesses, writeTrace } from "./scenes.mjs";

const folder = scratchFolder();
const file = writeTrace(folder, "three.json", threeProcesses());
let browser;

before(async () => {
    browser = await launchBrowser();
});

after(async () => {
    await browser?.close();
    fs.rmSync(folder, { recursive: true, force: true });
});

async function served(args, use) {
    const server = await serveVizviewer(args);
    try {
        await use(server);
    } finally {
        await server.close();
    }
}

const facts = (page) => page.locator("#file-facts").innerText();

test("a compressed report shows what the plain one shows", { timeout: 60000 }, async () => {
    const packed = path.join(folder, "three.json.gz");
    fs.writeFileSync(packed, zlib.gzipSync(fs.readFileSync(file)));
    const pictures = [];
    for (const name of [file, packed]) {
        await served([name], async ({ url }) => {
            const page = await openPage(browser, url);
            pictures.push(await pictureOf(page));
            assert.deepEqual(page.problems, []);
            await page.context().close();
        });
    }
    assert.equal(pictures[0], pictures[1]);
});

test("the engine in the server and the engine in the page draw the same", { timeout: 60000 }, async () => {
    const pictures = [];
    for (const args of [[file], ["--use_external_processor", file]]) {
        await served(args, async ({ url }) => {
            const page = await openPage(browser, url);
            await page.keyboard.press("w");
            await settle(page, 500);
            pictures.push(await pictureOf(page));
            assert.deepEqual(page.problems, []);
            await page.context().close();
        });
    }
    assert.equal(pictures[0], pictures[1]);
});

test("a directory lists its reports and opens one of them", { timeout: 60000 }, async () => {
    const reports = path.join(folder, "reports/deeper");
    fs.mkdirSync(reports, { recursive: true });
    fs.copyFileSync(file, path.join(reports, "three.json"));
    await served([path.join(folder, "reports")], async ({ url }) => {
        const context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(url);
        await page.getByRole("link", { name: "deeper/" }).click();
        const [opened] = await Promise.all([
            context.waitForEvent("page", { timeout: 3000 }).catch(() => page),
            page.getByRole("link", { name: "three.json" }).first().click(),
        ]);
        await opened.waitForSelector("#cover.gone", { state: "attached" });
        assert.match(await facts(opened), /3 processes/);
        await context.close();
    });
});

test("a page that was served once lives on alone", { timeout: 60000 }, async (t) => {
    await served(["--once", file], async (server) => {
        if (!await hasPageEngine(server)) {
            t.skip("built without engine.wasm");
            return;
        }
        const page = await openPage(browser, server.url);
        await server.ended;
        await page.keyboard.press("w");
        await page.locator("#scroller").focus();
        await page.keyboard.press("ArrowRight");
        await settle(page);
        await page.keyboard.press("2");
        await settle(page);
        assert.ok(await page.locator("#tab-stats tbody tr[aria-rowindex]").count() > 5);
        assert.match(await page.locator("#said").textContent(), /depth 0/);
        assert.deepEqual(page.problems, []);
        await page.context().close();
    });
});

const traces = path.join(SHARED, "traces");
for (const name of fs.existsSync(traces) ? fs.readdirSync(traces).filter((n) => n.endsWith(".json")) : []) {
    test(`${name} is shown, or refused with a sentence`, { timeout: 60000 }, async () => {
        await served([path.join(traces, name)], async ({ url }) => {
            const page = await (await browser.newContext()).newPage();
            const problems = [];
            page.on("pageerror", (error) => problems.push(String(error)));
            await page.goto(url);
            await page.waitForFunction(() => document.querySelector("#cover.gone") || document.querySelector("#cover-card.bad"));
            if (await page.locator("#cover.gone").count()) assert.match(await facts(page), /\d event/);
            else assert.ok((await page.locator("#cover-card p").first().innerText()).length > 10);
            assert.deepEqual(problems, []);
            await page.context().close();
        });
    });
}
