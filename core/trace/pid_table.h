/* SPDX-License-Identifier: Apache-2.0
 *
 * Which process is whose when several traces become one. Two traces that name the same
 * pid speak of two processes: the later one's gets another number, so that a viewer
 * keeps them apart.
 *
 * 4711 of the second trace becomes 10004711: larger than any pid of Linux, and still
 * showing what it was. A pid that is a text becomes "text (2)".
 *
 * Threads:   one at a time.
 * Ownership: the tables copy; what they return is borrowed: valid until the next
 *            addition.
 */
#ifndef VT_TRACE_PID_TABLE_H
#define VT_TRACE_PID_TABLE_H

#include "core/base/strtab.h"
#include "core/trace/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A pid of one trace. */
struct vt_pid {
    char *number;  /* that it gets; NULL: its own. Owned */
    bool is_named; /* the trace has a process_name of it */
};

/* The pids of one trace. All zero is empty and valid. */
struct vt_pid_table {
    struct vt_strtab texts; /* 7, "7" and 7.0 are the text 7 */
    struct vt_pid *pids;    /* by number of the text */
    size_t capacity;
    char last[32]; /* JSON of the last one, if it was that short */
    size_t last_size;
    uint32_t last_index;
};

void vt_pid_table_fini(struct vt_pid_table *table);

/* The number of the pid in `value`, which is JSON; VT_STRTAB_NO_MEMORY. */
uint32_t vt_pid_table_add(struct vt_pid_table *table,
                          const struct vt_jscan_token *token, const char *value,
                          size_t size);

/* The pids of all traces: which trace has each. All zero is empty and valid. */
struct vt_pid_owners {
    struct vt_strtab texts;
    uint32_t *owners; /* by number of the text: of the first trace that has it */
    size_t capacity;
};

void vt_pid_owners_fini(struct vt_pid_owners *owners);

/* Enters the pids of trace `trace`. */
VT_NODISCARD enum vt_status vt_pid_owners_add(struct vt_pid_owners *owners,
                                              const struct vt_pid_table *table,
                                              uint32_t trace, struct vt_error *err);

/* After all were entered, trace after trace: gives new numbers to those pids that
 * belong to an earlier trace. */
VT_NODISCARD enum vt_status vt_pid_owners_renumber(struct vt_pid_owners *owners,
                                                   struct vt_pid_table *table,
                                                   uint32_t trace,
                                                   struct vt_error *err);

/* The trace whose the pid is. It must have been entered. */
uint32_t vt_pid_owners_find(const struct vt_pid_owners *owners, const char *text,
                            size_t size);

#endif
