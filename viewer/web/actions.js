// SPDX-License-Identifier: Apache-2.0
// @ts-check
// One table of what can be done: keyboard, command palette and help are made from it.

/**
 * @typedef {{id: string, group: string, title: string, keys: string[], run: (event?: Event) => void,
 *   repeat?: boolean}} Action
 */

/** "Ctrl+Shift+P" of an event: the keys as they are written in the table. @param {KeyboardEvent} event */
export function keyOf(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const parts = [];
    if (event.ctrlKey || event.metaKey) parts.push("ctrl");
    if (event.altKey) parts.push("alt");
    // '?' is typed with shift on most keyboards: shift counts only where it is not in the sign.
    if (event.shiftKey && (key.length > 1 || /[a-z]/.test(key))) parts.push("shift");
    parts.push(key);
    return parts.join("+");
}

/** How a key is shown. @param {string} key @param {boolean} mac */
export function keyLabel(key, mac) {
    const words = /** @type {Record<string, string>} */ ({
        ctrl: mac ? "⌘" : "Ctrl", shift: mac ? "⇧" : "Shift", alt: mac ? "⌥" : "Alt",
        ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", " ": "Space",
    });
    // The key "+" is written as itself, alone or last.
    const parts = key.endsWith("+") ? [...key.slice(0, -1).split("+").filter(Boolean), "+"] : key.split("+");
    return parts.map((part) => words[part] || (part.length === 1 ? part.toUpperCase() : part))
        .join(mac ? "" : "+");
}

/** @param {EventTarget | null} target */
function isTyping(target) {
    return target instanceof HTMLElement &&
        (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export class Actions {
    constructor() {
        /** @type {Action[]} */
        this.list = [];
        /** @type {Map<string, Action>} */
        this.byKey = new Map();
    }

    /** @param {Action[]} actions */
    add(actions) {
        for (const action of actions) {
            this.list.push(action);
            for (const key of action.keys) this.byKey.set(key, action);
        }
    }

    /** @param {string} id */
    run(id) {
        this.list.find((action) => action.id === id)?.run();
    }

    /** @param {Document} document */
    listen(document) {
        document.addEventListener("keydown", (event) => {
            const key = keyOf(event);
            const action = this.byKey.get(key);
            if (!action || event.defaultPrevented || document.querySelector("dialog[open]")) return;
            // While somebody types, plain keys are text; only combinations are commands.
            if (isTyping(event.target) && !key.startsWith("ctrl") && key !== "Escape") return;
            if (event.repeat && !action.repeat) return;
            event.preventDefault();
            action.run(event);
        });
    }
}

/**
 * Finds actions by the letters of a text in their order: "zin" finds "Zoom in".
 * @param {Action[]} actions @param {string} text
 */
export function findActions(actions, text) {
    const wanted = text.toLowerCase().replace(/\s+/g, "");
    if (!wanted) return actions;
    const scored = [];
    for (const action of actions) {
        const score = fuzzyScore(`${action.title} ${action.group}`.toLowerCase(), wanted);
        if (score > 0) scored.push({ action, score });
    }
    return scored.sort((a, b) => b.score - a.score).map((s) => s.action);
}

/** 0: not in it. Runs of letters and beginnings of words count more. @param {string} text @param {string} wanted */
export function fuzzyScore(text, wanted) {
    let score = 0;
    let at = 0;
    let run = 0;
    for (const letter of wanted) {
        const found = text.indexOf(letter, at);
        if (found < 0) return 0;
        run = found === at ? run + 1 : 1;
        score += run + (found === 0 || text[found - 1] === " " ? 3 : 0) - Math.min(found - at, 3) * 0.2;
        at = found + 1;
    }
    return Math.max(score, 0.01);
}
