/* SPDX-License-Identifier: Apache-2.0
 *
 * `viztracer --open`: shows the report that was just saved, and waits until the page
 * has it (vizviewer --once). Neither the viewer nor its browser is recorded.
 *
 * Threads: the program has ended.
 */
#ifndef VT_EMBED_OPEN_VIEWER_H
#define VT_EMBED_OPEN_VIEWER_H

#include "core/record/config.h"

/* Failures are told on stderr: the program's exit status is its own. */
void vt_open_viewer_run(const struct vt_config *config);

#endif
