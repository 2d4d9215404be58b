// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The command palette (ctrl-shift-p) and the help (?): both made from the table of actions.
import { h, replace } from "./dom.js";
import { findActions, keyLabel } from "./actions.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** @param {string[]} keys */
function keyCaps(keys) {
    return h("span.keys", null, ...keys.map((key) => h("kbd", null, keyLabel(key, isMac))));
}

/** @param {HTMLElement} content @param {string} label @param {string} kind */
function openDialog(content, label, kind) {
    const dialog = /** @type {HTMLDialogElement} */ (h(`dialog.${kind}`, { "aria-label": label }, content));
    dialog.addEventListener("close", () => dialog.remove());
    dialog.addEventListener("click", (event) => {
        if (event.target === dialog) dialog.close();
    });
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
}

/** @param {import("./actions.js").Actions} actions */
export function openPalette(actions) {
    const list = h("ul", { role: "listbox", id: "palette-list", "aria-label": "Commands" });
    const input = /** @type {HTMLInputElement} */ (h("input", {
        type: "text", placeholder: "What would you like to do?", "aria-label": "Command",
        role: "combobox", "aria-controls": "palette-list", "aria-expanded": "true", autocomplete: "off",
    }));
    const dialog = openDialog(h("div", null, input, list), "Command palette", "palette");
    let found = actions.list;
    let at = 0;
    const run = () => {
        const action = found[at];
        dialog.close();
        action?.run();
    };
    const draw = () => {
        replace(list, ...found.map((action, index) => h("li", {
            role: "option", id: `palette-${index}`, "aria-selected": index === at ? "true" : "false",
            onclick: () => { at = index; run(); },
        }, h("span", null, action.title), h("span.group", null, action.group), keyCaps(action.keys.slice(0, 2)))));
        if (!found.length) list.append(h("li.nothing", null, "No such command."));
        input.setAttribute("aria-activedescendant", `palette-${at}`);
        list.children[at]?.scrollIntoView({ block: "nearest" });
    };
    input.addEventListener("input", () => {
        found = findActions(actions.list, input.value);
        at = 0;
        draw();
    });
    input.addEventListener("keydown", (event) => {
        const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (by) at = (at + by + found.length) % Math.max(found.length, 1);
        else if (event.key === "Enter") run();
        else return;
        event.preventDefault();
        if (by) draw();
    });
    draw();
    input.focus();
}

const GESTURES = [
    ["Scroll", "Wheel, or drag up and down"],
    ["Move in time", "Drag, shift-wheel, or two fingers sideways"],
    ["Zoom", "Ctrl-wheel, pinch, or double-click on a slice"],
    ["Select a range", "Drag on the ruler, or shift-drag anywhere"],
    ["Look closer at a range", "Drag in the overview at the top"],
];

const SEARCH_HELP = [
    ["open file", "both words in the name"],
    ['"open file"', "exactly this text"],
    ["/read|write/", "a regular expression"],
    ["dur>1ms", "longer than; also <, >=, <=, ="],
    ["thread:main", "on threads of this name or id"],
    ["arg:user", "in the arguments"],
];

/** @param {import("./actions.js").Actions} actions */
export function openHelp(actions) {
    const groups = new Map();
    for (const action of actions.list) {
        if (!action.keys.length) continue;
        if (!groups.has(action.group)) groups.set(action.group, []);
        groups.get(action.group).push(h("div.line", null, h("span", null, action.title), keyCaps(action.keys)));
    }
    const sections = [...groups].map(([name, lines]) => h("section", null, h("h3", null, name), ...lines));
    /** @param {string} title @param {string[][]} rows @param {string} tag */
    const list = (title, rows, tag) => h("section", null, h("h3", null, title), ...rows.map(([what, how]) =>
        h("div.line", null, h(tag === "code" ? "code" : "span", null, what), h("span.how", null, how))));
    const close = h("button", { type: "button" }, "Close");
    const dialog = openDialog(h("div", null,
        h("header", null, h("h2", null, "Keys and gestures"), close),
        h("div.columns", null, list("Mouse and touch", GESTURES, "span"), list("Search", SEARCH_HELP, "code"), ...sections)),
        "Help", "help");
    close.addEventListener("click", () => dialog.close());
}
