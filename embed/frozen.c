/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder's name is put into marshalled code without reading it: in marshal's
 * format a text is its type, its length and its bytes, and nothing in the stream
 * counts bytes from afar. A short ASCII text (type z, interned Z, length in one byte)
 * becomes a Unicode text (u, interned t, length in four) with the mark replaced
 * (Python/marshal.c, 3.4 and later). */
#include "embed/frozen.h"

#include "core/base/buf.h"
#include "embed/pycompat.h"

#include "embed/frozen_generated.h"

#include <string.h>

enum { FLAG_REF = 0x80 };

/* Both live as long as the process: Python keeps the table. */
static char *folder;
static struct _frozen *table;

/* One text of the stream that starts with the mark. */
static void append_located(struct vt_buf *code, unsigned char type, const char *rest,
                           size_t rest_bytes, const char *python_dir) {
    size_t dir_bytes = strlen(python_dir), size = dir_bytes + rest_bytes;
    vt_buf_append_char(
        code, (char)((type & FLAG_REF) | ((type & ~FLAG_REF) == 'Z' ? 't' : 'u')));
    for (int shift = 0; shift < 32; shift += 8)
        vt_buf_append_char(code, (char)(size >> shift & 0xff));
    vt_buf_append(code, python_dir, dir_bytes);
    vt_buf_append(code, rest, rest_bytes);
}

/* Appends the code with the mark replaced wherever it starts a text. */
static void locate(struct vt_buf *code, const char *bytes, size_t size,
                   const char *python_dir) {
    static const char mark[] = VT_FROZEN_MARK;
    const size_t mark_bytes = sizeof mark - 1;
    const char *end = bytes + size, *found;
    while ((found = memmem(bytes, (size_t)(end - bytes), mark, mark_bytes))) {
        size_t text_bytes = (unsigned char)found[-1];
        vt_buf_append(code, bytes, (size_t)(found - 2 - bytes));
        append_located(code, (unsigned char)found[-2], found + mark_bytes,
                       text_bytes - mark_bytes, python_dir);
        bytes = found + text_bytes;
    }
    vt_buf_append(code, bytes, (size_t)(end - bytes));
}

static size_t count_modules(const struct _frozen *rows) {
    size_t count = 0;
    while (rows && rows[count].name)
        count++;
    return count;
}

/* One more row of the table. False: out of memory. */
static bool fill_row(struct _frozen *row, size_t index) {
    struct vt_buf code = {0};
    locate(&code, (const char *)frozen_package[index].bytes, frozen_package[index].size,
           folder);
    int size = (int)code.size;
    row->name = frozen_package[index].name;
    row->code = (unsigned char *)vt_buf_steal(&code);
    VT_FROZEN_SET_SIZE(row, size, frozen_package[index].is_package);
    return row->code != NULL;
}

bool vt_frozen_install(const char *python_dir) {
    size_t others = count_modules(PyImport_FrozenModules);
    folder = strdup(python_dir);
    table = calloc(others + VT_FROZEN_COUNT + 1, sizeof *table);
    if (!folder || !table)
        return false;
    if (others)
        memcpy(table, PyImport_FrozenModules, others * sizeof *table);
    for (size_t i = 0; i < VT_FROZEN_COUNT; i++)
        if (!fill_row(&table[others + i], i))
            return false;
    PyImport_FrozenModules = table;
    return true;
}

static bool importer_knows_us(void) {
    PyObject *imp = PyImport_ImportModule("_imp");
    PyObject *known =
        imp ? PyObject_CallMethod(imp, "is_frozen", "s", "viztracer") : NULL;
    bool yes = known && PyObject_IsTrue(known) == 1;
    Py_XDECREF(known);
    Py_XDECREF(imp);
    PyErr_Clear();
    return yes;
}

void vt_frozen_make_importable(void) {
    if (importer_knows_us())
        return;
    PyObject *path = PySys_GetObject("path");
    PyObject *entry = PyUnicode_DecodeFSDefault(folder);
    if (path && PyList_Check(path) && entry)
        PyList_Append(path, entry);
    Py_XDECREF(entry);
    PyErr_Clear();
}
