// SPDX-License-Identifier: Apache-2.0
// The page with our own server: gz, a directory, the engine in the server, --once, and the traces
// of others in ../shared/traces.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { after, before, test } from "node:test";
import { hasPageEngine, launchBrowser, openPage, pictureOf, ROOT, scratchFolder, serveVizviewer, settle, SHARED } from "./harness.mjs";
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

/** A page of its own and what it asked the server for. @param {string} url @param {(page: any) => Promise<any>} prepare */
async function watched(url, prepare) {
    const page = await (await browser.newContext()).newPage();
    const asked = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname.slice(1)));
    await prepare(page);
    await page.goto(url);
    return { page, asked };
}

test("loading shows how far it is, can be cancelled, and started again", { timeout: 60000 }, async () => {
    await served([file], async ({ url }) => {
        let loading = true;
        const info = { name: "three.json", state: "loading", bytes: 3 << 20, size: 12 << 20, events: 1, engine: null, index_bytes: 0, error: null };
        const { page } = await watched(url, (p) => p.route("**/trace_info", (route) => (loading ? route.fulfill({ json: info }) : route.continue())));
        await page.waitForFunction(() => /Reading: .* of /.test(document.querySelector("#cover-card").textContent));
        assert.equal(await page.locator("#cover-card progress").evaluate((bar) => bar.value), 0.25);
        await page.getByRole("button", { name: "Cancel" }).click();
        await page.waitForFunction(() => /Loading was cancelled/.test(document.querySelector("#cover-card").textContent));
        assert.equal(await page.getByRole("button", { name: "Open a file…" }).count(), 1);
        loading = false;
        await page.reload();
        await page.waitForSelector("#cover.gone", { state: "attached" });
        assert.match(await facts(page), /3 processes/);
        await page.context().close();
    });
});

test("the page draws from the server, then from its own engine, and asks no more", { timeout: 60000 }, async (t) => {
    await served([file], async (server) => {
        if (!await hasPageEngine(server)) {
            t.skip("built without engine.wasm");
            return;
        }
        let give = () => {};
        const held = new Promise((resolve) => { give = resolve; });
        // What a Worker asks for is routed by the context.
        const { page, asked } = await watched(server.url, (p) => p.context().route("**/index", async (route) => {
            await held;
            await route.continue();
        }));
        await page.waitForSelector("#cover.gone", { state: "attached" });
        await settle(page, 800);
        const before = await pictureOf(page);
        await page.keyboard.press("w");
        await settle(page, 500);
        const zoomed = await pictureOf(page);
        assert.notEqual(zoomed, before);
        assert.ok(asked.includes("query") && asked.includes("engine.wasm"), `${asked}`);
        assert.ok(!asked.includes("file_info"), `${asked}`);
        give();
        await page.waitForFunction(() => performance.getEntriesByName("viztracer-here").length);
        assert.equal(asked.at(-1), "file_info");
        asked.length = 0;
        await page.keyboard.press("s");
        await settle(page, 500);
        assert.equal(await pictureOf(page), before);
        for (const key of ["w", "d", "2", "3"]) await page.keyboard.press(key);
        await settle(page, 500);
        assert.deepEqual(asked, []);
        await page.context().close();
    });
});

for (const missing of ["index", "engine_worker.js"]) {
    test(`the page goes on with the server's engine when its own cannot be had, for want of ${missing}`, { timeout: 60000 }, async () => {
        await served([file], async ({ url }) => {
            const { page, asked } = await watched(url, (p) => p.context().route(`**/${missing}`, (route) => route.abort()));
            await page.waitForSelector("#cover.gone", { state: "attached" });
            await page.waitForFunction(() => performance.getEntriesByName("viztracer-here").length);
            asked.length = 0;
            await page.keyboard.press("2");
            await settle(page, 600);
            assert.ok(asked.includes("query"), `${asked}`);
            assert.ok(await page.locator("#tab-stats tbody tr[aria-rowindex]").count() > 5);
            await page.context().close();
        });
    });
}

/** Drops a file on the page. @param {any} page @param {string} name @param {Buffer} bytes */
function drop(page, name, bytes) {
    return page.evaluate(([fileName, numbers]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(numbers)], fileName));
        document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }, [name, [...bytes]]);
}

test("reports of every kind that are dropped on the page are opened there", { timeout: 60000 }, async (t) => {
    await served([file], async (server) => {
        if (!await hasPageEngine(server)) {
            t.skip("built without engine.wasm");
            return;
        }
        const page = await openPage(browser, `${server.url}#t=50000,90000&hidden=0&q=work_7&tab=hits&range=20000,50000`);
        const wanted = await facts(page);
        const json = fs.readFileSync(file);
        const packed = path.join(folder, "dropped.cvf");
        const viztracer = path.join(path.dirname(process.env.VIZVIEWER || path.join(ROOT, "build/vizviewer")), "viztracer");
        const done = spawnSync(viztracer, ["--quiet", "--compress", file, "-o", packed], { encoding: "utf8" });
        assert.equal(done.status, 0, done.stderr);
        const members = [json.subarray(0, 700), Buffer.alloc(0), json.subarray(700)].map((part) => zlib.gzipSync(part));
        for (const [name, bytes] of [["one.json.gz", zlib.gzipSync(json)], ["two.cvf", fs.readFileSync(packed)], ["members.json.gz", Buffer.concat(members)], ["three.json", json]]) {
            await drop(page, name, bytes);
            await page.waitForFunction((shown) => document.querySelector("#file-name").textContent === shown, name);
            await settle(page, 300);
            assert.equal(await facts(page), wanted, name);
            // Where somebody was in another trace means nothing in this one.
            assert.equal(new URL(page.url()).hash, "");
            assert.equal(await page.locator("#query").inputValue(), "");
        }
        for (const [name, bytes] of [["cut.json.gz", zlib.gzipSync(json).subarray(0, 900)], ["last.json.gz", Buffer.concat(members).subarray(0, -9)], ["cut.cvf", fs.readFileSync(packed).subarray(0, 900)], ["empty.json", Buffer.alloc(0)]]) {
            await drop(page, name, bytes);
            await page.waitForFunction((shown) => document.querySelector("#cover-card.bad h1")?.textContent.startsWith(shown), name);
            await page.getByRole("button", { name: "Back to the trace" }).click();
            assert.equal(await page.locator("#file-name").innerText(), "three.json");
        }
        assert.deepEqual(page.problems, []);
        await page.context().close();
    });
});

/** What the page says of events. @param {string} name @param {any[]} events */
async function said(name, events) {
    const trace = path.join(folder, name);
    fs.writeFileSync(trace, JSON.stringify({ traceEvents: events }));
    let words = [];
    await served([trace], async ({ url }) => {
        const page = await openPage(browser, url);
        words = [await facts(page), await page.locator("#notes").innerText()];
        assert.deepEqual(page.problems, []);
        await page.context().close();
    });
    return words;
}

test("the facts count events and threads as people do, and say when there is nothing", { timeout: 60000 }, async () => {
    const slice = { ph: "X", name: "f", pid: 1, tid: 1, ts: 0, dur: 2 };
    const name = { ph: "M", name: "process_name", pid: 1, tid: 1, args: { name: "p" } };
    const [none, why] = await said("none.json", [name]);
    assert.equal(none, "0 events");
    assert.match(why, /nothing to see/);
    assert.deepEqual(await said("one.json", [name, slice]), ["2.00 µs · 1 event · 1 thread", ""]);
    // Slices that overlap are drawn on tracks of their own: they are of one thread.
    assert.deepEqual(await said("two.json", [slice, { ...slice, ts: 1 }, { ...slice, pid: 2 }]),
        ["3.00 µs · 3 events · 2 processes · 2 threads", ""]);
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
