// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Names on slices: cut to the room there is, in few measurements.

/** The function of "function (path:line)"; C's names as they are. @param {string} name */
export function shortName(name) {
    const at = name.search(/ \(.*:\d+\)$/);
    return at > 0 ? name.slice(0, at) : name;
}

/** File and line of a function's name, or null. @param {string} name @returns {{path: string, line: number} | null} */
export function placeOf(name) {
    const match = / \((.*):(\d+)\)$/.exec(name);
    return match ? { path: match[1], line: Number(match[2]) } : null;
}

/** The characters that would turn, hide or colour the text around them are shown as signs.
 *  @param {string} text */
export function visibleText(text) {
    return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (sign) => {
        const code = sign.charCodeAt(0);
        if (code < 0x20) return String.fromCharCode(0x2400 + code);
        return code === 0x7f ? "\u2421" : `\\u${code.toString(16).padStart(4, "0")}`;
    });
}

const STEP = 3;

export class Labels {
    /** @param {(text: string) => number} measure css pixels */
    constructor(measure) {
        this.measure = measure;
        this.dot = measure("…");
        /** @type {Map<string, {text: string, width: number, cuts: Map<number, string>}>} */
        this.known = new Map();
    }

    /** @param {string} name */
    entry(name) {
        let entry = this.known.get(name);
        if (!entry) {
            const text = visibleText(shortName(name)).slice(0, 300);
            entry = { text, width: this.measure(text), cuts: new Map() };
            this.known.set(name, entry);
        }
        return entry;
    }

    /** What of the name fits into `room`, "" when nothing useful does. @param {string} name @param {number} room */
    fit(name, room) {
        const { text, width, cuts } = this.entry(name);
        if (width <= room) return text;
        if (room < this.dot + 6) return "";
        // In steps of some pixels, each is measured once.
        const step = Math.floor(room / STEP);
        let cut = cuts.get(step);
        if (cut === undefined) cuts.set(step, cut = this.cut(text, width, Math.max(step * STEP, this.dot + 6)));
        return cut;
    }

    /** @param {string} text @param {number} width @param {number} room */
    cut(text, width, room) {
        // Letters differ in width: take the share, then give up one by one what is still too much.
        let letters = Math.min(text.length - 1, Math.ceil(text.length * (room - this.dot) / width) + 1);
        while (letters > 0 && this.measure(text.slice(0, letters)) + this.dot > room) letters--;
        return letters > 0 ? text.slice(0, letters) + "…" : "";
    }
}

/**
 * Which slices of a row are wide enough for a label and where their text begins: at the slice or,
 * when its beginning is left of the picture, at the picture's edge.
 * @param {number} x0 @param {number} x1 css pixels @param {number} width of the picture
 * @returns {{x: number, room: number} | null}
 */
export function labelPlace(x0, x1, width) {
    const left = Math.max(x0, 0) + 4;
    const right = Math.min(x1, width) - 4;
    return right - left < 14 ? null : { x: left, room: right - left };
}
