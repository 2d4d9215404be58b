/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/tally.h"
#include "core/io/limits.h"
#include "core/io/source.h"
#include "core/trace/reader.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_REMEMBERED = 4096 };

struct counted {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
    int64_t events;
};

struct job {
    struct job *next;
    int fd;
    struct counted file;
    struct vt_shelved_waiter *waiter;
};

struct vt_tally {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_bool is_stopping;
    bool is_counting; /* there is a thread */
    struct job *first, **end;
    size_t count; /* ever remembered; the newest MOST_REMEMBERED are */
    struct counted known[MOST_REMEMBERED];
};

struct vt_tally *vt_tally_create(void) {
    struct vt_tally *tally = calloc(1, sizeof *tally);
    if (!tally)
        return NULL;
    pthread_mutex_init(&tally->lock, NULL);
    pthread_cond_init(&tally->changed, NULL);
    tally->end = &tally->first;
    return tally;
}

void vt_tally_stop(struct vt_tally *tally) {
    pthread_mutex_lock(&tally->lock);
    atomic_store(&tally->is_stopping, true);
    while (tally->is_counting)
        pthread_cond_wait(&tally->changed, &tally->lock);
    pthread_mutex_unlock(&tally->lock);
}

void vt_tally_destroy(struct vt_tally *tally) {
    if (!tally)
        return;
    vt_tally_stop(tally);
    pthread_cond_destroy(&tally->changed);
    pthread_mutex_destroy(&tally->lock);
    free(tally);
}

/* ---- counting -------------------------------------------------------------------- */

static enum vt_status go_on(void *state, const struct vt_reader_event *event,
                            struct vt_error *err) {
    struct vt_tally *tally = state;
    (void)event;
    if (atomic_load_explicit(&tally->is_stopping, memory_order_relaxed))
        return vt_error_set(err, VT_ERR_REFUSED, "the server ends");
    return VT_OK;
}

static enum vt_status read_all(struct vt_source *source, struct vt_reader *reader,
                               struct vt_error *err) {
    enum vt_status status = vt_source_pump(source, vt_reader_sink(reader), err);
    return status == VT_OK ? vt_reader_finish(reader, err) : status;
}

/* -1: it is no trace. */
static int64_t count_events(struct vt_tally *tally, int fd) {
    char path[64];
    struct vt_error err;
    struct vt_limits limits;
    struct vt_source *source = NULL;
    struct vt_reader *reader = NULL;
    struct vt_reader_handler handler = {.event = go_on, .state = tally};
    int64_t events = -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (vt_limits_read(&limits, &err) != VT_OK)
        return -1;
    struct vt_source_options options = {.expansion = limits.expansion};
    if (vt_source_open(path, &options, &source, &err) == VT_OK &&
        vt_reader_create(&limits.reader, &handler, &reader, &err) == VT_OK &&
        read_all(source, reader, &err) == VT_OK)
        events = (int64_t)vt_reader_stats(reader)->events;
    vt_reader_destroy(reader);
    vt_source_close(source);
    return events;
}

static struct job *next_job(struct vt_tally *tally) {
    pthread_mutex_lock(&tally->lock);
    struct job *job = tally->first;
    if (job) {
        tally->first = job->next;
        if (!job->next)
            tally->end = &tally->first;
    } else {
        tally->is_counting = false;
        pthread_cond_broadcast(&tally->changed);
    }
    pthread_mutex_unlock(&tally->lock);
    return job;
}

static void *count_in_thread(void *state) {
    struct vt_tally *tally = state;
    for (struct job *job; (job = next_job(tally));) {
        job->file.events = count_events(tally, job->fd);
        pthread_mutex_lock(&tally->lock);
        tally->known[tally->count++ % MOST_REMEMBERED] = job->file;
        pthread_mutex_unlock(&tally->lock);
        job->waiter->wake(job->waiter);
        close(job->fd);
        free(job);
    }
    return NULL;
}

/* ---- asking ---------------------------------------------------------------------- */

/* Under the lock. */
static const struct counted *find(const struct vt_tally *tally,
                                  const struct counted *file) {
    size_t count = tally->count < MOST_REMEMBERED ? tally->count : MOST_REMEMBERED;
    for (size_t i = 0; i < count; i++) {
        const struct counted *known = &tally->known[i];
        if (known->device == file->device && known->inode == file->inode &&
            known->size == file->size &&
            known->changed.tv_sec == file->changed.tv_sec &&
            known->changed.tv_nsec == file->changed.tv_nsec)
            return known;
    }
    return NULL;
}

/* Under the lock. */
static bool add_job(struct vt_tally *tally, int fd, const struct counted *file,
                    struct vt_shelved_waiter *waiter) {
    pthread_t thread;
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return false;
    *job = (struct job){NULL, fcntl(fd, F_DUPFD_CLOEXEC, 0), *file, waiter};
    bool ok = job->fd >= 0 && !atomic_load(&tally->is_stopping);
    if (ok && !tally->is_counting) {
        ok = pthread_create(&thread, NULL, count_in_thread, tally) == 0;
        tally->is_counting = ok;
        if (ok)
            pthread_detach(thread); /* it waits for the lock */
    }
    if (!ok) {
        if (job->fd >= 0)
            close(job->fd);
        free(job);
        return false;
    }
    waiter->suspend(waiter);
    *tally->end = job;
    tally->end = &job->next;
    return true;
}

bool vt_tally_ask(struct vt_tally *tally, int fd, struct vt_shelved_waiter *waiter,
                  int64_t *events) {
    struct stat status;
    *events = -1;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return true;
    struct counted file = {status.st_dev, status.st_ino, status.st_size, status.st_mtim,
                           -1};
    pthread_mutex_lock(&tally->lock);
    const struct counted *known = find(tally, &file);
    if (known)
        *events = known->events;
    bool is_known = known || !add_job(tally, fd, &file, waiter);
    pthread_mutex_unlock(&tally->lock);
    return is_known;
}
