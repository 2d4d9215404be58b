/* SPDX-License-Identifier: Apache-2.0 */
#define ZLIB_CONST /* zlib does not write to its input */
#include "core/io/rawdeflate.h"

#include <limits.h>
#include <zlib.h>

enum { LEVEL = 1, RAW = -MAX_WBITS, MEMORY = 9 };

enum vt_status vt_rawdeflate_pack(const void *bytes, size_t size, struct vt_buf *packed,
                                  struct vt_error *err) {
    z_stream z = {0};
    if (size > UINT_MAX)
        return vt_error_set(err, VT_ERR_LIMIT, "a block of %zu bytes", size);
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, RAW, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    uLong bound = deflateBound(&z, (uLong)size);
    char *out = bound <= UINT_MAX ? vt_buf_reserve(packed, bound) : NULL;
    int result = Z_MEM_ERROR;
    if (out) {
        z.next_in = bytes;
        z.avail_in = (uInt)size;
        z.next_out = (unsigned char *)out;
        z.avail_out = (uInt)bound;
        result = deflate(&z, Z_FINISH);
        packed->size += z.total_out;
    }
    deflateEnd(&z);
    return result == Z_STREAM_END
               ? VT_OK
               : vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

enum vt_status vt_rawdeflate_unpack(const void *packed, size_t size, size_t raw_size,
                                    struct vt_buf *bytes, struct vt_error *err) {
    z_stream z = {0};
    if (size > UINT_MAX || raw_size > UINT_MAX)
        return vt_error_set(err, VT_ERR_LIMIT, "a block of %zu bytes", raw_size);
    char *out = vt_buf_reserve(bytes, raw_size + 1);
    if (!out || inflateInit2(&z, RAW) != Z_OK)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    z.next_in = packed;
    z.avail_in = (uInt)size;
    z.next_out = (unsigned char *)out;
    z.avail_out = (uInt)raw_size;
    int result = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    if (result != Z_STREAM_END || z.total_out != raw_size)
        return vt_error_set(err, VT_ERR_FORMAT, "a damaged block");
    bytes->size += raw_size;
    return VT_OK;
}
