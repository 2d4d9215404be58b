/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/rcfile.h"
#include "cmd/ini.h"
#include "cmd/setting.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* No list of options is longer; /dev/zero is. */
enum { MAX_BYTES = 1 << 20 };

static bool is_off(const char *value) {
    static const char *const words[] = {"false", "no", "off", "0"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(value, words[i]) == 0)
            return true;
    return false;
}

static enum vt_status split_words(const char *value, struct vt_strlist *words,
                                  struct vt_error *err) {
    static const char blanks[] = " \t\n\v\f\r";
    value += strspn(value, blanks);
    while (*value) {
        size_t size = strcspn(value, blanks);
        enum vt_status status = vt_strlist_append_bytes(words, value, size, err);
        if (status != VT_OK)
            return status;
        value += size;
        value += strspn(value, blanks);
    }
    return VT_OK;
}

static enum vt_status store_value(const struct vt_option *option,
                                  struct vt_config *config, const char *value,
                                  struct vt_error *err) {
    if (option->kind == VT_OPTION_FLAG) {
        *vt_option_flag(option, config) = !is_off(value);
        return VT_OK;
    }
    if (option->kind != VT_OPTION_LIST)
        return vt_setting_store(option, config, (char *[]){(char *)value}, 1, err);
    struct vt_strlist words = {0};
    enum vt_status status = split_words(value, &words, err);
    if (status == VT_OK)
        status = vt_setting_store(option, config, words.items, words.count, err);
    vt_strlist_fini(&words);
    return status;
}

static enum vt_status apply_key(const struct vt_option *option,
                                struct vt_config *config, const struct vt_ini *ini,
                                size_t section, struct vt_error *err) {
    if (!(option->flags & VT_OPT_RC))
        return vt_error_set(err, VT_ERR_FORMAT, "is for the command line only");
    struct vt_buf value = {0};
    vt_buf_append(&value, "", 0);
    enum vt_status status = vt_ini_append_value(ini, section, option->key, &value, err);
    if (status == VT_OK)
        status = store_value(option, config, value.data, err);
    vt_buf_fini(&value);
    /* "invalid int value: 'x'": here it is the file that is wrong, not the command. */
    return status == VT_ERR_USAGE ? VT_ERR_FORMAT : status;
}

/* -o and -u both name the report: one of them on the command line rules out the other.
 */
static bool names_report(const struct vt_option *option) {
    return strcmp(option->key, "output_file") == 0 ||
           strcmp(option->key, "unique_output_file") == 0;
}

static bool is_overruled(const struct vt_optparse *parse,
                         const struct vt_option *option) {
    if (!names_report(option))
        return parse->seen[option - vt_option_table];
    return parse->seen[vt_option_find("output_file") - vt_option_table] ||
           parse->seen[vt_option_find("unique_output_file") - vt_option_table];
}

static enum vt_status apply_section(struct vt_optparse *parse, const struct vt_ini *ini,
                                    size_t section, struct vt_error *err) {
    for (size_t i = 0; i < vt_option_table_count; i++) {
        const struct vt_option *option = &vt_option_table[i];
        if (!option->long_name || option->kind == VT_OPTION_ACTION ||
            !vt_ini_has(ini, section, option->key) || is_overruled(parse, option))
            continue;
        struct vt_error cause = {0};
        enum vt_status status = apply_key(option, parse->config, ini, section, &cause);
        if (status == VT_ERR_REFUSED)
            return vt_error_set(err, status, "%s", cause.text);
        if (status != VT_OK)
            return vt_error_set(err, status, "%s: %s", option->key, cause.text);
    }
    return VT_OK;
}

enum vt_status vt_rcfile_apply_text(struct vt_optparse *parse, const char *text,
                                    size_t size, struct vt_error *err) {
    struct vt_ini ini;
    enum vt_status status = vt_ini_read(&ini, text, size, err);
    if (status == VT_OK) {
        size_t section = vt_ini_section(&ini, "default");
        status = section
                     ? apply_section(parse, &ini, section, err)
                     : vt_error_set(err, VT_ERR_FORMAT,
                                    "Config file does not contain [default] section");
    }
    vt_ini_fini(&ini);
    return status;
}

static enum vt_status read_all(int fd, struct vt_buf *text, struct vt_error *err) {
    for (;;) {
        char *room = vt_buf_reserve(text, 4096);
        if (!room)
            return vt_buf_status(text, err);
        ssize_t n = read(fd, room, 4096);
        if (n == 0)
            return VT_OK;
        if (n < 0 && errno != EINTR)
            return vt_error_set_errno(err, errno, "cannot read it");
        text->size += n > 0 ? (size_t)n : 0;
        if (text->size > MAX_BYTES)
            return vt_error_set(err, VT_ERR_LIMIT, "larger than 1 MB");
    }
}

static enum vt_status apply_file(struct vt_optparse *parse, int fd,
                                 struct vt_error *err) {
    struct vt_buf text = {0};
    enum vt_status status = read_all(fd, &text, err);
    if (status == VT_OK)
        status = vt_rcfile_apply_text(parse, text.data, text.size, err);
    vt_buf_fini(&text);
    return status;
}

/* A file that lies about in the current folder may be anybody's. */
static bool is_ours_alone(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
           !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* Plugins are code: a file that was found, not named, may bring them only if nobody
 * else can have written it. */
static enum vt_status check_plugins(struct vt_optparse *parse, int fd,
                                    struct vt_error *err) {
    bool from_file = parse->config->plugins.count &&
                     !parse->seen[vt_option_find("plugins") - vt_option_table];
    if (!from_file || is_ours_alone(fd))
        return VT_OK;
    return vt_error_set(err, VT_ERR_FORMAT,
                        "plugins: not loaded, because others may write this file "
                        "(name it with --rcfile, or chmod go-w)");
}

enum vt_status vt_rcfile_apply(struct vt_optparse *parse, struct vt_error *err) {
    const char *named = parse->config->rcfile;
    const char *path = named ? named : ".viztracerrc";
    /* A pipe that lies about as .viztracerrc must not stop us; one that is named may.
     */
    int fd = open(path, O_RDONLY | O_CLOEXEC | (named ? 0 : O_NONBLOCK));
    if (fd < 0 && errno == ENOENT && !named)
        return VT_OK;
    if (fd < 0)
        return vt_error_set_errno(err, errno, "%s", path);
    struct vt_error cause = {0};
    enum vt_status status = apply_file(parse, fd, &cause);
    if (status == VT_OK && !named)
        status = check_plugins(parse, fd, &cause);
    close(fd);
    if (status == VT_ERR_REFUSED)
        return vt_error_set(err, status, "%s", cause.text);
    if (status != VT_OK)
        vt_error_set(err, status, "%s: %s", path, cause.text);
    return status;
}
