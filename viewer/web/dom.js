// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Elements without markup: every text of a trace becomes a text node, never HTML.

/**
 * @param {string} tag "button.primary.small" @param {Record<string, any> | null} [attributes]
 *     `onclick` and the like are listeners, false and null leave an attribute out
 * @param {...(Node | string | number | null | false)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes, ...children) {
    const [name, ...classes] = tag.split(".");
    const element = document.createElement(name || "div");
    if (classes.length) element.className = classes.join(" ");
    for (const [key, value] of Object.entries(attributes || {})) {
        if (value === null || value === undefined || value === false) continue;
        if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
        // A style attribute would need 'unsafe-inline' in the content security policy.
        else if (key === "style") element.style.cssText = value;
        else element.setAttribute(key, value === true ? "" : String(value));
    }
    for (const child of children) {
        if (child !== null && child !== false && child !== undefined) {
            element.append(child instanceof Node ? child : String(child));
        }
    }
    return element;
}

/** The element of the page with this id. @param {string} id @returns {any} */
export function byId(id) {
    const element = document.getElementById(id);
    if (!element) throw new Error(`the page has no #${id}`);
    return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** 16 × 16 line drawings, one path each. */
const ICONS = {
    plus: "M8 3v10M3 8h10",
    minus: "M3 8h10",
    fit: "M2 6V2h4M14 6V2h-4M2 10v4h4M14 10v4h-4",
    search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.5 10.5 14 14",
    up: "M3 10l5-5 5 5",
    down: "M3 6l5 5 5-5",
    right: "M6 3l5 5-5 5",
    left: "M10 3 5 8l5 5",
    pin: "M5.5 2h5M6.5 2v4.5L4 9.5h8L9.5 6.5V2M8 9.5V14",
    hide: "M2 2l12 12M6.5 6.6a2 2 0 0 0 2.9 2.8M4.4 4.6C2.700 5.800 1.500 8 1.500 8S4 12.500 8 12.500c1.300 0 2.400-.4 3.400-1M7 3.600c.3-.1.7-.1 1-.1 4 0 6.500 4.500 6.500 4.500s-.5 1-1.500 2",
    sun: "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
    moon: "M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7",
    help: "M8 1.500a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13M6 6.200a2 2 0 1 1 2.900 1.800c-.6.3-.9.7-.9 1.300M8 11.500v.2",
    copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
    save: "M8 2v8M4.500 7 8 10.500 11.500 7M2.500 13.500h11",
    close: "M3.500 3.500l9 9M12.500 3.500l-9 9",
    menu: "M2.500 4h11M2.500 8h11M2.500 12h11",
    open: "M2 12.500v-9h4l1.500 2H14v7z",
    flag: "M4 14V2.500h8L10 5.500l2 3H4",
};

/** @param {keyof typeof ICONS} name */
export function icon(name) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
}

/**
 * A button with a picture: the label is its tooltip and its name for screen readers.
 * @param {keyof typeof ICONS} name @param {string} label @param {(event: MouseEvent) => void} run
 */
export function iconButton(name, label, run) {
    const button = h("button.icon-button", { type: "button", title: label, "aria-label": label, onclick: run });
    button.append(icon(name));
    return button;
}

/** @param {Node} parent @param {...(Node | string)} children */
export function replace(parent, ...children) {
    /** @type {Element} */ (parent).replaceChildren(...children);
}

/** Shows a short message at the bottom; screen readers hear it. @param {string} text */
export function toast(text) {
    const box = byId("toast");
    box.textContent = text;
    box.classList.add("shown");
    clearTimeout(box.timer);
    box.timer = setTimeout(() => box.classList.remove("shown"), 2600);
}

/** @param {string} text @param {string} what */
export async function copyText(text, what) {
    try {
        await navigator.clipboard.writeText(text);
    } catch {
        // No permission or no secure context: the old way still works.
        const area = /** @type {HTMLTextAreaElement} */ (h("textarea.offscreen"));
        area.value = text;
        document.body.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
    }
    toast(`${what} copied`);
}

/** Gives a file to the user. @param {Blob} blob @param {string} name */
export function download(blob, name) {
    const link = /** @type {HTMLAnchorElement} */ (h("a", { download: name }));
    link.href = URL.createObjectURL(blob);
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
