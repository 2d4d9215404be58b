/* SPDX-License-Identifier: Apache-2.0
 *
 * The X events of a trace that a compressed report can hold as slices: by process,
 * thread, name, and whether they have args.
 *
 * Both ends of a slice are cut to 10 ns, not its beginning and its length: so what is
 * inside another slice, or behind it, still is.
 *
 * Threads:   one at a time.
 * Hot path:  vt_cvf_slices_add(): one hash of the name, 16 bytes.
 * Ownership: copies what it needs of an event. All zero is empty and valid.
 */
#ifndef VT_TRACE_CVF_SLICES_H
#define VT_TRACE_CVF_SLICES_H

#include "core/base/strtab.h"
#include "core/trace/cvf_put.h"

enum vt_cvf_verdict {
    VT_CVF_TAKEN,
    VT_CVF_NOT_FIT, /* it has what has no place here, or lacks what has one */
    VT_CVF_NO_MEMORY,
};

struct vt_cvf_slice_group;

struct vt_cvf_slices {
    struct vt_strtab keys;
    struct vt_cvf_slice_group *groups; /* by number of the key */
    size_t capacity;
    struct vt_buf names, args; /* of all groups */
    struct vt_buf key, plain;  /* for one event */
};

void vt_cvf_slices_fini(struct vt_cvf_slices *slices);

enum vt_cvf_verdict vt_cvf_slices_add(struct vt_cvf_slices *slices,
                                      const struct vt_reader_event *event);

/* Writes the records; once. */
VT_NODISCARD enum vt_status vt_cvf_slices_write(struct vt_cvf_slices *slices,
                                                const struct vt_cvf_packer *packer,
                                                struct vt_cvf_put *put,
                                                struct vt_error *err);

#endif
