/* SPDX-License-Identifier: Apache-2.0
 *
 * A word that nobody guesses: 128 random bits of the kernel's, as hexadecimal digits.
 * Who knows it may ask a server of ours from another machine.
 *
 * Threads:   no global state.
 * Ownership: the caller's memory.
 */
#ifndef VT_IO_TOKEN_H
#define VT_IO_TOKEN_H

#include "core/base/error.h"

#define VT_TOKEN_BYTES 33u /* its NUL included */

VT_NODISCARD enum vt_status vt_token_make(char token[VT_TOKEN_BYTES],
                                          struct vt_error *err);

#endif
