/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/recorder.h"

#include "core/base/buf.h"
#include "embed/funcid.h"
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

static struct vt_recorder the_recorder;

/* Which lane the calling thread of the kernel has. The key's destructor ends the lane
 * with the thread; the thread-local word is the fast way to the same value. */
static pthread_key_t lane_key;
static bool lane_key_made;
__thread struct vt_lane vt_lane = {.serial = UINT64_MAX};
static uint64_t recorder_serial;

/* A thread may end, without the interpreter's lock, while the recorder closes. */
static pthread_mutex_t ending = PTHREAD_MUTEX_INITIALIZER;

/* In a forked child the gate's page is blank, and so is the meaning of everything else
 * here. */
struct vt_recorder *vt_recorder_get(void) {
    return the_recorder.log && the_recorder.pid == getpid() ? &the_recorder : NULL;
}

bool vt_recorder_is_on(void) {
    return vt_gate->recorder != NULL;
}

static void end_lane(void *lane) {
    pthread_mutex_lock(&ending);
    if (vt_recorder_get() && vt_lane.serial == recorder_serial) {
        vt_thread_end(lane);
        vt_lane.serial = UINT64_MAX; /* destructors of others may run Python yet */
        if (vt_gate->thread == lane) /* a new thread's state may get the same address */
            vt_gate->tstate = NULL;
    }
    pthread_mutex_unlock(&ending);
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
    vt_gate = page;
    return VT_OK;
}

static enum vt_status open_filter(const struct vt_config *config,
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
    enum vt_status status = vt_filter_init(&the_recorder.filter, &options, err);
    vt_buf_fini(&package);
    return status;
}

/* The directory in which the report will be, for a log that finds no other place. */
static char *report_directory(const struct vt_config *config) {
    const char *path = config->output_path;
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? strndup(path, slash > path ? (size_t)(slash - path) : 1) : NULL;
}

static void write_config(const struct vt_config *config) {
    struct vt_buf text = {0};
    vt_config_to_text(config, &text);
    if (!text.failed)
        vt_log_add_process(the_recorder.log, VT_SYMBOL_CONFIG,
                           (struct vt_log_text){text.data, text.size});
    vt_buf_fini(&text);
}

static enum vt_status open_log(const struct vt_config *config, struct vt_error *err) {
    struct vt_error why;
    char *beside = report_directory(config);
    char *path = NULL;
    if (vt_log_dir_create(&the_recorder.dir, beside, &why) == VT_OK)
        path = vt_log_dir_new_log_path(&the_recorder.dir);
    free(beside);
    struct vt_log_options options = {
        .path = path,
        .capacity = (uint64_t)config->tracer_entries,
        .pid = getpid(),
        .ppid = getppid(),
        .main_tid = (int32_t)syscall(SYS_gettid),
    };
    the_recorder.log = vt_log_create(&options, &why, err);
    free(path);
    return the_recorder.log ? VT_OK : VT_ERR_NO_MEMORY;
}

enum vt_status vt_recorder_open(const struct vt_config *config, struct vt_error *err) {
    the_recorder = (struct vt_recorder){.pid = getpid()};
    recorder_serial++;
    enum vt_status status = make_gate(err);
    if (status == VT_OK)
        status = open_filter(config, err);
    if (status == VT_OK)
        status = open_log(config, err);
    if (status != VT_OK)
        return status;
    if (!lane_key_made)
        lane_key_made = pthread_key_create(&lane_key, end_lane) == 0;
    write_config(config);
    the_recorder.ignore_c_function = config->ignore_c_function;
    the_recorder.max_depth =
        config->max_stack_depth < 0 || config->max_stack_depth > UINT32_MAX
            ? UINT32_MAX
            : (uint32_t)config->max_stack_depth;
    if (config->min_duration_ns > 0)
        the_recorder.min_ticks = vt_clock_ns_to_ticks(
            (uint64_t)config->min_duration_ns, vt_log_head(the_recorder.log)->start);
    return VT_OK;
}

void vt_recorder_start(void) {
    *vt_gate = (struct vt_gate){.recorder = &the_recorder, .serial = recorder_serial};
    vt_log_mark_recording(the_recorder.log);
}

static void flush_lane(struct vt_thread *lane, void *how) {
    vt_thread_flush(lane, *(enum vt_thread_flush *)how);
}

void vt_recorder_stop(enum vt_thread_flush flush) {
    if (!vt_gate->recorder)
        return;
    *vt_gate = (struct vt_gate){0};
    vt_log_each_thread(the_recorder.log, flush_lane, &flush);
    vt_log_mark_stopped(the_recorder.log);
}

static struct vt_thread *make_lane(PyObject *frame_self) {
    struct vt_buf name = {0};
    vt_thread_name_append(&name, frame_self);
    uint64_t tid = (uint64_t)syscall(SYS_gettid);
    struct vt_thread *lane = vt_log_add_thread(
        the_recorder.log, tid, 0, (struct vt_log_text){name.data, name.size});
    vt_buf_fini(&name);
    if (!lane)
        return NULL;
    lane->max_depth = the_recorder.max_depth;
    lane->min_ticks = the_recorder.min_ticks;
    vt_lane = (struct vt_lane){.serial = recorder_serial, .thread = lane};
    if (lane_key_made)
        pthread_setspecific(lane_key, lane);
    return lane;
}

struct vt_thread *vt_recorder_find_thread(PyThreadState *tstate, PyObject *frame_self) {
    if (!vt_gate->recorder)
        return NULL;
    struct vt_thread *lane = vt_recorder_lane();
    if (!lane)
        lane = make_lane(frame_self);
    if (lane) {
        vt_gate->thread = lane;
        vt_gate->tstate = tstate;
    }
    return lane;
}

void vt_recorder_close(bool keep) {
    if (!vt_recorder_get())
        return;
    *vt_gate = (struct vt_gate){0};
    vt_funcid_reset();
    vt_filter_fini(&the_recorder.filter);
    pthread_mutex_lock(&ending);
    vt_log_destroy(the_recorder.log);
    the_recorder.log = NULL;
    pthread_mutex_unlock(&ending);
    if (keep)
        vt_log_dir_close(&the_recorder.dir);
    else
        vt_log_dir_remove(&the_recorder.dir);
}
