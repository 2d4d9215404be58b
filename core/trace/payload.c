/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/payload.h"

#include "core/base/jcheck.h"

#include <string.h>

struct vt_text vt_payload_value(const char *json, size_t size) {
    if (!json)
        return (struct vt_text){0};
    const char *end = json + size;
    const char *begin = vt_jcheck_blanks(json, end);
    const char *behind = vt_jcheck_value(begin, end);
    if (!behind || vt_jcheck_blanks(behind, end) != end)
        return (struct vt_text){0};
    return (struct vt_text){begin, (size_t)(behind - begin)};
}

struct vt_text vt_payload_object(const char *json, size_t size) {
    struct vt_text value = vt_payload_value(json, size);
    return value.size && value.bytes[0] == '{' ? value : (struct vt_text){0};
}

struct vt_text vt_payload_member(struct vt_text object, const char *quoted_name) {
    if (!object.size)
        return object;
    const char *end = object.bytes + object.size - 1; /* the closing brace */
    const char *p = vt_jcheck_blanks(object.bytes + 1, end);
    size_t name_size = strlen(quoted_name);
    while (p < end) {
        const char *name = p, *behind_name = vt_jcheck_string(p, end);
        VT_REQUIRE(behind_name != NULL);
        const char *colon = vt_jcheck_blanks(behind_name, end);
        const char *value = vt_jcheck_blanks(colon + 1, end);
        const char *behind = vt_jcheck_value(value, end);
        VT_REQUIRE(behind != NULL);
        if ((size_t)(behind_name - name) == name_size &&
            memcmp(name, quoted_name, name_size) == 0)
            return (struct vt_text){value, (size_t)(behind - value)};
        p = vt_jcheck_blanks(behind, end);
        if (p < end)
            p = vt_jcheck_blanks(p + 1, end); /* over the comma */
    }
    return (struct vt_text){0};
}
