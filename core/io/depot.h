/* SPDX-License-Identifier: Apache-2.0
 *
 * A report server (core/io/wire.h): takes the reports of many programs, also from other
 * machines, and makes one of them.
 *
 * Reports are kept in files without names while they arrive; what a client sends never
 * chooses a path. Collecting ends when at least one client came and all have gone, or
 * when go_on says so. Reports that did not arrive whole are left out and told.
 *
 *   line ≤ 512 bytes, piece ≤ 1 MiB, report ≤ VIZTRACER_MAX_REPORT_BYTES (16 GiB),
 *   1,024 connections at once, 10 s to say HELLO
 *
 * Threads:   no global state.
 * Ownership: nothing is left open.
 */
#ifndef VT_IO_DEPOT_H
#define VT_IO_DEPOT_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_depot_options {
    const char *endpoint;    /* HOST:PORT; port 0: any that is free */
    const char *token;       /* that clients must know; NULL: one is made if others than
                                this machine can reach us */
    const char *output_path; /* absolute; as in struct vt_report_options */
    /* It listens at "HOST:PORT"; `token` is NULL if none is needed. */
    void (*started)(void *state, const char *address, const char *token);
    /* Called about every second and after each event, with the numbers of clients that
     * are connected and of reports that are here. False: no longer. */
    bool (*go_on)(void *state, size_t clients, size_t reports);
    const int *wake_fd; /* readable: go_on is to be called; -1: none (any more) */
    /* One line about something odd, without line feed. */
    void (*say)(void *state, const char *line);
    void (*progress)(void *state, uint64_t done, uint64_t total); /* may be NULL */
    void *state;                                                  /* of all four */
};

struct vt_depot_result {
    size_t reports; /* that came whole; 0: nothing was written */
    size_t combined, left_out;
    uint64_t entries; /* items of traceEvents */
};

/* VT_ERR_REFUSED: the endpoint is not host:port. `result` is set on success only. */
VT_EXPORT VT_NODISCARD enum vt_status
vt_depot_collect(const struct vt_depot_options *options, struct vt_depot_result *result,
                 struct vt_error *err);

#endif
