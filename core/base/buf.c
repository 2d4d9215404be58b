/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"

#include "core/base/pages.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

void vt_buf_init(struct vt_buf *buf) {
    *buf = (struct vt_buf){0};
}

void vt_buf_fini(struct vt_buf *buf) {
    free(buf->data);
    *buf = (struct vt_buf){0};
}

/* Makes capacity >= size + more + 1 (the NUL). */
static bool grow(struct vt_buf *buf, size_t more) {
    if (buf->failed)
        return false;
    if (more < buf->capacity - buf->size)
        return true;
    size_t capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;
    while (capacity - buf->size <= more) {
        if (capacity > SIZE_MAX / 2) {
            buf->failed = true;
            return false;
        }
        capacity *= 2;
    }
    char *data = realloc(buf->data, capacity);
    if (!data) {
        buf->failed = true;
        return false;
    }
    vt_pages_prefer_large(data, capacity);
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

char *vt_buf_reserve(struct vt_buf *buf, size_t size) {
    return grow(buf, size) ? buf->data + buf->size : NULL;
}

void vt_buf_append(struct vt_buf *buf, const void *bytes, size_t size) {
    if (!grow(buf, size))
        return;
    if (size)
        memcpy(buf->data + buf->size, bytes, size);
    buf->size += size;
    buf->data[buf->size] = '\0';
}

void vt_buf_append_text(struct vt_buf *buf, const char *text) {
    vt_buf_append(buf, text, strlen(text));
}

void vt_buf_append_char(struct vt_buf *buf, char c) {
    vt_buf_append(buf, &c, 1);
}

void vt_buf_printf(struct vt_buf *buf, const char *format, ...) {
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n >= 0 && grow(buf, (size_t)n)) {
        vsnprintf(buf->data + buf->size, (size_t)n + 1, format, again);
        buf->size += (size_t)n;
    }
    va_end(again);
}

void vt_buf_clear(struct vt_buf *buf) {
    buf->size = 0;
    buf->failed = false;
}

char *vt_buf_steal(struct vt_buf *buf) {
    vt_buf_append(buf, "", 0);
    char *data = buf->failed ? NULL : buf->data;
    if (!data)
        free(buf->data);
    *buf = (struct vt_buf){0};
    return data;
}

enum vt_status vt_buf_status(const struct vt_buf *buf, struct vt_error *err) {
    if (buf->failed)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    return VT_OK;
}
