/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a recorded program: the report is saved and the run's last words are
 * printed.
 *
 * Runs after the interpreter's finalization (Py_AtExit), or in C's exit when there was
 * none, and before os.exec*; needs no Python. Lines about the report go to stdout
 * (behaviour.md 5), failures to stderr. Signals that end a program are ignored while
 * the report is written.
 */
#ifndef VT_EMBED_FINISH_H
#define VT_EMBED_FINISH_H

#include "core/base/error.h"
#include "core/record/config.h"

#include <stdbool.h>

struct vt_recorder;

/* Registers with Py_AtExit and exit(3). Takes the recorder; `config` is borrowed for
 * the life of the process. `is_child`: nothing is saved or said, the log stays for the
 * process that merges it. */
void vt_finish_register(const struct vt_config *config, struct vt_recorder *recorder,
                        bool is_child);

/* In a forked child: its own recorder, whose log stays. */
void vt_finish_replace(struct vt_recorder *recorder);

/* The program's first frame runs: from now on there is a report. A program that cannot
 * be compiled or found leaves none. */
void vt_finish_expect_report(void);

/* Will this process save a report? */
bool vt_finish_has_report(void);

/* Writes it to another file, all processes in it, for one who saves it himself. */
struct vt_report_stats;
VT_NODISCARD enum vt_status
vt_finish_write(const char *path, struct vt_report_stats *stats, struct vt_error *err);

/* There is nothing to save: a plugin saved the report, or the program did not run. */
void vt_finish_drop(void);

/* One line on stderr: "viztracer: <what>: <sentence>". */
void vt_finish_tell_failure(const char *what, const struct vt_error *err);

/* The program is about to replace its image by the program at `path` (NULL: not known):
 * the report of this part is saved, unless there is no such program. */
void vt_finish_before_exec(const char *path);

/* It did not: the recording went on. */
void vt_finish_exec_failed(void);

#endif
