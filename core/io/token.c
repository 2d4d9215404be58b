/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/token.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

enum vt_status vt_token_make(char token[VT_TOKEN_BYTES], struct vt_error *err) {
    unsigned char bytes[(VT_TOKEN_BYTES - 1) / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return vt_error_set_errno(err, errno, "no random bytes for a token");
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return VT_OK;
}
