/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/json_doc.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The shortest of the usual two that reads back as the same double; JSON has no
 * others. */
static void write_number(double value, struct vt_jwrite *out) {
    char text[40];
    if (!isfinite(value)) {
        vt_jwrite_text(out, "null");
        return;
    }
    snprintf(text, sizeof text, "%.15g", value);
    double again = 0;
    if (sscanf(text, "%lg", &again) != 1 || again < value || again > value)
        snprintf(text, sizeof text, "%.17g", value);
    vt_jwrite_text(out, text);
}

static void write_scalar(const cJSON *item, struct vt_jwrite *out) {
    if (cJSON_IsString(item))
        vt_jwrite_string(out, item->valuestring, strlen(item->valuestring));
    else if (cJSON_IsRaw(item))
        vt_jwrite_json(out, item->valuestring, strlen(item->valuestring));
    else if (cJSON_IsNumber(item))
        write_number(item->valuedouble, out);
    else if (cJSON_IsBool(item))
        vt_jwrite_text(out, cJSON_IsTrue(item) ? "true" : "false");
    else
        vt_jwrite_text(out, "null");
}

/* A document of ours nests as deep as our code builds it. */
void vt_json_doc_write(const struct cJSON *item, bool tight, struct vt_jwrite *out) {
    bool is_object = cJSON_IsObject(item);
    if (!is_object && !cJSON_IsArray(item)) {
        write_scalar(item, out);
        return;
    }
    vt_jwrite_text(out, is_object ? "{" : "[");
    for (const cJSON *child = item->child; child; child = child->next) {
        if (child != item->child)
            vt_jwrite_text(out, tight ? "," : ", ");
        if (is_object) {
            vt_jwrite_string(out, child->string, strlen(child->string));
            vt_jwrite_text(out, tight ? ":" : ": ");
        }
        vt_json_doc_write(child, tight, out);
    }
    vt_jwrite_text(out, is_object ? "}" : "]");
}

bool vt_json_doc_add_i64(struct cJSON *object, const char *name, int64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    return cJSON_AddRawToObject(object, name, text);
}

bool vt_json_doc_add_us(struct cJSON *object, const char *name, uint64_t ns) {
    char text[VT_JWRITE_US_BYTES + 1];
    *vt_jwrite_put_us(text, ns) = '\0';
    return cJSON_AddRawToObject(object, name, text);
}
