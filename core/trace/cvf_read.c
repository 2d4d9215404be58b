/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cvf_read.h"

#include "core/base/utf8.h"
#include "core/trace/cvf_blocks.h"
#include "core/trace/cvf_number.h"

#include <math.h>
#include <stdlib.h>

enum {
    BUFFER_BYTES = 256 * 1024,
    MOST_KEYS = 100000, /* of a counter; each takes far more memory than its byte */
};

/* A record's process, thread and name. */
struct head {
    uint64_t pid, tid;
    const char *name;
    size_t name_size;
};

static enum vt_status cut_short(const struct vt_cvf_reading *reading,
                                struct vt_error *err) {
    return vt_cvf_blocks_wrong(reading, "a record that ends behind the file", err);
}

static enum vt_status no_memory(struct vt_error *err) {
    return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

static enum vt_status read_text(struct vt_cvf_reading *reading, const char **text,
                                size_t *size, struct vt_error *err) {
    if (!vt_cvf_cursor_cstr(&reading->in, text, size))
        return cut_short(reading, err);
    if (!vt_utf8_is_strict(*text, *size))
        return vt_cvf_blocks_wrong(reading, "a name that is not UTF-8", err);
    return VT_OK;
}

static enum vt_status read_head(struct vt_cvf_reading *reading, struct head *head,
                                struct vt_error *err) {
    if (!vt_cvf_cursor_u64(&reading->in, &head->pid) ||
        !vt_cvf_cursor_u64(&reading->in, &head->tid))
        return cut_short(reading, err);
    return read_text(reading, &head->name, &head->name_size, err);
}

/* ---- names of processes and threads */

static enum vt_status read_name(struct vt_cvf_reading *reading, const char *kind,
                                struct vt_error *err) {
    struct head head;
    struct vt_jwrite *out = &reading->out;
    enum vt_status status = read_head(reading, &head, err);
    if (status != VT_OK)
        return status;
    vt_cvf_blocks_separate(reading);
    vt_jwrite_text(out, "{\"ph\": \"M\", \"pid\": ");
    vt_jwrite_u64(out, head.pid);
    vt_jwrite_text(out, ", \"tid\": ");
    vt_jwrite_u64(out, head.tid);
    vt_jwrite_text(out, ", \"name\": \"");
    vt_jwrite_text(out, kind);
    vt_jwrite_text(out, "\", \"args\": {\"name\": ");
    vt_jwrite_string(out, head.name, head.name_size);
    vt_jwrite_text(out, "}}");
    return VT_OK;
}

/* ---- slices */

struct slices {
    struct vt_cvf_reading *reading;
    struct vt_cvf_cursor in; /* their ts and dur */
    bool is_wide;            /* the first ts is i64 */
    bool is_first;
    int64_t ts;                   /* of the last one, in ticks */
    struct vt_buf before, behind; /* of each event: up to its ts, and from its dur on */
};

static enum vt_status render_head(struct slices *slices, const struct head *head,
                                  struct vt_error *err) {
    struct vt_jwrite out;
    vt_buf_printf(&slices->before, "{\"pid\": %llu, \"tid\": %llu, \"ts\": ",
                  (unsigned long long)head->pid, (unsigned long long)head->tid);
    enum vt_status status = vt_jwrite_init(&out, vt_sink_to_buf(&slices->behind),
                                           VT_JWRITE_LEAST_BYTES, err);
    if (status != VT_OK)
        return status;
    vt_jwrite_text(&out, ", \"name\": ");
    vt_jwrite_string(&out, head->name, head->name_size);
    vt_jwrite_text(&out, ", \"cat\": \"FEE\"");
    status = vt_jwrite_finish(&out, err);
    vt_jwrite_fini(&out);
    return status == VT_OK ? vt_buf_status(&slices->before, err) : status;
}

static void write_us(struct vt_jwrite *out, int64_t ns) {
    char *begin = vt_jwrite_room(out, 1 + VT_JWRITE_US_BYTES), *p = begin;
    if (ns < 0)
        *p++ = '-';
    p = vt_jwrite_put_us(p, ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns);
    out->used += (size_t)(p - begin);
}

/* The next ts and dur, in ns; false: beyond 64 bits. They are whole. */
static bool next_times(struct slices *slices, int64_t *ts_ns, int64_t *dur_ns) {
    uint64_t value, dur;
    if (slices->is_first) {
        if (!(slices->is_wide ? vt_cvf_cursor_u64(&slices->in, &value)
                              : vt_cvf_cursor_varint(&slices->in, &value)))
            return false;
        slices->ts = (int64_t)value;
        slices->is_first = false;
    } else if (!vt_cvf_cursor_varint(&slices->in, &value) ||
               __builtin_add_overflow(slices->ts, (int64_t)value, &slices->ts))
        return false;
    return vt_cvf_cursor_varint(&slices->in, &dur) &&
           !__builtin_mul_overflow(slices->ts, VT_CVF_TICK_NS, ts_ns) &&
           !__builtin_mul_overflow((int64_t)dur, VT_CVF_TICK_NS, dur_ns);
}

/* `args`: JSON, or NULL. */
static enum vt_status write_slice(struct slices *slices, const char *args, size_t size,
                                  struct vt_error *err) {
    static const char before_dur[] = ", \"ph\": \"X\", \"dur\": ";
    struct vt_jwrite *out = &slices->reading->out;
    int64_t ts_ns, dur_ns;
    if (!next_times(slices, &ts_ns, &dur_ns))
        return vt_cvf_blocks_wrong(slices->reading, "a time beyond 292 years", err);
    vt_cvf_blocks_separate(slices->reading);
    vt_jwrite_bytes(out, slices->before.data, slices->before.size);
    write_us(out, ts_ns);
    vt_jwrite_bytes(out, before_dur, sizeof before_dur - 1);
    write_us(out, dur_ns);
    vt_jwrite_bytes(out, slices->behind.data, slices->behind.size);
    if (args) {
        vt_jwrite_bytes(out, ", \"args\": ", 10);
        vt_jwrite_bytes(out, args, size);
    }
    vt_jwrite_bytes(out, "}", 1);
    return out->error.status;
}

static enum vt_status write_slice_with_args(void *state, const char *args, size_t size,
                                            struct vt_error *err) {
    return write_slice(state, args, size, err);
}

/* Moves behind the `count` ts and dur; false: they are not whole. */
static bool skip_times(struct vt_cvf_cursor *in, uint64_t count, bool is_wide) {
    uint64_t value;
    bool is_whole = true;
    for (uint64_t i = 0; i < count && is_whole; i++) {
        is_whole = (!i && is_wide ? vt_cvf_cursor_u64(in, &value)
                                  : vt_cvf_cursor_varint(in, &value)) &&
                   vt_cvf_cursor_varint(in, &value);
    }
    return is_whole;
}

/* There are files whose first ts is a varint, too. Nothing in them says so: one is
 * taken for such where it cannot be anything else, and nothing follows. */
static enum vt_status skip_slices(struct slices *slices, uint64_t count,
                                  struct vt_error *err) {
    struct vt_cvf_cursor *in = &slices->reading->in;
    if (count > vt_cvf_cursor_left(in))
        return vt_cvf_blocks_wrong(slices->reading, "more slices than bytes", err);
    slices->is_wide = true;
    if (skip_times(in, count, true))
        return VT_OK;
    *in = slices->in;
    slices->is_wide = false;
    if (skip_times(in, count, false) && !vt_cvf_cursor_left(in))
        return VT_OK;
    *in = slices->in;
    return cut_short(slices->reading, err);
}

static enum vt_status write_slices(struct slices *slices, uint64_t count,
                                   uint64_t args_at, struct vt_error *err) {
    struct vt_cvf_reading *reading = slices->reading;
    struct vt_cvf_block block;
    enum vt_status status = VT_OK;
    if (!args_at) {
        for (uint64_t i = 0; i < count && status == VT_OK; i++)
            status = write_slice(slices, NULL, 0, err);
        return status;
    }
    if (args_at != (uint64_t)(reading->in.p - reading->begin))
        return vt_cvf_blocks_wrong(reading, "the args are elsewhere", err);
    status = vt_cvf_blocks_find(reading, &block, err);
    return status == VT_OK ? vt_cvf_blocks_list(reading, &block, count,
                                                write_slice_with_args, slices, err)
                           : status;
}

static enum vt_status read_slices(struct vt_cvf_reading *reading,
                                  struct vt_error *err) {
    struct head head;
    uint64_t count = 0, args_at = 0;
    enum vt_status status = read_head(reading, &head, err);
    if (status == VT_OK && (!vt_cvf_cursor_u64(&reading->in, &count) ||
                            !vt_cvf_cursor_u64(&reading->in, &args_at)))
        status = cut_short(reading, err);
    if (status != VT_OK)
        return status;
    struct slices slices = {.reading = reading, .in = reading->in, .is_first = true};
    status = skip_slices(&slices, count, err);
    if (status == VT_OK)
        status = render_head(&slices, &head, err);
    if (status == VT_OK)
        status = write_slices(&slices, count, args_at, err);
    vt_buf_fini(&slices.before);
    vt_buf_fini(&slices.behind);
    return status;
}

/* ---- counters */

struct key {
    const char *name;
    size_t name_size;
    const char *digits; /* kind DIGITS */
    size_t digits_size;
    struct vt_cvf_number number; /* kind 0: none yet */
    bool is_there;
};

/* A text that is a JSON number without point and exponent. */
static bool is_integer(const char *text, size_t size) {
    struct vt_decimal value;
    return vt_jnumber_read(text, size, &value) && !memchr(text, '.', size) &&
           !memchr(text, 'e', size) && !memchr(text, 'E', size);
}

static enum vt_status read_number(struct vt_cvf_reading *reading, unsigned kind,
                                  struct key *key, struct vt_error *err) {
    uint64_t bits;
    key->number.kind = (enum vt_cvf_value)kind;
    if (kind == VT_CVF_DIGITS) {
        if (!vt_cvf_cursor_cstr(&reading->in, &key->digits, &key->digits_size))
            return cut_short(reading, err);
        return is_integer(key->digits, key->digits_size)
                   ? VT_OK
                   : vt_cvf_blocks_wrong(reading, "digits that are no number", err);
    }
    if (kind != VT_CVF_INTEGER && kind != VT_CVF_REAL)
        return vt_cvf_blocks_wrong(reading, "an unknown kind of value", err);
    if (!vt_cvf_cursor_u64(&reading->in, &bits))
        return cut_short(reading, err);
    memcpy(&key->number.value, &bits, sizeof bits);
    if (kind == VT_CVF_REAL && !isfinite(key->number.value.real))
        return vt_cvf_blocks_wrong(reading, "a value that is no number", err);
    return VT_OK;
}

static enum vt_status read_value(struct vt_cvf_reading *reading, struct key *key,
                                 struct vt_error *err) {
    unsigned kind;
    if (!vt_cvf_cursor_byte(&reading->in, &kind))
        return cut_short(reading, err);
    key->is_there = kind != VT_CVF_ABSENT;
    if (kind == VT_CVF_ABSENT)
        return VT_OK;
    if (kind != VT_CVF_UNCHANGED)
        return read_number(reading, kind, key, err);
    return key->number.kind
               ? VT_OK
               : vt_cvf_blocks_wrong(reading, "an unchanged value that never was", err);
}

static void write_value(struct vt_jwrite *out, const struct key *key) {
    char text[VT_CVF_NUMBER_TEXT_BYTES];
    vt_jwrite_string(out, key->name, key->name_size);
    vt_jwrite_text(out, ": ");
    if (key->number.kind == VT_CVF_DIGITS)
        vt_jwrite_bytes(out, key->digits, key->digits_size);
    else if (key->number.kind == VT_CVF_INTEGER)
        vt_jwrite_i64(out, key->number.value.integer);
    else
        vt_jwrite_bytes(out, text, vt_cvf_number_print(key->number.value.real, text));
}

static enum vt_status read_counter(struct vt_cvf_reading *reading,
                                   const struct head *head, struct key *keys,
                                   uint64_t key_count, struct vt_error *err) {
    struct vt_jwrite *out = &reading->out;
    const char *separator = "";
    uint64_t ts;
    if (!vt_cvf_cursor_u64(&reading->in, &ts))
        return cut_short(reading, err);
    vt_cvf_blocks_separate(reading);
    vt_jwrite_text(out, "{\"pid\": ");
    vt_jwrite_u64(out, head->pid);
    vt_jwrite_text(out, ", \"tid\": ");
    vt_jwrite_u64(out, head->tid);
    vt_jwrite_text(out, ", \"ts\": ");
    write_us(out, (int64_t)ts);
    vt_jwrite_text(out, ", \"ph\": \"C\", \"name\": ");
    vt_jwrite_string(out, head->name, head->name_size);
    vt_jwrite_text(out, ", \"args\": {");
    for (uint64_t i = 0; i < key_count; i++) {
        enum vt_status status = read_value(reading, &keys[i], err);
        if (status != VT_OK)
            return status;
        if (!keys[i].is_there)
            continue;
        vt_jwrite_text(out, separator);
        write_value(out, &keys[i]);
        separator = ", ";
    }
    vt_jwrite_text(out, "}}");
    return out->error.status;
}

static enum vt_status read_events(struct vt_cvf_reading *reading,
                                  const struct head *head, struct key *keys,
                                  uint64_t key_count, struct vt_error *err) {
    uint64_t count = 0;
    enum vt_status status = VT_OK;
    for (uint64_t i = 0; i < key_count && status == VT_OK; i++)
        status = read_text(reading, &keys[i].name, &keys[i].name_size, err);
    if (status == VT_OK && !vt_cvf_cursor_u64(&reading->in, &count))
        status = cut_short(reading, err);
    if (status == VT_OK && count > vt_cvf_cursor_left(&reading->in))
        status = vt_cvf_blocks_wrong(reading, "more counters than bytes", err);
    for (uint64_t i = 0; status == VT_OK && i < count; i++)
        status = read_counter(reading, head, keys, key_count, err);
    return status;
}

static enum vt_status read_counters(struct vt_cvf_reading *reading,
                                    struct vt_error *err) {
    struct head head;
    uint64_t key_count;
    enum vt_status status = read_head(reading, &head, err);
    if (status != VT_OK)
        return status;
    if (!vt_cvf_cursor_u64(&reading->in, &key_count))
        return cut_short(reading, err);
    if (key_count > vt_cvf_cursor_left(&reading->in))
        return vt_cvf_blocks_wrong(reading, "more keys than bytes", err);
    if (key_count > MOST_KEYS)
        return vt_error_set(err, VT_ERR_LIMIT, "a counter with more than %d keys",
                            MOST_KEYS);
    struct key *keys = calloc((size_t)key_count + 1, sizeof *keys);
    if (!keys)
        return no_memory(err);
    status = read_events(reading, &head, keys, key_count, err);
    free(keys);
    return status;
}

/* ---- records */

static enum vt_status read_block(struct vt_cvf_reading *reading, unsigned record,
                                 struct vt_error *err) {
    struct vt_cvf_block block;
    enum vt_status status = vt_cvf_blocks_find(reading, &block, err);
    if (status != VT_OK)
        return status;
    if (record == VT_CVF_OTHERS)
        return vt_cvf_blocks_others(reading, &block, err);
    if (reading->has_file_info)
        return vt_cvf_blocks_wrong(reading, "file_info a second time", err);
    reading->has_file_info = true;
    reading->file_info = block;
    return VT_OK;
}

static enum vt_status read_record(struct vt_cvf_reading *reading,
                                  struct vt_error *err) {
    unsigned record = 0;
    vt_cvf_cursor_byte(&reading->in, &record);
    switch (record) {
    case VT_CVF_SLICES:
        return read_slices(reading, err);
    case VT_CVF_PROCESS_NAME:
        return read_name(reading, "process_name", err);
    case VT_CVF_THREAD_NAME:
        return read_name(reading, "thread_name", err);
    case VT_CVF_COUNTER:
        return read_counters(reading, err);
    case VT_CVF_OTHERS:
    case VT_CVF_FILE_INFO:
        return read_block(reading, record, err);
    default:
        reading->in.p--;
        return vt_cvf_blocks_wrong(reading, "an unknown record", err);
    }
}

static enum vt_status read_records(struct vt_cvf_reading *reading,
                                   struct vt_error *err) {
    enum vt_status status = VT_OK;
    vt_jwrite_text(&reading->out, "{\"traceEvents\": [");
    while (status == VT_OK && vt_cvf_cursor_left(&reading->in))
        status = read_record(reading, err);
    vt_jwrite_text(&reading->out, "]");
    if (status == VT_OK)
        status = vt_cvf_blocks_members(reading, err);
    vt_jwrite_text(&reading->out, "}");
    return status;
}

/* ---- the whole */

/* Lets the text through as long as it does not expand too much. */
struct valve {
    struct vt_sink inner;
    uint64_t left;
    uint32_t times;
};

static enum vt_status write_valve(void *state, const void *bytes, size_t size,
                                  struct vt_error *err) {
    struct valve *valve = state;
    if (size > valve->left)
        return vt_error_set(err, VT_ERR_LIMIT,
                            "a cvf file that expands more than %u times", valve->times);
    valve->left -= size;
    return valve->inner.write(valve->inner.state, bytes, size, err);
}

bool vt_cvf_read_knows(const void *bytes, size_t size) {
    return size >= VT_CVF_VERSION_BYTES &&
           vt_cvf_cursor_little(bytes, VT_CVF_VERSION_BYTES) == VT_CVF_VERSION;
}

static struct valve make_valve(const struct vt_cvf_read_options *options, size_t size,
                               struct vt_sink sink) {
    uint64_t times = options->expansion ? options->expansion : VT_CVF_EXPANSION;
    times *= VT_CVF_TEXT_FACTOR;
    uint64_t most = size > UINT64_MAX / 2 / times ? UINT64_MAX / 2 : size * times;
    return (struct valve){
        .inner = sink,
        .left = most > VT_CVF_FREE_TEXT_BYTES ? most : VT_CVF_FREE_TEXT_BYTES,
        .times = times > UINT32_MAX ? UINT32_MAX : (uint32_t)times,
    };
}

enum vt_status vt_cvf_read(const void *bytes, size_t size,
                           const struct vt_cvf_read_options *options,
                           struct vt_sink sink, struct vt_error *err) {
    struct valve valve = make_valve(options, size, sink);
    struct vt_sink text = {.write = write_valve, .state = &valve};
    struct vt_cvf_reading reading = {.options = options, .begin = bytes};
    if (!vt_cvf_read_knows(bytes, size))
        return vt_error_set(err, VT_ERR_FORMAT,
                            size < VT_CVF_VERSION_BYTES
                                ? "not a cvf file: it is too short"
                                : "not a cvf file, or one of another version");
    reading.in.p = reading.begin + VT_CVF_VERSION_BYTES;
    reading.in.end = reading.begin + size;
    enum vt_status status = vt_jwrite_init(&reading.out, text, BUFFER_BYTES, err);
    if (status != VT_OK)
        return status;
    status = read_records(&reading, err);
    /* The output's own error is the first: it may be why the reading stopped. */
    if (status == VT_OK || vt_jwrite_failed(&reading.out))
        status = vt_jwrite_finish(&reading.out, err);
    vt_buf_fini(&reading.held.text);
    vt_jwrite_fini(&reading.out);
    return status;
}
