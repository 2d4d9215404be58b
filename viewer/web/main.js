// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Puts the page together.
import { Actions } from "./actions.js";
import { App } from "./app.js";
import { addCommands } from "./commands.js";
import { Details } from "./details.js";
import { byId, h, iconButton } from "./dom.js";
import { forgetCounters } from "./counters.js";
import { forgetMarks } from "./marks.js";
import { Flame } from "./flame.js";
import { trackTools } from "./heads.js";
import { Link } from "./link.js";
import { Loader } from "./loader.js";
import { listenNotes } from "./notes.js";
import { Panel } from "./panel.js";
import { Search } from "./search.js";
import { Stage } from "./stage.js";
import { Stats } from "./stats.js";
import { TableView } from "./table_view.js";

/** @param {App} app @param {Actions} actions */
function addTools(app, actions) {
    const tool = (/** @type {any} */ icon, /** @type {string} */ label, /** @type {string} */ action) =>
        iconButton(icon, label, () => actions.run(action));
    const theme = tool("moon", "Light or dark", "theme");
    byId("tools").append(
        h("span.wide", null, tool("minus", "Zoom out (s)", "zoom-out"), tool("plus", "Zoom in (w)", "zoom-in")),
        tool("fit", "Show everything (0)", "fit"), h("span.gap"),
        tool("flag", "Marker (k)", "mark"), tool("save", "Save what is seen as a trace", "save-visible"),
        tool("open", "Open a trace…", "open"), h("span.gap"),
        theme, tool("menu", "Commands (Ctrl+Shift+P)", "palette"), tool("help", "Keys and gestures (?)", "help"));
}

/** @param {App} app */
function listenTrackFilter(app) {
    const input = /** @type {HTMLInputElement} */ (byId("track-filter"));
    input.addEventListener("input", () => {
        app.arrangement.filter = input.value.trim();
        app.relayout();
    });
    input.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        input.value = "";
        input.dispatchEvent(new Event("input"));
        byId("scroller").focus();
    });
    app.on("layout", () => {
        if (document.activeElement !== input) input.value = app.arrangement.filter;
    });
    byId("track-tools").append(...trackTools(app));
}

function start() {
    const app = new App();
    const actions = new Actions();
    const loader = new Loader(app);
    listenNotes(app);
    app.on("trace", () => {
        forgetCounters();
        forgetMarks();
    });
    const stage = new Stage(app);
    const panel = new Panel(() => app.tell("tab"));
    new Details(panel.add("details", "Selection"), app);
    /** @type {Stats} */
    const stats = new Stats(panel.add("stats", "Statistics", () => stats.refresh()), app, { onchange: () => app.tell("tab") });
    /** @type {Flame} */
    const flame = new Flame(panel.add("flame", "Flame graph", () => { flame.refresh(); flame.draw(); }), app, { onchange: () => app.tell("tab") });
    const search = new Search(panel.add("hits", "Hits"), app, { onfind: () => undefined });
    /** @type {TableView} */
    const table = new TableView(panel.add("table", "Table", () => table.refresh()), app, stage.timeline);
    const link = new Link(app, { panel, search, stats, flame, scroller: stage.scroller });
    addCommands(actions, app, { stage, panel, search, stats, loader, flame });
    addTools(app, actions);
    listenTrackFilter(app);
    actions.listen(document);
    // A selection or a range calls for its tab; another tab that shows it as well stays.
    app.on("selection", () => {
        if ((app.selection || app.selectedMark) && panel.current === "stats") panel.show("details");
    });
    app.on("range", () => {
        if (app.range && panel.current === "details") panel.show("stats");
    });
    app.tell("selection");
    let isFirst = true;
    app.on("trace", async () => {
        if (!isFirst) link.forget();
        isFirst = false;
        await link.read();
        if (app.trace.openInFlame) panel.show("flame");
    });
    loader.start();
}

start();
