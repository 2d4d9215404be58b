/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a compressed report (behaviour.md 20), and what its writer and its
 * reader must agree on besides.
 *
 *   u64 version = 1, then records. Integers are little endian; cstr: UTF-8 and a NUL.
 *
 *   02 process name   u64 pid   u64 tid   cstr
 *   03 thread name    u64 pid   u64 tid   cstr
 *   01 slices         u64 pid   u64 tid   cstr name   u64 n   u64 where the args stand
 *                     n times: ts, dur    the first ts i64, others varint: from the one
 *                                         before; dur varint; both in 10 ns
 *                     block               a list of n args; not there if "where" is 0
 *   04 counter        u64 pid   u64 tid   cstr name   u64 k   k cstr   u64 m
 *                     m times: i64 ts in ns, k times one of
 *                       21 not there   22 as before   23 i64   24 f64   25 cstr digits
 *   05 other events   block: a list
 *   11 file_info      block
 *
 *   block:   u64 bytes of the JSON text   u64 bytes of zlib data   zlib data
 *   varint:  value << 2 | 0, 1, 2, 3 in 1, 2, 4, 8 bytes
 *
 * What stands beside the events of a report has no place of its own. It goes into one
 * more event, the last of all other events, which is no part of the trace:
 *
 *   {"ph": "M", "pid": 0, "tid": 0, "name": "viztracer_metadata",
 *    "args": {what viztracer_metadata has}, "report": {members of the top level}}
 *
 * args and report are there only if the report has them. A trace whose own last event
 * looks like that gets one without either behind it.
 */
#ifndef VT_TRACE_CVF_LAYOUT_H
#define VT_TRACE_CVF_LAYOUT_H

#include "core/base/buf.h"
#include "core/base/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VT_CVF_VERSION       1u
#define VT_CVF_VERSION_BYTES 8u

enum vt_cvf_record {
    VT_CVF_SLICES = 0x01,
    VT_CVF_PROCESS_NAME = 0x02,
    VT_CVF_THREAD_NAME = 0x03,
    VT_CVF_COUNTER = 0x04,
    VT_CVF_OTHERS = 0x05,
    VT_CVF_FILE_INFO = 0x11,
};

enum vt_cvf_value {
    VT_CVF_ABSENT = 0x21,
    VT_CVF_UNCHANGED = 0x22,
    VT_CVF_INTEGER = 0x23,
    VT_CVF_REAL = 0x24,
    VT_CVF_DIGITS = 0x25,
};

#define VT_CVF_TICK_NS     10 /* the resolution of slices */
#define VT_CVF_VARINT_MOST (UINT64_MAX >> 2)

/* How much a file may expand: its blocks as much as gzip data may, the whole text eight
 * times that. Names and keys are repeated in the text for each event, so the writer
 * puts events in which they are longer than VT_CVF_NAME_BYTES among the other events:
 * no file of ours comes near the limits. */
#define VT_CVF_EXPANSION        256u
#define VT_CVF_TEXT_FACTOR      8u
#define VT_CVF_FREE_BLOCK_BYTES (4u << 20)
#define VT_CVF_FREE_TEXT_BYTES  (64u << 20)
#define VT_CVF_NAME_BYTES       1000u

/* Makes the zlib data of a block (core/io/zblock.h). They must not expand more than
 * VT_CVF_EXPANSION times, beyond VT_CVF_FREE_BLOCK_BYTES. */
struct vt_cvf_packer {
    /* The data will be appended to `out`. */
    enum vt_status (*open)(struct vt_buf *out, void **state, struct vt_error *err);
    enum vt_status (*write)(void *state, const void *bytes, size_t size,
                            struct vt_error *err);
    enum vt_status (*finish)(void *state, struct vt_error *err);
    void (*close)(void *state); /* NULL is allowed */
};

#endif
