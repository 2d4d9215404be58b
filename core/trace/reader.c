/* SPDX-License-Identifier: Apache-2.0
 *
 * The scanner's tokens are collected until an event, or a member of something else, is
 * whole; then its bytes are looked up. They stand in the piece, or, when it began in an
 * earlier one, in `carry`, which keeps a text from the first byte that is still needed:
 *
 *   … ──────────────┬───────────────── piece ─────────────────┬── …
 *          │ carry  │                                         │
 *          └ hold: the event began here                       └ kept in carry until the
 *                                                               event ends
 */
#include "core/trace/reader.h"
#include "core/trace/event_fields.h"

#include <stdlib.h>
#include <string.h>

enum { TOKENS = 512 };

/* What the tokens that come next are. */
enum context {
    AT_TOP,
    IN_OBJECT,   /* members of the top-level object */
    IN_EVENTS,   /* elements of traceEvents, or of the top-level array */
    IN_METADATA, /* members of viztracer_metadata */
    IN_FILE_INFO,
    IN_FILES,     /* members of files or functions */
    IN_ENTRY,     /* elements of one of these */
    IN_CONTAINER, /* a member of the top-level object that is taken as a whole */
    AT_BOTTOM,
};

struct vt_reader {
    struct vt_reader_handler handler;
    struct vt_reader_stats stats;
    enum vt_status failed; /* VT_OK until something is wrong */
    struct vt_jscan scan;
    uint8_t *nesting;

    const char *piece;
    uint64_t piece_at;
    struct vt_buf carry;
    uint64_t carry_at;

    struct vt_jscan_token *tokens; /* from `first` on not used up */
    size_t token_capacity, token_count, first;

    enum context context;
    bool top_is_array;
    bool in_event;
    bool is_holding;
    uint64_t hold;              /* bytes from here on are needed, if is_holding */
    struct vt_jscan_token open; /* of the member that is held */
    enum vt_reader_place place; /* of the members in files and functions */
    size_t elements;            /* of the entry so far */
};

/* ---- life */

enum vt_status vt_reader_create(const struct vt_reader_limits *limits,
                                const struct vt_reader_handler *handler,
                                struct vt_reader **reader, struct vt_error *err) {
    uint32_t depth = limits->depth ? limits->depth : VT_JSCAN_DEPTH;
    VT_REQUIRE(depth <= VT_READER_MOST_DEPTH);
    struct vt_reader *made = calloc(1, sizeof *made);
    if (!made)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    made->handler = *handler;
    made->nesting = malloc(VT_JSCAN_NESTING_BYTES(depth));
    made->token_capacity = TOKENS;
    made->tokens = malloc(TOKENS * sizeof *made->tokens);
    if (!made->nesting || !made->tokens) {
        vt_reader_destroy(made);
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    struct vt_jscan_options options = {
        .nesting = made->nesting,
        .depth = depth,
        .string_bytes =
            limits->string_bytes ? limits->string_bytes : VT_READER_STRING_BYTES,
        .open_array = true,
    };
    vt_jscan_init(&made->scan, &options);
    *reader = made;
    return VT_OK;
}

void vt_reader_destroy(struct vt_reader *reader) {
    if (!reader)
        return;
    vt_buf_fini(&reader->carry);
    free(reader->tokens);
    free(reader->nesting);
    free(reader);
}

const struct vt_reader_stats *vt_reader_stats(const struct vt_reader *reader) {
    return &reader->stats;
}

bool vt_reader_is_between_events(const struct vt_reader *reader) {
    return reader->failed == VT_OK && reader->context == IN_EVENTS &&
           !reader->in_event &&
           vt_jscan_pending(&reader->scan) == vt_jscan_offset(&reader->scan);
}

/* ---- bytes */

/* The text from `at` to `end`, which the scanner has passed: in the piece, or in the
 * carry, to which what is missing is added. NULL: memory ran out. */
static const char *bytes_from(struct vt_reader *reader, uint64_t at, uint64_t end) {
    if (at >= reader->piece_at)
        return reader->piece + (at - reader->piece_at);
    uint64_t have = reader->carry_at + reader->carry.size;
    if (have < end)
        vt_buf_append(&reader->carry, reader->piece + (have - reader->piece_at),
                      (size_t)(end - have));
    if (reader->carry.failed)
        return NULL;
    return reader->carry.data + (at - reader->carry_at);
}

/* At the end of a piece: keeps what will still be needed. */
static enum vt_status keep(struct vt_reader *reader, size_t size,
                           struct vt_error *err) {
    uint64_t end = reader->piece_at + size;
    uint64_t from = vt_jscan_pending(&reader->scan);
    if (reader->is_holding && reader->hold < from)
        from = reader->hold;
    if (from < reader->piece_at) {
        bytes_from(reader, from, end);
        return vt_buf_status(&reader->carry, err);
    }
    vt_buf_clear(&reader->carry);
    reader->carry_at = from;
    vt_buf_append(&reader->carry, reader->piece + (from - reader->piece_at),
                  (size_t)(end - from));
    return vt_buf_status(&reader->carry, err);
}

static void hold_from(struct vt_reader *reader, uint64_t at) {
    reader->is_holding = true;
    reader->hold = at;
}

/* ---- events */

static enum vt_status give_event(struct vt_reader *reader,
                                 const struct vt_jscan_token *open,
                                 const struct vt_jscan_token *close,
                                 struct vt_error *err) {
    struct vt_reader_event event = {
        .offset = open->at,
        .text = bytes_from(reader, open->at, close->end),
        .size = (size_t)(close->end - open->at),
        .members = open + 1,
        .member_count = (size_t)(close - open) - 1,
    };
    if (!event.text)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    enum vt_status status = vt_event_fields_read(&event, &reader->stats, err);
    if (status != VT_OK)
        return status;
    reader->stats.events++;
    return reader->handler.event(reader->handler.state, &event, err);
}

/* A token that is an element of the array of events, or ends it. */
static enum vt_status begin_event(struct vt_reader *reader,
                                  const struct vt_jscan_token *token,
                                  struct vt_error *err) {
    if (token->kind == VT_JSCAN_CLOSE) {
        reader->context = reader->top_is_array ? AT_BOTTOM : IN_OBJECT;
        return VT_OK;
    }
    if (token->kind != VT_JSCAN_OPEN_OBJECT)
        return vt_event_fields_wrong_kind("an event", token, err);
    reader->in_event = true;
    hold_from(reader, token->at);
    return VT_OK;
}

/* ---- what stands beside the events */

/* A member whose value begins at open->at and ends at `end`. */
static enum vt_status give_member(struct vt_reader *reader, enum vt_reader_place place,
                                  const struct vt_jscan_token *open, uint64_t end,
                                  struct vt_error *err) {
    if (!reader->handler.member)
        return VT_OK;
    const char *name = bytes_from(reader, open->name_at, end);
    if (!name)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    enum vt_jscan_kind kind = open->kind;
    if (kind == VT_JSCAN_OPEN_OBJECT || kind == VT_JSCAN_OPEN_ARRAY)
        kind = kind == VT_JSCAN_OPEN_OBJECT ? VT_JSCAN_OBJECT : VT_JSCAN_ARRAY;
    struct vt_reader_member member = {
        .place = place,
        .name = name,
        .name_size = open->name_size,
        .name_escaped = open->name_escaped,
        .value = name + (open->at - open->name_at),
        .value_size = (size_t)(end - open->at),
        .kind = kind,
    };
    if (kind == VT_JSCAN_NUMBER)
        member.number = open->number;
    return reader->handler.member(reader->handler.state, &member, err);
}

/* From now on `open` and what follows is held, until give_held. */
static void hold_member(struct vt_reader *reader, const struct vt_jscan_token *open) {
    reader->open = *open;
    if (reader->handler.member)
        hold_from(reader, open->name_at);
}

static enum vt_status give_held(struct vt_reader *reader, enum vt_reader_place place,
                                const struct vt_jscan_token *close,
                                struct vt_error *err) {
    reader->is_holding = false;
    return give_member(reader, place, &reader->open, close->end, err);
}

static bool is_named(struct vt_reader *reader, const struct vt_jscan_token *token,
                     const char *name) {
    size_t size = strlen(name);
    const char *bytes = bytes_from(reader, token->name_at, token->at);
    if (!bytes || token->name_escaped || token->name_size != size) {
        char plain[6 * 32];
        return bytes && token->name_escaped && token->name_size <= sizeof plain &&
               vt_jtext_unescape(bytes, token->name_size, plain) == size &&
               !memcmp(plain, name, size);
    }
    return !memcmp(bytes, name, size);
}

/* A member of the top-level object, or its end. */
static enum vt_status take_top_member(struct vt_reader *reader,
                                      const struct vt_jscan_token *token,
                                      struct vt_error *err) {
    static const struct {
        const char *name;
        enum vt_jscan_kind kind;
        enum context context;
        uint32_t detail;
    } known[] = {
        {"traceEvents", VT_JSCAN_OPEN_ARRAY, IN_EVENTS, 3},
        {"viztracer_metadata", VT_JSCAN_OPEN_OBJECT, IN_METADATA, 2},
        {"file_info", VT_JSCAN_OPEN_OBJECT, IN_FILE_INFO, 4},
    };
    if (token->kind == VT_JSCAN_CLOSE) {
        reader->context = AT_BOTTOM;
        return VT_OK;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!is_named(reader, token, known[i].name))
            continue;
        if (token->kind != known[i].kind)
            return vt_event_fields_wrong_kind(known[i].name, token, err);
        reader->context = known[i].context;
        reader->scan.detail = known[i].detail;
        reader->stats.has_events |= known[i].context == IN_EVENTS;
        reader->stats.has_metadata |= known[i].context == IN_METADATA;
        reader->stats.has_file_info |= known[i].context == IN_FILE_INFO;
        return VT_OK;
    }
    if (token->kind < VT_JSCAN_OPEN_OBJECT)
        return give_member(reader, VT_READER_TOP, token, token->end, err);
    reader->context = IN_CONTAINER;
    reader->scan.detail = 1;
    hold_member(reader, token);
    return VT_OK;
}

static enum vt_status take_top(struct vt_reader *reader,
                               const struct vt_jscan_token *token,
                               struct vt_error *err) {
    reader->top_is_array = token->kind == VT_JSCAN_OPEN_ARRAY;
    if (token->kind != VT_JSCAN_OPEN_OBJECT && !reader->top_is_array)
        return vt_event_fields_wrong_kind("the top level", token, err);
    reader->context = reader->top_is_array ? IN_EVENTS : IN_OBJECT;
    reader->scan.detail = reader->top_is_array ? 2 : 1;
    reader->stats.has_events = reader->top_is_array;
    return VT_OK;
}

/* files and functions of file_info, and what else stands there. */
static enum vt_status take_file_info(struct vt_reader *reader,
                                     const struct vt_jscan_token *token,
                                     struct vt_error *err) {
    if (token->depth == 1) {
        reader->context = IN_OBJECT;
        return VT_OK;
    }
    if (token->depth == 2 && token->kind == VT_JSCAN_CLOSE)
        return give_held(reader, VT_READER_FILE_INFO, token, err);
    if (token->depth > 2) /* inside a member that we do not know */
        return VT_OK;
    bool is_files = is_named(reader, token, "files");
    if (!is_files && !is_named(reader, token, "functions")) {
        if (token->kind < VT_JSCAN_OPEN_OBJECT)
            return give_member(reader, VT_READER_FILE_INFO, token, token->end, err);
        hold_member(reader, token);
        return VT_OK;
    }
    if (token->kind != VT_JSCAN_OPEN_OBJECT)
        return vt_event_fields_wrong_kind(
            is_files ? "files of file_info" : "functions of file_info", token, err);
    reader->stats.has_files |= is_files;
    reader->stats.has_functions |= !is_files;
    reader->place = is_files ? VT_READER_FILE : VT_READER_FUNCTION;
    reader->context = IN_FILES;
    return VT_OK;
}

/* An entry of files or functions: an array, or the end of the entries. */
static enum vt_status take_entry(struct vt_reader *reader,
                                 const struct vt_jscan_token *token,
                                 struct vt_error *err) {
    if (token->kind == VT_JSCAN_CLOSE) {
        reader->context = IN_FILE_INFO;
        return VT_OK;
    }
    if (token->kind != VT_JSCAN_OPEN_ARRAY)
        return vt_event_fields_wrong_kind("an entry of file_info", token, err);
    reader->context = IN_ENTRY;
    reader->elements = 0;
    hold_member(reader, token);
    return VT_OK;
}

/* A text or path, a number, and whatever a later version may add. */
static enum vt_status take_element(struct vt_reader *reader,
                                   const struct vt_jscan_token *token,
                                   struct vt_error *err) {
    if (token->kind == VT_JSCAN_CLOSE && token->depth == 3) {
        reader->context = IN_FILES;
        if (reader->elements < 2)
            return vt_event_fields_wrong(token->at,
                                         "an entry of file_info is too short", err);
        return give_held(reader, reader->place, token, err);
    }
    size_t index = reader->elements++;
    if (index < 2 && token->kind != (index ? VT_JSCAN_NUMBER : VT_JSCAN_STRING))
        return vt_event_fields_wrong_kind(index ? "the number in an entry of file_info"
                                                : "the text in an entry of file_info",
                                          token, err);
    return VT_OK;
}

/* ---- the machine */

static enum vt_status take(struct vt_reader *reader, const struct vt_jscan_token *token,
                           struct vt_error *err) {
    switch (reader->context) {
    case AT_TOP:
        return take_top(reader, token, err);
    case IN_OBJECT:
        return take_top_member(reader, token, err);
    case IN_EVENTS:
        return begin_event(reader, token, err);
    case IN_METADATA:
        if (token->depth == 2)
            return give_member(reader, VT_READER_METADATA, token, token->end, err);
        reader->context = IN_OBJECT;
        return VT_OK;
    case IN_FILE_INFO:
        return take_file_info(reader, token, err);
    case IN_FILES:
        return take_entry(reader, token, err);
    case IN_ENTRY:
        return take_element(reader, token, err);
    case IN_CONTAINER:
        reader->context = IN_OBJECT;
        return give_held(reader, VT_READER_TOP, token, err);
    case AT_BOTTOM:
        return VT_OK;
    }
    return VT_OK;
}

/* Uses up tokens as far as they are whole. */
static enum vt_status take_tokens(struct vt_reader *reader, size_t from,
                                  struct vt_error *err) {
    enum vt_status status = VT_OK;
    uint32_t event_depth = reader->top_is_array ? 1 : 2;
    size_t i = from;
    for (; i < reader->token_count && status == VT_OK; i++) {
        const struct vt_jscan_token *token = &reader->tokens[i];
        if (!reader->in_event) {
            reader->first = i;
            status = take(reader, token, err);
            event_depth = reader->top_is_array ? 1 : 2;
        } else if (token->depth == event_depth) {
            reader->in_event = false;
            reader->is_holding = false;
            status = give_event(reader, &reader->tokens[reader->first], token, err);
        }
    }
    if (!reader->in_event)
        reader->first = i;
    return status;
}

/* Place for more tokens behind those of the event that is not whole yet. */
static enum vt_status make_room(struct vt_reader *reader, struct vt_error *err) {
    size_t kept = reader->token_count - reader->first;
    if (kept == reader->token_capacity) {
        size_t capacity = 2 * reader->token_capacity;
        struct vt_jscan_token *tokens =
            realloc(reader->tokens, capacity * sizeof *tokens);
        if (!tokens)
            return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
        reader->tokens = tokens;
        reader->token_capacity = capacity;
    } else if (reader->first)
        memmove(reader->tokens, reader->tokens + reader->first,
                kept * sizeof *reader->tokens);
    reader->first = 0;
    reader->token_count = kept;
    return VT_OK;
}

static enum vt_status scan_failure(struct vt_reader *reader, struct vt_error *err) {
    enum vt_status status = vt_jscan_status(&reader->scan, err);
    if (status == VT_ERR_FORMAT && err)
        vt_error_prefix(err, "not a trace");
    return status;
}

static enum vt_status read_piece(struct vt_reader *reader, struct vt_error *err) {
    enum vt_status status = VT_OK;
    while (status == VT_OK && !vt_jscan_is_used_up(&reader->scan)) {
        status = make_room(reader, err);
        if (status != VT_OK)
            return status;
        size_t from = reader->token_count;
        reader->token_count += vt_jscan_run(&reader->scan, reader->tokens + from,
                                            reader->token_capacity - from);
        status = take_tokens(reader, from, err);
    }
    return status == VT_OK ? scan_failure(reader, err) : status;
}

enum vt_status vt_reader_feed(struct vt_reader *reader, const void *bytes, size_t size,
                              struct vt_error *err) {
    if (reader->failed != VT_OK)
        return vt_error_set(err, reader->failed, "reading has failed before");
    reader->piece = bytes;
    reader->piece_at = reader->stats.bytes;
    reader->stats.bytes += size;
    vt_jscan_feed(&reader->scan, bytes, size);
    reader->failed = read_piece(reader, err);
    if (reader->failed == VT_OK)
        reader->failed = keep(reader, size, err);
    return reader->failed;
}

enum vt_status vt_reader_finish(struct vt_reader *reader, struct vt_error *err) {
    if (reader->failed != VT_OK)
        return vt_error_set(err, reader->failed, "reading has failed before");
    reader->piece = NULL;
    reader->piece_at = reader->stats.bytes;
    struct vt_jscan_token token;
    reader->failed = VT_OK;
    if (vt_jscan_end(&reader->scan, &token))
        reader->failed = take(reader, &token, err);
    if (reader->failed == VT_OK)
        reader->failed = scan_failure(reader, err);
    reader->stats.was_open_array = reader->scan.was_open_array;
    return reader->failed;
}

static enum vt_status feed_sink(void *state, const void *bytes, size_t size,
                                struct vt_error *err) {
    return vt_reader_feed(state, bytes, size, err);
}

struct vt_sink vt_reader_sink(struct vt_reader *reader) {
    return (struct vt_sink){.write = feed_sink, .state = reader};
}
