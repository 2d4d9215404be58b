// SPDX-License-Identifier: Apache-2.0
// Traces that the browser tests open, made here so that every number in them is known.
import fs from "node:fs";
import path from "node:path";
import { SHARED } from "./harness.mjs";

/** A pseudo-random number below n, the same in every run. */
export function randomSource(seed) {
    let state = seed >>> 0;
    return (n) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state % n;
    };
}

/** Nested calls of one thread from `start` on, callees before callers, as our reports have them. */
export function randomCalls(random, pid, tid, start, count) {
    const events = [];
    const stack = [];
    let now = start;
    while (events.length < count) {
        now += 40 + random(860);
        if (stack.length > 10 || (stack.length && random(100) < 52)) {
            const [begin, name] = stack.pop();
            events.push({ ph: "X", pid, tid, ts: begin / 1000, dur: (now - begin) / 1000, name, cat: "FEE" });
        } else {
            const n = random(40);
            stack.push([now, n % 3 ? `work_${n} (/home/me/part_${n % 5}.py:${n * 7 + 1})` : `builtins.call_${n}`]);
        }
    }
    return events;
}

const SOURCE = Array.from({ length: 300 }, (_, i) => `line_${i + 1} = compute(${i + 1})  # of the source`).join("\n");

/** Three processes with threads, an asynchronous one, counters, instants, objects and flows. */
export function threeProcesses() {
    const random = randomSource(17);
    const base = 986155916764;
    const events = [];
    for (const [pid, name] of [[100, "MainProcess"], [200, "ForkPoolWorker-1"], [300, "<b>kid</b>"]]) {
        events.push({ ph: "M", pid, tid: pid, name: "process_name", args: { name } });
        for (const tid of pid === 100 ? [100, 101, 102] : [pid]) {
            events.push({ ph: "M", pid, tid, name: "thread_name", args: { name: tid === pid ? "MainThread" : `Task-${tid - 100}` } });
            events.push(...randomCalls(random, pid, tid, base + random(100000), 400));
        }
        for (let i = 0; i < 60; i++) {
            events.push({ ph: "C", pid, tid: pid, ts: (base + i * 8000) / 1000, name: "queue", args: { waiting: random(50), done: i } });
        }
    }
    const at = (us) => base / 1000 + us;
    events.push({ ph: "X", pid: 100, tid: 100, ts: at(600), dur: 50, name: "handle (/home/me/part_1.py:120)", cat: "FEE", args: { user_id: 4711, text: "<i>hé\u202e</i>", list: [1, 2, { deep: true }] } });
    events.push({ ph: "i", pid: 100, tid: 100, ts: at(300), name: "checkpoint", args: { step: 3 }, s: "p" });
    events.push({ ph: "N", pid: 200, tid: 200, ts: at(100), id: "0x7f", name: "cache" });
    events.push({ ph: "O", pid: 200, tid: 200, ts: at(200), id: "0x7f", name: "cache", args: { snapshot: { size: 12 } } });
    events.push({ ph: "D", pid: 200, tid: 200, ts: at(400), id: "0x7f", name: "cache" });
    events.push({ ph: "X", pid: 200, tid: 200, ts: at(700), dur: 20, name: "answer (/home/me/part_2.py:9)", cat: "FEE" });
    events.push({ ph: "s", pid: 100, tid: 100, ts: at(610), id: 5, name: "request", cat: "flow" });
    events.push({ ph: "f", bp: "e", pid: 200, tid: 200, ts: at(705), id: 5, name: "request", cat: "flow" });
    events.push({ ph: "b", pid: 300, tid: 300, ts: at(50), id: 9, name: "download", cat: "net" });
    events.push({ ph: "e", pid: 300, tid: 300, ts: at(350), id: 9, name: "download", cat: "net" });
    const functions = {};
    for (const e of events) {
        const match = / \((.*):(\d+)\)$/.exec(e.name);
        if (match) functions[e.name] = [match[1], Number(match[2])];
    }
    const files = Object.fromEntries([0, 1, 2, 3, 4].map((n) => [`/home/me/part_${n}.py`, [SOURCE, 300]]));
    return {
        traceEvents: events, viztracer_metadata: { version: "2.0.0", overflow: false, baseTimeNanoseconds: 1795373287793843552 },
        file_info: { files, functions },
    };
}

/** @param {string} folder @param {string} name @param {any} trace @returns {string} */
export function writeTrace(folder, name, trace) {
    const file = path.join(folder, name);
    fs.writeFileSync(file, JSON.stringify(trace));
    return file;
}

/** The files of ../shared/badinputs with names made to break out of a page, those that MANIFEST accepts. */
export function sharedNames() {
    const manifest = path.join(SHARED, "badinputs/MANIFEST.tsv");
    if (!fs.existsSync(manifest)) return [];
    return fs.readFileSync(manifest, "utf8").split("\n").map((line) => line.split("\t"))
        .filter(([file, , verdict]) => file?.startsWith("json/name_") && verdict === "accept")
        .map(([file]) => path.join(SHARED, "badinputs", file));
}

/** Markup on the page that is not the page's own. Runs in the page. */
export function strangeElements() {
    return [...document.querySelectorAll("img, script, iframe, [onerror], [onload], [onmouseover], svg:not(.icon)")]
        .filter((e) => !(e instanceof HTMLScriptElement) || !(e.src.endsWith("/main.js") || ["engine-worker", "engine-wasm", "trace-end"].includes(e.id) ||
            e.textContent.startsWith('"use strict";(()=>{const m_'))).map((e) => e.outerHTML.slice(0, 200));
}
