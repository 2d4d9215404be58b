/* SPDX-License-Identifier: Apache-2.0
 *
 * The two forms of a report differ in blanks and a few words only, so each fixed text
 * stands in a table with both its spellings. Every event but the first metadata has
 * another before it, so its text begins with the comma.
 */
#include "core/trace/writer.h"

#include "core/base/jcheck.h"
#include "core/trace/label_table.h"
#include "core/trace/payload.h"

#include <stdlib.h>
#include <string.h>

/* One write(2) per 256 KB: larger does not get faster, and this stays in the cache. */
enum { BUFFER_BYTES = 256 * 1024, PROGRESS_STEP = 1 << 14 };

#define PIECES(P)                                                                      \
    P(BEGIN, "{\"traceEvents\": [", "{\"traceEvents\":[")                              \
    P(METADATA, "{\"ph\": \"M\", \"pid\": ", "{\"ph\":\"M\",\"pid\":")                 \
    P(COMMA, ", ", ",")                                                                \
    P(EVENT, ", {\"pid\": ", ",{\"pid\":")                                             \
    P(PID, "\"pid\": ", "\"pid\":")                                                    \
    P(TID, ", \"tid\": ", ",\"tid\":")                                                 \
    P(TS, ", \"ts\": ", ",\"ts\":")                                                    \
    P(NAME, ", \"name\": ", ",\"name\":")                                              \
    P(PROCESS_NAME, "\"process_name\"", "\"process_name\"")                            \
    P(THREAD_NAME, "\"thread_name\"", "\"thread_name\"")                               \
    P(NAME_ARGS, ", \"args\": {\"name\": ", ",\"args\":{\"name\":")                    \
    P(CALL, ", \"ph\": \"X\", \"dur\": ", ",\"ph\":\"X\",\"cat\":\"fee\",\"dur\":")    \
    P(OPEN, ", \"ph\": \"B\"", ",\"ph\":\"B\",\"cat\":\"fee\",\"dur\":0.000")          \
    P(CALL_END, ", \"cat\": \"FEE\"}", "}")                                            \
    P(INSTANT, ", \"ph\": \"i\", \"cat\": \"INSTANT\"",                                \
      ",\"ph\":\"i\",\"cat\":\"instant\"")                                             \
    P(SCOPE, ", \"s\": \"", ",\"s\":\"")                                               \
    P(COUNTER, ", \"ph\": \"C\"", ",\"ph\":\"C\"")                                     \
    P(PHASE, ", \"ph\": \"", ",\"ph\":\"")                                             \
    P(ID, ", \"id\": ", ",\"id\":")                                                    \
    P(DURATION, ", {\"ph\": \"X\", \"name\": ", ",{\"ph\":\"X\",\"name\":")            \
    P(DUR, ", \"dur\": ", ",\"dur\":")                                                 \
    P(DURATION_CAT, ", \"cat\": \"FEE\"", ",\"cat\":\"FEE\"")                          \
    P(ARGS, ", \"args\": ", ",\"args\":")                                              \
    P(UNFINISHED, "\"unfinished\": true}", "\"unfinished\":true}")                     \
    P(UNREADABLE, "{\"unreadable\": true}", "{\"unreadable\":true}")

enum piece {
#define PIECE_ID(id, spaced, tight) PIECE_##id,
    PIECES(PIECE_ID)
#undef PIECE_ID
};

/* [raw][piece] */
static const struct {
    const char *text;
    size_t size;
} pieces[2][PIECE_UNREADABLE + 1] = {{
#define PIECE_TEXT(id, spaced, tight) {spaced, sizeof spaced - 1},
                                         PIECES(PIECE_TEXT)
#undef PIECE_TEXT
                                     },
                                     {
#define PIECE_TEXT(id, spaced, tight) {tight, sizeof tight - 1},
                                         PIECES(PIECE_TEXT)
#undef PIECE_TEXT
                                     }};

struct vt_writer {
    struct vt_writer_options options;
    struct vt_writer_counts counts;
    struct vt_jwrite out;
    struct vt_label_table labels; /* of the log that is written */
};

/* ---- life */

enum vt_status vt_writer_create(struct vt_sink sink,
                                const struct vt_writer_options *options,
                                struct vt_writer **writer, struct vt_error *err) {
    struct vt_writer *created = calloc(1, sizeof *created);
    if (!created)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    created->options = *options;
    enum vt_status status = vt_jwrite_init(&created->out, sink, BUFFER_BYTES, err);
    if (status != VT_OK) {
        free(created);
        return status;
    }
    *writer = created;
    return VT_OK;
}

void vt_writer_destroy(struct vt_writer *writer) {
    if (!writer)
        return;
    vt_label_table_fini(&writer->labels);
    vt_jwrite_fini(&writer->out);
    free(writer);
}

static void put(struct vt_writer *writer, enum piece piece) {
    vt_jwrite_bytes(&writer->out, pieces[writer->options.raw][piece].text,
                    pieces[writer->options.raw][piece].size);
}

static void put_char(struct vt_writer *writer, char c) {
    vt_jwrite_bytes(&writer->out, &c, 1);
}

void vt_writer_begin(struct vt_writer *writer) {
    put(writer, PIECE_BEGIN);
}

void vt_writer_end_events(struct vt_writer *writer) {
    put_char(writer, ']');
}

struct vt_jwrite *vt_writer_text(struct vt_writer *writer) {
    return &writer->out;
}

enum vt_status vt_writer_finish(struct vt_writer *writer, struct vt_error *err) {
    put_char(writer, '}');
    return vt_jwrite_finish(&writer->out, err);
}

const struct vt_writer_counts *vt_writer_counts(const struct vt_writer *writer) {
    return &writer->counts;
}

bool vt_writer_has_call_of(const struct vt_writer *writer, uint32_t id) {
    const struct vt_label_table *labels = &writer->labels;
    return id < labels->tail_count && labels->tails[id].has_call;
}

/* ---- metadata */

static void write_metadata(struct vt_writer *writer, enum piece what, int32_t pid,
                           uint64_t tid, struct vt_text name) {
    if (writer->counts.entries++)
        put(writer, PIECE_COMMA);
    put(writer, PIECE_METADATA);
    vt_jwrite_i64(&writer->out, pid);
    put(writer, PIECE_TID);
    vt_jwrite_u64(&writer->out, tid);
    put(writer, PIECE_NAME);
    put(writer, what);
    put(writer, PIECE_NAME_ARGS);
    vt_jwrite_string(&writer->out, name.bytes, name.size);
    vt_jwrite_text(&writer->out, "}}");
}

static void write_process(struct vt_writer *writer, const struct vt_log_info *info,
                          const struct vt_symbol_table *symbols) {
    static const struct vt_text main_process = {"MainProcess",
                                                sizeof "MainProcess" - 1};
    struct vt_text name = symbols->process_name;
    write_metadata(writer, PIECE_PROCESS_NAME, info->pid, (uint32_t)info->pid,
                   name.size ? name : main_process);
}

/* The newest thread first, the main thread last (behaviour.md 7.3). */
static void write_threads(struct vt_writer *writer, const struct vt_log_info *info,
                          const struct vt_symbol_table *symbols) {
    uint64_t main_tid = (uint32_t)info->main_tid;
    for (int is_main = 0; is_main < 2; is_main++) {
        for (size_t i = symbols->thread_count; i-- > 0;) {
            const struct vt_trace_thread *thread = &symbols->threads[i];
            if (thread->known && !thread->is_task &&
                (thread->tid == main_tid) == is_main)
                write_metadata(writer, PIECE_THREAD_NAME, info->pid, thread->tid,
                               thread->name);
        }
    }
}

static void write_tasks(struct vt_writer *writer, const struct vt_log_info *info,
                        const struct vt_symbol_table *symbols) {
    for (size_t i = 0; i < symbols->thread_count; i++) {
        const struct vt_trace_thread *thread = &symbols->threads[i];
        if (thread->known && thread->is_task)
            write_metadata(writer, PIECE_THREAD_NAME, info->pid, thread->tid,
                           thread->name);
    }
}

/* ---- payloads */

static struct vt_text payload_value(const struct vt_trace_event *event) {
    return vt_payload_value(event->payload, event->payload_bytes);
}

static struct vt_text payload_object(const struct vt_trace_event *event) {
    return vt_payload_object(event->payload, event->payload_bytes);
}

static void write_value(struct vt_writer *writer, struct vt_text value) {
    if (value.size)
        vt_jwrite_json(&writer->out, value.bytes, value.size);
    else
        put(writer, PIECE_UNREADABLE);
}

/* The members of an object and what follows them: no closing brace, but a comma. */
static void write_open_object(struct vt_writer *writer, struct vt_text object) {
    const char *end = object.bytes + object.size - 1; /* the closing brace */
    vt_jwrite_json(&writer->out, object.bytes, object.size - 1);
    if (vt_jcheck_blanks(object.bytes + 1, end) != end)
        put(writer, PIECE_COMMA);
}

/* args of a call: the payload, with a mark when the call was cut off. */
static void write_call_args(struct vt_writer *writer,
                            const struct vt_trace_event *event) {
    struct vt_text object = payload_object(event);
    put(writer, PIECE_ARGS);
    if (!event->is_unfinished) {
        write_value(writer, object);
        return;
    }
    if (object.size)
        write_open_object(writer, object);
    else
        put_char(writer, '{');
    put(writer, PIECE_UNFINISHED);
}

/* ---- events */

struct event_labels {
    const struct vt_head *head;
    struct vt_tail *tail;
};

static void put_head(struct vt_writer *writer, const struct vt_trace_event *event,
                     const struct event_labels *labels) {
    vt_jwrite_bytes(&writer->out, labels->head->text, labels->head->size);
    vt_jwrite_us(&writer->out, event->start_ns);
}

static void put_name(struct vt_writer *writer, const struct vt_trace_event *event,
                     const struct event_labels *labels) {
    if (event->name.size)
        vt_jwrite_json(&writer->out, event->name.bytes, event->name.size);
    else
        vt_jwrite_bytes(&writer->out, labels->tail->text + labels->tail->quoted_at,
                        labels->tail->quoted_size);
}

static void put_tail_and_args(struct vt_writer *writer,
                              const struct vt_trace_event *event,
                              const struct event_labels *labels) {
    const struct vt_tail *tail = labels->tail;
    if (!event->payload && !event->is_unfinished) {
        vt_jwrite_bytes(&writer->out, tail->text, tail->size);
        return;
    }
    vt_jwrite_bytes(&writer->out, tail->text, tail->size - 1);
    write_call_args(writer, event);
    put_char(writer, '}');
}

/* The common case of write_call in one piece of the buffer. */
static bool write_plain_call(struct vt_writer *writer,
                             const struct vt_trace_event *event,
                             const struct event_labels *labels) {
    const struct vt_head *head = labels->head;
    const struct vt_tail *tail = labels->tail;
    size_t call_size = pieces[writer->options.raw][PIECE_CALL].size;
    size_t most = head->size + 2 * VT_JWRITE_US_BYTES + call_size + tail->size;
    if (event->payload || event->is_unfinished || most > BUFFER_BYTES)
        return false;
    char *start = vt_jwrite_room(&writer->out, most);
    char *p = vt_jwrite_put(start, head->text, head->size);
    p = vt_jwrite_put_us(p, event->start_ns);
    p = vt_jwrite_put(p, pieces[writer->options.raw][PIECE_CALL].text, call_size);
    p = vt_jwrite_put_us(p, event->dur_ns);
    p = vt_jwrite_put(p, tail->text, tail->size);
    writer->out.used += (size_t)(p - start);
    return true;
}

static void write_call(struct vt_writer *writer, const struct vt_trace_event *event,
                       const struct event_labels *labels) {
    labels->tail->has_call = true;
    if (VT_LIKELY(write_plain_call(writer, event, labels)))
        return;
    put_head(writer, event, labels);
    put(writer, PIECE_CALL);
    vt_jwrite_us(&writer->out, event->dur_ns);
    put_tail_and_args(writer, event, labels);
}

static void write_open(struct vt_writer *writer, const struct vt_trace_event *event,
                       const struct event_labels *labels) {
    put_head(writer, event, labels);
    put(writer, PIECE_OPEN);
    put_tail_and_args(writer, event, labels);
}

static char known_letter(const struct vt_trace_event *event, const char *letters) {
    for (const char *p = letters; *p; p++) {
        if (event->extra == (unsigned char)*p)
            return *p;
    }
    return letters[0];
}

static void write_instant(struct vt_writer *writer, const struct vt_trace_event *event,
                          const struct event_labels *labels) {
    put_head(writer, event, labels);
    put(writer, PIECE_INSTANT);
    put(writer, PIECE_NAME);
    put_name(writer, event, labels);
    if (event->payload || !writer->options.raw)
        put(writer, PIECE_ARGS);
    if (event->payload)
        write_value(writer, payload_value(event));
    else if (!writer->options.raw)
        vt_jwrite_text(&writer->out, "null");
    put(writer, PIECE_SCOPE);
    put_char(writer, known_letter(event, "gpt"));
    vt_jwrite_text(&writer->out, "\"}");
}

static void write_counter(struct vt_writer *writer, const struct vt_trace_event *event,
                          const struct event_labels *labels) {
    put_head(writer, event, labels);
    put(writer, PIECE_COUNTER);
    put(writer, PIECE_NAME);
    put_name(writer, event, labels);
    put(writer, PIECE_ARGS);
    if (event->payload)
        write_value(writer, payload_object(event));
    else
        vt_jwrite_text(&writer->out, "{}");
    put_char(writer, '}');
}

static void write_object(struct vt_writer *writer, const struct vt_trace_event *event,
                         const struct event_labels *labels) {
    struct vt_text object = payload_object(event);
    struct vt_text id = vt_payload_member(object, "\"id\""),
                   args = vt_payload_member(object, "\"args\"");
    put_head(writer, event, labels);
    put(writer, PIECE_PHASE);
    put_char(writer, known_letter(event, "NOD"));
    put_char(writer, '"');
    put(writer, PIECE_ID);
    if (id.size)
        vt_jwrite_json(&writer->out, id.bytes, id.size);
    else
        vt_jwrite_text(&writer->out, "\"\"");
    put(writer, PIECE_NAME);
    put_name(writer, event, labels);
    if (args.size) {
        put(writer, PIECE_ARGS);
        vt_jwrite_json(&writer->out, args.bytes, args.size);
    }
    put_char(writer, '}');
}

/* "pid": 1, "tid": 2} at the end of an event whose members came first. */
static void put_pid_and_tid(struct vt_writer *writer,
                            const struct vt_trace_event *event) {
    const struct vt_trace_thread *thread =
        vt_symbol_table_thread(writer->labels.symbols, event->thread);
    put(writer, PIECE_PID);
    vt_jwrite_i64(&writer->out, writer->labels.pid);
    put(writer, PIECE_TID);
    vt_jwrite_u64(&writer->out, thread ? thread->tid : 0);
    put_char(writer, '}');
}

static void write_raw(struct vt_writer *writer, const struct vt_trace_event *event) {
    struct vt_text object = payload_object(event);
    put(writer, PIECE_COMMA);
    write_open_object(writer, object);
    put_pid_and_tid(writer, event);
}

static void write_duration(struct vt_writer *writer, const struct vt_trace_event *event,
                           const struct event_labels *labels) {
    labels->tail->has_call |= !event->name.size;
    put(writer, PIECE_DURATION);
    put_name(writer, event, labels);
    put(writer, PIECE_TS);
    vt_jwrite_us(&writer->out, event->start_ns);
    put(writer, PIECE_DUR);
    vt_jwrite_us(&writer->out, event->dur_ns);
    put(writer, PIECE_DURATION_CAT);
    if (event->payload)
        write_call_args(writer, event);
    put(writer, PIECE_COMMA);
    put_pid_and_tid(writer, event);
}

static enum vt_status write_event(struct vt_writer *writer,
                                  const struct vt_trace_event *event,
                                  struct vt_error *err) {
    struct event_labels labels = {
        .head = vt_label_table_head(&writer->labels, event->thread),
        .tail = vt_label_table_tail(&writer->labels, event->id),
    };
    if (VT_UNLIKELY(!labels.head || !labels.tail))
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    if (event->kind == VT_EVENT_RAW && !payload_object(event).size) {
        writer->counts.unreadable++;
        return VT_OK;
    }
    writer->counts.entries++;
    writer->counts.events++;
    writer->counts.open_calls += event->is_unfinished;
    switch (event->kind) {
    case VT_EVENT_CALL:
        write_call(writer, event, &labels);
        break;
    case VT_EVENT_OPEN:
        write_open(writer, event, &labels);
        break;
    case VT_EVENT_INSTANT:
        write_instant(writer, event, &labels);
        break;
    case VT_EVENT_COUNTER:
        write_counter(writer, event, &labels);
        break;
    case VT_EVENT_OBJECT:
        write_object(writer, event, &labels);
        break;
    case VT_EVENT_RAW:
        write_raw(writer, event);
        break;
    case VT_EVENT_DURATION:
        write_duration(writer, event, &labels);
        break;
    case VT_EVENT_PAYLOAD:
        VT_REQUIRE(event->kind != VT_EVENT_PAYLOAD);
    }
    return VT_OK;
}

/* ---- a log */

static enum vt_status begin_log(struct vt_writer *writer, struct vt_log_reader *reader,
                                struct vt_error *err) {
    bool raw = writer->options.raw;
    struct vt_label_form form = {
        .event = pieces[raw][PIECE_EVENT].text,
        .tid = pieces[raw][PIECE_TID].text,
        .ts = pieces[raw][PIECE_TS].text,
        .name = pieces[raw][PIECE_NAME].text,
        .end = pieces[raw][PIECE_CALL_END].text,
        .sanitize = raw && writer->options.sanitize_function_name,
    };
    const struct vt_log_info *info = vt_log_reader_info(reader);
    const struct vt_symbol_table *symbols = vt_log_reader_symbols(reader);
    vt_label_table_fini(&writer->labels);
    enum vt_status status =
        vt_label_table_init(&writer->labels, &form, symbols, info->pid, err);
    if (status != VT_OK)
        return status;
    write_process(writer, info, symbols);
    write_threads(writer, info, symbols);
    return VT_OK;
}

static void tell_progress(struct vt_writer *writer) {
    const struct vt_writer_options *options = &writer->options;
    if (options->progress && writer->counts.events % PROGRESS_STEP == 0)
        options->progress(options->progress_state, writer->counts.events,
                          options->total);
}

enum vt_status vt_writer_log(struct vt_writer *writer, struct vt_log_reader *reader,
                             struct vt_error *err) {
    enum vt_status status = begin_log(writer, reader, err);
    while (status == VT_OK) {
        struct vt_trace_event event;
        bool found;
        status = vt_log_reader_next(reader, &event, &found, err);
        if (status != VT_OK || !found)
            break;
        status = write_event(writer, &event, err);
        if (status == VT_OK && vt_jwrite_failed(&writer->out))
            status = vt_jwrite_finish(&writer->out, err);
        tell_progress(writer);
    }
    if (status == VT_OK)
        write_tasks(writer, vt_log_reader_info(reader), vt_log_reader_symbols(reader));
    return status;
}
