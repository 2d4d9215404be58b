/* SPDX-License-Identifier: Apache-2.0
 *
 * Flame graphs: slices merged by call path. A row is walked beside the row above, whose
 * slices have their nodes already; (node above, name) finds or makes the node.
 *
 * Callers are found in the finished tree: every outermost node of the function walks to
 * its root and leaves its times on the way.
 */
#include "viewer/engine/rows.h"

#include <stdlib.h>
#include <string.h>

#define MOST_NODES 1000000u

struct node {
    uint32_t parent, name;
    double calls, total, self, first;
};

struct tree {
    VT_STORE_LIST(struct node) nodes;
    uint32_t *slots; /* 1 + node, by (parent, name) */
    uint32_t slot_count, limit;
};

struct merging {
    struct vt_answer *answer;
    struct tree tree;
    uint32_t only; /* CALLEES: the function, else NONE */
    /* nodes of the slices in the row before and in this one */
    VT_STORE_LIST(uint32_t) above, row;
};

static uint32_t *slot_of(const struct tree *tree, uint32_t parent, uint32_t name) {
    uint64_t key = ((uint64_t)parent << 32 | name) * UINT64_C(0x9E3779B97F4A7C15);
    for (uint32_t i = (uint32_t)(key >> 32);; i++) {
        uint32_t *slot = &tree->slots[i & (tree->slot_count - 1)];
        if (!*slot || (tree->nodes.items[*slot - 1].parent == parent &&
                       tree->nodes.items[*slot - 1].name == name))
            return slot;
    }
}

static bool make_slots(struct tree *tree) {
    if (tree->nodes.count < tree->slot_count / 2)
        return true;
    uint32_t count = tree->slot_count ? tree->slot_count * 2 : 1024;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (!slots)
        return false;
    free(tree->slots);
    tree->slots = slots;
    tree->slot_count = count;
    for (uint32_t i = 0; i < tree->nodes.count; i++)
        *slot_of(tree, tree->nodes.items[i].parent, tree->nodes.items[i].name) = i + 1;
    return true;
}

/* The node below `parent`; NONE: there are too many, or memory ran out. */
static uint32_t find_node(struct tree *tree, uint32_t parent, uint32_t name,
                          double first) {
    struct vt_error err;
    if (!make_slots(tree))
        return VT_STORE_NONE;
    uint32_t *slot = slot_of(tree, parent, name);
    if (*slot)
        return *slot - 1;
    struct node node = {.parent = parent, .name = name, .first = first};
    if (tree->nodes.count >= tree->limit ||
        vt_store_push(&tree->nodes, node, &err) != VT_OK)
        return VT_STORE_NONE;
    *slot = (uint32_t)tree->nodes.count;
    return *slot - 1;
}

/* `inside`: there is a slice around it in the range, whose node is `parent`. */
static void merge_slice(struct merging *m, uint32_t slice, uint32_t parent,
                        bool inside) {
    const struct vt_columns *columns = &m->answer->store->columns;
    int64_t start = columns->start[slice];
    double within =
        (double)vt_answer_within(m->answer, start, vt_columns_dur(columns, slice));
    uint32_t name = columns->name[slice], node = VT_STORE_NONE;
    bool begins = m->only == VT_STORE_NONE ? !inside : name == m->only;
    bool counts = parent != VT_STORE_NONE || begins;
    if (counts)
        node = find_node(&m->tree, parent, name, (double)start);
    bool is_lost = node == VT_STORE_NONE && (counts || m->only == VT_STORE_NONE);
    m->answer->total += is_lost;
    vt_store_push(&m->row, node, &m->answer->err);
    if (node == VT_STORE_NONE)
        return;
    struct node *n = &m->tree.nodes.items[node];
    n->calls++;
    n->total += within;
    n->self += within;
    n->first = (double)start < n->first ? (double)start : n->first;
    if (parent != VT_STORE_NONE)
        m->tree.nodes.items[parent].self -= within;
}

static void visit_merge(void *state, const struct vt_rows_part *above,
                        const struct vt_rows_part *row) {
    struct merging *m = state;
    const struct vt_columns *columns = &m->answer->store->columns;
    uint32_t parent = above ? above->from : 0;
    m->row.count = 0;
    for (uint32_t i = row->from; i < row->to; i++) {
        uint32_t node = VT_STORE_NONE;
        bool inside = false;
        if (above) {
            parent = vt_rows_parent(columns, above, parent, i);
            inside = columns->start[parent] <= columns->start[i] &&
                     vt_columns_end(columns, parent) >= vt_columns_end(columns, i);
        }
        if (inside)
            node = m->above.items[parent - above->from];
        merge_slice(m, i, node, inside);
    }
    uint32_t *items = m->above.items;
    size_t capacity = m->above.capacity;
    m->above.items = m->row.items;
    m->above.count = m->row.count;
    m->above.capacity = m->row.capacity;
    m->row.items = items;
    m->row.capacity = capacity;
}

/* ---- callers */

static bool is_outermost(const struct tree *tree, uint32_t node) {
    uint32_t name = tree->nodes.items[node].name;
    for (uint32_t i = tree->nodes.items[node].parent; i != VT_STORE_NONE;
         i = tree->nodes.items[i].parent)
        if (tree->nodes.items[i].name == name)
            return false;
    return true;
}

static void add_callers(struct tree *to, const struct tree *from, uint32_t node) {
    struct node source = from->nodes.items[node];
    uint32_t below = VT_STORE_NONE;
    for (uint32_t i = node; i != VT_STORE_NONE; i = from->nodes.items[i].parent) {
        below = find_node(to, below, from->nodes.items[i].name, source.first);
        if (below == VT_STORE_NONE)
            return;
        struct node *n = &to->nodes.items[below];
        n->calls += source.calls;
        n->total += source.total;
        n->self += source.self;
        n->first = source.first < n->first ? source.first : n->first;
    }
}

static struct tree turn_round(const struct tree *from, uint32_t name) {
    struct tree to = {.limit = from->limit};
    for (uint32_t i = 0; i < from->nodes.count; i++)
        if (from->nodes.items[i].name == name && is_outermost(from, i))
            add_callers(&to, from, i);
    return to;
}

/* ---- order */

struct ranked {
    double key;
    uint32_t node;
};

static int compare_ranked(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->node < y->node ? -1 : 1;
}

/* Node numbers in the order of the reply: parents first, siblings by rank. `links` has
 * room for 2 * (count + 1): first child and next sibling; ranked is in order. */
static void walk_tree(const struct tree *tree, const struct ranked *ranked,
                      uint32_t *links, uint32_t *order) {
    uint32_t count = (uint32_t)tree->nodes.count, at = 0;
    uint32_t *child = links, *next = links + count + 1;
    memset(links, 0xff, 2 * ((size_t)count + 1) * sizeof *links);
    for (uint32_t i = count; i--;) { /* pushed in front, so from behind */
        uint32_t node = ranked[i].node, parent = tree->nodes.items[node].parent;
        uint32_t home = parent == VT_STORE_NONE ? count : parent;
        next[node] = child[home];
        child[home] = node;
    }
    for (uint32_t node = child[count]; node != VT_STORE_NONE;) {
        order[at++] = node;
        uint32_t step = child[node];
        while (step == VT_STORE_NONE && node != VT_STORE_NONE) {
            step = next[node];
            if (step == VT_STORE_NONE)
                node = tree->nodes.items[node].parent;
        }
        node = step;
    }
}

static void put_nodes(struct vt_answer *answer, const struct tree *tree,
                      const uint32_t *order, uint32_t *place) {
    uint32_t n = (uint32_t)tree->nodes.count;
    for (uint32_t i = 0; i < n; i++)
        place[order[i]] = i;
    uint32_t *u32 = vt_answer_column(answer, n, sizeof *u32);
    for (uint32_t i = 0; u32 && i < n; i++) {
        uint32_t parent = tree->nodes.items[order[i]].parent;
        u32[i] = parent == VT_STORE_NONE ? VT_STORE_NONE : place[parent];
    }
    u32 = vt_answer_column(answer, n, sizeof *u32);
    for (uint32_t i = 0; u32 && i < n; i++)
        u32[i] = tree->nodes.items[order[i]].name;
    for (int column = 0; column < 4; column++) {
        double *to = vt_answer_column(answer, n, sizeof *to);
        for (uint32_t i = 0; to && i < n; i++) {
            const struct node *node = &tree->nodes.items[order[i]];
            to[i] = column == 0   ? node->calls
                    : column == 1 ? node->total
                    : column == 2 ? node->self
                                  : node->first;
        }
    }
    answer->count = n;
}

static void put_tree(struct vt_answer *answer, const struct tree *tree) {
    size_t n = tree->nodes.count;
    struct ranked *ranked = malloc((n + 1) * sizeof *ranked);
    uint32_t *links = malloc(2 * (n + 1) * sizeof *links);
    uint32_t *order = malloc((n + 1) * sizeof *order);
    if (!ranked || !links || !order)
        vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
    else {
        for (uint32_t i = 0; i < n; i++) {
            const struct node *node = &tree->nodes.items[i];
            double key = answer->a == VT_FLAME_TIME ? node->first : -node->total;
            ranked[i] = (struct ranked){key, i};
        }
        if (vt_store_sort(ranked, n, sizeof *ranked, compare_ranked, &answer->err) ==
            VT_OK) {
            walk_tree(tree, ranked, links, order);
            put_nodes(answer, tree, order, links);
        }
    }
    free(ranked);
    free(links);
    free(order);
}

static void free_tree(struct tree *tree) {
    free(tree->nodes.items);
    free(tree->slots);
}

void vt_answer_flame(struct vt_answer *answer) {
    struct merging m = {.answer = answer, .only = VT_STORE_NONE};
    if (answer->a > VT_FLAME_CALLEES) {
        vt_answer_fail(answer, VT_ERR_USAGE, "there is no such flame graph");
        return;
    }
    if (answer->a >= VT_FLAME_CALLERS && !vt_answer_has_name(answer, answer->b))
        return;
    if (answer->a == VT_FLAME_CALLEES)
        m.only = answer->b;
    m.tree.limit =
        answer->limit && answer->limit < MOST_NODES ? answer->limit : MOST_NODES;
    vt_rows_visit(answer, visit_merge, &m);
    if (answer->a == VT_FLAME_CALLERS) {
        struct tree turned = turn_round(&m.tree, answer->b);
        put_tree(answer, &turned);
        free_tree(&turned);
    } else
        put_tree(answer, &m.tree);
    free_tree(&m.tree);
    free(m.above.items);
    free(m.row.items);
}
