// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Light or dark: as the system says, unless somebody chose. The colours stand in style.css; the
// canvases read them from there.

const KEY = "viztracer-theme";

/** Storage may be forbidden (file://, private windows): then a choice lasts until the page closes. */
function remembered() {
    try {
        return localStorage.getItem(KEY);
    } catch {
        return null;
    }
}

export class Theme {
    /** @param {() => void} onchange */
    constructor(onchange) {
        this.onchange = onchange;
        this.system = matchMedia("(prefers-color-scheme: dark)");
        this.system.addEventListener("change", () => this.apply());
        this.choice = remembered();
        /** @type {Record<string, string>} */
        this.colors = {};
        this.apply();
    }

    get dark() {
        return this.choice ? this.choice === "dark" : this.system.matches;
    }

    toggle() {
        this.choice = this.dark ? "light" : "dark";
        try {
            localStorage.setItem(KEY, this.choice);
        } catch {
            // Not remembered; see above.
        }
        this.apply();
    }

    apply() {
        document.documentElement.dataset.theme = this.dark ? "dark" : "light";
        const style = getComputedStyle(document.documentElement);
        const read = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
        const sans = read("sans");
        this.colors = {
            paper: read("paper"), panel: read("panel"), ink: read("ink"), muted: read("muted"),
            faint: read("faint"), line: read("line"), accent: read("accent"), onAccent: read("on-accent"),
            rangeFill: read("range-fill"), veil: read("veil"), marker: read("marker"), hit: read("hit"),
            profile: read("profile"), shade: read("shade"), grid: read("grid"), group: read("group"),
            warn: read("warn"), counter: read("counter"), counterLine: read("counter-line"),
            sliceInk: read("slice-ink"), font: `11.5px ${sans}`, smallFont: `11px ${sans}`,
            smallBold: `600 11px ${sans}`,
        };
        this.onchange();
    }
}
