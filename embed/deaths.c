/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/deaths.h"

#include "embed/funcid.h"

#include <stdlib.h>
#include <string.h>

/* ---- code objects ---------------------------------------------------------------- */

/* Code objects by number; a free number's entry is empty and names the next free one.
 */
struct numbered {
    PyCodeObject *code; /* NULL: free */
    size_t next_free;
};

static struct numbered *codes;
static size_t code_count, code_capacity;
static size_t first_free = SIZE_MAX;

static Py_ssize_t extra_index = -2; /* -2: not asked for yet, -1: refused */

/* The interpreter calls this when a code object dies; `extra` is 1 + its number. */
static void on_code_freed(void *extra) {
    size_t number = (size_t)(uintptr_t)extra - 1;
    if (!extra || number >= code_count || !codes[number].code)
        return;
    vt_funcid_forget_code(codes[number].code);
    codes[number] = (struct numbered){NULL, first_free};
    first_free = number;
}

/* SIZE_MAX: no memory. */
static size_t give_number(PyCodeObject *code) {
    size_t number = first_free;
    if (number != SIZE_MAX) {
        first_free = codes[number].next_free;
    } else {
        if (code_count == code_capacity) {
            size_t capacity = code_capacity ? code_capacity * 2 : 1024;
            struct numbered *grown = realloc(codes, capacity * sizeof *grown);
            if (!grown)
                return SIZE_MAX;
            codes = grown;
            code_capacity = capacity;
        }
        number = code_count++;
    }
    codes[number] = (struct numbered){code, SIZE_MAX};
    return number;
}

static void take_number_back(size_t number) {
    codes[number] = (struct numbered){NULL, first_free};
    first_free = number;
}

/* Without an extra slot the code objects known are those that were kept alive. */
static bool is_kept(const PyCodeObject *code) {
    for (size_t i = 0; i < code_count; i++) {
        if (codes[i].code == code)
            return true;
    }
    return false;
}

static bool has_number(PyCodeObject *code) {
    void *extra = NULL;
    if (extra_index < 0)
        return is_kept(code);
    if (vt_py_get_code_extra((PyObject *)code, extra_index, &extra) != 0)
        return false;
    size_t number = (size_t)(uintptr_t)extra - 1;
    return extra && number < code_count && codes[number].code == code;
}

void vt_deaths_watch_code(PyCodeObject *code) {
    if (extra_index == -2)
        extra_index = vt_py_request_code_extra(on_code_freed);
    if (has_number(code))
        return;
    size_t number = give_number(code);
    if (number != SIZE_MAX && extra_index >= 0 &&
        vt_py_set_code_extra((PyObject *)code, extra_index,
                             (void *)((uintptr_t)number + 1)) == 0)
        return;
    PyErr_Clear();
    if (number != SIZE_MAX && extra_index >= 0)
        take_number_back(number);
    Py_INCREF(code);
}

void vt_deaths_each_code(void (*visit)(PyCodeObject *code, void *state), void *state) {
    for (size_t i = 0; i < code_count; i++) {
        if (codes[i].code)
            visit(codes[i].code, state);
    }
}

/* ---- types, and what is kept ----------------------------------------------------- */

/* The addresses that were seen: open addressing, a power of two slots, at most half
 * full. `dead` keeps the probes behind it going. */
static const void **seen;
static size_t seen_slots, seen_used;
static const char dead;

static size_t probe_seen(const void *address) {
    uint64_t mixed = (uint64_t)(uintptr_t)address * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(mixed >> 20) & (seen_slots - 1);
    while (seen[at] && seen[at] != address)
        at = (at + 1) & (seen_slots - 1);
    return at;
}

static bool make_room(void) {
    if (2 * (seen_used + 1) <= seen_slots)
        return true;
    size_t old_slots = seen_slots;
    const void **old = seen;
    const void **fresh = calloc(old_slots ? old_slots * 2 : 64, sizeof(const void *));
    if (!fresh)
        return false;
    seen = fresh;
    seen_slots = old_slots ? old_slots * 2 : 64;
    seen_used = 0;
    for (size_t i = 0; i < old_slots; i++) {
        if (old[i] && old[i] != &dead) {
            seen[probe_seen(old[i])] = old[i];
            seen_used++;
        }
    }
    free(old);
    return true;
}

/* Whether it is seen for the first time; always so without memory. */
static bool see(const void *address) {
    if (!make_room())
        return true;
    size_t at = probe_seen(address);
    if (seen[at])
        return false;
    seen[at] = address;
    seen_used++;
    return true;
}

/* Called with the weak reference; `self` is the type's address in a PyLong. */
static PyObject *on_type_freed(PyObject *self, PyObject *weak_reference) {
    const void *type = PyLong_AsVoidPtr(self);
    size_t at = probe_seen(type);
    if (seen[at])
        seen[at] = &dead;
    vt_funcid_forget_type(type);
    Py_DECREF(weak_reference); /* the reference that refer_weakly made */
    Py_RETURN_NONE;
}

static PyMethodDef type_freed_method = {"type_freed", on_type_freed, METH_O, NULL};

static PyObject *refer_weakly(PyTypeObject *type) {
    PyObject *address = PyLong_FromVoidPtr(type);
    PyObject *callback = address ? PyCFunction_New(&type_freed_method, address) : NULL;
    PyObject *reference =
        callback ? PyWeakref_NewRef((PyObject *)type, callback) : NULL;
    Py_XDECREF(callback);
    Py_XDECREF(address);
    return reference;
}

void vt_deaths_watch_type(PyTypeObject *type) {
    if (!see(type) || refer_weakly(type))
        return;
    PyErr_Clear();
    Py_INCREF(type);
}

void vt_deaths_keep(PyObject *object) {
    if (see(object))
        Py_INCREF(object);
}
