// SPDX-License-Identifier: Apache-2.0
// @ts-check
// A table of any length: sorted by a click on its head, filtered, saved as CSV. Only the rows that
// are seen are in the document; the rest is room above and below them.
import { h, download } from "./dom.js";

const ROW_PX = 26;
const SPARE = 12;
const FREE_PX = 160;

/**
 * @typedef {{key: string, title: string, hint?: string, number?: boolean, text: (row: any) => string,
 *   value?: (row: any) => number | string, color?: (row: any) => string,
 *   bar?: (row: any) => number, width?: string}} Column
 */

/** Text as a CSV field (RFC 4180). A text that a spreadsheet would run as a formula gets a quote.
 *  @param {string | number} value */
export function csvField(value) {
    let text = String(value);
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/** @param {Column[]} columns @param {any[]} rows */
export function toCsv(columns, rows) {
    const lines = [columns.map((c) => csvField(c.title)).join(",")];
    for (const row of rows) {
        lines.push(columns.map((c) => csvField(c.value ? c.value(row) : c.text(row))).join(","));
    }
    return lines.join("\r\n") + "\r\n";
}

/** @param {any} a @param {any} b */
export function compareValues(a, b) {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), undefined, { numeric: true });
}

export class Table {
    /**
     * @param {Column[]} columns
     * @param {{label: string, sort?: string, onpick?: (row: any) => void, onhover?: (row: any) => void,
     *   filterText?: (row: any) => string, empty?: string, onsort?: (key: string) => void}} options
     */
    constructor(columns, options) {
        this.columns = columns;
        this.options = options;
        /** @type {any[]} */
        this.rows = [];
        /** @type {any[]} */
        this.shown = [];
        this.filter = "";
        /** What the body shows, to draw it once. */
        this.drawn = "";
        this.pickedIndex = 0;
        this.setSort(options.sort || columns[0].key);
        /** @type {any} */
        this.picked = null;
        this.body = h("tbody");
        this.head = h("thead", null, h("tr", null, ...columns.map((c) => this.headCell(c))));
        // A column without a width keeps room in narrow windows, too: the table is scrolled there.
        const least = columns.reduce((sum, c) => sum + (c.width?.endsWith("px") ? parseInt(c.width, 10) : FREE_PX), 0);
        this.grid = h("table.grid", { role: "grid", "aria-label": options.label, style: `min-width:${least}px` },
            h("colgroup", null, ...columns.map((c) => h("col", { style: c.width ? `width:${c.width}` : null }))),
            this.head, this.body);
        this.element = h("div.table-scroll", { tabindex: "0", role: "region", "aria-label": options.label }, this.grid);
        this.element.addEventListener("scroll", () => this.draw());
        this.element.addEventListener("keydown", (event) => this.key(event));
        new ResizeObserver(() => this.draw()).observe(this.element);
    }

    /** @param {string} text "-calls": falling */
    setSort(text) {
        this.falling = text.startsWith("-");
        this.sortKey = text.replace(/^-/, "");
    }

    get sort() {
        return (this.falling ? "-" : "") + this.sortKey;
    }

    /** @param {Column} column */
    headCell(column) {
        const button = h("button", { type: "button", title: column.hint || `Sort by ${column.title}` }, column.title);
        button.addEventListener("click", () => {
            const falling = this.sortKey === column.key ? !this.falling : !!column.number;
            this.setSort((falling ? "-" : "") + column.key);
            this.refresh();
            this.options.onsort?.(this.sort);
        });
        return h(column.number ? "th.number" : "th", { scope: "col", "data-key": column.key }, button);
    }

    /** @param {any[]} rows */
    setRows(rows) {
        this.rows = rows;
        this.picked = null;
        this.refresh();
    }

    /** @param {string} text */
    setFilter(text) {
        this.filter = text;
        this.refresh();
    }

    refresh() {
        const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
        const text = this.options.filterText || this.columns[0].text;
        this.shown = words.length
            ? this.rows.filter((row) => words.every((word) => text(row).toLowerCase().includes(word)))
            : this.rows.slice();
        const column = this.columns.find((c) => c.key === this.sortKey) || this.columns[0];
        const value = column.value || column.text;
        const sign = this.falling ? -1 : 1;
        this.shown.sort((a, b) => sign * compareValues(value(a), value(b)));
        for (const cell of this.head.querySelectorAll("th")) {
            cell.setAttribute("aria-sort", cell.dataset.key !== this.sortKey ? "none"
                : this.falling ? "descending" : "ascending");
        }
        this.grid.setAttribute("aria-rowcount", String(this.shown.length + 1));
        this.element.scrollTop = 0;
        this.drawn = "";
        this.draw();
    }

    draw() {
        const height = this.element.clientHeight || 400;
        const from = Math.max(0, Math.floor(this.element.scrollTop / ROW_PX) - SPARE);
        const to = Math.min(this.shown.length, from + Math.ceil(height / ROW_PX) + 2 * SPARE);
        const key = `${from} ${to}`;
        if (key === this.drawn) return;
        this.drawn = key;
        const lines = this.shown.slice(from, to).map((row, i) => this.line(row, from + i));
        if (!this.shown.length) {
            const text = this.filter ? "No row fits the filter." : this.options.empty || "Nothing here.";
            lines.push(h("tr", null, h("td.nothing", { colspan: this.columns.length }, text)));
        }
        this.body.replaceChildren(this.room(from), ...lines, this.room(this.shown.length - to));
    }

    /** @param {number} rows */
    room(rows) {
        return h("tr.room", { "aria-hidden": "true" }, h("td", { colspan: this.columns.length, style: `height:${rows * ROW_PX}px` }));
    }

    /** @param {any} row @param {number} index */
    line(row, index) {
        const cells = this.columns.map((column) => {
            const cell = h(column.number ? "td.number" : "td", { title: column.number ? null : column.text(row) });
            if (column.bar) cell.append(h("span.bar", { style: `width:${(Math.min(1, column.bar(row)) * 100).toFixed(1)}%` }));
            if (column.color) cell.append(h("span.swatch", { style: `background:${column.color(row)}` }));
            cell.append(h("span", null, column.text(row)));
            return cell;
        });
        const line = h("tr", {
            "aria-rowindex": index + 2, tabindex: "-1", "aria-selected": row === this.picked ? "true" : null,
            onclick: () => this.pick(row, index),
            onmouseenter: this.options.onhover ? () => this.options.onhover?.(row) : null,
        }, ...cells);
        return line;
    }

    /** @param {any} row @param {number} index */
    pick(row, index) {
        this.picked = row;
        this.pickedIndex = index;
        this.drawn = "";
        this.draw();
        this.options.onpick?.(row);
    }

    /** @param {KeyboardEvent} event */
    key(event) {
        const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
        if (!by || !this.shown.length) return;
        event.preventDefault();
        event.stopPropagation();
        const at = this.picked ? this.pickedIndex + by : 0;
        const index = Math.min(Math.max(at, 0), this.shown.length - 1);
        const top = index * ROW_PX;
        const scroll = this.element.scrollTop;
        if (top < scroll) this.element.scrollTop = top;
        if (top + 2 * ROW_PX > scroll + this.element.clientHeight) {
            this.element.scrollTop = top + 2 * ROW_PX - this.element.clientHeight;
        }
        this.pick(this.shown[index], index);
    }

    /** @param {string} name of the file */
    save(name) {
        download(new Blob([toCsv(this.columns, this.shown)], { type: "text/csv" }), name);
    }
}
