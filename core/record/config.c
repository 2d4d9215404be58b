/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/config.h"
#include "core/record/option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void set_default(const struct vt_option *option, struct vt_config *config) {
    switch (option->kind) {
    case VT_OPTION_ACTION:
        break;
    case VT_OPTION_FLAG:
        *vt_option_flag(option, config) = option->default_number != 0;
        break;
    case VT_OPTION_INT:
    case VT_OPTION_DURATION:
        *vt_option_int(option, config) = (int64_t)option->default_number;
        break;
    case VT_OPTION_TEXT:
        *vt_option_text(option, config) = NULL;
        break;
    case VT_OPTION_LIST:
        *vt_option_list(option, config) = (struct vt_strlist){0};
        break;
    case VT_OPTION_REAL:
        *vt_option_real(option, config) = option->default_number;
        break;
    }
}

void vt_config_init(struct vt_config *config) {
    memset(config, 0, sizeof *config);
    for (size_t i = 0; i < vt_option_table_count; i++)
        set_default(&vt_option_table[i], config);
}

void vt_config_fini(struct vt_config *config) {
    for (size_t i = 0; i < vt_option_table_count; i++) {
        const struct vt_option *option = &vt_option_table[i];
        if (option->kind == VT_OPTION_TEXT)
            free(*vt_option_text(option, config));
        else if (option->kind == VT_OPTION_LIST)
            vt_strlist_fini(vt_option_list(option, config));
    }
    vt_config_init(config);
}

enum vt_status vt_config_set_text(char **field, const char *value,
                                  struct vt_error *err) {
    char *copy = value ? strdup(value) : NULL;
    if (value && !copy)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    free(*field);
    *field = copy;
    return VT_OK;
}

static enum vt_status copy_field(const struct vt_option *option, struct vt_config *to,
                                 struct vt_config *from, struct vt_error *err) {
    switch (option->kind) {
    case VT_OPTION_ACTION:
        break;
    case VT_OPTION_FLAG:
        *vt_option_flag(option, to) = *vt_option_flag(option, from);
        break;
    case VT_OPTION_INT:
    case VT_OPTION_DURATION:
        *vt_option_int(option, to) = *vt_option_int(option, from);
        break;
    case VT_OPTION_REAL:
        *vt_option_real(option, to) = *vt_option_real(option, from);
        break;
    case VT_OPTION_TEXT:
        return vt_config_set_text(vt_option_text(option, to),
                                  *vt_option_text(option, from), err);
    case VT_OPTION_LIST:
        return vt_strlist_copy(vt_option_list(option, to), vt_option_list(option, from),
                               err);
    }
    return VT_OK;
}

enum vt_status vt_config_copy(struct vt_config *to, const struct vt_config *from,
                              struct vt_error *err) {
    struct vt_config *source =
        (struct vt_config *)from; /* the accessors only read it */
    vt_config_init(to);
    for (size_t i = 0; i < vt_option_table_count; i++) {
        enum vt_status status = copy_field(&vt_option_table[i], to, source, err);
        if (status != VT_OK) {
            vt_config_fini(to);
            return status;
        }
    }
    return VT_OK;
}

/* ---- text form: writing ---- */

static void append_escaped(struct vt_buf *text, const char *value) {
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        if (c == '\\')
            vt_buf_append_text(text, "\\\\");
        else if (c < 0x20 || c > 0x7e)
            vt_buf_printf(text, "\\x%02x", c);
        else
            vt_buf_append_char(text, (char)c);
    }
}

static void append_value(const struct vt_option *option, struct vt_config *config,
                         struct vt_buf *text) {
    switch (option->kind) {
    case VT_OPTION_ACTION:
        break;
    case VT_OPTION_FLAG:
        vt_buf_append_char(text, *vt_option_flag(option, config) ? '1' : '0');
        break;
    case VT_OPTION_INT:
    case VT_OPTION_DURATION:
        vt_buf_printf(text, "%" PRId64, *vt_option_int(option, config));
        break;
    case VT_OPTION_TEXT:
        append_escaped(text, *vt_option_text(option, config));
        break;
    case VT_OPTION_LIST: {
        const struct vt_strlist *list = vt_option_list(option, config);
        for (size_t i = 0; i < list->count; i++) {
            append_escaped(text, list->items[i]);
            vt_buf_append_text(text, "\\.");
        }
        break;
    }
    case VT_OPTION_REAL: { /* its bits: decimal digits would depend on the locale */
        uint64_t bits;
        memcpy(&bits, vt_option_real(option, config), sizeof bits);
        vt_buf_printf(text, "%016" PRIx64, bits);
        break;
    }
    }
}

void vt_config_to_text(const struct vt_config *config, struct vt_buf *text) {
    for (size_t i = 0; i < vt_option_table_count; i++) {
        const struct vt_option *option = &vt_option_table[i];
        if (!vt_option_is_set(option, config))
            continue;
        vt_buf_printf(text, "%s=", option->key);
        append_value(option, (struct vt_config *)config, text);
        vt_buf_append_char(text, '\n');
    }
}

/* ---- text form: reading ---- */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes append_escaped up to the end of `value` or the end of a list's item; `*end` is
 * behind what was read. False for an escape that is not ours. */
static bool unescape(const char *value, bool item, struct vt_buf *bytes,
                     const char **end) {
    for (; *value; value++) {
        if (*value != '\\') {
            vt_buf_append_char(bytes, *value);
        } else if (value[1] == '\\') {
            vt_buf_append_char(bytes, *++value);
        } else if (value[1] == '.' && item) {
            *end = value + 2;
            return true;
        } else {
            int high = value[1] == 'x' ? hex_digit(value[2]) : -1;
            int low = high >= 0 ? hex_digit(value[3]) : -1;
            if (low < 0 || high + low == 0)
                return false;
            vt_buf_append_char(bytes, (char)(high * 16 + low));
            value += 3;
        }
    }
    *end = value;
    return !item;
}

static enum vt_status read_text(char **field, const char *value, struct vt_error *err) {
    struct vt_buf bytes = {0};
    const char *end;
    enum vt_status status = VT_OK;
    if (!unescape(value, false, &bytes, &end)) {
        vt_buf_fini(&bytes);
        return vt_error_set(err, VT_ERR_FORMAT, "not an escaped text");
    }
    status = vt_buf_status(&bytes, err);
    free(*field);
    *field = vt_buf_steal(&bytes);
    return !*field && status == VT_OK
               ? vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory")
               : status;
}

static enum vt_status read_list(struct vt_strlist *list, const char *value,
                                struct vt_error *err) {
    struct vt_buf bytes = {0};
    enum vt_status status = VT_OK;
    list->given = true;
    while (status == VT_OK && *value) {
        vt_buf_clear(&bytes);
        if (!unescape(value, true, &bytes, &value))
            status = vt_error_set(err, VT_ERR_FORMAT, "not a list");
        else
            status = vt_buf_status(&bytes, err);
        if (status == VT_OK)
            status = vt_strlist_append_bytes(list, bytes.size ? bytes.data : "",
                                             bytes.size, err);
    }
    vt_buf_fini(&bytes);
    return status;
}

static enum vt_status read_int(int64_t *field, const char *value,
                               struct vt_error *err) {
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (end == value || *end || errno)
        return vt_error_set(err, VT_ERR_FORMAT, "not a number");
    *field = number;
    return VT_OK;
}

static enum vt_status read_real(double *field, const char *value,
                                struct vt_error *err) {
    char *end;
    uint64_t bits = strtoull(value, &end, 16);
    if (end == value || *end)
        return vt_error_set(err, VT_ERR_FORMAT, "not a number");
    memcpy(field, &bits, sizeof bits);
    return VT_OK;
}

static enum vt_status read_value(const struct vt_option *option,
                                 struct vt_config *config, const char *value,
                                 struct vt_error *err) {
    switch (option->kind) {
    case VT_OPTION_ACTION:
        break;
    case VT_OPTION_FLAG:
        if (strcmp(value, "1") != 0 && strcmp(value, "0") != 0)
            break;
        *vt_option_flag(option, config) = *value == '1';
        return VT_OK;
    case VT_OPTION_INT:
    case VT_OPTION_DURATION:
        return read_int(vt_option_int(option, config), value, err);
    case VT_OPTION_TEXT:
        return read_text(vt_option_text(option, config), value, err);
    case VT_OPTION_LIST:
        return read_list(vt_option_list(option, config), value, err);
    case VT_OPTION_REAL:
        return read_real(vt_option_real(option, config), value, err);
    }
    return vt_error_set(err, VT_ERR_FORMAT, "not a value of this setting");
}

/* Reads one line without its newline; takes it apart in place. */
static enum vt_status read_line(struct vt_config *config, char *line,
                                struct vt_error *err) {
    char *equals = strchr(line, '=');
    if (!equals)
        return vt_error_set(err, VT_ERR_FORMAT, "'=' is missing");
    *equals = '\0';
    const struct vt_option *option = vt_option_find(line);
    if (!option)
        return vt_error_set(err, VT_ERR_FORMAT, "no such setting");
    return read_value(option, config, equals + 1, err);
}

enum vt_status vt_config_from_text(struct vt_config *config, const char *text,
                                   struct vt_error *err) {
    vt_config_init(config);
    enum vt_status status = VT_OK;
    for (int number = 1; status == VT_OK && *text; number++) {
        size_t size = strcspn(text, "\n");
        char *line = strndup(text, size);
        struct vt_error cause = {0};
        if (!line)
            status = vt_error_set(&cause, VT_ERR_NO_MEMORY, "out of memory");
        else
            status = read_line(config, line, &cause);
        if (status != VT_OK)
            vt_error_set(err, status, "configuration, line %d: %s", number, cause.text);
        free(line);
        text += text[size] ? size + 1 : size;
    }
    if (status != VT_OK)
        vt_config_fini(config);
    return status;
}
