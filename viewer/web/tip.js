// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The small box beside the pointer.
import { h } from "./dom.js";
import { shortName, visibleText, placeOf } from "./labels.js";
import { counterValues } from "./counters.js";
import { counted, duration, percent } from "./units.js";

export class Tip {
    /** @param {HTMLElement} element @param {import("./app.js").App} app @param {import("./timeline.js").Timeline} timeline */
    constructor(element, app, timeline) {
        this.element = element;
        this.app = app;
        this.timeline = timeline;
    }

    hide() {
        this.element.hidden = true;
    }

    /** @param {number} x @param {number} y @param {ReturnType<import("./timeline.js").Timeline["hit"]>} hit */
    show(x, y, hit) {
        const content = hit ? this.sliceTip(hit) : this.counterTip(x, y);
        if (!content) {
            this.hide();
            return;
        }
        this.element.replaceChildren(...content);
        this.element.hidden = false;
        const head = this.timeline.canvas.offsetLeft;
        const left = Math.min(x + head + 14, head + this.timeline.width - this.element.offsetWidth - 8);
        const below = y + 20 + this.element.offsetHeight < this.timeline.height;
        this.element.style.transform = `translate(${Math.max(left, 4)}px, ${Math.max(2, below ? y + 18 : y - this.element.offsetHeight - 10)}px)`;
    }

    /** @param {NonNullable<ReturnType<import("./timeline.js").Timeline["hit"]>>} hit */
    sliceTip(hit) {
        const name = this.app.trace.nameOf(hit.name);
        if (hit.kind === "slice") {
            const place = placeOf(name);
            return [
                h("b", null, visibleText(shortName(name))),
                place ? h("span", null, visibleText(`${place.path}:${place.line}`)) : "",
                h("span", null, h("em", null, duration(hit.duration))),
            ];
        }
        return [
            h("b", null, `${counted(hit.count, "call")}, the longest: ${visibleText(shortName(name))}`),
            h("span", null, `${percent(hit.busy)} of ${duration(hit.t1 - hit.t0)}; zoom in to tell them apart`),
        ];
    }

    /** @param {number} x @param {number} y */
    counterTip(x, y) {
        const at = y + this.app.scrollTop - this.app.layout.pinnedHeight;
        const box = this.app.layout.boxes.find((b) => at >= b.top && at < b.top + b.height);
        if (!box?.track || box.kind !== "track" || box.track.kind !== "counter") return null;
        const values = counterValues(box.track.id, this.app.view.time(x));
        if (!values.length) return null;
        return [h("b", null, visibleText(box.track.name)),
            ...values.map((v) => h("span", null, `${v.name} `, h("em", null, v.value)))];
    }
}
