// SPDX-License-Identifier: Apache-2.0
// The tools around the picture: overview, markers, measuring, pictures and files that are saved,
// order of tracks, sandwich, histogram, flows, marks. What moves and selects is in test_page.mjs.
import assert from "node:assert/strict";
import fs from "node:fs";
import zlib from "node:zlib";
import { openPage, pictureOf, readCsv, saved, settle } from "./harness.mjs";
import { address, command, here, inView, reference, scene, selectFirst, threads } from "./page_tests.mjs";
import { ReferenceTrace } from "./reference.js";

const numbers = (text) => (text || "").split(",").map(Number);
const heads = (page) => page.locator(".head:not(.group) .name").allInnerTexts();

/** Drags with the mouse inside an element, in parts of its width. */
async function drag(page, selector, from, to, y = 12) {
    const box = await page.locator(selector).boundingBox();
    await page.mouse.move(box.x + from * box.width, box.y + y);
    await page.mouse.down();
    await page.mouse.move(box.x + to * box.width, box.y + y, { steps: 5 });
    await page.mouse.up();
    await settle(page);
}

/** What stands at a time in the picture of the tracks, css pixels. */
async function pointOf(page, t, row) {
    const box = await page.locator("#canvas").boundingBox();
    const [t0, t1] = address(page).has("t") ? numbers(address(page).get("t")) : [0, reference.end];
    return { x: box.x + (t - t0) / (t1 - t0) * box.width, y: box.y + 26 + 4 + 18 * row + 9, width: box.width };
}

/** Width, height and the pixels (RGBA) of a PNG without interlace or palette. */
function readPng(bytes) {
    assert.equal(bytes.subarray(1, 4).toString(), "PNG");
    const parts = [];
    let head;
    for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
        const kind = bytes.subarray(at + 4, at + 8).toString();
        const body = bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at));
        if (kind === "IHDR") head = { width: body.readUInt32BE(0), height: body.readUInt32BE(4), channels: body[9] === 6 ? 4 : 3 };
        if (kind === "IDAT") parts.push(body);
    }
    const rows = zlib.inflateSync(Buffer.concat(parts));
    assert.equal(rows.length, (head.width * head.channels + 1) * head.height);
    return { ...head, different: new Set(rows).size };
}

/** The bytes that a command saves. */
async function savedBytes(page, run) {
    const [download] = await Promise.all([page.waitForEvent("download"), run()]);
    return { name: download.suggestedFilename(), bytes: fs.readFileSync(await download.path()) };
}

scene("the overview shows the window, moves it, changes its edges, and shows all on a double click", async (page) => {
    const whole = await inView(page);
    const map = "#map";
    await drag(page, map, 0.25, 0.5);
    let [t0, t1] = numbers(address(page).get("t"));
    const slack = reference.end / 200;
    assert.ok(Math.abs(t0 - reference.end * 0.25) < slack && Math.abs(t1 - reference.end * 0.5) < slack, `${t0} ${t1}`);
    await drag(page, map, 0.4, 0.6); // inside of the window: it moves
    const moved = numbers(address(page).get("t"));
    assert.ok(Math.abs(moved[0] - t0 - reference.end * 0.2) < slack && Math.abs(moved[1] - t1 - reference.end * 0.2) < slack);
    await drag(page, map, 0.7, 0.9); // its right edge
    [t0, t1] = numbers(address(page).get("t"));
    assert.ok(Math.abs(t0 - moved[0]) < 2 && Math.abs(t1 - reference.end * 0.9) < slack, `${t0} ${t1}`);
    await page.locator(map).dblclick({ position: { x: 5, y: 8 } });
    await settle(page, 900);
    assert.equal(await inView(page), whole);
});

scene("the overview shows where hits are", async (page) => {
    const bare = await page.locator("#map").evaluate((canvas) => canvas.toDataURL());
    await page.keyboard.press("/");
    await page.keyboard.type("work_7");
    await settle(page, 700);
    assert.notEqual(await page.locator("#map").evaluate((canvas) => canvas.toDataURL()), bare);
});

scene("markers are set at the pointer, walked through, shared by a link and removed", async (page) => {
    const box = await page.locator("#canvas").boundingBox();
    for (const part of [0.3, 0.6]) {
        await page.mouse.move(box.x + part * box.width, box.y + 60);
        await page.keyboard.press("k");
    }
    await settle(page);
    const marks = address(page).get("marks").split("|");
    assert.deepEqual(marks.map((m) => m.split("~")[1]), ["A", "B"]);
    const times = marks.map((m) => Number(m.split("~")[0]));
    assert.ok(times.every((t, i) => Math.abs(t - reference.end * [0.3, 0.6][i]) < reference.end / 100), `${times}`);
    const other = await openPage(here.browser, page.url());
    assert.equal(address(other).get("marks"), address(page).get("marks"));
    await other.context().close();
    for (let i = 0; i < 4; i++) await page.keyboard.press("w");
    await settle(page, 700);
    const middle = async () => {
        const [t0, t1] = numbers(address(page).get("t"));
        return (t0 + t1) / 2;
    };
    const near = reference.end / 50;
    await page.keyboard.press(",");
    await settle(page, 900);
    const seen = [await middle()];
    await page.keyboard.press(".");
    await settle(page, 900);
    seen.push(await middle());
    assert.ok(seen.every((t) => times.some((wanted) => Math.abs(wanted - t) < near)) && seen[1] > seen[0], `${seen} of ${times}`);
    await page.keyboard.press("Shift+K");
    await settle(page);
    assert.equal(address(page).get("marks"), null);
});

scene("m at one place and m at another measure what lies between", async (page) => {
    const box = await page.locator("#canvas").boundingBox();
    for (const part of [0.7, 0.2]) {
        await page.mouse.move(box.x + part * box.width, box.y + 60);
        await page.keyboard.press("m");
    }
    await settle(page);
    const [from, to] = numbers(address(page).get("range"));
    assert.ok(Math.abs(to - from - reference.end * 0.5) < reference.end / 50, `${from} ${to}`);
});

scene("the picture is saved as PNG and as SVG that show what is seen", async (page) => {
    const png = await savedBytes(page, () => command(page, "Save a picture (PNG)"));
    assert.equal(png.name, "timeline.png");
    const { width, height, different } = readPng(png.bytes);
    const box = await page.locator("#canvas").boundingBox();
    assert.ok(width >= box.width && height >= box.height, `${width}×${height}`);
    assert.ok(different > 100);
    const svg = await savedBytes(page, () => command(page, "Save a picture (SVG)"));
    assert.equal(svg.name, "timeline.svg");
    const facts = await page.evaluate((text) => {
        const doc = new DOMParser().parseFromString(text, "image/svg+xml");
        const boxes = [...doc.querySelectorAll("rect")].filter((r) => r.querySelector("title"));
        return {
            error: !!doc.querySelector("parsererror"), boxes: boxes.length, scripts: doc.querySelectorAll("script, foreignObject").length,
            titles: boxes.map((r) => r.textContent), pale: boxes.filter((r) => r.hasAttribute("fill-opacity")).length,
        };
    }, svg.bytes.toString());
    assert.equal(facts.error, false);
    assert.equal(facts.scripts, 0);
    // Those that the window does not show are not in the picture either.
    assert.ok(facts.boxes > 300, `${facts.boxes} boxes`);
    assert.ok(facts.titles.some((title) => title.startsWith("work_")));
});

scene("what is seen is saved as a trace: a stretch of it has the slices of the stretch", async (page) => {
    const text = await saved(page, () => page.keyboard.press("Control+Shift+S"));
    const again = new ReferenceTrace(JSON.parse(text), "visible.json");
    const inside = reference.slices.filter((s) => reference.touches(s, 100000, 200000 + 1));
    assert.ok(Math.abs(again.slices.length - inside.length) <= 2, `${again.slices.length} of ${inside.length}`);
    assert.ok(inside.length < reference.slices.length / 2);
}, "#t=100000,200000");

scene("the flame graph is saved as a picture", async (page) => {
    await page.keyboard.press("3");
    await settle(page);
    const png = await savedBytes(page, () => page.getByRole("button", { name: "Save as picture (PNG)" }).click());
    assert.equal(png.name, "flame-graph.png");
    assert.ok(readPng(png.bytes).different > 50);
});

scene("tracks are moved by their buttons, and ordered by how busy they are; a link keeps both", async (page) => {
    const before = await heads(page);
    const first = page.locator(".head:not(.group)").first();
    await first.hover();
    await first.getByRole("button", { name: "Move down" }).click();
    await settle(page);
    const after = await heads(page);
    assert.deepEqual(after.slice(0, 2), [before[1], before[0]]);
    assert.match(address(page).get("order"), /^\d+(,\d+)+$/);
    await page.getByRole("button", { name: /^Order of the tracks/ }).click();
    await settle(page);
    assert.equal(address(page).get("sort"), "activity");
    const busiest = await heads(page);
    const processes = new Map();
    for (const t of reference.tracks.filter((each) => each.kind === "slices").sort((x, y) => y.busyNs - x.busyNs)) {
        processes.set(t.process, [...processes.get(t.process) || [], t.name]);
    }
    const expected = [...processes.values()].flat();
    const shown = busiest.filter((name) => expected.includes(name));
    assert.ok(shown.length > 1);
    assert.deepEqual(shown, expected.slice(0, shown.length));
    const other = await openPage(here.browser, page.url());
    assert.deepEqual(await heads(other), busiest);
    assert.equal(await other.getByRole("button", { name: "Order of the tracks: busiest first" }).count(), 1);
    await other.context().close();
});

scene("tracks are hidden and shown again, and collapsed all at once", async (page) => {
    const before = await heads(page);
    const first = page.locator(".head:not(.group)").first();
    await first.hover();
    await first.getByRole("button", { name: /^Hide/ }).click();
    await settle(page);
    assert.deepEqual((await heads(page)).slice(0, before.length - 1), before.slice(1));
    assert.match(address(page).get("hidden"), /^\d+$/);
    // Whoever hides by keyboard goes on with the track that took the place.
    const focused = () => page.evaluate(() => [document.activeElement.title,
        document.activeElement.closest(".head")?.querySelector(".name").textContent]);
    assert.deepEqual(await focused(), ["Hide this track", before[1]]);
    await page.keyboard.press("Enter");
    await settle(page);
    assert.deepEqual((await heads(page)).slice(0, before.length - 2), before.slice(2));
    assert.deepEqual(await focused(), ["Hide this track", before[2]]);
    for (const [pin, unpin] of [["Pin to the top", "Unpin"], ["Unpin", "Pin to the top"]]) {
        await page.getByTitle(pin).first().focus();
        const [, name] = await focused();
        await page.keyboard.press("Enter");
        await settle(page);
        assert.deepEqual(await focused(), [unpin, name]);
    }
    await page.getByRole("button", { name: "Show hidden tracks" }).click();
    await settle(page);
    assert.deepEqual((await heads(page)).slice(0, before.length), before);
    const tall = await page.locator("#content").evaluate((e) => e.clientHeight);
    await page.getByRole("button", { name: "Collapse or expand all tracks" }).click();
    await settle(page);
    assert.ok(await page.locator("#content").evaluate((e) => e.clientHeight) < tall / 2);
});

scene("a function's callers and callees are those computed from the JSON", async (page) => {
    await selectFirst(page, "work_7");
    const name = reference.slices.find((s) => s.name.startsWith("work_7 ")).nameId;
    await page.keyboard.press("Shift+C");
    await settle(page);
    const { nodes, callers } = await reference.sandwich(0, reference.end, threads, name);
    const what = (await page.locator("#tab-flame .what").innerText()).replace(/[\s  ]/g, "");
    assert.ok(what.startsWith("work_7"), what);
    assert.ok(what.includes(`${nodes.length}callpaths`), `${what} for ${nodes.length}`);
    assert.equal(address(page).get("flame"), "sandwich");
    // The function lies below all of its callers; what it calls is below it.
    const depth = (list, i) => (i < 0 ? -1 : 1 + depth(list, list[i].parent));
    const above = Math.max(...callers.map((_, i) => depth(callers, i)));
    const box = await page.locator(".flame canvas").boundingBox(); // scrolled to the function
    const sight = await page.locator(".flame").boundingBox();
    assert.ok(box.y + above * 20 > sight.y + 40 && box.y + above * 20 < sight.y + sight.height - 40);
    await page.mouse.move(box.x + 10, box.y + above * 20 + 8);
    await settle(page);
    const hover = (await page.locator("#tab-flame .what").innerText()).replace(/[  ]/g, " ");
    assert.match(hover, new RegExp(`^work_7 .* · ${nodes[0].calls} calls`));
});

scene("a function in the statistics shows how long its calls took, and leads to the longest", async (page) => {
    await page.keyboard.press("2");
    await settle(page);
    await page.getByLabel("Filter functions").fill("work_7 ");
    await page.locator("#tab-stats tbody tr[aria-rowindex]").first().click();
    await settle(page);
    const calls = reference.slices.filter((s) => s.name.startsWith("work_7 ") && threads.includes(s.track));
    const aside = await page.locator("#tab-stats aside").innerText();
    assert.ok(aside.includes(`${calls.length} calls`), `${aside} for ${calls.length}`);
    const drawn = await page.locator("#tab-stats aside canvas").evaluate((canvas) =>
        new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size);
    assert.ok(drawn > 2);
    await page.getByRole("button", { name: "Longest call" }).click();
    await settle(page, 900);
    const longest = Math.max(...calls.map((s) => s.dur));
    const [, ts] = numbers(address(page).get("sel"));
    assert.ok(calls.some((s) => s.ts === ts && s.dur === longest), `${ts}`);
});

scene("the statistics of the selected thread are its own", async (page) => {
    await selectFirst(page, "handle");
    await page.keyboard.press("2");
    await page.locator("#tab-stats").getByRole("button", { name: "Selected thread" }).click();
    await settle(page);
    const track = reference.slices.find((s) => s.name.startsWith("handle")).track;
    const text = await saved(page, () => page.getByRole("button", { name: "Save this table as CSV" }).click());
    const expected = await reference.aggregate(0, reference.end, [track]);
    assert.deepEqual(readCsv(text).map((row) => [row.Function, Number(row.Calls), Number(row.Self)]).sort(),
        expected.map((row) => [reference.nameOf(row.name), row.calls, row.self]).sort());
    assert.equal(address(page).get("only"), "stats");
});

scene("a flow is an arrow to the slice where it ends, and leads there", async (page) => {
    await selectFirst(page, "handle");
    const details = await page.locator("#tab-details").innerText();
    assert.match(details, /answer/);
    await page.keyboard.press("0");
    await settle(page, 900);
    const withArrow = await pictureOf(page);
    await page.locator("#tab-details").getByText("answer", { exact: false }).first().click();
    await settle(page, 900);
    assert.match(await page.locator(".details h2").innerText(), /answer/);
    const [, ts] = numbers(address(page).get("sel"));
    assert.equal(ts, reference.slices.find((s) => s.name.startsWith("answer")).ts);
    await page.keyboard.press("Escape");
    await page.keyboard.press("0");
    await settle(page, 900);
    assert.notEqual(await pictureOf(page), withArrow);
});

scene("the pointer lights up all calls of a function and says which it is", async (page) => {
    await selectFirst(page, "handle");
    await page.keyboard.press("f");
    await settle(page, 900);
    const slice = reference.slices.find((s) => s.name.startsWith("handle"));
    const scroll = await page.locator("#scroller").evaluate((e) => e.scrollTop);
    const { x, y } = await pointOf(page, slice.ts + slice.dur / 2, slice.depth);
    await page.keyboard.press("Escape");
    const plain = await pictureOf(page);
    await page.mouse.move(x, y - scroll);
    await settle(page);
    assert.match(await page.locator("#tip").innerText(), /handle/);
    assert.notEqual(await pictureOf(page), plain);
    await page.mouse.click(x, y - scroll);
    await settle(page);
    assert.match(await page.locator(".details h2").innerText(), /handle/);
});

scene("] and [ walk through the calls of the same function", async (page) => {
    await selectFirst(page, "work_7");
    const ts = numbers(address(page).get("sel"))[1];
    const { track } = reference.slices.find((s) => s.name.startsWith("work_7 ") && s.ts === ts);
    const calls = reference.slices.filter((s) => s.name.startsWith("work_7 ") && s.track === track).sort((a, b) => a.ts - b.ts);
    const at = calls.findIndex((s) => s.ts === ts);
    await page.keyboard.press("]");
    await settle(page, 900);
    assert.equal(numbers(address(page).get("sel"))[1], calls[at + 1].ts);
    await page.keyboard.press("[");
    await settle(page, 900);
    assert.equal(numbers(address(page).get("sel"))[1], calls[at].ts);
});

for (const [query, fits] of [
    ["thread:Task-1", (s) => reference.tracks[s.track].name === "Task-1"],
    ["process:kid dur>3us", (s) => reference.tracks[s.track].processName.includes("kid") && s.dur >= 3000],
    ["/work_1\\d /", (s) => /work_1\d /.test(s.name)],
    ["arg:4711", (s) => s.args.includes("4711")],
]) {
    scene(`the search ${query} finds what it says`, async (page) => {
        const expected = reference.slices.filter((s) => threads.includes(s.track) && fits(s)).length;
        assert.ok(expected > 0);
        await page.keyboard.press("/");
        await page.keyboard.type(query);
        await settle(page, 700);
        assert.match((await page.locator("#hits").innerText()).trim(), new RegExp(`^${expected} hits?$`));
    });
}

for (const hash of ["#sel=0,100,99&q=work_7&tab=hits", "#sel=-1,100,0&q=work_7&tab=hits", "#sel=0.5,1,0&range=9e9,9e10&q=work_7&tab=hits"]) {
    scene(`the link ${hash} shows what this trace has of it`, async (page) => {
        assert.match(await page.locator("#hits").innerText(), /hits/);
        assert.equal(await page.locator("#tab-button-hits").getAttribute("aria-selected"), "true");
        await page.locator("#scroller").focus();
        await page.keyboard.press("w");
        await settle(page, 700);
        assert.ok(address(page).has("t"));
        assert.ok(!address(page).has("sel") && !address(page).has("range"));
    }, hash);
}

scene("a link that is followed in the open page shows what it says and nothing else", async (page) => {
    await page.evaluate(() => { location.hash = "#tab=flame"; });
    await settle(page, 700);
    await page.locator("#scroller").focus();
    await page.keyboard.press("Shift+K");
    await settle(page, 500);
    assert.equal(new URL(page.url()).hash, "#tab=flame");
    assert.equal(await page.locator("#query").inputValue(), "");
}, "#t=100000,500000&q=work_7&tab=hits&flame=time&table=calls&sel=0,20000,1&sort=name");

/** What is seen, cut by the window or covered by another of them. @param {any} page @param {string} selector */
const outside = (page, selector) => page.evaluate((wanted) => {
    const boxes = [...document.querySelectorAll(wanted)].filter((e) => e.checkVisibility()).map((e) => [e.getAttribute("aria-label") || e.className || e.id, e.getBoundingClientRect()]);
    return boxes.filter(([, a]) => a.left < 0 || a.right > innerWidth + 0.5
        || boxes.some(([, b]) => a !== b && a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5)).map(([name]) => name);
}, selector);

for (const width of [390, 700, 1000]) {
    scene(`a window ${width} pixels wide has room for everything`, async (page) => {
        assert.deepEqual(await outside(page, ".brand, #search, #tools button"), []);
        await selectFirst(page, "work_7");
        for (const part of ["Facts", "Source", "Callers and callees"]) {
            const section = page.locator(`.details > section[aria-label="${part}"]`);
            await section.scrollIntoViewIfNeeded();
            assert.ok((await section.boundingBox()).width > 180, part);
        }
        await page.getByRole("tab", { name: "Statistics" }).click();
        assert.ok((await page.locator(".grid th").first().boundingBox()).width >= 150);
        await page.keyboard.press("/");
        await page.keyboard.type("work_7");
        await page.waitForFunction(() => /\d/.test(document.querySelector("#hits").textContent));
        assert.deepEqual(await outside(page, ".brand, #hits, #tools button"), []);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    }, "", { viewport: { width, height: 800 } });
}
