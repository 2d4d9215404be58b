// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Times, counts and sizes in the words of people. Times are nanoseconds, as plain numbers.

const STEPS = [
    { ns: 1e9, unit: "s" },
    { ns: 1e6, unit: "ms" },
    { ns: 1e3, unit: "µs" },
    { ns: 1, unit: "ns" },
];

/** Three significant digits, without an exponent. @param {number} value */
function threeDigits(value) {
    const size = Math.abs(value);
    if (size >= 100) return value.toFixed(0);
    if (size >= 10) return value.toFixed(1);
    return value.toFixed(2);
}

/** A duration as people say it: "1.20 ms", "2 min 5 s". @param {number} ns */
export function duration(ns) {
    if (!Number.isFinite(ns)) return "–";
    const size = Math.abs(ns);
    if (size === 0) return "0 ns";
    if (size >= 60e9) return longDuration(ns);
    for (const { ns: step, unit } of STEPS) {
        // What would round up to 1000 of this unit belongs to the next one.
        if (size >= step * 0.9995 || step === 1) {
            if (step === 1) return `${Math.round(ns)} ns`;
            return `${threeDigits(ns / step)} ${unit}`;
        }
    }
    return `${ns} ns`;
}

/** @param {number} ns */
function longDuration(ns) {
    const sign = ns < 0 ? "−" : "";
    let seconds = Math.round(Math.abs(ns) / 1e9);
    const hours = Math.floor(seconds / 3600);
    seconds -= hours * 3600;
    const minutes = Math.floor(seconds / 60);
    seconds -= minutes * 60;
    return sign + (hours ? `${hours} h ${minutes} min` : `${minutes} min ${seconds} s`);
}

/** The whole duration to the nanosecond: "1.234 567 890 s". @param {number} ns */
export function exactDuration(ns) {
    const sign = ns < 0 ? "−" : "";
    const whole = Math.round(Math.abs(ns));
    const scale = whole >= 1e9 ? 9 : whole >= 1e6 ? 6 : whole >= 1e3 ? 3 : 0;
    const unit = { 9: "s", 6: "ms", 3: "µs", 0: "ns" }[scale];
    if (!scale) return `${sign}${whole} ns`;
    const digits = String(whole).padStart(scale + 1, "0");
    const fraction = digits.slice(-scale).replace(/(\d{3})(?=\d)/g, "$1 ");
    return `${sign}${group(digits.slice(0, -scale))}.${fraction} ${unit}`;
}

/** "1234567" → "1 234 567", with narrow spaces. @param {string} digits */
function group(digits) {
    return digits.replace(/\B(?=(\d{3})+(?!\d))/g, " ");
}

/** @param {number} value */
export function count(value) {
    return group(String(Math.round(value)));
}

/** "1 call", "2 000 calls". @param {number} n @param {string} one @param {string} many */
export const counted = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** @param {number} share of one */
export function percent(share) {
    if (!Number.isFinite(share)) return "–";
    const value = share * 100;
    if (value > 0 && value < 0.1) return "<0.1 %";
    return `${value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} %`;
}

/** @param {number} bytes */
export function size(bytes) {
    const units = ["B", "KB", "MB", "GB"];
    let step = 0;
    while (bytes >= 1000 && step < units.length - 1) {
        bytes /= 1000;
        step++;
    }
    return `${step ? threeDigits(bytes) : bytes} ${units[step]}`;
}

/**
 * Parses "1.5ms", "200 us", "3" (ns) into ns; null when it is none.
 * @param {string} text
 */
export function parseDuration(text) {
    const match = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(ns|us|µs|μs|ms|s|sec|m|min)?\s*$/i.exec(text);
    if (!match) return null;
    const scales = { ns: 1, us: 1e3, "µs": 1e3, "μs": 1e3, ms: 1e6, s: 1e9, sec: 1e9, m: 6e10, min: 6e10 };
    const unit = /** @type {keyof typeof scales} */ ((match[2] || "ns").toLowerCase());
    return Number(match[1]) * scales[unit];
}

/** The smallest of 1, 2, 5 · 10^n that is not less than `ns`. @param {number} ns */
export function roundStep(ns) {
    const power = 10 ** Math.floor(Math.log10(Math.max(ns, 1)));
    for (const factor of [1, 2, 5, 10]) {
        if (factor * power >= ns * 0.999999) return factor * power;
    }
    return 10 * power;
}

/** Steps that follow minutes and hours above ten seconds. @param {number} ns */
export function tickStep(ns) {
    if (ns <= 10e9) return Math.max(1, roundStep(ns));
    for (const seconds of [15, 30, 60, 120, 300, 600, 1800, 3600]) {
        if (seconds * 1e9 >= ns) return seconds * 1e9;
    }
    return Math.ceil(ns / 3600e9) * 3600e9;
}

/**
 * The label of a tick: as many decimals as its step needs, in the unit that fits the step's
 * neighbourhood, so that neighbours differ and none is longer than it must be.
 * @param {number} ns @param {number} step
 */
export function tickLabel(ns, step) {
    if (ns === 0) return "0";
    if (step >= 10e9 && Math.abs(ns) >= 60e9) return longDuration(ns);
    const size = Math.abs(ns);
    const scale = STEPS.find((s) => size >= s.ns && step * 1e4 > s.ns) || STEPS[3];
    const decimals = Math.max(0, Math.ceil(Math.log10(scale.ns / step) - 1e-9));
    const text = (ns / scale.ns).toFixed(decimals);
    const [whole, fraction] = text.split(".");
    return `${group(whole)}${fraction ? "." + fraction : ""} ${scale.unit}`;
}

/**
 * Date and time of day of a point of the trace, to the microsecond, in local time.
 * @param {bigint} epochNs
 */
export function wallClock(epochNs) {
    const date = new Date(Number(epochNs / 1000000n));
    const pad = (/** @type {number} */ n, width = 2) => String(n).padStart(width, "0");
    const micros = Number(epochNs % 1000000000n) / 1000;
    return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ` +
        `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.` +
        pad(Math.floor(micros), 6);
}
