// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The listing of a directory: fills in how many events the reports have, one after the other,
// and shows reports that were saved since, without a reload.

const LOOK_AGAIN_MS = 3000;

/** What is known: "<address> <size> <date>" -> events. @type {Map<string, string>} */
const counts = new Map();

/** @param {Element} row */
function identify(row) {
    const cells = [...row.querySelectorAll("td")].slice(1, 3).map((cell) => cell.textContent);
    return [row.querySelector("a")?.getAttribute("href"), ...cells].join(" ");
}

/** @param {Element} row */
async function count(row) {
    const link = row.querySelector("a");
    if (!link) return "";
    const path = new URL(link.href).pathname;
    const answer = await fetch(`/~count${path}`);
    const { events } = answer.ok ? await answer.json() : { events: null };
    return events === null ? "?" : events.toLocaleString();
}

async function fillCounts() {
    for (const cell of document.querySelectorAll("td.count:empty")) {
        const row = /** @type {Element} */ (cell.parentElement);
        const id = identify(row);
        if (!counts.has(id)) counts.set(id, await count(row));
        cell.textContent = counts.get(id) ?? "";
    }
}

/** @param {Document} page */
function rowsOf(page) {
    return [...page.querySelectorAll("#reports tbody tr")].map(identify).join("\n");
}

async function lookAgain() {
    if (document.hidden) return;
    const answer = await fetch(location.pathname);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (rowsOf(page) === rowsOf(document)) return;
    const focused = document.activeElement?.getAttribute("href");
    const main = page.querySelector("main");
    if (!main) return;
    document.querySelector("main")?.replaceWith(document.adoptNode(main));
    for (const link of document.links)
        if (link.getAttribute("href") === focused) link.focus();
    await fillCounts();
}

async function run() {
    await fillCounts().catch(() => undefined);
    for (;;) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
        await lookAgain().catch(() => undefined); // the server may have ended
    }
}

run();
