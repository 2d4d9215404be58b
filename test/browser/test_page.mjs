// SPDX-License-Identifier: Apache-2.0
// What somebody does with the page, and that it shows the right thing, whoever brings it
// (carrier.mjs).
import assert from "node:assert/strict";
import { CARRIER } from "./carrier.mjs";
import { hasPageEngine, openPage, pictureOf, readCsv, saved, settle } from "./harness.mjs";
import { here, inView, reference, scene, selectFirst, threads } from "./page_tests.mjs";
import { ReferenceTrace } from "./reference.js";

const heads = (page) => page.locator(".head:not(.group) .name").allInnerTexts();

scene("the trace is shown with its processes, threads, counters and objects", async (page) => {
    assert.match(await page.title(), /three\.(json|html)|standin\.json/);
    const groups = await page.locator(".head.group .name").allInnerTexts();
    assert.ok(groups.includes("MainProcess"), `${groups}`);
    const names = await page.evaluate(() => [...document.querySelectorAll(".head .name")].map((e) => e.textContent));
    assert.ok(names.includes("MainThread") && names.includes("Task-1"), `${names}`);
    const colors = await page.evaluate(() => {
        const canvas = document.getElementById("canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
    });
    assert.ok(colors > 40, `a picture of ${colors} colours`);
});

scene("keys move and zoom, and 0 shows everything again", async (page) => {
    const whole = await inView(page);
    const first = await pictureOf(page);
    await page.locator("#scroller").focus();
    await page.keyboard.press("w");
    await page.keyboard.press("w");
    await settle(page);
    assert.notEqual(await inView(page), whole);
    const zoomed = await pictureOf(page);
    assert.notEqual(zoomed, first);
    await page.keyboard.press("d");
    await settle(page);
    assert.notEqual(await pictureOf(page), zoomed);
    await page.keyboard.press("0");
    await settle(page);
    assert.equal(await inView(page), whole);
    assert.equal(await pictureOf(page), first);
});

scene("ctrl-wheel zooms around the pointer, a drag moves, a double click beside slices shows all", async (page) => {
    const box = await page.locator("#canvas").boundingBox();
    await page.mouse.move(box.x + 400, box.y + 80);
    await page.keyboard.down("Control");
    for (let i = 0; i < 5; i++) await page.mouse.wheel(0, -100);
    await page.keyboard.up("Control");
    await settle(page);
    const span = await inView(page);
    const before = new URL(page.url()).hash;
    await page.mouse.down();
    await page.mouse.move(box.x + 200, box.y + 80, { steps: 4 });
    await page.mouse.up();
    await settle(page);
    assert.equal(await inView(page), span);
    assert.notEqual(new URL(page.url()).hash, before);
    assert.match(before, /t=\d+,\d+/);
});

scene("a found slice shows its arguments, its source with the line, and its callers", async (page) => {
    await selectFirst(page, "handle");
    const details = await page.locator("#tab-details").innerText();
    assert.match(details, /handle/);
    assert.match(details, /50\.000 µs/);
    assert.match(details, /"user_id": 4711/);
    assert.match(details, /<i>hé\\u202e<\/i>/);
    assert.match(details, /2026-/);
    assert.equal(await page.locator(".source-lines .here").innerText(), "line_120 = compute(120)  # of the source");
});

scene("search walks to the next and back, and counts as the reference counts", async (page) => {
    const expected = await reference.search({ words: ["work_7"], regex: "", thread: [], process: [], arg: [], minNs: 2000, maxNs: Infinity }, 10, 9);
    await page.keyboard.press("Control+f");
    await page.keyboard.type("work_7 dur>=2us");
    await settle(page);
    assert.equal((await page.locator("#hits").innerText()).trim(), `${expected.total} hits`);
    const seen = [];
    for (const key of ["Enter", "Enter", "Shift+Enter"]) {
        await page.keyboard.press(key);
        await settle(page);
        seen.push(await page.locator("#hits").innerText());
    }
    assert.match(seen[0], /^1 of /);
    assert.match(seen[1], /^2 of /);
    assert.match(seen[2], /^1 of /);
    await page.fill("#query", "/(/");
    await settle(page);
    assert.match(await page.locator("#search").getAttribute("class"), /bad/);
});

async function statistics(page) {
    await page.keyboard.press("2");
    await settle(page);
    const text = await saved(page, () => page.getByRole("button", { name: "Save this table as CSV" }).click());
    return new Map(readCsv(text).map((row) => [row.Function, row]));
}

function assertStatistics(shown, expected) {
    assert.equal(shown.size, expected.length);
    for (const row of expected) {
        const got = shown.get(reference.nameOf(row.name));
        assert.ok(got, reference.nameOf(row.name));
        for (const [title, key] of [["Calls", "calls"], ["Total", "total"], ["Self", "self"], ["Min", "min"],
            ["p50", "p50"], ["p95", "p95"], ["p99", "p99"], ["Max", "max"]]) {
            assert.equal(Number(got[title]), row[key], `${title} of ${got.Function}`);
        }
        assert.ok(Math.abs(Number(got.Mean) - row.mean) < 1, `Mean of ${got.Function}`);
    }
}

scene("the statistics of everything are those computed from the JSON", async (page) => {
    assertStatistics(await statistics(page), await reference.aggregate(0, reference.end, threads));
});

scene("the statistics of a range are those computed from the JSON", async (page) => {
    assertStatistics(await statistics(page), await reference.aggregate(50123, 300456, threads));
    const text = await page.locator("#tab-stats .what").innerText();
    assert.match(text, /^250 µs/);
}, "#range=50123,300456");

scene("a drag on the ruler selects a range that snaps to edges, and Escape forgets it", async (page) => {
    const box = await page.locator("#ruler").boundingBox();
    await page.mouse.move(box.x + 200, box.y + 12);
    await page.mouse.down();
    await page.mouse.move(box.x + 500, box.y + 12, { steps: 4 });
    await page.mouse.up();
    await settle(page);
    assert.match(page.url(), /range=\d+,\d+/);
    assert.equal(await page.locator("#tab-button-stats").getAttribute("aria-selected"), "true");
    await page.locator("#scroller").focus();
    await page.keyboard.press("Escape");
    await settle(page);
    assert.doesNotMatch(page.url(), /range=/);
});

scene("the flame graph has the totals computed from the JSON", async (page) => {
    await page.keyboard.press("3");
    await settle(page);
    const { nodes } = await reference.flame(0, reference.end, threads);
    const work = nodes.reduce((sum, n) => sum + (n.parent < 0 ? n.total : 0), 0);
    const text = (await page.locator("#tab-flame .what").innerText()).replace(/[\s\u202f\u00a0]/g, "");
    assert.ok(text.includes(`${nodes.length}callpaths`), `${text} for ${nodes.length}`);
    assert.ok(text.includes(`${(work / 1e6).toPrecision(3)}ms`), `${text} for ${work}`);
    const box = await page.locator(".flame canvas").boundingBox();
    await page.mouse.move(box.x + 10, box.y + 8);
    await settle(page);
    const heaviest = nodes.filter((n) => n.parent < 0).sort((a, b) => b.total - a.total)[0];
    const hover = await page.locator("#tab-flame .what").innerText();
    assert.ok(hover.startsWith(reference.nameOf(heaviest.name)), hover);
    await page.mouse.click(box.x + 10, box.y + 8);
    await page.getByRole("button", { name: "In order" }).click();
    await settle(page);
    assert.match(page.url(), /flame=time/);
});

scene("tracks are pinned, collapsed, hidden, filtered, and a link brings all of it back", async (page) => {
    await selectFirst(page, "handle");
    await page.keyboard.press("p");
    await page.keyboard.press("c");
    await settle(page);
    assert.equal(await page.locator(".head.pinned").count(), 1);
    await page.locator("#scroller").evaluate((e) => { e.scrollTop = 1e6; });
    await settle(page);
    await page.locator(".head.group").last().dblclick();
    await settle(page);
    await page.fill("#track-filter", "main");
    await settle(page);
    const before = { heads: await heads(page), url: page.url(), picture: await pictureOf(page) };
    assert.match(before.url, /pinned=\d+/);
    assert.match(before.url, /collapsed=\d+/);
    const other = await openPage(here.browser, before.url);
    assert.deepEqual((await heads(other)).sort(), before.heads.filter((n) => n).sort());
    assert.match(await other.locator(".details h2").innerText(), /handle/);
    assert.deepEqual(other.problems, []);
    await other.context().close();
});

scene("a link shows the same place", async (page) => {
    await selectFirst(page, "handle");
    await page.keyboard.press("f");
    await settle(page);
    const other = await openPage(here.browser, page.url());
    assert.equal(await inView(other), await inView(page));
    assert.equal(await pictureOf(other), await pictureOf(page));
    await other.context().close();
});

scene("dark follows the system and can be switched", async (page) => {
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    assert.equal(await theme(), "dark");
    const dark = await pictureOf(page);
    await page.keyboard.press("Control+Shift+L");
    await settle(page);
    assert.equal(await theme(), "light");
    assert.notEqual(await pictureOf(page), dark);
}, "", { colorScheme: "dark" });

scene("arrow keys go from slice to slice, and those who hear the page are told", async (page) => {
    await page.locator("#scroller").focus();
    const press = async (key) => {
        await page.keyboard.press(key);
        await settle(page, 500);
        return page.locator("#said").textContent();
    };
    let first;
    let child = "";
    // The first slices may have called nothing.
    for (let tries = 0; tries < 12 && !/depth 1/.test(child); tries++) {
        first = await press("ArrowRight");
        child = await press("ArrowDown");
    }
    assert.match(first, /depth 0/);
    assert.match(child, /depth 1/);
    await page.keyboard.press("ArrowUp");
    await settle(page);
    assert.equal(await page.locator("#said").textContent(), first);
});

scene("what is on the canvas stands in a table, too", async (page) => {
    await page.keyboard.press("t");
    await settle(page);
    assert.ok(await page.locator("#tab-table tbody tr:not(.room)").count() > 10);
});

scene("palette and help open by key, find and close", async (page) => {
    await page.keyboard.press("Control+Shift+P");
    await page.keyboard.type("flame");
    await page.keyboard.press("Enter");
    await settle(page);
    assert.equal(await page.locator("#tab-button-flame").getAttribute("aria-selected"), "true");
    await page.keyboard.press("?");
    assert.equal(await page.locator("dialog.help").count(), 1);
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
});

scene("what is seen is saved as a trace that has the same slices", async (page) => {
    await page.keyboard.press("0");
    const text = await saved(page, () => page.keyboard.press("Control+Shift+S"));
    const again = new ReferenceTrace(JSON.parse(text), "visible.json");
    assert.equal(again.slices.length, reference.slices.length);
    const sum = (trace) => trace.slices.reduce((all, s) => all + s.dur, 0);
    assert.equal(sum(again), sum(reference));
});

scene("a dropped file takes the place of the trace; one that is none is refused with advice", async (page, t) => {
    if (CARRIER === "server" && !await hasPageEngine(here.server)) {
        t.skip("built without engine.wasm");
        return;
    }
    const drop = (name, text) => page.evaluate(([fileName, content]) => {
        const data = new DataTransfer();
        data.items.add(new File([content], fileName));
        document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }, [name, text]);
    await drop("small.json", JSON.stringify([{ ph: "X", pid: 1, tid: 1, ts: 1, dur: 5, name: "tiny" }]));
    await page.waitForFunction(() => document.querySelector("#file-name").textContent === "small.json");
    await drop("broken.json", "{ not a trace");
    await page.waitForFunction(() => document.querySelector("#cover-card.bad"));
    assert.match(await page.locator("#cover-card").innerText(), /broken\.json could not be opened/);
    await page.getByRole("button", { name: "Back to the trace" }).click();
    assert.equal(await page.locator("#file-name").innerText(), "small.json");
});
