/* SPDX-License-Identifier: Apache-2.0
 *
 * The run directories (core/record/log_dir.h) that dead programs of this user left.
 *
 * A run is dead when no log of it is locked and the process that made it is gone. It is
 * removed when all of its logs are in a report, or when it is a week old; an empty one
 * after an hour. The others can still be recovered; each is told of once.
 *
 * Threads: no global state.
 */
#ifndef VT_RECORD_LOG_SWEEP_H
#define VT_RECORD_LOG_SWEEP_H

#include <stddef.h>

/* Looks through the places in which vt_log_dir_create makes runs. Calls `found` (may be
 * NULL: then none is told of) for each run that can be recovered and was not told of;
 * returns how many runs were removed. */
size_t vt_log_sweep(const char *beside, void (*found)(void *state, const char *path),
                    void *state);

#endif
