/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/setting.h"
#include "cmd/value.h"

static enum vt_status refuse_number(const char *kind, const char *word,
                                    struct vt_error *err) {
    struct vt_buf repr = {0};
    vt_value_append_repr(&repr, word);
    enum vt_status status = vt_buf_status(&repr, err);
    if (status == VT_OK)
        status =
            vt_error_set(err, VT_ERR_USAGE, "invalid %s value: %s", kind, repr.data);
    vt_buf_fini(&repr);
    return status;
}

static enum vt_status store_int(int64_t *field, const char *word,
                                struct vt_error *err) {
    return vt_value_read_int(word, field) ? VT_OK : refuse_number("int", word, err);
}

static enum vt_status store_real(double *field, const char *word,
                                 struct vt_error *err) {
    return vt_value_read_real(word, field) ? VT_OK : refuse_number("float", word, err);
}

static enum vt_status store_list(struct vt_strlist *list, char *const *words,
                                 size_t count, struct vt_error *err) {
    vt_strlist_fini(list);
    list->given = true;
    for (size_t i = 0; i < count; i++) {
        enum vt_status status = vt_strlist_append(list, words[i], err);
        if (status != VT_OK)
            return status;
    }
    return VT_OK;
}

/* What an option that takes one word means without it. */
static enum vt_status store_nothing(const struct vt_option *option,
                                    struct vt_config *config, struct vt_error *err) {
    if (option->kind == VT_OPTION_TEXT)
        return vt_config_set_text(vt_option_text(option, config),
                                  option->count == VT_COUNT_BARE ? "" : NULL, err);
    if (option->kind == VT_OPTION_REAL)
        *vt_option_real(option, config) = option->default_number;
    else
        *vt_option_int(option, config) =
            option->count == VT_COUNT_BARE ? 0 : (int64_t)option->default_number;
    return VT_OK;
}

enum vt_status vt_setting_store(const struct vt_option *option,
                                struct vt_config *config, char *const *words,
                                size_t count, struct vt_error *err) {
    VT_REQUIRE(option->kind != VT_OPTION_ACTION);
    if (option->kind == VT_OPTION_FLAG) {
        *vt_option_flag(option, config) = true;
        return VT_OK;
    }
    if (option->kind == VT_OPTION_LIST)
        return store_list(vt_option_list(option, config), words, count, err);
    VT_REQUIRE(count <= 1);
    if (count == 0)
        return store_nothing(option, config, err);
    if (option->kind == VT_OPTION_INT)
        return store_int(vt_option_int(option, config), words[0], err);
    if (option->kind == VT_OPTION_REAL)
        return store_real(vt_option_real(option, config), words[0], err);
    if (option->kind == VT_OPTION_DURATION)
        return vt_value_read_duration(words[0], vt_option_int(option, config), err);
    return vt_config_set_text(vt_option_text(option, config), words[0], err);
}
