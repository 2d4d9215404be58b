/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder's name is put into marshalled code without reading it: in marshal's
 * format a text is its type, its length and its bytes, and nothing in the stream
 * counts bytes from afar. A short ASCII text (type z, interned Z, length in one byte)
 * becomes a Unicode text (u, interned t, length in four) with the mark replaced
 * (Python/marshal.c, 3.4 and later). */
#include "embed/frozen.h"

#include "core/base/buf.h"
#include "core/base/utf8.h"
#include "embed/pycompat.h"

#include "embed/frozen_generated.h"

#include <string.h>

enum { FLAG_REF = 0x80 };

static struct _frozen *table; /* Python keeps it as long as the process lives */

/* Appends the folder's name as Python decodes file names: a byte that is no UTF-8
 * becomes the surrogate U+DC00 + byte. Marshal's texts may hold those. */
static void append_folder(struct vt_buf *text, const char *name) {
    const unsigned char *p = (const unsigned char *)name, *end = p + strlen(name);
    while (p < end) {
        unsigned char bytes[4];
        const unsigned char *start = p;
        uint32_t code_point = vt_utf8_next(&p, end);
        if (code_point == VT_UTF8_INVALID || vt_utf8_is_surrogate(code_point)) {
            code_point = 0xDC00u + *start;
            p = start + 1;
        }
        vt_buf_append(text, bytes, vt_utf8_put(bytes, code_point));
    }
}

/* One text of the stream that starts with the mark. */
static void append_located(struct vt_buf *code, unsigned char type, const char *rest,
                           size_t rest_bytes, const struct vt_buf *folder) {
    size_t size = folder->size + rest_bytes;
    vt_buf_append_char(
        code, (char)((type & FLAG_REF) | ((type & ~FLAG_REF) == 'Z' ? 't' : 'u')));
    for (int shift = 0; shift < 32; shift += 8)
        vt_buf_append_char(code, (char)(size >> shift & 0xff));
    vt_buf_append(code, folder->data, folder->size);
    vt_buf_append(code, rest, rest_bytes);
}

/* Appends the code with the mark replaced wherever it starts a text. */
static void locate(struct vt_buf *code, const char *bytes, size_t size,
                   const struct vt_buf *folder) {
    static const char mark[] = VT_FROZEN_MARK;
    const size_t mark_bytes = sizeof mark - 1;
    const char *end = bytes + size, *found;
    while ((found = memmem(bytes, (size_t)(end - bytes), mark, mark_bytes))) {
        size_t text_bytes = (unsigned char)found[-1];
        vt_buf_append(code, bytes, (size_t)(found - 2 - bytes));
        append_located(code, (unsigned char)found[-2], found + mark_bytes,
                       text_bytes - mark_bytes, folder);
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
static bool fill_row(struct _frozen *row, size_t index, const struct vt_buf *folder) {
    struct vt_buf code = {0};
    locate(&code, (const char *)frozen_package[index].bytes, frozen_package[index].size,
           folder);
    int size = (int)code.size;
    row->name = frozen_package[index].name;
    row->code = (unsigned char *)vt_buf_steal(&code);
    VT_FROZEN_SET_SIZE(row, size, frozen_package[index].is_package);
    return row->code != NULL;
}

static bool fill_table(size_t others, const struct vt_buf *folder) {
    if (others)
        memcpy(table, PyImport_FrozenModules, others * sizeof *table);
    for (size_t i = 0; i < VT_FROZEN_COUNT; i++)
        if (!fill_row(&table[others + i], i, folder))
            return false;
    return true;
}

bool vt_frozen_install(const char *python_dir) {
    size_t others = count_modules(PyImport_FrozenModules);
    struct vt_buf folder = {0};
    append_folder(&folder, python_dir);
    table = calloc(others + VT_FROZEN_COUNT + 1, sizeof *table);
    bool is_filled = table && !folder.failed && fill_table(others, &folder);
    vt_buf_fini(&folder);
    if (is_filled)
        PyImport_FrozenModules = table;
    return is_filled;
}
