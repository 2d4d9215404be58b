// SPDX-License-Identifier: Apache-2.0
// @ts-check
// One calm colour per function. Hues are spread in OKLCH, where equal steps look equal, at one
// lightness per theme: functions differ, none shouts. Calls into C are greyer than Python's.

const HUES = 29;
const SHADES = 3;
const GOLDEN = 0.61803398875;

/** 32-bit FNV-1a over UTF-16 units. @param {string} text */
export function hash(text) {
    let value = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) {
        value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
    }
    // The last characters of names are often alike: mix once more.
    value ^= value >>> 15;
    value = Math.imul(value, 0x2c1b3c6d);
    return (value ^ (value >>> 12)) >>> 0;
}

/**
 * OKLCH → 8-bit sRGB, clipped. The matrices are those of Björn Ottosson's definition of OKLab.
 * @param {number} lightness 0…1 @param {number} chroma @param {number} hue in turns
 * @returns {[number, number, number]}
 */
export function oklch(lightness, chroma, hue) {
    const a = chroma * Math.cos(hue * 2 * Math.PI);
    const b = chroma * Math.sin(hue * 2 * Math.PI);
    const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
    return [
        gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
        gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
        gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
    ];
}

/** @param {number} linear */
function gamma(linear) {
    const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
    return Math.round(Math.min(1, Math.max(0, value)) * 255);
}

/** WCAG 2 contrast of two colours. @param {number[]} one @param {number[]} two */
export function contrast(one, two) {
    const [light, dark] = [luminance(one), luminance(two)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
}

/** @param {number[]} rgb */
function luminance(rgb) {
    const [r, g, b] = rgb.map((c) => {
        const v = c / 255;
        return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** A name as `module.function` without place is a call into C. @param {string} name */
export function isNative(name) {
    return !/\(.*:\d+\)$/.test(name);
}

/** @param {string} name @param {boolean} dark @returns {[number, number, number]} */
export function colorOf(name, dark) {
    const value = hash(name);
    const hue = ((value % HUES) * GOLDEN) % 1;
    const shade = ((value >>> 8) % SHADES) - 1;
    const native = isNative(name);
    const chroma = native ? 0.028 : dark ? 0.078 : 0.085;
    const lightness = dark ? 0.46 + shade * 0.03 : 0.815 + shade * 0.03;
    return oklch(lightness + (native ? (dark ? -0.04 : 0.04) : 0), chroma, hue);
}

/** The same hue, as it lights up. @param {string} name @param {boolean} dark */
export function strongColorOf(name, dark) {
    const hue = ((hash(name) % HUES) * GOLDEN) % 1;
    return oklch(dark ? 0.62 : 0.72, isNative(name) ? 0.07 : 0.15, hue);
}

/** As a canvas's little-endian pixel. @param {number[]} rgb */
export function pixel(rgb) {
    return (0xff000000 | (rgb[2] << 16) | (rgb[1] << 8) | rgb[0]) >>> 0;
}

/** @param {number[]} rgb */
export function css(rgb) {
    return `rgb(${rgb[0]} ${rgb[1]} ${rgb[2]})`;
}

/** Mixes two pixels: `share` of 256 of the first, a whole number. @param {number} a @param {number} b @param {number} share */
export function mix(a, b, share) {
    const rest = 256 - share;
    const rb = (((a & 0xff00ff) * share + (b & 0xff00ff) * rest) >>> 8) & 0xff00ff;
    const g = (((a & 0xff00) * share + (b & 0xff00) * rest) >>> 8) & 0xff00;
    return (0xff000000 | rb | g) >>> 0;
}

/** The colours of all names of a trace, as pixels, for one theme. */
export class Palette {
    /** @param {boolean} dark */
    constructor(dark) {
        this.dark = dark;
        this.background = pixel(dark ? [22, 25, 31] : [255, 255, 255]);
        this.ink = dark ? "#eef1f6" : "#1d2430";
        /** @type {Map<string, number>} */
        this.cache = new Map();
        /** @type {string} */
        this.highlight = dark ? "#ffd27a" : "#b45309";
    }

    /** @param {string} name */
    pixelOf(name) {
        let value = this.cache.get(name);
        if (value === undefined) {
            value = pixel(colorOf(name, this.dark));
            this.cache.set(name, value);
        }
        return value;
    }

    /** For lines and for what is lit up. @param {string} name */
    strongOf(name) {
        return css(strongColorOf(name, this.dark));
    }

    /** @param {string} name */
    cssOf(name) {
        return css(colorOf(name, this.dark));
    }
}
