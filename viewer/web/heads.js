// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The names beside the tracks, and what can be done with a track. Only those in sight exist.
import { h, icon, iconButton } from "./dom.js";
import { visible, moveTrack } from "./layout.js";
import { visibleText } from "./labels.js";
import { counted, percent } from "./units.js";

/** @typedef {import("./layout.js").Box} Box */

export class Heads {
    /** @param {HTMLElement} element @param {import("./app.js").App} app */
    constructor(element, app) {
        this.element = element;
        this.app = app;
        /** @type {Map<string, {element: HTMLElement, state: string}>} */
        this.shown = new Map();
    }

    /** @param {number} scroll @param {number} height */
    draw(scroll, height) {
        const { layout } = this.app;
        const pinnedHeight = Math.min(layout.pinnedHeight, height * 0.5);
        this.element.style.setProperty("--pinned", `${pinnedHeight}px`);
        /** @type {Map<string, {box: Box, y: number}>} */
        const wanted = new Map();
        for (const box of layout.pinned) {
            if (box.top < pinnedHeight) wanted.set(box.key, { box, y: box.top + scroll });
        }
        for (const box of this.inSightOrFocused(scroll, scroll + height - pinnedHeight)) {
            wanted.set(box.key, { box, y: box.top + pinnedHeight });
        }
        /** @type {HTMLElement | null} */
        let left = null;
        for (const [key, { element }] of this.shown) {
            if (wanted.has(key)) continue;
            if (element.contains(document.activeElement)) left = /** @type {HTMLElement} */ (document.activeElement);
            else element.remove();
            this.shown.delete(key);
        }
        for (const [key, { box, y }] of wanted) this.place(key, box, y);
        if (left) this.moveFocus(left, wanted);
        this.order(wanted.keys());
    }

    /** Whoever goes by keyboard does not lose the place when it is scrolled out of sight.
     *  @param {number} from @param {number} to */
    inSightOrFocused(from, to) {
        const { boxes } = this.app.layout;
        const inSight = visible(boxes, from, to);
        const focused = [...this.shown].find(([, { element }]) => element.contains(document.activeElement));
        const held = focused && boxes.find((box) => box.key === focused[0]);
        if (!held || inSight.includes(held)) return inSight;
        return held.top < from ? [held, ...inSight] : [...inSight, held];
    }

    /** From the head of a track that has gone to where the track is now, or to the one that took its place.
     *  @param {HTMLElement} left @param {Map<string, {box: Box, y: number}>} wanted */
    moveFocus(left, wanted) {
        const head = /** @type {HTMLElement} */ (left.closest(".head"));
        const places = [...wanted.values()];
        const place = places.find(({ box }) => box.kind === "track" && String(box.track?.id) === head.dataset.track)
            ?? places.find(({ box, y }) => box.kind === "track" && y >= parseFloat(head.style.top)) ?? places.at(-1);
        const buttons = place ? [...(this.shown.get(place.box.key)?.element.querySelectorAll("button") ?? [])] : [];
        const same = buttons.find((button) => button.innerHTML === left.innerHTML) ?? buttons[0]; // its icon, not Pin or Unpin
        head.remove();
        same?.focus({ preventScroll: true });
    }

    /** Those who go by keyboard or hear the page meet the tracks from top to bottom. @param {Iterable<string>} keys */
    order(keys) {
        const focused = /** @type {HTMLElement | null} */ (document.activeElement);
        let at = this.element.firstElementChild;
        for (const key of keys) {
            const element = this.shown.get(key)?.element;
            if (!element) continue;
            if (at === element) at = at.nextElementSibling;
            else this.element.insertBefore(element, at);
        }
        if (focused !== document.activeElement && focused && this.element.contains(focused)) focused.focus({ preventScroll: true });
    }

    clear() {
        this.element.replaceChildren();
        this.shown.clear();
    }

    /** @param {string} key @param {Box} box @param {number} y */
    place(key, box, y) {
        const state = `${box.collapsed} ${box.height} ${box.track?.name}`;
        let entry = this.shown.get(key);
        if (!entry || entry.state !== state) {
            const focused = entry?.element.contains(document.activeElement);
            const element = box.kind === "group" ? this.groupHead(box) : this.trackHead(box);
            if (entry) entry.element.replaceWith(element);
            else this.element.append(element);
            if (focused) /** @type {HTMLElement | null} */ (element.querySelector("button"))?.focus();
            entry = { element, state };
            this.shown.set(key, entry);
        }
        entry.element.style.top = `${y}px`;
    }

    /** @param {boolean} closed @param {string} what @param {() => void} run */
    foldButton(closed, what, run) {
        const label = `${closed ? "Expand" : "Collapse"} ${what}`;
        const button = iconButton(closed ? "right" : "down", label, run);
        button.classList.add("fold");
        button.setAttribute("aria-expanded", String(!closed));
        return button;
    }

    /** @param {Box} box */
    groupHead(box) {
        const { app } = this;
        const track = /** @type {import("./trace.js").Track} */ (box.track);
        const fold = () => {
            const { folded } = app.arrangement;
            if (!folded.delete(box.process)) folded.add(box.process);
            app.relayout();
        };
        const name = visibleText(track.processName || `Process ${track.pid}`);
        const head = h("div.head.group", { style: `height:${box.height}px`, "data-process": box.process },
            this.foldButton(box.collapsed, name, fold),
            h("span.name", { title: name }, name),
            h("span.facts", null, track.pid ? `pid ${track.pid}` : ""));
        head.addEventListener("dblclick", fold);
        return head;
    }

    /** @param {Box} box */
    trackHead(box) {
        const { app } = this;
        const track = /** @type {import("./trace.js").Track} */ (box.track);
        const { collapsed, pinned } = app.arrangement;
        /** @param {Set<number>} set */
        const toggle = (set) => () => {
            if (!set.delete(track.id)) set.add(track.id);
            app.relayout();
        };
        const canFold = track.rows > 1 || track.kind === "counter";
        const name = visibleText(track.name);
        const pin = iconButton("pin", pinned.has(track.id) ? "Unpin" : "Pin to the top", toggle(pinned));
        pin.setAttribute("aria-pressed", String(pinned.has(track.id)));
        const acts = h("span.acts", null, pin);
        if (!box.pinned) {
            acts.append(
                iconButton("up", "Move up", () => this.move(track.id, -1)),
                iconButton("down", "Move down", () => this.move(track.id, 1)),
                iconButton("hide", "Hide this track", () => this.hide(track.id)));
        }
        const facts = trackFacts(track, app.trace.end);
        const head = h(box.pinned ? "div.head.pinned" : "div.head", { style: `height:${box.height}px`, "data-track": track.id },
            canFold ? this.foldButton(box.collapsed, name, toggle(collapsed)) : h("span.fold"),
            h("div.words", null, h("div.name", { title: `${name} · ${facts}` }, name),
                box.height >= 36 && h("div.facts", null, facts)),
            acts);
        if (canFold) head.addEventListener("dblclick", toggle(collapsed));
        return head;
    }

    /** @param {number} id @param {number} by */
    move(id, by) {
        moveTrack(this.app.trace.tracks, this.app.arrangement, id, by);
        this.app.relayout();
    }

    /** @param {number} id */
    hide(id) {
        this.app.arrangement.hidden.add(id);
        this.app.arrangement.pinned.delete(id);
        this.app.relayout();
    }
}

/** @param {import("./trace.js").Track} track @param {number} end of the trace, ns */
export function trackFacts(track, end) {
    const id = track.tid ? `tid ${track.tid}` : "";
    const words = { slices: "slice", counter: "value", instants: "instant", objects: "event" };
    const amount = counted(track.count, words[track.kind]);
    const busy = track.kind === "slices" && end > 0 ? `${percent(Math.min(1, track.busyNs / end))} busy` : "";
    return [id, busy, amount].filter(Boolean).join(" · ");
}

/** The buttons that act on all tracks. @param {import("./app.js").App} app */
export function trackTools(app) {
    const all = () => app.trace.tracks.filter((/** @type {any} */ t) => t.rows > 1 || t.kind === "counter");
    const fold = iconButton("menu", "Collapse or expand all tracks", () => {
        const { collapsed } = app.arrangement;
        const open = all().some((/** @type {any} */ t) => !collapsed.has(t.id));
        collapsed.clear();
        if (open) for (const track of all()) collapsed.add(track.id);
        app.relayout();
    });
    const orders = /** @type {const} */ (["given", "activity", "name"]);
    const sort = iconButton("down", "", () => {
        app.arrangement.sort = orders[(orders.indexOf(app.arrangement.sort) + 1) % orders.length];
        app.relayout();
    });
    const saySort = () => {
        const words = { given: "as recorded", activity: "busiest first", name: "by name" };
        sort.title = `Order of the tracks: ${words[app.arrangement.sort]}`;
        sort.setAttribute("aria-label", sort.title);
        sort.setAttribute("aria-pressed", String(app.arrangement.sort !== "given"));
    };
    saySort();
    sort.replaceChildren(icon("up"));
    const hidden = iconButton("hide", "Show hidden tracks", () => {
        app.arrangement.hidden.clear();
        app.relayout();
    });
    app.on("layout", () => {
        const n = app.arrangement.hidden.size;
        hidden.hidden = n === 0;
        saySort();
        hidden.title = n === 1 ? "Show the hidden track" : `Show ${n} hidden tracks`;
    });
    return [hidden, sort, fold];
}
