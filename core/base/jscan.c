/* SPDX-License-Identifier: Apache-2.0
 *
 * A state machine whose state lives in struct vt_jscan, so that a piece may end
 * anywhere. The loops that see most bytes (plain text, digits, blanks) run over the
 * piece; whatever meets the end of a piece goes on from its state with the next one.
 */
#include "core/base/jscan.h"

enum state {
    AT_START,
    IN_MARK, /* the byte order mark */
    AT_VALUE,
    AT_VALUE_OR_END, /* behind [ */
    AT_NAME,         /* behind a comma in an object */
    AT_NAME_OR_END,  /* behind { */
    AT_COLON,
    AT_COMMA_OR_END,
    AT_BOTTOM, /* behind the top-level value */
    IN_STRING,
    IN_NUMBER,
    IN_LITERAL,
};

enum failure {
    NO_FAILURE,
    UNEXPECTED_BYTE,
    UNEXPECTED_END,
    NO_VALUE,
    CONTROL_BYTE,
    BAD_ESCAPE,
    BAD_UTF8,
    BAD_NUMBER,
    TOO_LARGE_NUMBER,
    TOO_DEEP,
    TOO_LONG_STRING,
};

void vt_jscan_init(struct vt_jscan *scan, const struct vt_jscan_options *options) {
    *scan = (struct vt_jscan){
        .options = *options, .detail = 1, .pending = UINT64_MAX, .state = AT_START};
}

void vt_jscan_feed(struct vt_jscan *scan, const void *piece, size_t size) {
    VT_REQUIRE(vt_jscan_is_used_up(scan));
    scan->base += (uint64_t)(scan->end - scan->piece);
    scan->piece = scan->p = piece;
    scan->end = scan->piece + size;
}

static inline uint64_t offset_of(const struct vt_jscan *scan, const unsigned char *p) {
    return scan->base + (uint64_t)(p - scan->piece);
}

static const unsigned char *fail_at(struct vt_jscan *scan, uint64_t at,
                                    enum failure failure) {
    scan->failure = (uint8_t)failure;
    scan->failed_at = at;
    return scan->end; /* nothing more is looked at */
}

static const unsigned char *fail(struct vt_jscan *scan, const unsigned char *p,
                                 enum failure failure) {
    scan->failed_byte = *p;
    return fail_at(scan, offset_of(scan, p), failure);
}

/* ---- tokens */

static inline void end_value(struct vt_jscan *scan) {
    scan->state = scan->depth ? AT_COMMA_OR_END : AT_BOTTOM;
}

/* Fills the token but for what only its kind knows. Returns whether it is one that the
 * caller wants to see. */
static inline bool give(struct vt_jscan *scan, struct vt_jscan_token *out,
                        enum vt_jscan_kind kind, uint64_t at, uint64_t end) {
    if (scan->depth > scan->detail)
        return false;
    out->at = at;
    out->end = end;
    out->name_at = scan->name_at;
    out->name_size = scan->name_size;
    out->depth = (uint16_t)scan->depth;
    out->kind = (uint8_t)kind;
    out->has_name = scan->in_object && kind != VT_JSCAN_CLOSE;
    out->name_escaped = scan->name_escaped;
    out->escaped = scan->text.escaped;
    scan->pending = UINT64_MAX;
    return true;
}

static inline bool is_given_whole(const struct vt_jscan *scan) {
    return scan->depth > 1 && scan->depth == scan->detail;
}

/* ---- strings */

static const unsigned char *read_special(struct vt_jscan *scan,
                                         const unsigned char *p) {
    static const uint8_t failures[] = {
        [VT_JTEXT_CONTROL_BYTE] = CONTROL_BYTE,
        [VT_JTEXT_BAD_ESCAPE] = BAD_ESCAPE,
        [VT_JTEXT_BAD_UTF8] = BAD_UTF8,
    };
    enum vt_jtext_verdict verdict = vt_jtext_take(&scan->text, *p);
    return verdict == VT_JTEXT_FINE ? p + 1 : fail(scan, p, failures[verdict]);
}

static inline bool is_too_long(const struct vt_jscan *scan, const unsigned char *p) {
    return offset_of(scan, p) - scan->at - 1 > scan->options.string_bytes;
}

/* Behind the closing quote. */
static inline bool end_string(struct vt_jscan *scan, const unsigned char *p,
                              struct vt_jscan_token *out) {
    if (scan->is_name) {
        scan->name_at = scan->at + 1;
        scan->name_size = (uint32_t)(offset_of(scan, p) - scan->at - 2);
        scan->name_escaped = scan->text.escaped;
        scan->state = AT_COLON;
        return false;
    }
    end_value(scan);
    return give(scan, out, VT_JSCAN_STRING, scan->at, offset_of(scan, p));
}

static inline const unsigned char *read_string(struct vt_jscan *scan,
                                               const unsigned char *p,
                                               struct vt_jscan_token *out, bool *gave) {
    const unsigned char *end = scan->end;
    while (p < end) {
        if (VT_LIKELY(vt_jtext_is_between(&scan->text))) {
            p = vt_jtext_skip(p, end);
            if (p == end)
                break;
            if (VT_LIKELY(*p == '"')) {
                if (is_too_long(scan, p))
                    break;
                *gave = end_string(scan, p + 1, out);
                return p + 1;
            }
        }
        p = read_special(scan, p);
    }
    if (!scan->failure && is_too_long(scan, p))
        return fail_at(scan, scan->at, TOO_LONG_STRING);
    return p;
}

static inline const unsigned char *begin_string(struct vt_jscan *scan,
                                                const unsigned char *p, bool is_name,
                                                struct vt_jscan_token *out,
                                                bool *gave) {
    scan->state = IN_STRING;
    scan->text = (struct vt_jtext){0};
    scan->at = offset_of(scan, p);
    scan->is_name = is_name;
    return read_string(scan, p + 1, out, gave);
}

static inline const unsigned char *begin_name(struct vt_jscan *scan,
                                              const unsigned char *p,
                                              struct vt_jscan_token *out, bool *gave) {
    if (*p != '"')
        return fail(scan, p, UNEXPECTED_BYTE);
    if (scan->depth <= scan->detail)
        scan->pending = offset_of(scan, p);
    return begin_string(scan, p, true, out, gave);
}

/* ---- numbers */

/* The number ends in front of p, which may be the end of the text. */
static const unsigned char *end_number(struct vt_jscan *scan, const unsigned char *p,
                                       struct vt_jscan_token *out, bool *gave) {
    struct vt_decimal value;
    if (!vt_jnumber_finish(&scan->number, &value))
        return fail_at(scan, scan->at, TOO_LARGE_NUMBER);
    end_value(scan);
    *gave = give(scan, out, VT_JSCAN_NUMBER, scan->at, offset_of(scan, p));
    if (*gave)
        out->number = value;
    return p;
}

static const unsigned char *read_number(struct vt_jscan *scan, const unsigned char *p,
                                        struct vt_jscan_token *out, bool *gave) {
    for (; p < scan->end; p++) {
        enum vt_jnumber_verdict verdict = vt_jnumber_take(&scan->number, *p);
        if (verdict == VT_JNUMBER_ENDS)
            return end_number(scan, p, out, gave);
        if (verdict == VT_JNUMBER_WRONG)
            return fail(scan, p, BAD_NUMBER);
    }
    return p;
}

static inline const unsigned char *begin_number(struct vt_jscan *scan,
                                                const unsigned char *p,
                                                struct vt_jscan_token *out,
                                                bool *gave) {
    scan->at = offset_of(scan, p);
    const unsigned char *behind = vt_jnumber_common(p, scan->end, &out->number);
    if (VT_LIKELY(behind != NULL)) {
        end_value(scan);
        *gave = give(scan, out, VT_JSCAN_NUMBER, scan->at, offset_of(scan, behind));
        return behind;
    }
    scan->state = IN_NUMBER;
    scan->number = (struct vt_jnumber){0};
    return read_number(scan, p, out, gave);
}

/* ---- true, false, null */

static const unsigned char *read_literal(struct vt_jscan *scan, const unsigned char *p,
                                         struct vt_jscan_token *out, bool *gave) {
    for (; *scan->literal && p < scan->end; p++, scan->literal++) {
        if (*p != (unsigned char)*scan->literal)
            return fail(scan, p, UNEXPECTED_BYTE);
    }
    if (*scan->literal == '\0') {
        end_value(scan);
        *gave = give(scan, out, scan->kind, scan->at, offset_of(scan, p));
    }
    return p;
}

static const unsigned char *begin_literal(struct vt_jscan *scan, const unsigned char *p,
                                          struct vt_jscan_token *out, bool *gave) {
    scan->state = IN_LITERAL;
    scan->at = offset_of(scan, p);
    scan->kind = *p == 't' ? VT_JSCAN_TRUE : *p == 'f' ? VT_JSCAN_FALSE : VT_JSCAN_NULL;
    scan->literal = *p == 't' ? "true" : *p == 'f' ? "false" : "null";
    return read_literal(scan, p, out, gave);
}

/* ---- containers */

static const unsigned char *open_container(struct vt_jscan *scan,
                                           const unsigned char *p,
                                           struct vt_jscan_token *out, bool *gave) {
    bool is_object = *p == '{';
    uint64_t at = offset_of(scan, p);
    if (scan->depth == scan->options.depth)
        return fail(scan, p, TOO_DEEP);
    if (is_given_whole(scan)) {
        uint64_t pending = scan->pending;
        give(scan, &scan->whole, is_object ? VT_JSCAN_OBJECT : VT_JSCAN_ARRAY, at, 0);
        scan->pending = pending;
    } else
        *gave = give(scan, out, is_object ? VT_JSCAN_OPEN_OBJECT : VT_JSCAN_OPEN_ARRAY,
                     at, at + 1);
    uint8_t bit = (uint8_t)(1u << (scan->depth % 8));
    uint8_t *bits = &scan->options.nesting[scan->depth / 8];
    *bits = is_object ? *bits | bit : (uint8_t)(*bits & ~bit);
    scan->depth++;
    scan->in_object = is_object;
    scan->state = is_object ? AT_NAME_OR_END : AT_VALUE_OR_END;
    return p + 1;
}

static bool is_object_at(const struct vt_jscan *scan, uint32_t depth) {
    return scan->options.nesting[depth / 8] >> (depth % 8) & 1;
}

/* The container ends in front of the byte at `end`. */
static bool close_container(struct vt_jscan *scan, uint64_t end,
                            struct vt_jscan_token *out) {
    bool was_object = scan->in_object;
    scan->depth--;
    scan->in_object = scan->depth && is_object_at(scan, scan->depth - 1);
    if (scan->depth == 1 && was_object && !scan->in_object)
        scan->had_object = true;
    end_value(scan);
    if (!is_given_whole(scan))
        return give(scan, out, VT_JSCAN_CLOSE, end - 1, end);
    *out = scan->whole;
    out->end = end;
    scan->pending = UINT64_MAX;
    return true;
}

/* ---- the machine */

static inline const unsigned char *begin_value(struct vt_jscan *scan,
                                               const unsigned char *p,
                                               struct vt_jscan_token *out, bool *gave) {
    if (!scan->in_object && scan->depth <= scan->detail)
        scan->pending = offset_of(scan, p);
    switch (*p) {
    case '"':
        return begin_string(scan, p, false, out, gave);
    case '{':
    case '[':
        return open_container(scan, p, out, gave);
    case 't':
    case 'f':
    case 'n':
        return begin_literal(scan, p, out, gave);
    default:
        if (*p != '-' && !vt_jnumber_is_digit(*p))
            return fail(scan, p, UNEXPECTED_BYTE);
        return begin_number(scan, p, out, gave);
    }
}

/* The byte order mark, for which the scanner's literal stands. */
static const unsigned char *read_mark(struct vt_jscan *scan, const unsigned char *p) {
    for (; *scan->literal && p < scan->end; p++, scan->literal++) {
        if (*p != (unsigned char)*scan->literal)
            return fail(scan, p, UNEXPECTED_BYTE);
    }
    if (*scan->literal == '\0')
        scan->state = AT_VALUE;
    return p;
}

static inline const unsigned char *between(struct vt_jscan *scan,
                                           const unsigned char *p,
                                           struct vt_jscan_token *out, bool *gave) {
    unsigned char close = scan->in_object ? '}' : ']';
    if (scan->state == AT_COMMA_OR_END && *p == ',') {
        scan->state = scan->in_object ? AT_NAME : AT_VALUE;
        return p + 1;
    }
    if (*p == close && scan->state != AT_VALUE && scan->state != AT_NAME) {
        *gave = close_container(scan, offset_of(scan, p) + 1, out);
        return p + 1;
    }
    if (scan->state == AT_COMMA_OR_END)
        return fail(scan, p, UNEXPECTED_BYTE);
    if (scan->in_object)
        return begin_name(scan, p, out, gave);
    return begin_value(scan, p, out, gave);
}

static inline const unsigned char *skip_blanks(const unsigned char *p,
                                               const unsigned char *end) {
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* Goes on by a token or a part of one; `*gave`: it was given. */
static inline const unsigned char *step(struct vt_jscan *scan, const unsigned char *p,
                                        struct vt_jscan_token *out, bool *gave) {
    switch (scan->state) {
    case AT_START:
        scan->state = *p == 0xEF ? IN_MARK : AT_VALUE;
        scan->literal = "\xEF\xBB\xBF";
        return p;
    case IN_MARK:
        return read_mark(scan, p);
    case IN_STRING:
        return read_string(scan, p, out, gave);
    case IN_NUMBER:
        return read_number(scan, p, out, gave);
    case IN_LITERAL:
        return read_literal(scan, p, out, gave);
    default:
        break;
    }
    p = skip_blanks(p, scan->end);
    if (p == scan->end)
        return p;
    switch (scan->state) {
    case AT_VALUE:
        return begin_value(scan, p, out, gave);
    case AT_COLON:
        if (*p != ':')
            return fail(scan, p, UNEXPECTED_BYTE);
        scan->state = AT_VALUE;
        return p + 1;
    case AT_BOTTOM:
        return fail(scan, p, UNEXPECTED_BYTE);
    default:
        return between(scan, p, out, gave);
    }
}

size_t vt_jscan_run(struct vt_jscan *scan, struct vt_jscan_token *tokens,
                    size_t capacity) {
    struct vt_jscan_token *out = tokens, *last = tokens + capacity;
    const unsigned char *p = scan->failure ? scan->end : scan->p;
    while (p < scan->end && out < last) {
        bool gave = false;
        p = step(scan, p, out, &gave);
        out += gave;
        if (gave && out[-1].depth <= 1)
            break;
    }
    scan->p = p;
    return (size_t)(out - tokens);
}

/* Whether the text may end in a top-level array without its bracket. */
static bool ends_open(const struct vt_jscan *scan) {
    return scan->options.open_array && scan->had_object && scan->depth == 1 &&
           !scan->in_object &&
           (scan->state == AT_COMMA_OR_END || scan->state == AT_VALUE);
}

size_t vt_jscan_end(struct vt_jscan *scan, struct vt_jscan_token *token) {
    VT_REQUIRE(vt_jscan_is_used_up(scan));
    bool gave = false;
    uint64_t end = vt_jscan_offset(scan);
    if (scan->failure || scan->state == AT_BOTTOM)
        return 0;
    if (scan->state == IN_NUMBER && scan->depth == 0 &&
        vt_jnumber_is_whole(&scan->number))
        end_number(scan, scan->end, token, &gave);
    else if (ends_open(scan)) {
        scan->was_open_array = true;
        gave = close_container(scan, end, token);
    } else if (scan->depth == 0 && scan->state <= AT_VALUE && scan->state != IN_MARK)
        fail_at(scan, end, NO_VALUE);
    else
        fail_at(scan, end, UNEXPECTED_END);
    return gave;
}

/* ---- errors */

static enum vt_status limit_status(const struct vt_jscan *scan, struct vt_error *err) {
    unsigned long long at = scan->failed_at;
    if (scan->failure == TOO_DEEP)
        return vt_error_set(err, VT_ERR_LIMIT,
                            "nested deeper than %lu levels (byte %llu)",
                            (unsigned long)scan->options.depth, at);
    return vt_error_set(err, VT_ERR_LIMIT, "a string longer than %lu bytes (byte %llu)",
                        (unsigned long)scan->options.string_bytes, at);
}

static enum vt_status unexpected_status(const struct vt_jscan *scan,
                                        struct vt_error *err) {
    unsigned byte = scan->failed_byte;
    bool printable = byte > 0x20 && byte < 0x7F;
    return vt_error_set(err, VT_ERR_FORMAT,
                        printable ? "unexpected '%c' (byte %llu)"
                                  : "unexpected byte \\x%02x (byte %llu)",
                        byte, (unsigned long long)scan->failed_at);
}

enum vt_status vt_jscan_status(const struct vt_jscan *scan, struct vt_error *err) {
    static const char *const texts[] = {
        [UNEXPECTED_END] = "the text ends too early",
        [NO_VALUE] = "there is nothing in it",
        [CONTROL_BYTE] = "a control byte in a string",
        [BAD_ESCAPE] = "an escape that JSON does not have",
        [BAD_UTF8] = "text that is not UTF-8",
        [BAD_NUMBER] = "a number that JSON does not have",
        [TOO_LARGE_NUMBER] = "a number too large for a double",
    };
    switch (scan->failure) {
    case NO_FAILURE:
        return VT_OK;
    case UNEXPECTED_BYTE:
        return unexpected_status(scan, err);
    case TOO_DEEP:
    case TOO_LONG_STRING:
        return limit_status(scan, err);
    default:
        return vt_error_set(err, VT_ERR_FORMAT, "%s (byte %llu)", texts[scan->failure],
                            (unsigned long long)scan->failed_at);
    }
}
