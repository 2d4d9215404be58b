/* SPDX-License-Identifier: Apache-2.0
 *
 * A trace is alive as long as somebody has a reference: the shelf, its loading thread,
 * requests, and answers that are on their way.
 */
#include "viewer/server/shelf.h"
#include "viewer/server/trace_open.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct identity {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct vt_shelved {
    struct vt_shelf *shelf;
    struct vt_shelved *next; /* on the shelf */
    unsigned references;     /* under the shelf's lock, with all down to `waiters` */
    time_t asked_s;
    enum vt_shelved_state state;
    struct vt_shelved_waiter *waiters;
    struct identity identity;
    char *name;
    int fd; /* -1 when it was read */
    bool is_directory;
    bool is_remote;
    atomic_bool is_cancelled;
    _Atomic uint64_t bytes, events;
    struct vt_engine *engine;
    struct vt_buf index, file_info;
    struct vt_error error;
};

struct vt_shelf {
    struct vt_shelf_options options;
    pthread_mutex_t lock;
    pthread_cond_t thread_ended;
    unsigned threads;
    bool is_stopping;
    struct vt_shelved *first;
    unsigned count;
};

static time_t now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* ---- references ------------------------------------------------------------------ */

static void dispose(struct vt_shelved *trace) {
    if (trace->fd >= 0)
        close(trace->fd);
    vt_engine_destroy(trace->engine);
    vt_buf_fini(&trace->index);
    vt_buf_fini(&trace->file_info);
    free(trace->name);
    free(trace);
}

void vt_shelved_retain(struct vt_shelved *trace) {
    pthread_mutex_lock(&trace->shelf->lock);
    trace->references++;
    pthread_mutex_unlock(&trace->shelf->lock);
}

void vt_shelved_release(struct vt_shelved *trace) {
    struct vt_shelf *shelf = trace->shelf;
    pthread_mutex_lock(&shelf->lock);
    bool is_last = --trace->references == 0;
    trace->asked_s = now_s();
    pthread_mutex_unlock(&shelf->lock);
    if (is_last)
        dispose(trace);
}

/* ---- loading --------------------------------------------------------------------- */

static bool note_progress(void *state, struct vt_engine_progress progress) {
    struct vt_shelved *trace = state;
    atomic_store(&trace->bytes, progress.bytes);
    atomic_store(&trace->events, progress.events);
    return !atomic_load(&trace->is_cancelled);
}

/* The errors of a file that was opened through its descriptor are those of its name. */
static void name_file(struct vt_shelved *trace, const char *path) {
    struct vt_error *err = &trace->error;
    size_t size = strlen(path);
    if (strncmp(err->text, path, size) == 0) {
        const char *rest = err->text + size;
        rest += strncmp(rest, ": ", 2) == 0 ? 2 : 0;
        memmove(err->text, rest, strlen(rest) + 1);
    }
    vt_error_prefix(err, "%s", trace->name);
}

struct capped {
    struct vt_buf *buf;
    size_t most;
    bool is_over;
};

static enum vt_status write_capped(void *state, const void *bytes, size_t size,
                                   struct vt_error *err) {
    struct capped *capped = state;
    capped->is_over = capped->is_over || capped->buf->size + size > capped->most;
    if (capped->is_over)
        return vt_error_set(err, VT_ERR_LIMIT, "the index is too large for a page");
    vt_buf_append(capped->buf, bytes, size);
    return vt_buf_status(capped->buf, err);
}

/* Makes the index; without one, too large for a page or for our memory, the page goes
 * on asking us. */
static void make_index(struct vt_shelved *trace) {
    const struct vt_shelf_options *options = &trace->shelf->options;
    struct vt_error err;
    trace->is_remote = options->is_remote ||
                       vt_engine_progress(trace->engine).events > options->most_events;
    if (trace->is_remote)
        return;
    struct capped capped = {&trace->index, options->most_index_bytes, false};
    struct vt_sink sink = {write_capped, &capped};
    if (vt_trace_open_index(trace->engine, sink, &err) == VT_OK)
        return;
    vt_buf_fini(&trace->index);
    vt_buf_init(&trace->index);
    trace->is_remote = true;
}

static enum vt_status open_trace(struct vt_shelved *trace) {
    char path[64];
    /* Behind a link in /proc a run directory would be a link. */
    snprintf(path, sizeof path, "/proc/self/fd/%d%s", trace->fd,
             trace->is_directory ? "/." : "");
    struct vt_trace_open_options options = {.progress = note_progress, .state = trace};
    struct vt_error *err = &trace->error;
    enum vt_status status = vt_trace_open(path, &options, &trace->engine, err);
    if (status == VT_OK)
        status =
            vt_engine_file_info(trace->engine, vt_sink_to_buf(&trace->file_info), err);
    if (status != VT_OK)
        name_file(trace, path);
    else
        note_progress(trace, vt_engine_progress(trace->engine));
    return status;
}

/* Those whose state has come, taken off the list. Under the lock. */
static struct vt_shelved_waiter *take_waiters(struct vt_shelved *trace) {
    struct vt_shelved_waiter *taken = NULL, **at = &trace->waiters;
    while (*at) {
        struct vt_shelved_waiter *waiter = *at;
        if (waiter->until > trace->state) {
            at = &waiter->next;
            continue;
        }
        *at = waiter->next;
        waiter->next = taken;
        taken = waiter;
    }
    return taken;
}

static void enter_state(struct vt_shelved *trace, enum vt_shelved_state state) {
    pthread_mutex_lock(&trace->shelf->lock);
    trace->state = state;
    struct vt_shelved_waiter *waiter = take_waiters(trace);
    pthread_mutex_unlock(&trace->shelf->lock);
    while (waiter) {
        struct vt_shelved_waiter *next = waiter->next;
        waiter->wake(waiter);
        waiter = next;
    }
}

static void *load_in_thread(void *state) {
    struct vt_shelved *trace = state;
    struct vt_shelf *shelf = trace->shelf;
    enum vt_status status = open_trace(trace);
    close(trace->fd);
    trace->fd = -1;
    enter_state(trace, status == VT_OK ? VT_SHELVED_OPEN : VT_SHELVED_FAILED);
    if (status == VT_OK) {
        make_index(trace);
        enter_state(trace, VT_SHELVED_READY);
    }
    vt_shelved_release(trace);
    pthread_mutex_lock(&shelf->lock);
    shelf->threads--;
    pthread_cond_broadcast(&shelf->thread_ended);
    pthread_mutex_unlock(&shelf->lock);
    return NULL;
}

/* ---- the shelf ------------------------------------------------------------------- */

enum vt_status vt_shelf_create(const struct vt_shelf_options *options,
                               struct vt_shelf **shelf, struct vt_error *err) {
    *shelf = calloc(1, sizeof **shelf);
    if (!*shelf)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    (*shelf)->options = *options;
    pthread_mutex_init(&(*shelf)->lock, NULL);
    pthread_cond_init(&(*shelf)->thread_ended, NULL);
    return VT_OK;
}

void vt_shelf_stop(struct vt_shelf *shelf) {
    pthread_mutex_lock(&shelf->lock);
    shelf->is_stopping = true;
    for (struct vt_shelved *trace = shelf->first; trace; trace = trace->next)
        atomic_store(&trace->is_cancelled, true);
    while (shelf->threads)
        pthread_cond_wait(&shelf->thread_ended, &shelf->lock);
    pthread_mutex_unlock(&shelf->lock);
}

void vt_shelf_destroy(struct vt_shelf *shelf) {
    if (!shelf)
        return;
    vt_shelf_stop(shelf);
    while (shelf->first) {
        struct vt_shelved *trace = shelf->first;
        shelf->first = trace->next;
        vt_shelved_release(trace);
    }
    pthread_cond_destroy(&shelf->thread_ended);
    pthread_mutex_destroy(&shelf->lock);
    free(shelf);
}

/* Takes one off; the caller gives the shelf's reference back. Under the lock. */
static struct vt_shelved *take_off(struct vt_shelf *shelf, struct vt_shelved **link) {
    struct vt_shelved *trace = *link;
    *link = trace->next;
    shelf->count--;
    atomic_store(&trace->is_cancelled, true);
    if (--trace->references)
        return NULL;
    return trace;
}

/* Makes place for one more. Under the lock; returns those to be disposed of. */
static struct vt_shelved *make_place(struct vt_shelf *shelf) {
    struct vt_shelved *gone = NULL;
    time_t idle_since = now_s() - (time_t)shelf->options.idle_s;
    while (shelf->count >= shelf->options.most_traces) {
        struct vt_shelved **oldest = &shelf->first;
        for (struct vt_shelved **at = &shelf->first; *at; at = &(*at)->next)
            if ((*at)->asked_s < (*oldest)->asked_s)
                oldest = at;
        struct vt_shelved *trace = take_off(shelf, oldest);
        if (trace) {
            trace->next = gone;
            gone = trace;
        }
    }
    for (struct vt_shelved **at = &shelf->first; *at;) {
        if ((*at)->asked_s >= idle_since || (*at)->references > 1) {
            at = &(*at)->next;
            continue;
        }
        struct vt_shelved *trace = take_off(shelf, at);
        if (trace) {
            trace->next = gone;
            gone = trace;
        }
    }
    return gone;
}

static bool is_same(const struct identity *a, const struct identity *b) {
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Under the lock. */
static struct vt_shelved *find(struct vt_shelf *shelf,
                               const struct identity *identity) {
    for (struct vt_shelved *trace = shelf->first; trace; trace = trace->next)
        if (is_same(&trace->identity, identity) && !atomic_load(&trace->is_cancelled))
            return trace;
    return NULL;
}

static struct vt_shelved *make_trace(struct vt_shelf *shelf, int fd, const char *name,
                                     const struct identity *identity) {
    struct vt_shelved *trace = calloc(1, sizeof *trace);
    if (!trace)
        return NULL;
    trace->shelf = shelf;
    trace->identity = *identity;
    trace->references = 3; /* the shelf, the thread, the caller */
    trace->asked_s = now_s();
    trace->name = strdup(name);
    trace->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (trace->name && trace->fd >= 0)
        return trace;
    dispose(trace);
    return NULL;
}

/* Under the lock. */
static bool start_loading(struct vt_shelved *trace) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, load_in_thread, trace) != 0)
        return false;
    pthread_detach(thread);
    trace->shelf->threads++;
    return true;
}

/* Under the lock. */
static struct vt_shelved *put_on(struct vt_shelf *shelf, int fd, const char *name,
                                 const struct stat *status,
                                 const struct identity *identity) {
    struct vt_shelved *trace =
        shelf->is_stopping ? NULL : make_trace(shelf, fd, name, identity);
    if (!trace)
        return NULL;
    trace->is_directory = S_ISDIR(status->st_mode);
    if (!start_loading(trace)) {
        dispose(trace);
        return NULL;
    }
    trace->next = shelf->first;
    shelf->first = trace;
    shelf->count++;
    return trace;
}

enum vt_status vt_shelf_take(struct vt_shelf *shelf, int fd, const char *name,
                             struct vt_shelved **trace, struct vt_error *err) {
    struct stat status;
    if (fstat(fd, &status) != 0)
        return vt_error_set_errno(err, errno, "%s", name);
    struct identity identity = {status.st_dev, status.st_ino, status.st_size,
                                status.st_mtim};
    struct vt_shelved *gone = NULL;
    pthread_mutex_lock(&shelf->lock);
    *trace = find(shelf, &identity);
    if (*trace) {
        (*trace)->references++;
        (*trace)->asked_s = now_s();
    } else {
        gone = make_place(shelf);
        *trace = put_on(shelf, fd, name, &status, &identity);
    }
    pthread_mutex_unlock(&shelf->lock);
    while (gone) {
        struct vt_shelved *next = gone->next;
        dispose(gone);
        gone = next;
    }
    return *trace ? VT_OK
                  : vt_error_set(err, VT_ERR_NO_MEMORY, "%s: out of memory", name);
}

/* ---- one trace ------------------------------------------------------------------- */

void vt_shelved_look(struct vt_shelved *trace, struct vt_shelved_facts *facts) {
    pthread_mutex_lock(&trace->shelf->lock);
    facts->state = trace->state;
    pthread_mutex_unlock(&trace->shelf->lock);
    facts->bytes = atomic_load(&trace->bytes);
    facts->events = atomic_load(&trace->events);
    facts->is_remote = facts->state == VT_SHELVED_READY && trace->is_remote;
    facts->error.status = VT_OK;
    facts->error.text[0] = '\0';
    if (facts->state == VT_SHELVED_FAILED)
        facts->error = trace->error;
}

bool vt_shelved_wait(struct vt_shelved *trace, enum vt_shelved_state until,
                     struct vt_shelved_waiter *waiter) {
    pthread_mutex_lock(&trace->shelf->lock);
    bool must_wait = trace->state < until;
    if (must_wait) {
        waiter->until = until;
        waiter->suspend(waiter);
        waiter->next = trace->waiters;
        trace->waiters = waiter;
    }
    pthread_mutex_unlock(&trace->shelf->lock);
    return must_wait;
}

const struct vt_engine *vt_shelved_engine(const struct vt_shelved *trace) {
    return trace->engine;
}

const struct vt_buf *vt_shelved_index(const struct vt_shelved *trace) {
    return &trace->index;
}

const struct vt_buf *vt_shelved_file_info(const struct vt_shelved *trace) {
    return &trace->file_info;
}
