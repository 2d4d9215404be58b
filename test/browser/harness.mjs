// SPDX-License-Identifier: Apache-2.0
// A browser and something that serves the page: our own vizviewer or, for the page alone, a small
// server that puts the reference in the engine's place.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const HERE = path.dirname(fileURLToPath(import.meta.url));
export const ROOT = path.dirname(path.dirname(HERE));
const MODULES = process.env.VIZTRACER_NODE_MODULES || path.join(ROOT, "build/test/browser/");
export const SHARED = path.join(path.dirname(ROOT), "shared");

const TYPES = {
    ".js": "text/javascript", ".html": "text/html", ".css": "text/css", ".svg": "image/svg+xml",
    ".json": "application/json", ".wasm": "application/wasm",
};
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; " +
    "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self' blob:";

export function scratchFolder() {
    return fs.mkdtempSync(path.join(os.tmpdir(), "viztracer-browser-"));
}

export async function launchBrowser() {
    const { chromium } = createRequire(MODULES)("playwright-core");
    const executablePath = process.env.VIZTRACER_CHROMIUM || "/usr/bin/chromium";
    // Tests often run as root in a container, where Chromium's own sandbox cannot start.
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    return chromium.launch({ executablePath, args });
}

/** The page with the reference instead of an engine. @param {string} trace path of a JSON trace */
/** Firefox by WebDriver BiDi, with a profile in the folder. @param {string} folder */
export async function launchFirefox(folder) {
    const puppeteer = createRequire(MODULES)("puppeteer-core");
    const executablePath = process.env.VIZTRACER_FIREFOX || "/usr/bin/firefox-esr";
    return puppeteer.launch({
        browser: "firefox", protocol: "webDriverBiDi", headless: true, executablePath,
        env: { ...process.env, HOME: folder },
    });
}

export async function servePageAlone(trace) {
    const own = { "/": "index.html" };
    const server = http.createServer((request, response) => {
        const url = request.url.split("?")[0];
        let file = path.join(ROOT, "viewer/web", own[url] || url);
        if (url === "/standin.json") file = trace;
        if (url === "/open.js") file = path.join(HERE, "standin_open.js");
        if (url.startsWith("/reference")) file = path.join(HERE, path.basename(url));
        fs.readFile(file, (error, bytes) => {
            response.writeHead(error ? 404 : 200, {
                "Content-Type": TYPES[path.extname(file)] || "text/plain", "Content-Security-Policy": POLICY,
            });
            response.end(bytes);
        });
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        url: `http://127.0.0.1:${server.address().port}/`,
        close: () => new Promise((resolve) => {
            server.closeAllConnections();
            server.close(resolve);
        }),
    };
}

export async function freePort() {
    const server = net.createServer();
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

/** A trace of a program with many calls. @param {string} folder @param {number} events */
export function makeTrace(folder, events) {
    const file = path.join(folder, "large.json");
    const made = spawnSync(process.env.VIZTRACER_TEST_PYTHON || "/usr/bin/python3",
        [path.join(ROOT, "test/bench/make_trace.py"), file, String(events)]);
    assert.equal(made.status, 0, String(made.stderr));
    return file;
}

/** Our own server. @param {string[]} args of vizviewer, after --server_only and --port */
export async function serveVizviewer(args) {
    const port = await freePort();
    const binary = process.env.VIZVIEWER || path.join(ROOT, "build/vizviewer");
    const child = spawn(binary, ["--server_only", "--port", String(port), ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stdout.on("data", (text) => { said += text; });
    child.stderr.on("data", (text) => { said += text; });
    const ended = new Promise((resolve) => child.on("exit", resolve));
    for (let tries = 0; ; tries++) {
        if (child.exitCode !== null || tries > 1500) throw new Error(`vizviewer did not start: ${said}`);
        const answers = await fetch(`http://127.0.0.1:${port}/`).then((r) => r.ok, () => false);
        if (answers) break;
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return {
        url: `http://127.0.0.1:${port}/`, child, ended, said: () => said,
        close: async () => {
            child.kill("SIGINT");
            await ended;
        },
    };
}

/** Whether the page can run its own engine. @param {{url: string}} server */
export async function hasPageEngine(server) {
    return (await fetch(`${server.url}engine.wasm`)).ok;
}

/** A page that fails the test on every error, refused script or dialog. @param {any} browser @param {string} url */
export async function openPage(browser, url, options = {}) {
    const context = await browser.newContext({
        viewport: { width: 1440, height: 900 }, acceptDownloads: true, timezoneId: "UTC", ...options,
    });
    const page = await context.newPage();
    page.problems = [];
    page.on("pageerror", (error) => page.problems.push(String(error.stack || error)));
    page.on("console", (message) => {
        // A build without a compiler for WebAssembly has no engine.wasm: the page asks the server.
        if (message.type() === "error" && !message.location().url.endsWith("/engine.wasm")) page.problems.push(`${message.text()} ${message.location().url}`);
    });
    page.on("dialog", (dialog) => {
        page.problems.push(`a dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    await page.goto(url);
    await page.waitForSelector("#cover.gone", { state: "attached", timeout: 30000 });
    await settle(page);
    return page;
}

/** Until frames come in time and neither words nor picture change any more, for `ms` at least. A machine that does
 *  other things meanwhile is waited for. @param {any} page */
export async function settle(page, ms = 400) {
    const lookMs = Math.min(ms, 100);
    await page.waitForTimeout(ms - lookMs);
    await page.evaluate(async ({ lookMs, calmFrames, lateMs, mostMs }) => {
        const small = new OffscreenCanvas(192, 108);
        const pencil = small.getContext("2d", { willReadFrequently: true });
        const look = () => {
            const picture = document.getElementById("canvas");
            if (picture?.width && picture.height) pencil.drawImage(picture, 0, 0, small.width, small.height);
            const pixels = new Uint32Array(pencil.getImageData(0, 0, small.width, small.height).data.buffer);
            return location.href + document.body.innerText + pixels.reduce((sum, pixel) => Math.imul(sum ^ pixel, 16777619), 0);
        };
        const frame = () => new Promise(requestAnimationFrame);
        const begin = performance.now();
        const past = () => performance.now() - begin;
        for (let calm = 0, before = ""; (calm < calmFrames || past() < lookMs) && past() < mostMs;) {
            const late = await frame().then(async (from) => await frame() - from) > lateMs;
            const now = look();
            calm = late || now !== before ? 0 : calm + 1;
            before = now;
        }
    }, { lookMs, calmFrames: 2, lateMs: 40, mostMs: 5000 });
}

/** What a click makes the page save. @param {any} page @param {() => Promise<any>} click @returns {Promise<string>} */
export async function saved(page, click) {
    const [download] = await Promise.all([page.waitForEvent("download"), click()]);
    return fs.readFileSync(await download.path(), "utf8");
}

/** The bytes of a picture of the tracks, to see whether they changed. @param {any} page */
export function pictureOf(page) {
    return page.evaluate(() => document.getElementById("canvas").toDataURL());
}

/** CSV as objects. @param {string} text */
export function readCsv(text) {
    const rows = [];
    const field = /("((?:[^"]|"")*)"|[^,\r\n]*)(,|\r\n|$)/gy;
    let row = [];
    while (field.lastIndex < text.length) {
        const match = field.exec(text);
        row.push(match[2] === undefined ? match[1] : match[2].replaceAll('""', '"'));
        if (match[3] !== ",") {
            rows.push(row);
            row = [];
        }
    }
    const [head, ...rest] = rows;
    return rest.map((values) => Object.fromEntries(head.map((title, i) => [title, values[i]])));
}
