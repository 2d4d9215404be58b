/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/pyliteral.h"

void vt_pyliteral_append(struct vt_buf *source, const char *text) {
    vt_buf_append_text(source, "b'");
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c >= 0x7f || c == '\'' || c == '\\')
            vt_buf_printf(source, "\\x%02x", c);
        else
            vt_buf_append_char(source, (char)c);
    }
    vt_buf_append_text(source, "'");
}
