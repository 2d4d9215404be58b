/* SPDX-License-Identifier: Apache-2.0
 *
 * What the command prints. Texts come from files and command lines: control bytes are
 * shown as \xNN, so that none of them reaches the terminal.
 *
 * Texts that behaviour.md gives for refusals (VT_ERR_REFUSED) go to stdout as they are;
 * every other error is one line on stderr that begins with the program's name. Wrong
 * usage is told as argparse does: the usage line first.
 */
#ifndef VT_CMD_SAY_H
#define VT_CMD_SAY_H

#include "core/base/error.h"
#include "core/io/recover.h"

#include <stdint.h>

/* Prints one line on stdout. */
void vt_say_line(const char *text);

/* Prints one line on stdout in yellow. */
void vt_say_warning(const char *text);

/* Prints how many entries the report has and where it is: the last lines of a command
 * that makes one. */
void vt_say_report(const char *path, uint64_t entries);

/* Prints a status text, which overwrites the one before (behaviour.md 5); "" takes it
 * away. */
void vt_say_status(const char *text);

/* Prints one line on stderr about a program that died (`how`: "killed by SIGKILL") and
 * the report that was made of it. */
void vt_say_run_recovered(const char *how, const struct vt_recover_result *result);

/* The same when no report could be made: the run directory stays. */
void vt_say_run_lost(const char *how, const char *run_dir, const struct vt_error *err);

/* Prints one line on stderr behind the name of the command `program`. */
void vt_say_note(const char *program, const char *text);

/* Prints the error as the command `program`. Returns the exit status. */
int vt_say_error(const char *program, const struct vt_error *err);

/* The same, on stderr whatever it is: for refusals that the manual does not know. */
int vt_say_failure(const char *program, const struct vt_error *err);

/* The same for what vt_command_read found: wrong usage is told as argparse does, below
 * the lines that say how to call the program. */
int vt_say_command_error(const struct vt_error *err);

#endif
