// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The panel below the tracks: its tabs and its height.
import { byId, h, iconButton } from "./dom.js";

/** @typedef {{id: string, title: string, element: HTMLElement, onshow?: () => void}} Tab */

const LEAST = 37;

export class Panel {
    /** @param {(id: string) => void} onchange */
    constructor(onchange) {
        this.onchange = onchange;
        this.element = byId("panel");
        this.bar = byId("tabs");
        this.body = byId("tab-body");
        /** @type {Tab[]} */
        this.tabs = [];
        this.current = "";
        this.height = 300;
        this.spring = h("span.spring");
        this.fold = iconButton("down", "Fold the panel away", () => this.toggle());
        this.bar.append(this.spring, this.fold);
        this.bar.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.arrow(event));
        this.listenDivider(byId("divider"));
    }

    /** @param {string} id @param {string} title @param {() => void} [onshow] */
    add(id, title, onshow) {
        const element = h("div", { role: "tabpanel", id: `tab-${id}`, "aria-labelledby": `tab-button-${id}`, hidden: true });
        const button = h("button", {
            role: "tab", type: "button", id: `tab-button-${id}`, "aria-controls": `tab-${id}`,
            "aria-selected": "false", tabindex: "-1", "data-title": title, onclick: () => this.show(id),
        }, title);
        this.bar.insertBefore(button, this.spring);
        this.body.append(element);
        this.tabs.push({ id, title, element, onshow });
        if (!this.current) this.show(id);
        return element;
    }

    /** @param {string} id */
    show(id) {
        const tab = this.tabs.find((t) => t.id === id);
        if (!tab) return;
        const changed = this.current !== id;
        this.current = id;
        for (const { id: other, element } of this.tabs) {
            element.hidden = other !== id;
            const button = byId(`tab-button-${other}`);
            button.setAttribute("aria-selected", String(other === id));
            button.tabIndex = other === id ? 0 : -1;
        }
        if (this.folded) this.toggle();
        if (changed) {
            tab.onshow?.();
            this.onchange(id);
        }
    }

    get folded() {
        return this.element.offsetHeight <= LEAST + 1 && this.element.offsetHeight > 0;
    }

    toggle() {
        this.setHeight(this.folded ? Math.max(this.height, 200) : LEAST, !this.folded);
    }

    /** @param {number} height @param {boolean} [keep] remember the old height */
    setHeight(height, keep = false) {
        const most = window.innerHeight - 230;
        const value = Math.round(Math.min(Math.max(height, LEAST), Math.max(most, LEAST)));
        if (!keep && value > LEAST) this.height = value;
        this.element.style.height = `${value}px`;
        const label = value <= LEAST ? "Unfold the panel" : "Fold the panel away";
        this.fold.title = label;
        this.fold.setAttribute("aria-label", label);
        this.fold.classList.toggle("flipped", value <= LEAST);
    }

    /** @param {KeyboardEvent} event */
    arrow(event) {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!by) return;
        event.preventDefault();
        event.stopPropagation();
        const at = this.tabs.findIndex((t) => t.id === this.current);
        const next = this.tabs[(at + by + this.tabs.length) % this.tabs.length];
        this.show(next.id);
        byId(`tab-button-${next.id}`).focus();
    }

    /** @param {HTMLElement} divider */
    listenDivider(divider) {
        let start = -1;
        let height = 0;
        divider.addEventListener("pointerdown", (event) => {
            divider.setPointerCapture(event.pointerId);
            start = event.clientY;
            height = this.element.offsetHeight;
        });
        divider.addEventListener("pointermove", (event) => {
            if (start >= 0) this.setHeight(height + start - event.clientY);
        });
        divider.addEventListener("pointerup", () => { start = -1; });
        divider.addEventListener("dblclick", () => this.toggle());
        divider.addEventListener("keydown", (event) => {
            const by = { ArrowUp: 24, ArrowDown: -24 }[event.key];
            if (!by) return;
            event.preventDefault();
            event.stopPropagation();
            this.setHeight(this.element.offsetHeight + by);
        });
    }
}
