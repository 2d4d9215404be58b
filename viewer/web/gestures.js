// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Mouse, touch and pen over the tracks → moves, zooms, ranges and clicks. Knows no trace.

const CLICK_PX = 4;

/**
 * @typedef {{
 *   pan: (dx: number) => void, scroll: (dy: number) => void,
 *   zoom: (factor: number, x: number) => void, canScroll: () => boolean,
 *   hover: (x: number, y: number) => void, leave: () => void,
 *   click: (x: number, y: number, event: PointerEvent) => void, open: (x: number, y: number) => void,
 *   range: (x0: number, x1: number, done: boolean) => void
 * }} Target
 */

/** Wheel units into pixels. @param {WheelEvent} event */
function wheelPixels(event) {
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    return [event.deltaX * unit, event.deltaY * unit];
}

/** @param {HTMLElement} element @param {Target} target */
function listenWheel(element, target) {
    element.addEventListener("wheel", (event) => {
        event.preventDefault();
        const [dx, dy] = wheelPixels(event);
        const x = event.clientX - element.getBoundingClientRect().left;
        if (event.ctrlKey || event.metaKey) {
            // A pinch on a touchpad arrives as ctrl-wheel with small steps.
            target.zoom(Math.exp(-Math.max(-120, Math.min(120, dy)) * (Math.abs(dy) < 50 ? 0.01 : 0.0035)), x);
        } else if (event.shiftKey) {
            target.pan(dx || dy);
        } else if (Math.abs(dx) > Math.abs(dy)) {
            target.pan(dx);
        } else if (target.canScroll()) {
            target.scroll(dy);
        } else {
            target.zoom(Math.exp(-dy * 0.0025), x);
        }
    }, { passive: false });
}

/** @param {HTMLElement} element @param {Target} target @param {{rangeOnDrag?: boolean}} options */
export function listenGestures(element, target, options = {}) {
    /** @type {Map<number, {x: number, y: number}>} */
    const pointers = new Map();
    /** @type {{x: number, y: number, moved: boolean, range: boolean} | null} */
    let press = null;
    let spread = 0;
    const place = (/** @type {PointerEvent | MouseEvent} */ event) => {
        const box = element.getBoundingClientRect();
        return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    listenWheel(element, target);
    element.addEventListener("pointerdown", (event) => {
        if (event.button > 1) return;
        element.setPointerCapture(event.pointerId);
        const at = place(event);
        pointers.set(event.pointerId, at);
        press = { ...at, moved: false, range: !!options.rangeOnDrag || event.shiftKey };
        spread = 0;
        target.leave();
    });
    element.addEventListener("pointermove", (event) => {
        const at = place(event);
        const before = pointers.get(event.pointerId);
        if (!before) {
            if (event.pointerType !== "touch") target.hover(at.x, at.y);
            return;
        }
        pointers.set(event.pointerId, at);
        if (pointers.size === 2) {
            spread = pinch(pointers, spread, before, at, target);
            if (press) press.moved = true;
            return;
        }
        if (!press) return;
        if (Math.hypot(at.x - press.x, at.y - press.y) > CLICK_PX) press.moved = true;
        if (!press.moved) return;
        if (press.range) {
            target.range(press.x, at.x, false);
        } else {
            element.classList.add("dragging");
            target.pan(before.x - at.x);
            target.scroll(before.y - at.y);
        }
    });
    const up = (/** @type {PointerEvent} */ event) => {
        if (!pointers.delete(event.pointerId)) return;
        element.classList.remove("dragging");
        const at = place(event);
        if (press && pointers.size === 0) {
            if (press.moved && press.range) target.range(press.x, at.x, true);
            if (!press.moved && event.type === "pointerup") target.click(at.x, at.y, event);
            press = null;
        }
    };
    element.addEventListener("pointerup", up);
    element.addEventListener("pointercancel", up);
    element.addEventListener("pointerleave", () => target.leave());
    element.addEventListener("dblclick", (event) => {
        const at = place(event);
        target.open(at.x, at.y);
    });
}

/**
 * @param {Map<number, {x: number, y: number}>} pointers @param {number} spread before
 * @param {{x: number, y: number}} before @param {{x: number, y: number}} at @param {Target} target
 * @returns {number} the spread now
 */
function pinch(pointers, spread, before, at, target) {
    const [one, two] = [...pointers.values()];
    const now = Math.max(10, Math.abs(one.x - two.x));
    const middle = (one.x + two.x) / 2;
    if (spread) target.zoom(now / spread, middle);
    target.pan((before.x - at.x) / 2);
    return now;
}
