/* SPDX-License-Identifier: Apache-2.0
 *
 * What the launcher must know of one Python interpreter, and how to learn it without
 * running it: pyvenv.cfg, the name behind the links (python3.11), the constant
 * Py_Version that 3.11 and newer export, and the libpython of the same installation.
 *
 * A wrong answer would run the program on the wrong library, so everything that is
 * not plain leaves the facts incomplete: then the interpreter itself is asked
 * (ask_python.h).
 *
 * Ownership: the facts own their texts; vt_python_facts_fini frees them. All zero =
 * empty.
 */
#ifndef VT_EMBED_PYTHON_FACTS_H
#define VT_EMBED_PYTHON_FACTS_H

#include "core/base/error.h"

#include <stdbool.h>

#define VT_PYTHON_MICRO_UNKNOWN (-1)

struct vt_python_facts {
    char *executable;  /* absolute; as python3 names itself: a venv's link stays one */
    char *base_prefix; /* of the installation that the standard library belongs to */
    char *libpython;   /* absolute; NULL: none that certainly is this interpreter's */
    int major, minor;
    int micro;               /* or VT_PYTHON_MICRO_UNKNOWN: not exported; then libpython
                                is the very library that the executable needs */
    char abiflags[8];        /* "", "t" free-threaded, "d" debug */
    char implementation[16]; /* "cpython" */
    bool privileged;         /* set-user-ID, set-group-ID or capabilities: the loader
                                ignores LD_PRELOAD, and our own process would lack the
                                rights */
};

void vt_python_facts_fini(struct vt_python_facts *facts);

/* Reads the facts of the executable at the absolute `path`. False, with nothing to
 * free, when the interpreter has to be asked. */
bool vt_python_facts_read(struct vt_python_facts *facts, const char *path);

/* For facts that the interpreter has told (all but libpython and privileged): fills
 * these. */
void vt_python_facts_complete(struct vt_python_facts *facts);

/* Is one of `candidate` and `other` the same file as the other? False if one is
 * missing. */
bool vt_python_facts_same_file(const char *candidate, const char *other);

#endif
