// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Where the boxes of a flame graph stand. Nodes come as a table, parents before their children.

/**
 * @typedef {{parent: number, name: number, total: number, self: number, calls: number, t0: number}} FlameNode
 *   parent: index into the table, -1 for a root; t0: when it began, for the order of time
 * @typedef {{node: number, x: number, width: number, depth: number}} FlameBox x and width: shares of one
 */

/** @param {FlameNode[]} nodes @returns {number[][]} children of each node; the last entry: the roots */
export function childrenOf(nodes) {
    /** @type {number[][]} */
    const children = Array.from({ length: nodes.length + 1 }, () => []);
    nodes.forEach((node, i) => children[node.parent < 0 ? nodes.length : node.parent].push(i));
    return children;
}

/**
 * @param {FlameNode[]} nodes @param {number} zoomed the node that fills the width, or -1
 * @param {"time" | "heavy"} order @param {number} least the least width that is laid out
 * @returns {{boxes: FlameBox[], depth: number}}
 */
export function layOutFlame(nodes, zoomed, order, least) {
    const children = childrenOf(nodes);
    /** @type {FlameBox[]} */
    const boxes = [];
    let deepest = 0;
    const above = [];
    for (let at = zoomed < 0 ? -1 : nodes[zoomed].parent; at >= 0; at = nodes[at].parent) above.unshift(at);
    above.forEach((node, depth) => boxes.push({ node, x: 0, width: 1, depth }));
    const roots = zoomed < 0 ? children[nodes.length] : [zoomed];
    const whole = roots.reduce((sum, i) => sum + nodes[i].total, 0) || 1;
    /** @type {{list: number[], x: number, depth: number}[]} */
    const todo = [{ list: roots, x: 0, depth: above.length }];
    for (let job = todo.pop(); job; job = todo.pop()) {
        const list = job.list.slice().sort((a, b) => (order === "heavy"
            ? nodes[b].total - nodes[a].total : nodes[a].t0 - nodes[b].t0) || a - b);
        let x = job.x;
        for (const node of list) {
            const width = nodes[node].total / whole;
            if (width >= least) {
                boxes.push({ node, x, width, depth: job.depth });
                deepest = Math.max(deepest, job.depth);
                if (children[node].length) todo.push({ list: children[node], x, depth: job.depth + 1 });
            }
            x += width;
        }
    }
    return { boxes, depth: Math.max(deepest, above.length) + 1 };
}
