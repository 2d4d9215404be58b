/* SPDX-License-Identifier: Apache-2.0 */
#define ZLIB_CONST /* zlib does not write to its input */
#include "core/io/gunzip.h"

#include <stdlib.h>
#include <zlib.h>

enum {
    OUT_BYTES = 256 * 1024,
    MOST_IN_BYTES = 1 << 20,    /* at once */
    GZIP_ONLY = 16 + MAX_WBITS, /* of inflateInit2 */
};

enum place {
    AT_MEMBER, /* the first one */
    IN_MEMBER,
    BEHIND_MEMBER, /* another one or zeros */
    IN_ZEROS,
};

struct vt_gunzip {
    z_stream z;
    enum place place;
    bool failed;
    uint32_t expansion;
    uint64_t in, out; /* bytes so far */
    struct vt_sink inner;
    unsigned char bytes[OUT_BYTES];
};

enum vt_status vt_gunzip_create(struct vt_sink inner, uint32_t expansion,
                                struct vt_gunzip **gunzip, struct vt_error *err) {
    struct vt_gunzip *made = calloc(1, sizeof *made);
    if (!made || inflateInit2(&made->z, GZIP_ONLY) != Z_OK) {
        free(made);
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    made->inner = inner;
    made->expansion = expansion ? expansion : VT_GUNZIP_EXPANSION;
    *gunzip = made;
    return VT_OK;
}

void vt_gunzip_destroy(struct vt_gunzip *gunzip) {
    if (!gunzip)
        return;
    inflateEnd(&gunzip->z);
    free(gunzip);
}

static enum vt_status wrong(const struct vt_gunzip *gunzip, const char *what,
                            struct vt_error *err) {
    return vt_error_set(err, VT_ERR_FORMAT, "not whole gzip data: %s (byte %llu)", what,
                        (unsigned long long)gunzip->in);
}

static enum vt_status check_expansion(const struct vt_gunzip *gunzip,
                                      struct vt_error *err) {
    if (gunzip->out <= VT_GUNZIP_FREE_BYTES ||
        gunzip->out / gunzip->expansion <= gunzip->in)
        return VT_OK;
    return vt_error_set(err, VT_ERR_LIMIT,
                        "gzip data that expand more than %u times (byte %llu)",
                        gunzip->expansion, (unsigned long long)gunzip->in);
}

/* Inflates until the output buffer is full, the input used up, or the member ends. */
static enum vt_status inflate_some(struct vt_gunzip *gunzip, struct vt_error *err) {
    z_stream *z = &gunzip->z;
    uInt had = z->avail_in;
    z->next_out = gunzip->bytes;
    z->avail_out = OUT_BYTES;
    int result = inflate(z, Z_NO_FLUSH);
    size_t size = OUT_BYTES - z->avail_out;
    gunzip->in += had - z->avail_in;
    gunzip->out += size;
    if (result == Z_MEM_ERROR)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    if (result == Z_DATA_ERROR) /* gzip has no dictionaries */
        return wrong(gunzip, z->msg, err);
    if (result == Z_STREAM_END)
        gunzip->place = BEHIND_MEMBER;
    enum vt_status status = check_expansion(gunzip, err);
    if (status == VT_OK && size)
        status = gunzip->inner.write(gunzip->inner.state, gunzip->bytes, size, err);
    return status;
}

/* One step at a place outside a member. */
static enum vt_status leave_gap(struct vt_gunzip *gunzip, struct vt_error *err) {
    unsigned char byte = *gunzip->z.next_in;
    if (gunzip->place != AT_MEMBER && byte == 0) {
        gunzip->place = IN_ZEROS;
        gunzip->z.next_in++;
        gunzip->z.avail_in--;
        gunzip->in++;
        return VT_OK;
    }
    if (gunzip->place == IN_ZEROS || byte != 0x1F)
        return wrong(gunzip, "other data behind the end", err);
    if (gunzip->place == BEHIND_MEMBER)
        inflateReset(&gunzip->z);
    gunzip->place = IN_MEMBER;
    return VT_OK;
}

static enum vt_status feed(struct vt_gunzip *gunzip, const unsigned char *bytes,
                           size_t size, struct vt_error *err) {
    z_stream *z = &gunzip->z;
    enum vt_status status = VT_OK;
    while (size && status == VT_OK) {
        size_t part = size < MOST_IN_BYTES ? size : MOST_IN_BYTES;
        z->next_in = bytes;
        z->avail_in = (uInt)part;
        /* A full output buffer may hide that there is more, also without input. */
        bool is_full = false;
        while ((z->avail_in || is_full) && status == VT_OK) {
            status = gunzip->place == IN_MEMBER ? inflate_some(gunzip, err)
                                                : leave_gap(gunzip, err);
            is_full = gunzip->place == IN_MEMBER && z->avail_out == 0;
        }
        bytes += part;
        size -= part;
    }
    return status;
}

static enum vt_status write_gunzip(void *state, const void *bytes, size_t size,
                                   struct vt_error *err) {
    struct vt_gunzip *gunzip = state;
    if (gunzip->failed)
        return wrong(gunzip, "reading has failed before", err);
    enum vt_status status = feed(gunzip, bytes, size, err);
    gunzip->failed = status != VT_OK;
    return status;
}

struct vt_sink vt_gunzip_sink(struct vt_gunzip *gunzip) {
    return (struct vt_sink){.write = write_gunzip, .state = gunzip};
}

enum vt_status vt_gunzip_finish(struct vt_gunzip *gunzip, struct vt_error *err) {
    if (gunzip->failed)
        return wrong(gunzip, "reading has failed before", err);
    if (gunzip->place != BEHIND_MEMBER && gunzip->place != IN_ZEROS)
        return wrong(gunzip, "the data end too early", err);
    return VT_OK;
}
