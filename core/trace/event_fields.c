/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/event_fields.h"

#include <string.h>

enum vt_status vt_event_fields_wrong(uint64_t at, const char *what,
                                     struct vt_error *err) {
    return vt_error_set(err, VT_ERR_FORMAT, "not a trace: %s (byte %llu)", what,
                        (unsigned long long)at);
}

static const char *kind_text(const struct vt_jscan_token *token) {
    static const char *const texts[] = {
        "a string",  "a number", "true",      "false",    "null",
        "an object", "an array", "an object", "an array", "nothing",
    };
    return texts[token->kind];
}

enum vt_status vt_event_fields_wrong_kind(const char *what,
                                          const struct vt_jscan_token *token,
                                          struct vt_error *err) {
    return vt_error_set(err, VT_ERR_FORMAT, "not a trace: %s is %s (byte %llu)", what,
                        kind_text(token), (unsigned long long)token->at);
}

/* Which field bears this name, or VT_READER_FIELD_COUNT. */
static enum vt_reader_field field_of(const char *name, size_t size) {
    switch (size) {
    case 1:
        return *name == 's' ? VT_READER_SCOPE : VT_READER_FIELD_COUNT;
    case 2:
        if (!memcmp(name, "ts", 2))
            return VT_READER_TS;
        if (!memcmp(name, "ph", 2))
            return VT_READER_PH;
        return !memcmp(name, "id", 2) ? VT_READER_ID : VT_READER_FIELD_COUNT;
    case 3:
        if (!memcmp(name, "pid", 3))
            return VT_READER_PID;
        if (!memcmp(name, "tid", 3))
            return VT_READER_TID;
        if (!memcmp(name, "dur", 3))
            return VT_READER_DUR;
        return !memcmp(name, "cat", 3) ? VT_READER_CAT : VT_READER_FIELD_COUNT;
    case 4:
        if (!memcmp(name, "name", 4))
            return VT_READER_NAME;
        return !memcmp(name, "args", 4) ? VT_READER_ARGS : VT_READER_FIELD_COUNT;
    default:
        return VT_READER_FIELD_COUNT;
    }
}

/* The same for a name with escapes: "\u0074s" is ts, too. */
static enum vt_reader_field field_of_escaped(const char *name, size_t size) {
    char plain[4 * 6]; /* no longer name is a field's */
    if (size > sizeof plain)
        return VT_READER_FIELD_COUNT;
    return field_of(plain, vt_jtext_unescape(name, size, plain));
}

static void find_fields(struct vt_reader_event *event) {
    for (size_t i = 0; i < event->member_count; i++) {
        const struct vt_jscan_token *member = &event->members[i];
        const char *name = event->text + (member->name_at - event->offset);
        enum vt_reader_field field = VT_UNLIKELY(member->name_escaped)
                                         ? field_of_escaped(name, member->name_size)
                                         : field_of(name, member->name_size);
        if (field != VT_READER_FIELD_COUNT)
            event->fields[field] = member;
    }
}

/* Whether the member holds us, and whether they are within 64 bits of ns. */
static bool read_time(const struct vt_reader_event *event,
                      const struct vt_jscan_token *member, int64_t *ns, bool *fits) {
    struct vt_decimal number = member->number;
    if (VT_UNLIKELY(member->kind != VT_JSCAN_NUMBER)) {
        size_t size;
        const char *text = vt_reader_value(event, member, &size);
        if (member->kind != VT_JSCAN_STRING ||
            !vt_jnumber_read(text + 1, size - 2, &number))
            return false;
    }
    *fits = vt_decimal_to_ns(&number, ns);
    return true;
}

static enum vt_status check_times(struct vt_reader_event *event,
                                  struct vt_reader_stats *stats, struct vt_error *err) {
    const struct vt_jscan_token *ts = event->fields[VT_READER_TS];
    const struct vt_jscan_token *dur = event->fields[VT_READER_DUR];
    bool dur_fits;
    event->ts_fits = true;
    if (ts && !read_time(event, ts, &event->ts_ns, &event->ts_fits))
        return ts->kind == VT_JSCAN_STRING
                   ? vt_event_fields_wrong(ts->at, "ts of an event is not a number",
                                           err)
                   : vt_event_fields_wrong_kind("ts of an event", ts, err);
    if (dur && !read_time(event, dur, &event->dur_ns, &dur_fits))
        return dur->kind == VT_JSCAN_STRING
                   ? vt_event_fields_wrong(dur->at, "dur of an event is not a number",
                                           err)
                   : vt_event_fields_wrong_kind("dur of an event", dur, err);
    stats->with_distant_ts += !event->ts_fits;
    stats->without_ts += !ts && event->phase != 'M';
    if (event->phase == 'X') {
        stats->without_dur += !dur;
        stats->with_minus_dur += event->dur_ns < 0;
    }
    return VT_OK;
}

static enum vt_status check_phase(struct vt_reader_event *event, struct vt_error *err) {
    const struct vt_jscan_token *ph = event->fields[VT_READER_PH];
    if (!ph)
        return vt_event_fields_wrong(event->offset, "an event has no ph", err);
    if (ph->kind != VT_JSCAN_STRING)
        return vt_event_fields_wrong_kind("ph of an event", ph, err);
    size_t size;
    const char *text = vt_reader_value(event, ph, &size);
    if (size == 3)
        event->phase = text[1];
    return VT_OK;
}

/* The members that may be a number or a string; null is as if they were not there. */
static enum vt_status check_names(struct vt_reader_event *event, struct vt_error *err) {
    static const struct {
        enum vt_reader_field field;
        const char *what;
    } checks[] = {
        {VT_READER_NAME, "name of an event"},
        {VT_READER_PID, "pid of an event"},
        {VT_READER_TID, "tid of an event"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const struct vt_jscan_token *member = event->fields[checks[i].field];
        if (member && member->kind > VT_JSCAN_NUMBER && member->kind != VT_JSCAN_NULL)
            return vt_event_fields_wrong_kind(checks[i].what, member, err);
    }
    for (size_t i = 0; i < VT_READER_FIELD_COUNT; i++) {
        if (event->fields[i] && event->fields[i]->kind == VT_JSCAN_NULL)
            event->fields[i] = NULL;
    }
    return VT_OK;
}

enum vt_status vt_event_fields_read(struct vt_reader_event *event,
                                    struct vt_reader_stats *stats,
                                    struct vt_error *err) {
    find_fields(event);
    enum vt_status status = check_phase(event, err);
    if (status == VT_OK)
        status = check_times(event, stats, err);
    if (status == VT_OK)
        status = check_names(event, err);
    if (status == VT_OK)
        stats->without_pid += !event->fields[VT_READER_PID];
    return status;
}
