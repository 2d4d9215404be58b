/* SPDX-License-Identifier: Apache-2.0
 *
 * Our variables (embed/session_env.h) in the environments that the program makes for
 * its children: subprocess.Popen(env=…), os.execve, os.posix_spawn.
 *
 * The C functions behind these are replaced in their method tables; ours call them with
 * a copy of the environment that has the variables in addition. A child that is a
 * Python takes them out again before its program begins.
 *
 * Threads: the interpreter's lock is held.
 */
#ifndef VT_EMBED_SPAWN_ENV_H
#define VT_EMBED_SPAWN_ENV_H

/* From now on. Call after vt_session_env_set. */
void vt_spawn_env_install(void);

/* An audit event whose name begins with "os." or "subprocess.": before a process is
 * started the variables are put back where the program took them away. */
void vt_spawn_env_on_event(const char *event);

#endif
