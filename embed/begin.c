/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/begin.h"

#include "embed/children.h"
#include "embed/describe.h"
#include "embed/extra_logs.h"
#include "embed/finish.h"
#include "embed/fork.h"
#include "embed/funcid.h"
#include "embed/hook.h"
#include "embed/lazy_tracer.h"
#include "embed/pytext.h"
#include "embed/recorder.h"
#include "embed/session_env.h"
#include "embed/sigterm.h"
#include "embed/spawn_env.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct vt_config session;
static struct vt_recorder *run; /* NULL: nothing was begun */
static bool begun;
static bool is_child; /* the process is below the one that will save */
static struct vt_buf process_name;
static int32_t helper_pid; /* not 0: we are it, and its forks are to be recorded */
static bool is_on;      /* the program is being recorded, or was when we were forked */
static bool is_resumed; /* forked, and not by multiprocessing as far as we know */

void vt_begin_prepare(struct vt_config *config) {
    session = *config;
    vt_config_init(config);
}

static void describe_process(struct vt_log *log) {
    vt_log_add_process(log, VT_SYMBOL_PROCESS,
                       (struct vt_log_text){process_name.data, process_name.size});
    vt_describe_command(log);
}

static void give_up(const struct vt_error *err) {
    vt_recorder_close(run, false);
    run = NULL;
    vt_finish_tell_failure("this run is not recorded", err);
}

/* The processes below this one get the session, too. */
static void pass_on(void) {
    struct vt_error err;
    if (session.child_hook && strcmp(session.child_hook, "none") == 0)
        return;
    bool patch_only = session.patch_only;
    session.patch_only = false; /* of those below */
    enum vt_status status = vt_session_env_set(&session, &err);
    session.patch_only = patch_only;
    if (status == VT_OK)
        vt_spawn_env_install();
    else
        vt_finish_tell_failure("child processes are not recorded", &err);
}

static void share_run(void) {
    if (session.ignore_multiprocess || !run->dir.path || !vt_log_is_file(run->log))
        return;
    if (!session.run_dir)
        session.run_dir = strdup(run->dir.path);
    if (session.run_dir)
        pass_on();
}

/* The run's tracer takes care of its plugins, whose code must not be recorded either.
 * False with an exception set: the program does not run. */
static bool load_plugins(PyObject *tracer) {
    PyObject *names = tracer ? vt_pytext_list_to_python(&session.plugins) : NULL;
    PyObject *done =
        names ? PyObject_CallMethod(tracer, "_begin_run", "O", names) : NULL;
    Py_XDECREF(names);
    Py_XDECREF(done);
    return done;
}

/* An exception is set: the program does not run. */
static int refuse(PyObject *tracer) {
    vt_lazy_tracer_leave_run(tracer);
    vt_finish_drop();
    return -1;
}

/* Without it arguments are shown by repr(). */
static void find_objprint(void) {
    PyObject *show = vt_argrepr_find_objprint();
    vt_recorder_show_with(run, show);
    Py_XDECREF(show);
    PyErr_Clear();
}

/* A child goes on without the logs that cannot be had, so that the program does. */
static bool begin_extra_logs(PyObject *tracer, const char *event, PyObject *args,
                             PyObject *main_module) {
    struct vt_extra_program program = {event, args, PyModule_GetDict(main_module)};
    if (vt_extra_logs_begin(&session, tracer, &program))
        return true;
    if (is_child)
        PyErr_Clear();
    return is_child;
}

/* The run has ended, or we became another user: then this process is not recorded, and
 * says nothing of it on a stderr that is its program's. */
static bool has_no_place(void) {
    return access(session.run_dir, W_OK | X_OK) != 0;
}

/* `cpython.run_*`: the interpreter is ready, the program has not begun. Whatever fails
 * here, the program runs; only a plugin and a log that cannot be had may prevent that.
 */
static int begin(const char *event, PyObject *args) {
    begun = true;
    struct vt_error err = {.status = VT_OK};
    is_child = vt_children_is_child(&session);
    bool is_helper = is_child && vt_children_is_helper(event, args);
    if (is_child && (is_helper || has_no_place())) {
        pass_on();
        vt_children_mark_untraced(&session);
        helper_pid = is_helper ? getpid() : 0;
        return 0;
    }
    PyObject *main_module = PyImport_AddModule("__main__");
    if (!main_module) {
        PyErr_Clear();
        return 0;
    }
    if (vt_recorder_open(&session, &run, &err) != VT_OK) {
        vt_finish_tell_failure("this run is not recorded", &err);
        return 0;
    }
    if (is_child)
        vt_children_name(&process_name, event, args);
    else /* multiprocessing's name of it */
        vt_buf_append_text(&process_name, "MainProcess");
    describe_process(run->log);
    if (vt_hook_arm(PyModule_GetDict(main_module), &err) != VT_OK) {
        give_up(&err);
        return 0;
    }
    vt_finish_register(&session, run, is_child);
    share_run();
    vt_fork_watch();
    if (session.patch_only)
        helper_pid = getpid(); /* its forks are to be recorded */
    PyObject *tracer = vt_lazy_tracer_install(&session, run);
    if (session.log_func_with_objprint)
        find_objprint();
    if (!begin_extra_logs(tracer, event, args, main_module))
        return refuse(tracer);
    if (is_child)
        return 0; /* how it ends is for its parent to see */
    if (session.plugins.count && !load_plugins(tracer))
        return refuse(tracer);
    vt_sigterm_install();
    pthread_atfork(NULL, NULL, vt_sigterm_forget_in_child);
    return 0;
}

/* A fork of multiprocessing's fork server, at its first audit event: it is recorded
 * from here on. It never comes to the first frame of a __main__ of its own. */
static void begin_in_fork_of_helper(void) {
    struct vt_recorder *parent = run;
    is_resumed = session.patch_only;
    session.patch_only = false;
    helper_pid = 0;
    struct vt_error err;
    if (has_no_place() || vt_recorder_open(&session, &run, &err) != VT_OK) {
        run = NULL;
        return;
    }
    is_child = true;
    if (!process_name.size) /* the fork server has none */
        vt_buf_append_text(&process_name, "python -c");
    vt_recorder_close(parent, true);
    describe_process(run->log);
    vt_finish_register(&session, run, true);
    vt_finish_expect_report();
    vt_fork_watch();
    vt_lazy_tracer_install(&session, run);
    if (session.log_sparse)
        return;
    vt_recorder_start(run);
    is_on = vt_hook_install(&err) == VT_OK;
    if (!is_on)
        give_up(&err);
}

/* Of os.exec: (path, argv, env). */
static void before_exec(PyObject *args) {
    PyObject *path = PyTuple_Check(args) && PyTuple_GET_SIZE(args)
                         ? PyTuple_GET_ITEM(args, 0)
                         : NULL;
    struct vt_buf text = {0};
    if (path && PyUnicode_Check(path))
        vt_pytext_append(&text, path);
    else if (path && PyBytes_Check(path))
        vt_buf_append_text(&text, PyBytes_AS_STRING(path));
    vt_finish_before_exec(text.failed ? NULL : text.data);
    vt_buf_fini(&text);
}

int vt_begin_audit_hook(const char *event, struct _object *args, void *data) {
    (void)data;
    if (VT_UNLIKELY(helper_pid) && helper_pid != getpid())
        begin_in_fork_of_helper();
    if (event[0] == 'c' && !begun && strncmp(event, "cpython.run_", 12) == 0)
        return begin(event, args);
    if (event[0] == 's' || strncmp(event, "os.", 3) == 0)
        vt_spawn_env_on_event(event);
    if (event[0] == 'o' && strcmp(event, "os.exec") == 0)
        before_exec(args);
    return 0;
}

/* The call that a script or -c text is shown to be started by (behaviour.md 4). */
static const struct vt_func *find_exec(void) {
    PyObject *builtins = PyEval_GetBuiltins();
    PyObject *exec = builtins ? PyDict_GetItemString(builtins, "exec") : NULL;
    return exec && PyCFunction_Check(exec) ? vt_funcid_of_cfunction(exec) : NULL;
}

static uint32_t exec_id =
    VT_LOG_NO_ID; /* of the open outermost event, if there is one */

void vt_begin_main_entered(void) {
    vt_finish_expect_report();
    if (session.log_sparse || session.patch_only)
        return; /* @log_sparse starts and stops it; or only children are recorded */
    vt_recorder_start(run);
    struct vt_thread *thread = vt_recorder_find_thread(vt_py_thread_state(), NULL);
    if (!thread) {
        vt_recorder_stop(VT_THREAD_FLUSH_FINISH);
        return;
    }
    const struct vt_func *exec = find_exec();
    if (exec && !session.ignore_c_function) {
        exec_id = exec->id;
        vt_thread_enter(thread, exec_id, false);
    }
    vt_thread_watch(thread, vt_thread_depth(thread), thread->hidden);
    struct vt_error err;
    is_on = vt_hook_install(&err) == VT_OK;
    if (!is_on)
        give_up(&err);
}

void vt_begin_main_returned(struct vt_thread *thread, bool normally) {
    vt_thread_watch(thread, UINT32_MAX, 0);
    if (exec_id != VT_LOG_NO_ID)
        (void)vt_thread_leave(thread, exec_id);
    if (!normally || session.log_exit)
        return; /* what runs at exit is recorded, too */
    is_on = false;
    vt_extra_logs_end();
    vt_hook_remove();
    vt_recorder_stop(VT_THREAD_FLUSH_FINISH);
}

/* ---- a recording that the program begins itself ---------------------------------- */

static struct {
    bool is_on; /* or was when we were forked */
    bool is_registered;
    void (*follow)(void *state, struct vt_recorder *recorder);
    void *state;
} cover;

static bool add_audit_hook(void) {
    static bool added;
    if (!added && PySys_AddAuditHook(vt_begin_audit_hook, NULL) != 0)
        return false;
    return added = true;
}

bool vt_begin_cover(const struct vt_config *config, struct vt_recorder *recorder,
                    void (*follow)(void *state, struct vt_recorder *recorder),
                    void *state) {
    struct vt_error err;
    if ((begun && !cover.is_on) || is_child || !recorder->dir.path ||
        !vt_log_is_file(recorder->log))
        return false;
    begun = true; /* no program is to begin in this process any more */
    if (!add_audit_hook())
        return false;
    vt_config_fini(&session);
    if (vt_config_copy(&session, config, &err) != VT_OK ||
        vt_config_set_text(&session.run_dir, recorder->dir.path, &err) != VT_OK)
        return false;
    vt_buf_fini(&process_name);
    vt_buf_append_text(&process_name, "MainProcess");
    cover.is_on = is_on = true;
    cover.follow = follow;
    cover.state = state;
    run = recorder;
    exec_id = VT_LOG_NO_ID;
    pass_on();
    vt_fork_watch();
    return true;
}

void vt_begin_uncover(const struct vt_recorder *recorder) {
    if (!cover.is_on || run != recorder || is_child)
        return;
    is_on = false;
    run = NULL;
    cover.follow = NULL;
    vt_session_env_clear();
}

struct vt_recorder *vt_begin_child_recorder(void) {
    return is_child && vt_recorder_is_ours(run) ? run : NULL;
}

/* ---- forked children ------------------------------------------------------------- */

/* The ids of the parent's log mean nothing in ours. */
static void reopen_calls(const struct vt_recorder *parent, struct vt_thread *thread) {
    struct vt_fork_stack stack = vt_fork_take();
    uint32_t parents_exec_id = exec_id;
    exec_id = VT_LOG_NO_ID;
    for (uint32_t i = 0; i < stack.count; i++) {
        const struct vt_func *func =
            vt_funcid_translate(&parent->funcs, stack.frames[i].id);
        uint32_t id = func ? func->id : VT_LOG_NO_ID;
        if (i == 0 && stack.frames[i].id == parents_exec_id)
            exec_id = id;
        vt_thread_enter_since(thread, id, stack.frames[i].start);
    }
    thread->hidden = stack.hidden;
    vt_thread_watch(thread, stack.watched_depth, stack.watched_hidden);
    const struct vt_func *watched =
        stack.watched_id == UINT32_MAX
            ? NULL
            : vt_funcid_translate(&parent->funcs, stack.watched_id);
    thread->watched_id = watched ? watched->id : UINT32_MAX;
    free(stack.frames);
}

/* Gives this forked child a log of its own; NULL: it gets none. Returns the parent's
 * recorder, whose ids are of use once more. */
static struct vt_recorder *reopen(void) {
    struct vt_recorder *parent = run;
    struct vt_error err;
    if (!parent || vt_recorder_is_ours(parent))
        return NULL;
    run = NULL;
    is_on = false;
    if (!session.run_dir || vt_recorder_open(&session, &run, &err) != VT_OK)
        return NULL;
    is_child = is_resumed = true;
    vt_recorder_show_with(run, parent->argrepr.show);
    describe_process(run->log);
    vt_lazy_tracer_follow(run);
    if (cover.follow)
        cover.follow(cover.state, run);
    return parent;
}

/* The child of a program that began the recording itself has not registered its end.
 * What its parent knew stays as it is: to free it is to copy the pages that it is on.
 */
static void let_go(void) {
    if (cover.is_on && !cover.is_registered) {
        cover.is_registered = true;
        vt_finish_register(&session, run, true);
        vt_finish_expect_report();
    }
    vt_finish_replace(run);
}

bool vt_begin_resume(void) {
    if (!is_on)
        return false;
    struct vt_recorder *parent = reopen();
    if (!parent)
        return false;
    is_on = true;
    vt_recorder_start(run);
    struct vt_thread *thread = vt_recorder_find_thread(vt_py_thread_state(), NULL);
    if (thread)
        reopen_calls(parent, thread);
    let_go();
    return true;
}

bool vt_begin_reopen(void) {
    if (!reopen())
        return false;
    free(vt_fork_take().frames);
    let_go();
    return true;
}

/* multiprocessing.process.BaseProcess keeps the name in `_name`; no code of the program
 * runs. */
static void take_name(PyObject *process) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *dict = process ? PyObject_GenericGetDict(process, NULL) : NULL;
    PyObject *name = dict ? PyDict_GetItemString(dict, "_name") : NULL;
    if (name && PyUnicode_Check(name)) {
        vt_buf_fini(&process_name);
        vt_pytext_append(&process_name, name);
    }
    Py_XDECREF(dict);
    PyErr_Restore(type, value, traceback);
}

void vt_begin_process_started(struct vt_thread *thread, struct _object *process) {
    if (!is_resumed || !vt_recorder_is_ours(run))
        return;
    is_resumed = false;
    exec_id = VT_LOG_NO_ID;
    vt_thread_watch(thread, UINT32_MAX, 0);
    vt_thread_forget(thread);
    vt_log_clear(run->log);
    take_name(process);
    vt_log_add_process(run->log, VT_SYMBOL_PROCESS,
                       (struct vt_log_text){process_name.data, process_name.size});
}
