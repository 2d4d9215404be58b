/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads JSON (RFC 8259, UTF-8) that comes in pieces of any size, as tokens.
 *
 *   vt_jscan_feed(scan, piece, size)      the next piece
 *   vt_jscan_run(scan, tokens, capacity)  until the piece is used up, see there
 *   vt_jscan_end(scan, tokens)            after the last piece
 *
 * A token is a whole value with the name it has in its object. It says where it stands
 * in the text, as byte offsets from the beginning; it carries no bytes, and the scanner
 * keeps none: a token may begin in one piece and end in another (vt_jscan_pending tells
 * what is still needed). Containers are tokens for their beginning and end, or, from
 * `detail` on, one token as a whole, checked as strictly.
 *
 * Stricter than the grammar in this: UTF-8 must be valid, numbers must fit into a
 * double, depth and length of strings are limited. Lone surrogate escapes are let
 * through, as Python's json does; a byte order mark may come first.
 *
 * Threads:   one at a time.
 * Hot path:  vt_jscan_run().
 * Ownership: plain data in the caller's memory; borrows `nesting` and the piece until
 *            it is used up. Neither allocates nor calls the operating system.
 */
#ifndef VT_BASE_JSCAN_H
#define VT_BASE_JSCAN_H

#include "core/base/decimal.h"
#include "core/base/error.h"
#include "core/base/jnumber.h"
#include "core/base/jtext.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The documented default of reliability.md F2. */
#define VT_JSCAN_DEPTH 1024u
/* How many bytes of `nesting` a depth needs. */
#define VT_JSCAN_NESTING_BYTES(depth) (((size_t)(depth) + 7) / 8)

enum vt_jscan_kind {
    VT_JSCAN_STRING,
    VT_JSCAN_NUMBER,
    VT_JSCAN_TRUE,
    VT_JSCAN_FALSE,
    VT_JSCAN_NULL,
    VT_JSCAN_OBJECT, /* as a whole */
    VT_JSCAN_ARRAY,
    VT_JSCAN_OPEN_OBJECT, /* only its bracket; the contents follow */
    VT_JSCAN_OPEN_ARRAY,
    VT_JSCAN_CLOSE, /* only the bracket that ends it; bears no name */
};

struct vt_jscan_token {
    uint64_t at, end;         /* of the value, with its quotes or brackets */
    uint64_t name_at;         /* of its name, behind the quote */
    uint32_t name_size;       /* bytes between the quotes */
    uint16_t depth;           /* containers around it */
    uint8_t kind;             /* enum vt_jscan_kind */
    bool has_name;            /* it is a member of an object */
    bool name_escaped;        /* the name has backslashes */
    bool escaped;             /* STRING: it has backslashes */
    struct vt_decimal number; /* NUMBER */
};

struct vt_jscan_options {
    uint8_t *nesting; /* VT_JSCAN_NESTING_BYTES(depth) bytes */
    uint32_t depth;   /* containers may nest this deep */
    uint32_t string_bytes;
    /* A top-level array that holds at least one whole object may lack its bracket and
     * end in a comma (Trace Event Format, "JSON Array Format"). */
    bool open_array;
};

struct vt_jscan {
    /* Containers at this depth are given as a whole, deeper values not at all. May be
     * set after a token at depth 0 or 1; 1 to 65535. */
    uint32_t detail;

    struct vt_jscan_options options;
    const unsigned char *piece, *p, *end; /* of the piece; p: what is used up */
    uint64_t base;                        /* offset of the piece */
    uint64_t pending;            /* of the token that is not whole; UINT64_MAX: none */
    uint64_t at;                 /* of the scalar that is being read */
    uint64_t name_at;            /* of the member that is being read */
    const char *literal;         /* what is to follow of true, false, null */
    struct vt_jnumber number;    /* that is being read */
    struct vt_jscan_token whole; /* the container that is given as a whole */
    uint64_t failed_at;
    uint32_t depth;
    uint32_t name_size;
    struct vt_jtext text; /* the string that is being read */
    uint8_t state;        /* what may come next; see jscan.c */
    uint8_t kind;         /* of the literal that is being read */
    uint8_t failure, failed_byte;
    bool in_object;
    bool is_name; /* the string is the name of a member */
    bool name_escaped;
    bool had_object;     /* the top-level array holds a whole object */
    bool was_open_array; /* it ended without its bracket */
};

void vt_jscan_init(struct vt_jscan *scan, const struct vt_jscan_options *options);

/* The piece before must be used up. */
void vt_jscan_feed(struct vt_jscan *scan, const void *piece, size_t size);

/* Writes up to `capacity` (>= 1) tokens; returns how many. Returns when the piece is
 * used up, the tokens are full, the text is wrong (which uses it up), or right after a
 * token at depth 0 or 1, whatever `detail` says: containers there are never given as a
 * whole. */
size_t vt_jscan_run(struct vt_jscan *scan, struct vt_jscan_token *tokens,
                    size_t capacity);

/* After the last piece; may give one more token. */
size_t vt_jscan_end(struct vt_jscan *scan, struct vt_jscan_token *token);

static inline bool vt_jscan_is_used_up(const struct vt_jscan *scan) {
    return scan->p == scan->end;
}

static inline bool vt_jscan_failed(const struct vt_jscan *scan) {
    return scan->failure != 0;
}

/* How many bytes are used up. */
static inline uint64_t vt_jscan_offset(const struct vt_jscan *scan) {
    return scan->base + (uint64_t)(scan->p - scan->piece);
}

/* Where the token begins, its name included, that is not whole yet; vt_jscan_offset
 * when there is none: bytes before that are of no more use. */
static inline uint64_t vt_jscan_pending(const struct vt_jscan *scan) {
    return scan->pending == UINT64_MAX ? vt_jscan_offset(scan) : scan->pending;
}

/* VT_OK, or what is wrong with the text (VT_ERR_FORMAT, VT_ERR_LIMIT) and where. */
enum vt_status vt_jscan_status(const struct vt_jscan *scan, struct vt_error *err);

#endif
