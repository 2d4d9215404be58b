/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the command line by the rules of Python's argparse (behaviour.md 2) from the
 * rows of config.def.
 *
 *   viztracer WORD…           options count wherever they stand; the words that no
 *                             option takes are `extras`, in their order
 *   viztracer WORD… -- WORD…  options count before the separator only; behind it stands
 *                             `program`. --run is a separator where there is no --
 *
 * An option is its long name, an unambiguous beginning of that, or its short name; its
 * value is the next word, or follows "=" or the short name directly; short options
 * without value may be written together, before the program also with those of the
 * interpreter (-Im MODULE), which are then an extra of their own. A word that looks
 * like an option ends the values of the one before; negative numbers and words with a
 * blank do not look like one.
 *
 * Ownership: `config` is borrowed and filled; the caller calls vt_optparse_fini.
 */
#ifndef VT_CMD_OPTPARSE_H
#define VT_CMD_OPTPARSE_H

#include "core/record/option.h"

enum vt_optparse_action {
    VT_OPTPARSE_GO_ON,
    VT_OPTPARSE_HELP,    /* reading stopped at -h: nothing else counts */
    VT_OPTPARSE_VERSION, /* the same at --version */
};

struct vt_optparse {
    struct vt_config *config;
    bool *seen; /* per row of vt_option_table: the command line has set it */
    enum vt_optparse_action action;
    struct vt_strlist extras;
    size_t extras_before_code; /* how many of them stand before the first -c or -m */
    size_t code_flags;         /* the extra that shares a word with -c or -m (-Im), or
                                  SIZE_MAX */
    bool code_is_attached;     /* -mMODULE */
    bool has_separator;
    struct vt_strlist program;
};

/* Reads the words behind argv[0]. `parse` and `config` are overwritten. VT_ERR_USAGE
 * with argparse's sentence, VT_ERR_REFUSED for a bad time; `config` keeps what was read
 * then. */
VT_NODISCARD enum vt_status vt_optparse_read(struct vt_optparse *parse,
                                             struct vt_config *config, int count,
                                             char *const *words, struct vt_error *err);

void vt_optparse_fini(struct vt_optparse *parse);

#endif
