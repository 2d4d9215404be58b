/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the words of one option into its field, by the kind of its row in config.def.
 * The command line and the rc file share it.
 */
#ifndef VT_CMD_SETTING_H
#define VT_CMD_SETTING_H

#include "core/record/option.h"

/* Stores `count` words (none for a flag, which is then on; at most one unless the
 * option takes many). No word for an option that takes one: its field goes back to the
 * default, as if it were not given. VT_ERR_USAGE "invalid int value: 'x'",
 * VT_ERR_REFUSED for a bad time. */
VT_NODISCARD enum vt_status vt_setting_store(const struct vt_option *option,
                                             struct vt_config *config,
                                             char *const *words, size_t count,
                                             struct vt_error *err);

#endif
