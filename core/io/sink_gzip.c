/* SPDX-License-Identifier: Apache-2.0
 *
 * A ring of pieces. The caller fills the piece at `fill`; filled ones wait to be
 * compressed, by the helper or by the caller when it finds no free piece; those at
 * `drain` that are done go to the inner sink.
 *
 *      drain                fill
 *        ↓                    ↓
 *      │done│busy│full│full│free│free│
 *
 * The states change under the mutex; the bytes of a piece belong to whoever put it into
 * its state.
 */
#include "core/io/sink_gzip.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { PIECES = 4, PIECE_BYTES = 512 * 1024 };

enum piece_state { PIECE_FREE, PIECE_FULL, PIECE_BUSY, PIECE_DONE, PIECE_FAILED };

struct piece {
    enum piece_state state;
    struct vt_deflate_piece data; /* data.data is `bytes` */
    char *bytes;                  /* owned; PIECE_BYTES */
};

struct vt_sink_gzip {
    struct vt_sink inner;
    const struct vt_deflate_engine *engine;
    void *own_state;    /* the caller's */
    void *helper_state; /* the helper's */
    struct piece pieces[PIECES];
    unsigned fill, drain;
    uint32_t crc;      /* of all that went out */
    uint32_t in_bytes; /* likewise, modulo 2^32 */
    bool has_helper;
    pthread_t helper;
    pthread_mutex_t mutex;
    pthread_cond_t to_do; /* a piece is full, or it ends */
    pthread_cond_t done;  /* a piece is done or failed */
    bool ends;
};

/* ---- compressing */

/* The first full piece from `drain` on, now busy; NULL. With the mutex held. */
static struct piece *take_full(struct vt_sink_gzip *gzip) {
    for (unsigned i = 0; i < PIECES; i++) {
        struct piece *piece = &gzip->pieces[(gzip->drain + i) % PIECES];
        if (piece->state == PIECE_FULL) {
            piece->state = PIECE_BUSY;
            return piece;
        }
    }
    return NULL;
}

/* Compresses a busy piece; the mutex is held before and after, not meanwhile. */
static void compress_piece(struct vt_sink_gzip *gzip, void *state,
                           struct piece *piece) {
    pthread_mutex_unlock(&gzip->mutex);
    bool is_done = gzip->engine->compress(state, &piece->data);
    pthread_mutex_lock(&gzip->mutex);
    piece->state = is_done ? PIECE_DONE : PIECE_FAILED;
    pthread_cond_signal(&gzip->done);
}

static void *help(void *state) {
    struct vt_sink_gzip *gzip = state;
    pthread_mutex_lock(&gzip->mutex);
    while (!gzip->ends) {
        struct piece *piece = take_full(gzip);
        if (piece)
            compress_piece(gzip, gzip->helper_state, piece);
        else
            pthread_cond_wait(&gzip->to_do, &gzip->mutex);
    }
    pthread_mutex_unlock(&gzip->mutex);
    return NULL;
}

/* ---- writing out */

static enum vt_status write_out(struct vt_sink_gzip *gzip, const void *bytes,
                                size_t size, struct vt_error *err) {
    return gzip->inner.write(gzip->inner.state, bytes, size, err);
}

static enum vt_status drain_one(struct vt_sink_gzip *gzip, struct vt_error *err) {
    struct piece *piece = &gzip->pieces[gzip->drain];
    if (piece->state == PIECE_FAILED)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory while compressing");
    const struct vt_deflate_piece *data = &piece->data;
    pthread_mutex_unlock(&gzip->mutex);
    enum vt_status status = write_out(gzip, data->out, data->out_size, err);
    pthread_mutex_lock(&gzip->mutex);
    gzip->crc = (uint32_t)crc32_combine(gzip->crc, data->crc, (z_off_t)data->size);
    gzip->in_bytes += (uint32_t)data->size;
    piece->state = PIECE_FREE;
    piece->data.size = 0;
    gzip->drain = (gzip->drain + 1) % PIECES;
    return status;
}

/* Works until the piece at `until` is free. The mutex is held. */
static enum vt_status work_until_free(struct vt_sink_gzip *gzip, unsigned until,
                                      struct vt_error *err) {
    while (gzip->pieces[until].state != PIECE_FREE) {
        enum piece_state first = gzip->pieces[gzip->drain].state;
        struct piece *piece;
        if (first == PIECE_DONE || first == PIECE_FAILED) {
            enum vt_status status = drain_one(gzip, err);
            if (status != VT_OK)
                return status;
        } else if ((piece = take_full(gzip))) {
            compress_piece(gzip, gzip->own_state, piece);
        } else {
            pthread_cond_wait(&gzip->done, &gzip->mutex);
        }
    }
    return VT_OK;
}

/* Gives the piece at `fill` to be compressed and makes the next one free. */
static enum vt_status submit(struct vt_sink_gzip *gzip, struct vt_error *err) {
    pthread_mutex_lock(&gzip->mutex);
    gzip->pieces[gzip->fill].state = PIECE_FULL;
    pthread_cond_signal(&gzip->to_do);
    gzip->fill = (gzip->fill + 1) % PIECES;
    enum vt_status status = work_until_free(gzip, gzip->fill, err);
    pthread_mutex_unlock(&gzip->mutex);
    return status;
}

static enum vt_status write_gzip(void *state, const void *bytes, size_t size,
                                 struct vt_error *err) {
    struct vt_sink_gzip *gzip = state;
    const char *p = bytes;
    while (size) {
        struct piece *piece = &gzip->pieces[gzip->fill];
        size_t room = PIECE_BYTES - piece->data.size;
        size_t n = size < room ? size : room;
        memcpy(piece->bytes + piece->data.size, p, n);
        piece->data.size += n;
        p += n;
        size -= n;
        if (piece->data.size == PIECE_BYTES) {
            enum vt_status status = submit(gzip, err);
            if (status != VT_OK)
                return status;
        }
    }
    return VT_OK;
}

struct vt_sink vt_sink_gzip_sink(struct vt_sink_gzip *gzip) {
    return (struct vt_sink){.write = write_gzip, .state = gzip};
}

static void put_u32(unsigned char *p, uint32_t value) {
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(value >> (8 * i));
}

static enum vt_status drain_all(struct vt_sink_gzip *gzip, struct vt_error *err) {
    enum vt_status status = VT_OK;
    if (gzip->pieces[gzip->fill].data.size)
        status = submit(gzip, err);
    pthread_mutex_lock(&gzip->mutex);
    for (unsigned i = 0; i < PIECES && status == VT_OK; i++)
        status = work_until_free(gzip, i, err);
    pthread_mutex_unlock(&gzip->mutex);
    return status;
}

enum vt_status vt_sink_gzip_finish(struct vt_sink_gzip *gzip, struct vt_error *err) {
    enum vt_status status = drain_all(gzip, err);
    if (status != VT_OK)
        return status;
    /* The last block: empty, fixed codes (RFC 1951 3.2.6). */
    unsigned char end[10] = {0x03, 0x00};
    put_u32(end + 2, gzip->crc);
    put_u32(end + 6, gzip->in_bytes);
    return write_out(gzip, end, sizeof end, err);
}

/* ---- life */

/* A thread that no signal of the program reaches. */
static void start_helper(struct vt_sink_gzip *gzip) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    gzip->has_helper = pthread_create(&gzip->helper, NULL, help, gzip) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static bool make_buffers(struct vt_sink_gzip *gzip) {
    size_t out_capacity = gzip->engine->bound(PIECE_BYTES);
    for (int i = 0; i < PIECES; i++) {
        struct piece *piece = &gzip->pieces[i];
        piece->bytes = malloc(PIECE_BYTES);
        piece->data.data = piece->bytes;
        piece->data.out = malloc(out_capacity);
        piece->data.out_capacity = out_capacity;
        if (!piece->bytes || !piece->data.out)
            return false;
    }
    gzip->own_state = gzip->engine->create();
    gzip->helper_state = gzip->engine->create();
    return gzip->own_state && gzip->helper_state;
}

enum vt_status vt_sink_gzip_open(struct vt_sink inner,
                                 const struct vt_deflate_engine *engine,
                                 struct vt_sink_gzip **gzip, struct vt_error *err) {
    /* deflate, no name, no time, unknown system: the same text gives the same file. */
    static const unsigned char head[10] = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF};
    struct vt_sink_gzip *opened = calloc(1, sizeof *opened);
    if (!opened)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    opened->inner = inner;
    opened->engine = engine;
    pthread_mutex_init(&opened->mutex, NULL);
    pthread_cond_init(&opened->to_do, NULL);
    pthread_cond_init(&opened->done, NULL);
    enum vt_status status = VT_OK;
    if (!make_buffers(opened))
        status = vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    if (status == VT_OK)
        status = write_out(opened, head, sizeof head, err);
    if (status != VT_OK) {
        vt_sink_gzip_close(opened);
        return status;
    }
    start_helper(opened);
    *gzip = opened;
    return VT_OK;
}

void vt_sink_gzip_close(struct vt_sink_gzip *gzip) {
    if (!gzip)
        return;
    if (gzip->has_helper) {
        pthread_mutex_lock(&gzip->mutex);
        gzip->ends = true;
        pthread_cond_signal(&gzip->to_do);
        pthread_mutex_unlock(&gzip->mutex);
        pthread_join(gzip->helper, NULL);
    }
    for (int i = 0; i < PIECES; i++) {
        free(gzip->pieces[i].bytes);
        free(gzip->pieces[i].data.out);
    }
    gzip->engine->destroy(gzip->own_state);
    gzip->engine->destroy(gzip->helper_state);
    pthread_cond_destroy(&gzip->to_do);
    pthread_cond_destroy(&gzip->done);
    pthread_mutex_destroy(&gzip->mutex);
    free(gzip);
}
