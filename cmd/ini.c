/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ini.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* configparser.MAX_INTERPOLATION_DEPTH: a value that names itself ends there. */
enum { MAX_DEPTH = 10, MAX_REPLACEMENTS = 10000 };

struct span {
    const char *text;
    size_t size;
};

struct reader {
    struct vt_ini *ini;
    size_t section;     /* in which the lines stand; SIZE_MAX before the first header */
    bool has_key;       /* the last entry may go on in a deeper line */
    size_t indent;      /* of the last header or key */
    size_t empty_lines; /* seen since the last line of the value */
};

/* ---- lines ---- */

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct span strip(struct span span) {
    while (span.size && is_blank(span.text[0])) {
        span.text++;
        span.size--;
    }
    while (span.size && is_blank(span.text[span.size - 1]))
        span.size--;
    return span;
}

/* Cuts the first line off `rest`; lines end in \n, \r\n or \r. */
static struct span next_line(struct span *rest) {
    size_t size = 0;
    while (size < rest->size && rest->text[size] != '\n' && rest->text[size] != '\r')
        size++;
    struct span line = {rest->text, size};
    bool is_crlf = size + 1 < rest->size && rest->text[size] == '\r' &&
                   rest->text[size + 1] == '\n';
    size += size < rest->size ? 1 + (size_t)is_crlf : 0;
    rest->text += size;
    rest->size -= size;
    return line;
}

/* ---- entries ---- */

static const struct vt_ini_entry *find_entry(const struct vt_ini *ini, size_t section,
                                             const char *key) {
    for (size_t i = 0; i < ini->count; i++)
        if (ini->entries[i].section == section && strcmp(ini->entries[i].key, key) == 0)
            return &ini->entries[i];
    return NULL;
}

static char *lower_copy(struct span key) {
    char *copy = strndup(key.text, key.size);
    for (char *c = copy; c && *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return copy;
}

static enum vt_status add_entry(struct vt_ini *ini, size_t section, struct span key,
                                struct span value, struct vt_error *err) {
    struct vt_ini_entry *entries =
        reallocarray(ini->entries, ini->count + 1, sizeof *entries);
    char *name = lower_copy(key);
    if (entries)
        ini->entries = entries;
    if (!entries || !name) {
        free(name);
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    if (find_entry(ini, section, name)) {
        vt_error_set(err, VT_ERR_FORMAT, "key '%s' stands twice in section [%s]", name,
                     ini->sections.items[section]);
        free(name);
        return VT_ERR_FORMAT;
    }
    struct vt_ini_entry *entry = &entries[ini->count++];
    *entry = (struct vt_ini_entry){.section = section, .key = name};
    vt_buf_append(&entry->value, value.text, value.size);
    return vt_buf_status(&entry->value, err);
}

static enum vt_status continue_value(struct reader *reader, struct span line,
                                     struct vt_error *err) {
    struct vt_buf *value = &reader->ini->entries[reader->ini->count - 1].value;
    for (size_t i = 0; i <= reader->empty_lines; i++)
        vt_buf_append_char(value, '\n');
    reader->empty_lines = 0;
    vt_buf_append(value, line.text, line.size);
    return vt_buf_status(value, err);
}

static enum vt_status read_key(struct reader *reader, struct span line,
                               struct vt_error *err) {
    size_t delimiter = 0;
    while (delimiter < line.size && line.text[delimiter] != '=' &&
           line.text[delimiter] != ':')
        delimiter++;
    struct span key = strip((struct span){line.text, delimiter});
    if (delimiter == line.size || key.size == 0)
        return vt_error_set(err, VT_ERR_FORMAT,
                            "neither [section] nor key = value: %.*s",
                            (int)(line.size > 200 ? 200 : line.size), line.text);
    struct span value = {line.text + delimiter + 1, line.size - delimiter - 1};
    reader->has_key = true;
    return add_entry(reader->ini, reader->section, key, strip(value), err);
}

/* ---- sections ---- */

/* The name in a header: from behind its [ to the last ] of the line, at least one byte.
 */
static bool is_header(struct span line, struct span *name) {
    size_t end = line.size;
    while (end > 0 && line.text[end - 1] != ']')
        end--;
    *name = (struct span){line.text + 1, end > 1 ? end - 2 : 0};
    return line.size > 0 && line.text[0] == '[' && name->size > 0;
}

static enum vt_status open_section(struct reader *reader, struct span name,
                                   struct vt_error *err) {
    struct vt_strlist *sections = &reader->ini->sections;
    reader->has_key = false;
    for (size_t i = 0; i < sections->count; i++) {
        const char *other = sections->items[i];
        if (strlen(other) != name.size || memcmp(other, name.text, name.size) != 0)
            continue;
        if (i > 0)
            return vt_error_set(err, VT_ERR_FORMAT, "section [%s] stands twice", other);
        reader->section = 0;
        return VT_OK;
    }
    reader->section = sections->count;
    return vt_strlist_append_bytes(sections, name.text, name.size, err);
}

/* ---- the text ---- */

static enum vt_status read_line(struct reader *reader, struct span line,
                                struct vt_error *err) {
    struct span content = strip(line);
    struct span name;
    if (content.size && (content.text[0] == '#' || content.text[0] == ';'))
        return VT_OK;
    if (content.size == 0) {
        reader->empty_lines++;
        return VT_OK;
    }
    if (memchr(content.text, '\0', content.size))
        return vt_error_set(err, VT_ERR_FORMAT, "it has a NUL byte");
    size_t indent = (size_t)(content.text - line.text);
    if (reader->has_key && indent > reader->indent)
        return continue_value(reader, content, err);
    reader->indent = indent;
    reader->empty_lines = 0;
    if (is_header(content, &name))
        return open_section(reader, name, err);
    if (reader->section == SIZE_MAX)
        return vt_error_set(err, VT_ERR_FORMAT, "no [section] stands above it");
    return read_key(reader, content, err);
}

enum vt_status vt_ini_read(struct vt_ini *ini, const char *text, size_t size,
                           struct vt_error *err) {
    *ini = (struct vt_ini){0};
    struct reader reader = {.ini = ini, .section = SIZE_MAX};
    struct span rest = {text, size};
    struct vt_error cause = {0};
    enum vt_status status = vt_strlist_append(&ini->sections, "DEFAULT", &cause);
    int number = 0;
    while (status == VT_OK && rest.size) {
        number++;
        status = read_line(&reader, next_line(&rest), &cause);
    }
    if (status != VT_OK)
        vt_error_set(err, status, "line %d: %s", number, cause.text);
    return status;
}

void vt_ini_fini(struct vt_ini *ini) {
    for (size_t i = 0; i < ini->count; i++) {
        free(ini->entries[i].key);
        vt_buf_fini(&ini->entries[i].value);
    }
    free(ini->entries);
    vt_strlist_fini(&ini->sections);
    *ini = (struct vt_ini){0};
}

/* ---- questions ---- */

size_t vt_ini_section(const struct vt_ini *ini, const char *name) {
    for (size_t i = 1; i < ini->sections.count; i++)
        if (strcmp(ini->sections.items[i], name) == 0)
            return i;
    return 0;
}

static const struct vt_ini_entry *find_counting(const struct vt_ini *ini,
                                                size_t section, const char *key) {
    const struct vt_ini_entry *entry = find_entry(ini, section, key);
    return entry ? entry : find_entry(ini, 0, key);
}

bool vt_ini_has(const struct vt_ini *ini, size_t section, const char *key) {
    return find_counting(ini, section, key) != NULL;
}

/* One value on its way: `left` replacements are allowed, so that keys that name each
 * other cannot grow without end. */
struct expansion {
    const struct vt_ini *ini;
    size_t section;
    size_t left;
    struct vt_buf *value;
};

static enum vt_status expand(struct expansion *expansion, const char *key, int depth,
                             struct vt_error *err);

/* Replaces what a percent sign at `*text` begins; `*text` is behind it then. */
static enum vt_status expand_percent(struct expansion *expansion, const char **text,
                                     int depth, struct vt_error *err) {
    if ((*text)[1] == '%') {
        vt_buf_append_char(expansion->value, '%');
        *text += 2;
        return VT_OK;
    }
    const char *end = (*text)[1] == '(' ? strchr(*text, ')') : NULL;
    if (!end || end[1] != 's')
        return vt_error_set(err, VT_ERR_FORMAT,
                            "'%%' must be followed by '%%' or '(key)s'");
    char *key = lower_copy((struct span){*text + 2, (size_t)(end - *text - 2)});
    *text = end + 2;
    if (!key)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    enum vt_status status = expand(expansion, key, depth + 1, err);
    free(key);
    return status;
}

static enum vt_status expand(struct expansion *expansion, const char *key, int depth,
                             struct vt_error *err) {
    const struct vt_ini_entry *entry =
        find_counting(expansion->ini, expansion->section, key);
    if (!entry)
        return vt_error_set(err, VT_ERR_FORMAT, "%%(%s)s: no such key", key);
    const char *text = entry->value.data ? entry->value.data : "";
    if ((depth > MAX_DEPTH && strchr(text, '%')) || expansion->left-- == 0)
        return vt_error_set(err, VT_ERR_LIMIT, "%%(%s)s: too many levels", key);
    enum vt_status status = VT_OK;
    while (status == VT_OK && *text) {
        size_t plain = strcspn(text, "%");
        vt_buf_append(expansion->value, text, plain);
        text += plain;
        if (*text)
            status = expand_percent(expansion, &text, depth, err);
    }
    return status == VT_OK ? vt_buf_status(expansion->value, err) : status;
}

enum vt_status vt_ini_append_value(const struct vt_ini *ini, size_t section,
                                   const char *key, struct vt_buf *value,
                                   struct vt_error *err) {
    struct expansion expansion = {ini, section, MAX_REPLACEMENTS, value};
    return expand(&expansion, key, 1, err);
}
