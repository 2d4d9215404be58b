/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads of the kernel find their lanes by thread-local storage; one that several
 * recorders know by its number in the log. When a thread ends, a destructor, which runs
 * without the interpreter's lock, ends its lanes in all recorders; the mutex `ending`
 * keeps it from recorders that are stopped, closed or opened meanwhile.
 */
#include "embed/recorder.h"

#include "core/base/buf.h"
#include "embed/thread_name.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct vt_gate no_gate;
struct vt_gate *vt_gate = &no_gate;

__thread struct vt_lane vt_lane = {.serial = UINT64_MAX};

static pthread_mutex_t ending = PTHREAD_MUTEX_INITIALIZER;
static struct vt_recorder *open_recorders;
static uint64_t last_serial;
static uint64_t starts;            /* how often a recorder was started */
static struct vt_clock_pair epoch; /* of the first recorder: to measure ticks from */

static pthread_key_t lane_key; /* its value is only there to have the destructor run */
static bool lane_key_made;

bool vt_recorder_is_ours(const struct vt_recorder *recorder) {
    return recorder && recorder->pid == getpid();
}

/* ---- once per process ------------------------------------------------------------ */

struct ended_thread {
    uint64_t tid;
    struct vt_thread *lane;
};

static void match_tid(struct vt_thread *lane, void *state) {
    struct ended_thread *wanted = state;
    if (lane->tid == wanted->tid && !(lane->flags & VT_THREAD_IS_TASK))
        wanted->lane = lane;
}

static struct vt_thread *find_lane(struct vt_recorder *recorder) {
    struct ended_thread wanted = {.tid = (uint64_t)syscall(SYS_gettid)};
    vt_log_each_thread(recorder->log, match_tid, &wanted);
    return wanted.lane;
}

/* The destructor of a thread's key. */
static void end_lanes(void *unused) {
    (void)unused;
    vt_lane = (struct vt_lane){.serial = UINT64_MAX};
    pthread_mutex_lock(&ending);
    for (struct vt_recorder *r = open_recorders; r; r = r->next) {
        struct vt_thread *lane = find_lane(r);
        if (lane &&
            vt_gate->thread == lane) /* a new thread's state may get its place */
            vt_gate->tstate = NULL;
        if (lane)
            vt_thread_end(lane);
    }
    pthread_mutex_unlock(&ending);
}

/* In a forked child the gate's page is blank, and so is the meaning of everything else
 * here. */
static void forget_in_child(void) {
    pthread_mutex_init(&ending, NULL);
    open_recorders = NULL;
    vt_lane = (struct vt_lane){.serial = UINT64_MAX};
}

static enum vt_status make_gate(struct vt_error *err) {
    if (vt_gate != &no_gate)
        return VT_OK;
    void *page = mmap(NULL, sizeof(struct vt_gate), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return vt_error_set_errno(err, errno, "the gate of the recorder");
    if (madvise(page, sizeof(struct vt_gate), MADV_WIPEONFORK) != 0) {
        int error = errno;
        munmap(page, sizeof(struct vt_gate));
        return vt_error_set_errno(err, error, "the gate of the recorder");
    }
    pthread_atfork(NULL, NULL, forget_in_child);
    lane_key_made = pthread_key_create(&lane_key, end_lanes) == 0;
    vt_gate = page;
    return VT_OK;
}

/* ---- settings -------------------------------------------------------------------- */

static enum vt_status make_filter(struct vt_filter *filter,
                                  const struct vt_config *config,
                                  struct vt_error *err) {
    struct vt_buf package = {0};
    if (config->python_dir && !config->trace_self)
        vt_buf_printf(&package, "%s/viztracer", config->python_dir);
    struct vt_filter_options options = {
        .include_files = config->include_files.items,
        .include_count = config->include_files.count,
        .exclude_files = config->exclude_files.items,
        .exclude_count = config->exclude_files.count,
        .cwd = config->launch_cwd ? config->launch_cwd : "/",
        .own_package = package.data,
        .ignore_frozen = config->ignore_frozen,
    };
    enum vt_status status = vt_filter_init(filter, &options, err);
    vt_buf_fini(&package);
    return status;
}

static void set_limits(struct vt_recorder *recorder, const struct vt_config *config) {
    bool no_limit = config->max_stack_depth < 0 || config->max_stack_depth > UINT32_MAX;
    recorder->max_depth = no_limit ? UINT32_MAX : (uint32_t)config->max_stack_depth;
    recorder->min_ticks =
        config->min_duration_ns > 0
            ? vt_clock_ns_to_ticks((uint64_t)config->min_duration_ns, epoch)
            : 0;
    recorder->ignore_c_function = config->ignore_c_function;
    recorder->log_async = config->log_async;
    recorder->argrepr.args = config->log_func_args;
    recorder->argrepr.result = config->log_func_retval;
}

void vt_recorder_show_with(struct vt_recorder *recorder, PyObject *show) {
    PyObject *old = recorder->argrepr.show;
    Py_XINCREF(show);
    recorder->argrepr.show = show;
    Py_XDECREF(old);
}

static void limit_lane(struct vt_thread *lane, void *of) {
    const struct vt_recorder *recorder = of;
    lane->max_depth = recorder->max_depth;
    lane->min_ticks = recorder->min_ticks;
}

enum vt_status vt_recorder_configure(struct vt_recorder *recorder,
                                     const struct vt_config *config,
                                     struct vt_error *err) {
    struct vt_filter filter;
    enum vt_status status = make_filter(&filter, config, err);
    if (status != VT_OK)
        return status;
    vt_filter_fini(&recorder->filter);
    recorder->filter = filter;
    set_limits(recorder, config);
    vt_log_each_thread(recorder->log, limit_lane, recorder);
    vt_funcid_judge_again(recorder);
    return VT_OK;
}

/* ---- opening --------------------------------------------------------------------- */

/* The directory in which the report will be, for a log that finds no other place. */
static char *report_directory(const struct vt_config *config) {
    const char *path = config->output_path;
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? strndup(path, slash > path ? (size_t)(slash - path) : 1) : NULL;
}

static void write_config(struct vt_log *log, const struct vt_config *config) {
    struct vt_buf text = {0};
    vt_config_to_text(config, &text);
    if (!text.failed)
        vt_log_add_process(log, VT_SYMBOL_CONFIG,
                           (struct vt_log_text){text.data, text.size});
    vt_buf_fini(&text);
}

static enum vt_status open_log(struct vt_recorder *recorder,
                               const struct vt_config *config, struct vt_error *err) {
    struct vt_error why;
    char *beside = report_directory(config);
    char *path = NULL;
    if (config->run_dir) {
        enum vt_status status = vt_log_dir_join(&recorder->dir, config->run_dir, err);
        if (status != VT_OK) {
            free(beside);
            return status;
        }
    }
    if (recorder->dir.path || vt_log_dir_create(&recorder->dir, beside, &why) == VT_OK)
        path = vt_log_dir_new_log_path(&recorder->dir);
    free(beside);
    struct vt_log_options options = {
        .path = path,
        .capacity = (uint64_t)config->tracer_entries,
        .pid = getpid(),
        .ppid = getppid(),
        .main_tid = getpid(), /* Linux: the main thread's number is the process's */
    };
    recorder->log = vt_log_create(&options, &why, err);
    free(path);
    if (!recorder->log)
        return VT_ERR_NO_MEMORY;
    if (config->run_dir && !vt_log_is_file(recorder->log)) {
        vt_log_destroy(recorder->log); /* nobody would find it */
        *err = why;
        return err->status;
    }
    if (!epoch.ticks)
        epoch = vt_log_head(recorder->log)->start;
    write_config(recorder->log, config);
    return VT_OK;
}

static void link_open(struct vt_recorder *recorder) {
    pthread_mutex_lock(&ending);
    recorder->next = open_recorders;
    open_recorders = recorder;
    pthread_mutex_unlock(&ending);
}

enum vt_status vt_recorder_open(const struct vt_config *config,
                                struct vt_recorder **recorder, struct vt_error *err) {
    struct vt_recorder *opened = calloc(1, sizeof *opened);
    if (!opened)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    opened->pid = getpid();
    opened->serial = ++last_serial;
    enum vt_status status = make_gate(err);
    if (status == VT_OK)
        status = make_filter(&opened->filter, config, err);
    if (status == VT_OK)
        status = open_log(opened, config, err);
    if (status != VT_OK) {
        vt_log_dir_remove(&opened->dir);
        vt_filter_fini(&opened->filter);
        free(opened);
        return status;
    }
    set_limits(opened, config);
    link_open(opened);
    *recorder = opened;
    return VT_OK;
}

/* ---- on and off ------------------------------------------------------------------ */

static void pause_lane(struct vt_thread *lane, void *unused) {
    (void)unused;
    vt_thread_pause(lane);
}

void vt_recorder_start(struct vt_recorder *recorder) {
    starts++;
    if (recorder->is_sparse)
        vt_log_each_thread(recorder->log, pause_lane, NULL);
    vt_funcid_use(recorder);
    *vt_gate = (struct vt_gate){.recorder = recorder, .serial = recorder->serial};
    vt_log_mark_recording(recorder->log);
}

static void flush_lane(struct vt_thread *lane, void *how) {
    vt_thread_flush(lane, *(enum vt_thread_flush *)how);
}

void vt_recorder_stop(enum vt_thread_flush flush) {
    struct vt_recorder *recorder = vt_gate->recorder;
    if (!recorder)
        return;
    *vt_gate = (struct vt_gate){0};
    pthread_mutex_lock(&ending);
    vt_log_each_thread(recorder->log, flush_lane, &flush);
    pthread_mutex_unlock(&ending);
    vt_log_mark_stopped(recorder->log);
}

/* ---- lanes ----------------------------------------------------------------------- */

static struct vt_thread *make_lane(struct vt_recorder *recorder, PyObject *frame_self) {
    struct vt_buf name = {0};
    vt_thread_name_append(&name, frame_self);
    uint64_t tid = (uint64_t)syscall(SYS_gettid);
    struct vt_thread *lane = vt_log_add_thread(
        recorder->log, tid, 0, (struct vt_log_text){name.data, name.size});
    vt_buf_fini(&name);
    if (!lane)
        return NULL;
    limit_lane(lane, recorder);
    if (recorder->is_sparse)
        vt_thread_pause(lane);
    if (lane_key_made)
        pthread_setspecific(lane_key, &lane_key);
    return lane;
}

static struct vt_thread *lane_of_caller(struct vt_recorder *recorder,
                                        PyObject *frame_self) {
    if (vt_lane.serial == recorder->serial)
        return vt_lane.thread;
    struct vt_thread *lane = vt_lane.thread ? find_lane(recorder) : NULL;
    if (!lane)
        lane = make_lane(recorder, frame_self);
    if (lane)
        vt_lane = (struct vt_lane){.serial = recorder->serial, .thread = lane};
    return lane;
}

struct vt_thread *vt_recorder_find_thread(PyThreadState *tstate, PyObject *frame_self) {
    struct vt_recorder *recorder = vt_gate->recorder;
    struct vt_thread *lane = recorder ? lane_of_caller(recorder, frame_self) : NULL;
    if (lane) {
        vt_gate->thread = lane;
        vt_gate->tstate = tstate;
    }
    return lane;
}

struct vt_thread *vt_recorder_lane_in(struct vt_recorder *recorder) {
    return lane_of_caller(recorder, NULL);
}

uint64_t vt_recorder_hush(void) {
    struct vt_thread *lane =
        vt_gate->recorder ? lane_of_caller(vt_gate->recorder, NULL) : NULL;
    if (!lane)
        return 0;
    lane->hidden++;
    return starts;
}

void vt_recorder_unhush(uint64_t token) {
    struct vt_thread *lane = vt_recorder_lane();
    if (lane && token == starts && lane->hidden)
        lane->hidden--;
}

/* ---- all, and the end ------------------------------------------------------------ */

void vt_recorder_each(void (*visit)(struct vt_recorder *recorder, const void *key),
                      const void *key) {
    for (struct vt_recorder *r = open_recorders; r; r = r->next)
        visit(r, key);
}

static void unlink_open(const struct vt_recorder *recorder) {
    struct vt_recorder **at = &open_recorders;
    while (*at && *at != recorder)
        at = &(*at)->next;
    if (*at)
        *at = recorder->next;
}

void vt_recorder_close(struct vt_recorder *recorder, bool keep) {
    if (!recorder)
        return;
    if (vt_gate->recorder == recorder)
        *vt_gate = (struct vt_gate){0};
    if (vt_recorder_is_ours(recorder)) { /* else nothing of the log is in our memory */
        pthread_mutex_lock(&ending);
        unlink_open(recorder);
        vt_log_destroy(recorder->log);
        pthread_mutex_unlock(&ending);
    }
    vt_filter_fini(&recorder->filter);
    vt_funcid_fini(&recorder->funcs);
    vt_sources_fini(&recorder->sources);
    vt_late_free(&recorder->overrides);
    if (keep)
        vt_log_dir_close(&recorder->dir);
    else
        vt_log_dir_remove(&recorder->dir);
    free(recorder);
}
