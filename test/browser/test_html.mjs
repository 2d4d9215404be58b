// SPDX-License-Identifier: Apache-2.0
// What an html report has beside the scenes that it shares with the served page (carrier.mjs): it
// asks nobody, allows no script but its own, is told when it is not whole, and is served.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { writeHtml } from "./carrier.mjs";
import { launchBrowser, openPage, pictureOf, scratchFolder, serveVizviewer, settle } from "./harness.mjs";
import { threeProcesses, writeTrace } from "./scenes.mjs";

const folder = scratchFolder();
const json = writeTrace(folder, "three.json", threeProcesses());
const html = writeHtml(json, folder);
const facts = (page) => page.locator("#file-facts").innerText();
let browser;

before(async () => {
    browser = await launchBrowser();
});

after(async () => {
    await browser?.close();
    fs.rmSync(folder, { recursive: true, force: true });
});

/** What the page says when its trace cannot be shown. @param {string} file */
async function refusalOf(file) {
    const page = await browser.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector("#cover-card.bad");
    const said = await page.locator("#cover-card").innerText();
    assert.deepEqual(problems, []);
    await page.close();
    return said;
}

/** A copy of the report that `change` was applied to. @param {(text: string) => string} change */
function changed(name, change) {
    const file = path.join(folder, name);
    fs.writeFileSync(file, change(fs.readFileSync(html, "latin1")), "latin1");
    return file;
}

test("a report opens offline and asks nobody for anything", { timeout: 60000 }, async () => {
    const context = await browser.newContext({ offline: true });
    const page = await context.newPage();
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(html).href);
    await page.waitForSelector("#cover.gone", { state: "attached" });
    assert.match(await facts(page), /3 processes/);
    await page.keyboard.press("w");
    await settle(page);
    assert.deepEqual(asked.filter((url) => !/^(file|blob|data):/.test(url)), []);
    assert.equal(asked.filter((url) => url.startsWith("file:")).length, 1);
    assert.equal(await page.locator("script.trace").count(), 0); // taken out and freed
    await context.close();
});

test("the policy of a report lets no other script, style, frame or address in", { timeout: 60000 }, async () => {
    const page = await openPage(browser, pathToFileURL(html).href);
    const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
    assert.match(policy, /^default-src 'none'; script-src 'sha256-[\w+/=]+' 'wasm-unsafe-eval'; style-src 'sha256-[\w+/=]+'; img-src data: blob:; worker-src blob:; base-uri 'none'; form-action 'none'$/);
    page.problems.length = 0;
    const refused = await page.evaluate(async () => {
        const seen = [];
        document.addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
        const add = (name, more) => document.body.append(Object.assign(document.createElement(name), more));
        add("script", { textContent: "window.evil = 1" });
        add("style", { textContent: "body { color: red }" });
        add("img", { src: "http://127.0.0.1:1/x.png" });
        add("iframe", { src: "http://127.0.0.1:1/" });
        add("div", { innerHTML: "<i onclick='window.evil = 1'>x</i>" });
        document.querySelector("i[onclick]").click();
        await fetch("http://127.0.0.1:1/").catch(() => seen.push("fetch failed"));
        // Not at once: what a debugger runs may eval.
        setTimeout(() => {
            try {
                window.eval("window.evil = 1");
            } catch {
                seen.push("eval failed");
            }
        });
        await new Promise((resolve) => setTimeout(resolve, 200));
        return { seen, evil: "evil" in window };
    });
    assert.equal(refused.evil, false);
    for (const what of ["script-src-elem", "style-src-elem", "img-src", "frame-src", "script-src-attr", "connect-src", "fetch failed", "eval failed"]) {
        assert.ok(refused.seen.includes(what), `${what} in ${refused.seen}`);
    }
    await page.context().close();
});

test("a script that was changed after the report was written does not run", { timeout: 60000 }, async () => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(changed("changed.html", (text) => text.replace("<script>\"use strict\";", "<script>window.evil = 1;"))).href);
    assert.equal(await page.evaluate(() => "evil" in window), false);
    await page.close();
});

test("a report that is not whole, or damaged, says so", { timeout: 60000 }, async () => {
    const cut = changed("cut.html", (text) => text.slice(0, text.length - 500));
    assert.match(await refusalOf(cut), /cut\.html could not be opened[^]*not whole/);
    const damaged = changed("damaged.html", (text) => {
        const at = text.lastIndexOf("</script>\n<script type=\"text/plain\" id=\"trace-end\"") - 300;
        return text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
    });
    assert.match(await refusalOf(damaged), /damaged\.html could not be opened/);
});

test("a report that ends within its own program says so", { timeout: 60000 }, async () => {
    const page = await browser.newPage();
    for (const mark of ['id="engine-wasm">', "<script>"]) {
        const file = changed("cut.html", (text) => text.slice(0, text.indexOf(mark) + mark.length + 1000));
        await page.goto(pathToFileURL(file).href);
        assert.match(await page.locator("#cover-card").innerText(), /did not come whole/);
    }
    await page.close();
});

test("a report that memory does not suffice for says what to do", { timeout: 60000 }, async () => {
    const context = await browser.newContext();
    await context.addInitScript(() => {
        // An engine that has no more memory to give: only what it started with.
        const real = Blob;
        window.Blob = class extends real {
            constructor(parts, options) {
                const script = options?.type === "text/javascript";
                super(script ? ["const grow = WebAssembly.instantiate; WebAssembly.instantiate = async (...all) => { const made = await grow(...all); const exports = { ...made.instance.exports, vt_wasm_alloc: () => 0 }; return { instance: { exports } }; };\n", ...parts] : parts, options);
            }
        };
    });
    const page = await context.newPage();
    await page.goto(pathToFileURL(html).href);
    await page.waitForSelector("#cover-card.bad");
    const said = await page.locator("#cover-card").innerText();
    assert.match(said, /out of memory/);
    assert.match(said, /vizviewer --use_external_processor/);
    await context.close();
});

test("vizviewer serves a report, alone and in a directory, as the file would be", { timeout: 90000 }, async () => {
    const own = await openPage(browser, pathToFileURL(html).href);
    const picture = await pictureOf(own);
    await own.context().close();
    const reports = path.join(folder, "reports");
    fs.mkdirSync(reports);
    fs.copyFileSync(html, path.join(reports, "three.html"));
    for (const [what, address] of [[html, ""], [reports, "three.html"]]) {
        const server = await serveVizviewer([what]);
        const page = await openPage(browser, server.url + address);
        assert.match(await facts(page), /3 processes/);
        assert.equal(await pictureOf(page), picture);
        await page.keyboard.press("w");
        await settle(page);
        assert.match(page.url(), /#/); // the view in the address
        assert.deepEqual(page.problems, []);
        await page.context().close();
        await server.close();
    }
});

test("the engine in the server shows a report that is too large for a page, and the flame graph first", { timeout: 90000 }, async () => {
    for (const option of ["--use_external_processor", "--flamegraph"]) {
        const server = await serveVizviewer([option, html]);
        const page = await openPage(browser, server.url);
        assert.match(await facts(page), /3 processes/);
        assert.equal(await page.locator("#tab-flame").isVisible(), option === "--flamegraph");
        assert.deepEqual(page.problems, []);
        await page.context().close();
        await server.close();
    }
});

test("what a link shows in a report, it shows again", { timeout: 60000 }, async () => {
    const page = await openPage(browser, pathToFileURL(html).href);
    await page.keyboard.press("w");
    await page.keyboard.press("w");
    await settle(page);
    const shown = await page.locator("#view-span").innerText();
    const again = await openPage(browser, page.url());
    assert.equal(await again.locator("#view-span").innerText(), shown);
    await page.context().close();
    await again.context().close();
});
