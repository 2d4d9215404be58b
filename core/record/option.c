/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/option.h"

#include <string.h>

#define OFFSET_ACTION(field)   0
#define OFFSET_FLAG(field)     offsetof(struct vt_config, field)
#define OFFSET_INT(field)      offsetof(struct vt_config, field)
#define OFFSET_TEXT(field)     offsetof(struct vt_config, field)
#define OFFSET_LIST(field)     offsetof(struct vt_config, field)
#define OFFSET_DURATION(field) offsetof(struct vt_config, field##_ns)
#define OFFSET_REAL(field)     offsetof(struct vt_config, field##_seconds)

const struct vt_option vt_option_table[] = {
#define VT_OPTION(option_kind, field, long_text, short_text, option_count, value_name, \
                  number, option_group, option_flags, text)                            \
    {.key = #field,                                                                    \
     .long_name = long_text,                                                           \
     .short_name = short_text,                                                         \
     .metavar = value_name,                                                            \
     .help = text,                                                                     \
     .kind = VT_OPTION_##option_kind,                                                  \
     .count = VT_COUNT_##option_count,                                                 \
     .group = VT_GROUP_##option_group,                                                 \
     .flags = (option_flags),                                                          \
     .default_number = (number),                                                       \
     .offset = OFFSET_##option_kind(field)},
#define VT_INTERNAL(option_kind, field, option_flags)                                  \
    {.key = #field,                                                                    \
     .kind = VT_OPTION_##option_kind,                                                  \
     .count = VT_COUNT_ONE,                                                            \
     .group = VT_GROUP_INTERNAL,                                                       \
     .flags = (option_flags),                                                          \
     .offset = OFFSET_##option_kind(field)},
#include "core/record/config.def"
#undef VT_OPTION
#undef VT_INTERNAL
};

const size_t vt_option_table_count = sizeof vt_option_table / sizeof *vt_option_table;

const struct vt_option *vt_option_find(const char *key) {
    for (size_t i = 0; i < vt_option_table_count; i++)
        if (strcmp(vt_option_table[i].key, key) == 0)
            return &vt_option_table[i];
    return NULL;
}

static void *field_of(const struct vt_option *option, struct vt_config *config) {
    return (char *)config + option->offset;
}

bool *vt_option_flag(const struct vt_option *option, struct vt_config *config) {
    VT_REQUIRE(option->kind == VT_OPTION_FLAG);
    return field_of(option, config);
}

int64_t *vt_option_int(const struct vt_option *option, struct vt_config *config) {
    VT_REQUIRE(option->kind == VT_OPTION_INT || option->kind == VT_OPTION_DURATION);
    return field_of(option, config);
}

char **vt_option_text(const struct vt_option *option, struct vt_config *config) {
    VT_REQUIRE(option->kind == VT_OPTION_TEXT);
    return field_of(option, config);
}

struct vt_strlist *vt_option_list(const struct vt_option *option,
                                  struct vt_config *config) {
    VT_REQUIRE(option->kind == VT_OPTION_LIST);
    return field_of(option, config);
}

double *vt_option_real(const struct vt_option *option, struct vt_config *config) {
    VT_REQUIRE(option->kind == VT_OPTION_REAL);
    return field_of(option, config);
}

bool vt_option_is_set(const struct vt_option *option, const struct vt_config *config) {
    struct vt_config *fields = (struct vt_config *)config; /* read only below */
    switch (option->kind) {
    case VT_OPTION_ACTION:
        return false;
    case VT_OPTION_FLAG:
        return *vt_option_flag(option, fields) != (option->default_number != 0);
    case VT_OPTION_INT:
    case VT_OPTION_DURATION:
        return *vt_option_int(option, fields) != (int64_t)option->default_number;
    case VT_OPTION_TEXT:
        return *vt_option_text(option, fields) != NULL;
    case VT_OPTION_LIST:
        return vt_option_list(option, fields)->given;
    case VT_OPTION_REAL:
        return *vt_option_real(option, fields) != option->default_number;
    }
    return false;
}
