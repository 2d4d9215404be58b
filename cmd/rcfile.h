/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes defaults for options from the section [default] of an rc file
 * (behaviour.md 3.1; its syntax: cmd/ini.h).
 *
 * Keys are the long names of the options, in any case; unknown keys are ignored. A flag
 * is off when its value is false, no, off or 0, and on otherwise. The values of an
 * option that takes many are separated by blanks. Plugins in a .viztracerrc that was
 * found in the current folder are refused unless the file is the user's and nobody
 * else may write it.
 */
#ifndef VT_CMD_RCFILE_H
#define VT_CMD_RCFILE_H

#include "cmd/optparse.h"

/* Reads the file that --rcfile names, else .viztracerrc in the current folder if there
 * is one, into the settings that the command line has not set. VT_ERR_NOT_FOUND,
 * VT_ERR_IO, or VT_ERR_FORMAT when the file or a value is wrong; VT_ERR_REFUSED for a
 * bad time. */
VT_NODISCARD enum vt_status vt_rcfile_apply(struct vt_optparse *parse,
                                            struct vt_error *err);

/* The same from text. */
VT_NODISCARD enum vt_status vt_rcfile_apply_text(struct vt_optparse *parse,
                                                 const char *text, size_t size,
                                                 struct vt_error *err);

#endif
