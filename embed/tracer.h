/* SPDX-License-Identifier: Apache-2.0
 *
 * `_viztracer.Tracer`: the settings of one tracer and its recorder. The class VizTracer
 * of the package derives from it (embed/python/viztracer/viztracer.py) and adds what
 * needs no C: files' names, plugins, messages.
 *
 *   tracer_type.c     the type: birth, death, its methods' table
 *   tracer_getset.c   settings, checked
 *   tracer_control.c  start, stop, pause, clear, sparse regions
 *   tracer_events.c   what the program logs itself
 *   tracer_save.c     reports
 *   tracer_attach.c   what `viztracer --attach` asks of a program
 *   lazy_tracer.c     the tracer of a run until the program asks for it
 *
 * A tracer has no log until something is recorded. What was saved or parsed is over:
 * the next start begins with an empty log. Only the tracer of a run, whose report is
 * one, goes on in the same log.
 *
 * Threads:   the interpreter's lock is held.
 * Ownership: the tracer owns its recorder, but for the run's: embed/finish.h has that.
 */
#ifndef VT_EMBED_TRACER_H
#define VT_EMBED_TRACER_H

#include "core/record/config.h"
#include "embed/late.h"
#include "embed/pycompat.h"
#include "embed/recorder.h"

#include <structmember.h>

struct vt_tracer {
    PyObject_HEAD PyObject *dict;
    PyObject *weak_references;
    PyObject *names;         /* dict: str -> symbol id in the log; NULL: none yet */
    uint64_t names_serial;   /* of the recorder that they are of */
    PyObject *log_func_repr; /* NULL: None */
    PyObject *process_name;  /* NULL: None */
    PyObject *complaint;     /* of the first value that JSON cannot carry; NULL: none */
    struct vt_late late;
    struct vt_config config;
    struct vt_recorder *recorder; /* NULL: nothing was recorded yet */
    uint64_t sync_marker_ticks;   /* 0: none */
    uint64_t sync_marker_ns;
    int64_t verbose;
    int place_fd_plus_1;     /* at the report server; 0: none */
    uint32_t sparse_regions; /* that are being recorded now */
    bool is_sparse_ready;    /* log_sparse: started */
    bool is_run;             /* of the program that the command line runs */
    bool is_guest;           /* the process that began the run saves it, not this one */
    bool has_cover;          /* its children are recorded, too */
    bool is_settled;         /* what it recorded was saved or parsed */
    bool is_busy;            /* a report is being written, without the lock */
};

/* The type; the module makes it once (embed/module.c). */
extern PyType_Spec vt_tracer_type_spec;
extern PyMemberDef vt_tracer_offsets[];

static inline struct vt_tracer *vt_tracer_of(PyObject *self) {
    return (struct vt_tracer *)(void *)self;
}

static inline bool vt_tracer_is_recording(const struct vt_tracer *tracer) {
    return tracer->recorder && vt_recorder_current() == tracer->recorder;
}

/* The log is there, and this process's. False with an exception set. */
bool vt_tracer_open_log(struct vt_tracer *tracer);

/* No log, as in the beginning. */
void vt_tracer_drop_log(struct vt_tracer *tracer);

/* The report server that gets the report, from the settings or the environment. NULL:
 * none. */
const char *vt_tracer_endpoint(const struct vt_tracer *tracer);

/* It need not wait for this tracer any more. */
void vt_tracer_give_place(struct vt_tracer *tracer);

/* What was logged so far, and what is wrong with it, is forgotten. */
void vt_tracer_forget(struct vt_tracer *tracer);

/* Ends the recording if it is on: the hooks go, open calls are written. */
void vt_tracer_stop(struct vt_tracer *tracer, enum vt_thread_flush flush);

/* The settings changed: hands them to the recorder. False with an exception set. */
bool vt_tracer_apply_settings(struct vt_tracer *tracer);

/* The tracer of a run has the first snapshot that may change until the save. */
void vt_tracer_settle_at_exit(struct vt_tracer *tracer);

/* For tp_dealloc, tp_traverse and tp_clear of both types. */
void vt_tracer_dealloc(PyObject *self);
int vt_tracer_traverse(PyObject *self, visitproc visit, void *arg);
int vt_tracer_clear_references(PyObject *self);

extern PyGetSetDef vt_tracer_getset[];

/* Methods, by file; their documentation stands in the table of tracer_type.c. */
PyObject *vt_tracer_method_start(PyObject *self, PyObject *unused);
PyObject *vt_tracer_method_stop(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *vt_tracer_method_pause(PyObject *self, PyObject *unused);
PyObject *vt_tracer_method_resume(PyObject *self, PyObject *unused);
PyObject *vt_tracer_method_clear(PyObject *self, PyObject *unused);
PyObject *vt_tracer_method_cleanup(PyObject *self, PyObject *unused);
PyObject *vt_tracer_method_enable_thread_tracing(PyObject *self, PyObject *unused);
PyObject *vt_tracer_method_sparse_begin(PyObject *self, PyObject *args);
PyObject *vt_tracer_method_sparse_end(PyObject *self, PyObject *unused);
PyObject *vt_tracer_method_in_region(PyObject *self, PyObject *unused);

PyObject *vt_tracer_method_add_instant(PyObject *self, PyObject *args,
                                       PyObject *kwargs);
PyObject *vt_tracer_method_log_instant(PyObject *self, PyObject *args,
                                       PyObject *kwargs);
PyObject *vt_tracer_method_add_counter(PyObject *self, PyObject *args,
                                       PyObject *kwargs);
PyObject *vt_tracer_method_add_object(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *vt_tracer_method_add_raw(PyObject *self, PyObject *raw);
PyObject *vt_tracer_method_add_func_args(PyObject *self, PyObject *args,
                                         PyObject *kwargs);
PyObject *vt_tracer_method_func_args_text(PyObject *self, PyObject *unused);

PyObject *vt_tracer_method_getts(PyObject *self, PyObject *unused);
PyObject *vt_tracer_method_get_base_time(PyObject *self, PyObject *unused);
PyObject *vt_tracer_method_mark_sync(PyObject *self, PyObject *unused);
PyObject *vt_tracer_method_get_sync_marker(PyObject *self, PyObject *unused);

PyObject *vt_tracer_method_write(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *vt_tracer_method_endpoint(PyObject *self, PyObject *unused);
PyObject *vt_tracer_method_text(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *vt_tracer_method_share_with_child(PyObject *self, PyObject *args);
PyObject *vt_tracer_method_write_inherited(PyObject *self, PyObject *args);
PyObject *vt_tracer_method_check(PyObject *self, PyObject *unused);
PyObject *vt_tracer_method_settle(PyObject *self, PyObject *unused);
PyObject *vt_tracer_method_take_settings(PyObject *self, PyObject *args);
PyObject *vt_tracer_method_write_run(PyObject *self, PyObject *args);
PyObject *vt_tracer_method_leave_run(PyObject *self, PyObject *unused);

/* A function of the module: (python_dir, path, text, entries, aloud). */
PyObject *vt_tracer_save_text(PyObject *module, PyObject *args);

#endif
