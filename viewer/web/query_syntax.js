// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What is typed into the search box → what the engine is asked.
//
//   open file             both words in the name, in any case
//   "open file"           as it stands
//   /read|write/          a regular expression
//   thread:main           on threads whose name, pid or tid contains it (process: likewise)
//   dur>1ms  dur<=20us    durations
//   arg:user_id           in the arguments
import { parseDuration } from "./units.js";

/**
 * @typedef {{words: string[], regex: string, thread: string[], process: string[], arg: string[],
 *            minNs: number, maxNs: number, error: string}} Query
 */

const TOKEN = /"((?:[^"\\]|\\.)*)"|\/((?:[^/\\]|\\.)+)\/(?=\s|$)|(\w+):("(?:[^"\\]|\\.)*"|\S+)|(dur)\s*(>=|<=|>|<|=)\s*(\S+)|(\S+)/giy;

/** @returns {Query} */
function emptyQuery() {
    return {
        words: [], regex: "", thread: [], process: [], arg: [],
        minNs: 0, maxNs: Infinity, error: "",
    };
}

/** @param {string} text @returns {Query} */
export function parseQuery(text) {
    const query = emptyQuery();
    let at = 0;
    for (;;) {
        while (at < text.length && /\s/.test(text[at])) at++;
        if (at >= text.length) return query;
        TOKEN.lastIndex = at;
        const match = TOKEN.exec(text);
        if (!match) return query;
        at = TOKEN.lastIndex;
        addToken(query, match);
    }
}

/** @param {Query} query @param {RegExpExecArray} match */
function addToken(query, match) {
    const [whole, quoted, regex, key, value, dur, operator, limit] = match;
    if (quoted !== undefined) query.words.push(unquote(quoted));
    else if (regex !== undefined) setRegex(query, regex);
    else if (dur !== undefined) setDuration(query, operator, limit);
    else if (key !== undefined && addFilter(query, key.toLowerCase(), value)) return;
    else query.words.push(whole);
}

/** @param {string} text */
function unquote(text) {
    return text.replace(/\\(.)/g, "$1");
}

/** @param {Query} query @param {string} source */
function setRegex(query, source) {
    try {
        new RegExp(source, "iu");
        query.regex = source;
    } catch (error) {
        query.error = `not a regular expression: /${source}/`;
    }
}

/** @param {Query} query @param {string} operator @param {string} limit */
function setDuration(query, operator, limit) {
    const ns = parseDuration(limit);
    if (ns === null) {
        query.error = `not a duration: ${limit} (try dur>1ms)`;
        return;
    }
    // Durations are whole nanoseconds, so > and >= differ by one.
    if (operator === ">") query.minNs = Math.max(query.minNs, Math.floor(ns) + 1);
    if (operator === ">=" || operator === "=") query.minNs = Math.max(query.minNs, Math.ceil(ns));
    if (operator === "<") query.maxNs = Math.min(query.maxNs, Math.ceil(ns) - 1);
    if (operator === "<=" || operator === "=") query.maxNs = Math.min(query.maxNs, Math.floor(ns));
}

/** @param {Query} query @param {string} key @param {string} raw */
function addFilter(query, key, raw) {
    const value = raw.startsWith('"') ? unquote(raw.slice(1, -1)) : raw;
    if (key === "thread" || key === "tid") query.thread.push(value.toLowerCase());
    else if (key === "process" || key === "pid") query.process.push(value.toLowerCase());
    else if (key === "arg" || key === "args") query.arg.push(value);
    else if (key === "name") query.words.push(value);
    else return false;
    return true;
}

/** Nothing that could match less than everything. @param {Query} query */
export function isEmptyQuery(query) {
    return !query.words.length && !query.regex && !query.thread.length && !query.process.length &&
        !query.arg.length && query.minNs === 0 && query.maxNs === Infinity;
}

/** Whether a name fits the words and the regular expression. @param {Query} query @param {string} name */
export function matchesName(query, name) {
    const lower = name.toLowerCase();
    if (!query.words.every((word) => lower.includes(word.toLowerCase()))) return false;
    return !query.regex || new RegExp(query.regex, "iu").test(name);
}
