/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/draft.h"

#include "embed/pytext.h"

/* What a symbol is made of: a name, or a name and the place of a call. */
struct label {
    PyObject *text; /* "name", or "name (file:line)": how a report shows it */
    PyObject *name;
    PyObject *file; /* NULL: none */
    int line;
};

static uint32_t add_name(struct vt_log *log, PyObject *name) {
    struct vt_buf text = {0};
    uint32_t id = VT_LOG_NO_ID;
    vt_pytext_append(&text, name);
    if (!text.failed)
        id = vt_log_add_name(log, VT_SYMBOL_NAME,
                             (struct vt_log_text){text.data, text.size});
    vt_buf_fini(&text);
    return id;
}

/* Like a function of that name in that place, so that the report has its source. */
static uint32_t add_place(struct vt_recorder *recorder, const struct label *label) {
    struct vt_buf name = {0}, file = {0};
    uint32_t id = VT_LOG_NO_ID;
    vt_pytext_append(&name, label->name);
    vt_pytext_append(&file, label->file);
    if (!name.failed && !file.failed) {
        struct vt_log_text file_text = {file.data, file.size};
        const struct vt_source_file *source = vt_sources_find(
            &recorder->sources, recorder->log, &recorder->filter, file_text);
        struct vt_symbol_python where = {0};
        if (source)
            where = source->where;
        where.line = label->line;
        id =
            vt_log_add_python(recorder->log, (struct vt_log_text){name.data, name.size},
                              file_text, &where);
    }
    vt_buf_fini(&name);
    vt_buf_fini(&file);
    return id;
}

/* The symbol of a label, or VT_LOG_NO_ID: it has none. False with an exception set. */
static bool intern(struct vt_tracer *tracer, const struct label *label, uint32_t *id) {
    *id = VT_LOG_NO_ID;
    if (!tracer->names && !(tracer->names = PyDict_New()))
        return false;
    if (tracer->names_serial != tracer->recorder->serial)
        PyDict_Clear(tracer->names); /* of the process that forked us */
    tracer->names_serial = tracer->recorder->serial;
    PyObject *known = PyDict_GetItemWithError(tracer->names, label->text);
    if (known)
        *id = (uint32_t)PyLong_AsUnsignedLong(known);
    if (known || PyErr_Occurred())
        return known != NULL;
    if (PyDict_GET_SIZE(tracer->names) >= VT_DRAFT_MAX_NAMES)
        return true;
    *id = label->file ? add_place(tracer->recorder, label)
                      : add_name(tracer->recorder->log, label->name);
    if (*id == VT_LOG_NO_ID)
        return true;
    PyObject *number = PyLong_FromUnsignedLong(*id);
    int status = number ? PyDict_SetItem(tracer->names, label->text, number) : -1;
    Py_XDECREF(number);
    return status == 0;
}

static bool name_event(struct vt_draft *draft, const struct label *label) {
    if (!label->text || !intern(draft->tracer, label, &draft->id))
        return false;
    if (draft->id == VT_LOG_NO_ID)
        vt_pyjson_append_string(&draft->text, label->text);
    return true;
}

static bool open_draft(struct vt_draft *draft, struct vt_tracer *tracer) {
    *draft = (struct vt_draft){.tracer = tracer, .id = VT_LOG_NO_ID};
    if (!vt_tracer_open_log(tracer))
        return false;
    draft->start = vt_clock_ticks();
    draft->serial = tracer->recorder->serial;
    draft->json.out = &draft->text;
    draft->hush = vt_recorder_hush();
    return true;
}

static bool close_draft(struct vt_draft *draft, bool is_named) {
    if (is_named)
        return true;
    vt_recorder_unhush(draft->hush);
    vt_buf_fini(&draft->text);
    return false;
}

/* A name that is no str is shown as str() shows it. */
bool vt_draft_begin(struct vt_draft *draft, struct vt_tracer *tracer, PyObject *name) {
    if (!open_draft(draft, tracer))
        return false;
    if (!name)
        return true;
    PyObject *text = PyObject_Str(name);
    struct label label = {.text = text, .name = text};
    bool is_named = name_event(draft, &label);
    Py_XDECREF(text);
    return close_draft(draft, is_named);
}

bool vt_draft_begin_at(struct vt_draft *draft, struct vt_tracer *tracer, PyObject *name,
                       PyObject *file, int line) {
    if (!open_draft(draft, tracer))
        return false;
    PyObject *text = PyObject_Str(name);
    struct label label = {
        .text = text ? PyUnicode_FromFormat("%U (%U:%d)", text, file, line) : NULL,
        .name = text,
        .file = file,
        .line = line,
    };
    bool is_named = name_event(draft, &label);
    Py_XDECREF(label.text);
    Py_XDECREF(text);
    return close_draft(draft, is_named);
}

static void keep_complaint(struct vt_draft *draft) {
    struct vt_tracer *tracer = draft->tracer;
    if (!tracer->complaint)
        tracer->complaint = draft->json.complaint;
    else
        Py_XDECREF(draft->json.complaint);
    draft->json.complaint = NULL;
}

static void write_event(struct vt_draft *draft, enum vt_event_kind kind,
                        uint64_t extra) {
    struct vt_recorder *recorder = draft->tracer->recorder;
    if (!recorder || recorder->serial != draft->serial)
        return; /* the program's code ended the recording meanwhile */
    struct vt_thread *lane = vt_recorder_lane_in(recorder);
    if (!lane)
        return;
    uint32_t kind_id = (uint32_t)kind << VT_EVENT_ID_BITS | draft->id;
    draft->thread = lane->index;
    draft->is_written = vt_thread_write_payload(lane, draft->start, extra, kind_id,
                                                draft->text.data, draft->text.size);
}

PyObject *vt_draft_end(struct vt_draft *draft, enum vt_event_kind kind,
                       uint64_t extra) {
    if (!draft->json.raised && !draft->text.failed)
        write_event(draft, kind, extra);
    return vt_draft_give_up(draft);
}

PyObject *vt_draft_give_up(struct vt_draft *draft) {
    bool raised = draft->json.raised, no_memory = draft->text.failed;
    vt_recorder_unhush(draft->hush);
    keep_complaint(draft);
    vt_buf_fini(&draft->text);
    if (raised)
        return NULL;
    if (no_memory)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}
