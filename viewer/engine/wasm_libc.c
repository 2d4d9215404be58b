/* SPDX-License-Identifier: Apache-2.0
 *
 * The few functions of libc that the page's engine has in a smaller form: wasi-libc's
 * are made for streams, locales and processors without instructions for copying, and
 * would be a fifth of engine.wasm. With these the module imports nothing.
 *
 * Formats: %s, %d, %u, %c and %%, with h, l, ll, z, and zeros and width in front: what
 * the engine and core/base write. An unknown one stands in the text as it is.
 */
#include "viewer/engine/heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 65536 };

struct text {
    char *at;
    size_t room, size; /* size: of the whole, also what there is no room for */
};

static void put(struct text *text, char c) {
    if (text->size < text->room)
        text->at[text->size] = c;
    text->size++;
}

static void put_number(struct text *text, unsigned long long number, int width) {
    char digits[20];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    for (int i = count; i < width; i++)
        put(text, '0');
    while (count)
        put(text, digits[--count]);
}

static unsigned long long read_unsigned(va_list *args, bool is_wide) {
    return is_wide ? va_arg(*args, unsigned long long) : va_arg(*args, unsigned);
}

/* One conversion, from behind its % on; returns where the format goes on. */
static const char *convert(struct text *text, const char *format, va_list *args) {
    int width = 0, longs = 0;
    for (; *format >= '0' && *format <= '9'; format++)
        width = width * 10 + (*format - '0');
    for (; *format == 'l' || *format == 'z' || *format == 'h'; format++)
        longs += *format == 'l';
    if (*format == 's') {
        for (const char *s = va_arg(*args, const char *); *s; s++)
            put(text, *s);
    } else if (*format == 'u') {
        put_number(text, read_unsigned(args, longs > 1), width);
    } else if (*format == 'd') {
        long long number =
            longs > 1 ? va_arg(*args, long long) : (long long)va_arg(*args, int);
        if (number < 0)
            put(text, '-');
        put_number(text,
                   number < 0 ? 0 - (unsigned long long)number
                              : (unsigned long long)number,
                   width);
    } else
        put(text, *format == 'c' ? (char)va_arg(*args, int) : *format);
    return *format ? format + 1 : format;
}

int vsnprintf(char *at, size_t size, const char *format, va_list args) {
    struct text text = {at, size ? size - 1 : 0, 0};
    va_list rest;
    va_copy(rest, args);
    while (*format)
        if (*format == '%')
            format = convert(&text, format + 1, &rest);
        else
            put(&text, *format++);
    va_end(rest);
    if (size)
        at[text.size < text.room ? text.size : text.room] = '\0';
    return (int)text.size;
}

int snprintf(char *at, size_t size, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int count = vsnprintf(at, size, format, args);
    va_end(args);
    return count;
}

/* ---- memory: one stretch, from the end of the data to that of the module's memory */

extern char __heap_base; /* where the linker's data ends */

static struct vt_heap heap;

static bool grow(void *state, size_t size) {
    (void)state;
    return __builtin_wasm_memory_grow(0, size / PAGE_BYTES) != SIZE_MAX;
}

/* Nobody may call any of these before; the linker's constructors do not. */
__attribute__((constructor)) static void init_heap(void) {
    uintptr_t begin = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
    size_t size = __builtin_wasm_memory_size(0) * PAGE_BYTES - begin;
    vt_heap_init(&heap, (void *)begin, size, grow, NULL);
}

void *malloc(size_t size) {
    return vt_heap_alloc(&heap, size);
}

void free(void *bytes) {
    vt_heap_free(&heap, bytes);
}

void *realloc(void *bytes, size_t size) {
    return vt_heap_realloc(&heap, bytes, size);
}

void *calloc(size_t count, size_t size) {
    size_t all;
    if (__builtin_mul_overflow(count, size, &all))
        return NULL;
    void *bytes = malloc(all);
    return bytes ? memset(bytes, 0, all) : NULL;
}

/* One instruction each. */
void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    return __builtin_memcpy(to, from, size);
}

void *memmove(void *to, const void *from, size_t size) {
    return __builtin_memmove(to, from, size);
}

void *memset(void *to, int value, size_t size) {
    return __builtin_memset(to, value, size);
}
