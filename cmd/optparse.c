/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/optparse.h"
#include "cmd/pyopts.h"
#include "cmd/setting.h"
#include "cmd/value.h"

#include <stdlib.h>
#include <string.h>

/* What a word is, before anybody takes it. */
struct word {
    const struct vt_option *option; /* NULL: an unknown option, or a plain word */
    const char *attached;           /* "value" of --option=value and -ovalue, or NULL */
    bool is_plain;                  /* looks like no option: may be a value */
};

struct reader {
    struct vt_optparse *parse;
    char *const *texts;
    struct word *words;
    size_t count;
    size_t next; /* the word to be read */
};

/* ---- what a word is ---- */

static const struct vt_option *find_short(char letter) {
    for (size_t i = 0; i < vt_option_table_count; i++) {
        const char *name = vt_option_table[i].short_name;
        if (name && name[1] == letter)
            return &vt_option_table[i];
    }
    return NULL;
}

/* The option whose name is the first `size` bytes of `text`. */
static const struct vt_option *find_name(const char *text, size_t size) {
    if (size == 2 && text[1] != '-')
        return find_short(text[1]);
    for (size_t i = 0; i < vt_option_table_count; i++) {
        const char *name = vt_option_table[i].long_name;
        if (name && strlen(name) == size && memcmp(name, text, size) == 0)
            return &vt_option_table[i];
    }
    /* Beginning of --output_dir as well, but promised by behaviour.md 2. */
    bool is_out = size == 5 && memcmp(text, "--out", 5) == 0;
    return is_out ? vt_option_find("output_file") : NULL;
}

static enum vt_status refuse_ambiguous(const char *text, size_t size,
                                       struct vt_error *err) {
    struct vt_buf names = {0};
    for (size_t i = 0; i < vt_option_table_count; i++) {
        const char *name = vt_option_table[i].long_name;
        if (name && strncmp(name, text, size) == 0)
            vt_buf_printf(&names, "%s%s", names.size ? ", " : "", name);
    }
    enum vt_status status = vt_buf_status(&names, err);
    if (status == VT_OK)
        status = vt_error_set(err, VT_ERR_USAGE, "ambiguous option: %s could match %s",
                              text, names.data);
    vt_buf_fini(&names);
    return status;
}

/* Looks for the one option whose long name starts with the first `size` bytes of
 * `text`. */
static enum vt_status find_prefix(const char *text, size_t size,
                                  const struct vt_option **found,
                                  struct vt_error *err) {
    *found = NULL;
    for (size_t i = 0; i < vt_option_table_count; i++) {
        const char *name = vt_option_table[i].long_name;
        if (!name || strncmp(name, text, size) != 0)
            continue;
        if (*found)
            return refuse_ambiguous(text, size, err);
        *found = &vt_option_table[i];
    }
    return VT_OK;
}

/* -1, -1.5, -.5: values, although they start with a dash. */
static bool is_negative_number(const char *text) {
    static const char digits[] = "0123456789";
    const char *rest = text + 1;
    size_t whole = strspn(rest, digits);
    if (rest[whole] == '\0')
        return whole > 0;
    size_t fraction = rest[whole] == '.' ? strspn(rest + whole + 1, digits) : 0;
    return fraction > 0 && rest[whole + 1 + fraction] == '\0';
}

static enum vt_status classify(const char *text, struct word *word,
                               struct vt_error *err) {
    *word = (struct word){.is_plain = text[0] != '-' || text[1] == '\0'};
    if (word->is_plain)
        return VT_OK;
    size_t size = strlen(text);
    const char *equals = strchr(text, '=');
    size_t name_size = equals ? (size_t)(equals - text) : size;
    if ((word->option = find_name(text, size)))
        return VT_OK;
    if (equals && (word->option = find_name(text, name_size))) {
        word->attached = equals + 1;
    } else if (text[1] == '-') {
        enum vt_status status = find_prefix(text, name_size, &word->option, err);
        if (status != VT_OK)
            return status;
        word->attached = equals ? equals + 1 : NULL;
    } else if ((word->option = find_short(text[1]))) {
        word->attached = text + 2;
    }
    word->is_plain = !word->option && (is_negative_number(text) || strchr(text, ' '));
    return VT_OK;
}

/* All words are looked at before the first is read: an ambiguous one behind -h is
 * refused. */
static enum vt_status classify_all(struct reader *reader, struct vt_error *err) {
    reader->words = calloc(reader->count + 1, sizeof *reader->words);
    if (!reader->words)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < reader->count; i++) {
        enum vt_status status = classify(reader->texts[i], &reader->words[i], err);
        if (status != VT_OK)
            return status;
    }
    return VT_OK;
}

/* ---- taking options ---- */

/* Puts "argument --output_file/-o: " before the sentence. */
static enum vt_status prefix_option(const struct vt_option *option,
                                    struct vt_error *err) {
    if (!err)
        return VT_ERR_USAGE;
    if (!option->long_name || !option->short_name)
        return vt_error_prefix(err, "argument %s",
                               option->long_name ? option->long_name
                                                 : option->short_name);
    return vt_error_prefix(err, "argument %s/%s", option->long_name,
                           option->short_name);
}

static enum vt_status refuse_attached(const struct vt_option *option,
                                      const char *attached, struct vt_error *err) {
    struct vt_buf repr = {0};
    vt_value_append_repr(&repr, attached);
    enum vt_status status = vt_buf_status(&repr, err);
    if (status == VT_OK) {
        vt_error_set(err, VT_ERR_USAGE, "ignored explicit argument %s", repr.data);
        status = prefix_option(option, err);
    }
    vt_buf_fini(&repr);
    return status;
}

/* -o and -u both name the report. */
static enum vt_status check_exclusion(const struct vt_optparse *parse,
                                      const struct vt_option *option,
                                      struct vt_error *err) {
    const struct vt_option *file = vt_option_find("output_file");
    const struct vt_option *unique = vt_option_find("unique_output_file");
    const struct vt_option *other = option == file     ? unique
                                    : option == unique ? file
                                                       : NULL;
    if (!other || !parse->seen[other - vt_option_table])
        return VT_OK;
    vt_error_set(err, VT_ERR_USAGE, "not allowed with argument %s/%s", other->long_name,
                 other->short_name);
    return prefix_option(option, err);
}

static bool option_is_code(const struct vt_option *option) {
    return option == find_short('c') || option == find_short('m');
}

/* The option does what it is for with its `count` words. */
static enum vt_status take(struct vt_optparse *parse, const struct vt_option *option,
                           char *const *words, size_t count, struct vt_error *err) {
    if (option->kind == VT_OPTION_ACTION) {
        bool help = strcmp(option->key, "help") == 0;
        parse->action = help ? VT_OPTPARSE_HELP : VT_OPTPARSE_VERSION;
        return VT_OK;
    }
    if (parse->action != VT_OPTPARSE_GO_ON)
        return VT_OK;
    struct vt_error cause = {0};
    enum vt_status status =
        vt_setting_store(option, parse->config, words, count, &cause);
    if (err)
        *err = cause;
    if (status == VT_ERR_USAGE)
        return prefix_option(option, err);
    if (status != VT_OK)
        return status;
    bool given = count > 0 || option->count != VT_COUNT_ONE;
    parse->seen[option - vt_option_table] = given;
    if (given && option_is_code(option) && parse->extras_before_code == SIZE_MAX)
        parse->extras_before_code = parse->extras.count;
    return given ? check_exclusion(parse, option, err) : VT_OK;
}

/* Follows short options that are written together, -uo FILE, up to the one that may
 * take what is attached; the first call only looks whether all of them exist. */
static enum vt_status take_cluster(struct vt_optparse *parse, struct word *word,
                                   bool is_long, bool only_look, struct vt_error *err) {
    while (word->attached && word->option->count == VT_COUNT_NONE) {
        const char *attached = word->attached;
        const struct vt_option *next =
            is_long || !*attached ? NULL : find_short(*attached);
        if (!next)
            return refuse_attached(word->option, attached, err);
        enum vt_status status =
            only_look ? VT_OK : take(parse, word->option, NULL, 0, err);
        if (status != VT_OK)
            return status;
        word->option = next;
        word->attached = attached[1] ? attached + 1 : NULL;
    }
    return VT_OK;
}

/* How many of the words from `next` on the option takes. */
static size_t count_values(const struct reader *reader,
                           const struct vt_option *option) {
    size_t most = option->count == VT_COUNT_NONE   ? 0
                  : option->count == VT_COUNT_MANY ? reader->count
                                                   : 1;
    size_t end = reader->next;
    while (end < reader->count && end - reader->next < most &&
           reader->words[end].is_plain)
        end++;
    return end - reader->next;
}

static enum vt_status read_option(struct reader *reader, struct vt_error *err) {
    struct word word = reader->words[reader->next];
    struct word look = word;
    bool is_long = reader->texts[reader->next][1] == '-';
    enum vt_status status = take_cluster(reader->parse, &look, is_long, true, err);
    if (status == VT_OK)
        status = take_cluster(reader->parse, &word, is_long, false, err);
    if (status != VT_OK)
        return status;
    reader->next++;
    if (option_is_code(word.option)) {
        reader->parse->code_flags = SIZE_MAX;
        reader->parse->code_is_attached = word.attached && !is_long;
    }
    if (word.attached)
        return take(reader->parse, word.option, (char *[]){(char *)word.attached}, 1,
                    err);
    size_t count = count_values(reader, word.option);
    char *const *values = reader->texts + reader->next;
    reader->next += count;
    return take(reader->parse, word.option, values, count, err);
}

/* ---- words that are the interpreter's and ours ---- */

/* Nothing but options of the interpreter was found so far, with their values. */
static bool is_before_program(const struct vt_optparse *parse) {
    size_t options;
    return parse->extras_before_code == SIZE_MAX &&
           vt_pyopts_count(parse->extras.items, parse->extras.count, &options, NULL) ==
               VT_OK &&
           options == parse->extras.count;
}

/* Where in the next word, -Im or -Buc, the options end that have no value; NULL: it is
 * the interpreter's alone, or ours, or the program's. */
static const char *find_cluster_end(const struct reader *reader) {
    const char *text = reader->texts[reader->next];
    const char *end = vt_pyopts_cluster_end(text);
    bool is_ours = end && (*end == 'c' || *end == 'm' ||
                           strcspn(text, "u") < (size_t)(end - text));
    return is_ours && is_before_program(reader->parse) ? end : NULL;
}

/* The interpreter's part becomes an extra; -u is taken. */
static enum vt_status take_flags(struct vt_optparse *parse, const char *text,
                                 const char *end, struct vt_error *err) {
    bool is_unique = false;
    struct vt_buf flags = {0};
    for (const char *letter = text; letter < end; letter++) {
        if (*letter == 'u')
            is_unique = true;
        else
            vt_buf_append(&flags, letter, 1);
    }
    if (*end == 'X' || *end == 'W')
        vt_buf_append_text(&flags, end);
    enum vt_status status = vt_buf_status(&flags, err);
    if (status == VT_OK)
        status = vt_strlist_append(&parse->extras, flags.data, err);
    if (status == VT_OK && is_unique)
        status = take(parse, find_short('u'), NULL, 0, err);
    vt_buf_fini(&flags);
    return status;
}

static enum vt_status read_cluster(struct reader *reader, const char *end,
                                   struct vt_error *err) {
    size_t flags = reader->parse->extras.count;
    enum vt_status status =
        take_flags(reader->parse, reader->texts[reader->next], end, err);
    if (status != VT_OK || (*end != 'c' && *end != 'm')) {
        reader->next++;
        return status;
    }
    reader->words[reader->next] =
        (struct word){.option = find_short(*end), .attached = end[1] ? end + 1 : NULL};
    status = read_option(reader, err);
    reader->parse->code_flags = flags;
    return status;
}

static enum vt_status read_words(struct reader *reader, struct vt_error *err) {
    enum vt_status status = classify_all(reader, err);
    while (status == VT_OK && reader->next < reader->count &&
           reader->parse->action == VT_OPTPARSE_GO_ON) {
        const char *cluster_end = find_cluster_end(reader);
        if (cluster_end)
            status = read_cluster(reader, cluster_end, err);
        else if (reader->words[reader->next].option)
            status = read_option(reader, err);
        else
            status = vt_strlist_append(&reader->parse->extras,
                                       reader->texts[reader->next++], err);
    }
    return status;
}

/* ---- the whole line ---- */

static size_t find_word(char *const *words, size_t count, const char *text) {
    size_t i = 0;
    while (i < count && strcmp(words[i], text) != 0)
        i++;
    return i;
}

static enum vt_status append_all(struct vt_strlist *list, char *const *words,
                                 size_t count, struct vt_error *err) {
    for (size_t i = 0; i < count; i++) {
        enum vt_status status = vt_strlist_append(list, words[i], err);
        if (status != VT_OK)
            return status;
    }
    return VT_OK;
}

enum vt_status vt_optparse_read(struct vt_optparse *parse, struct vt_config *config,
                                int count, char *const *words, struct vt_error *err) {
    *parse = (struct vt_optparse){
        .config = config, .extras_before_code = SIZE_MAX, .code_flags = SIZE_MAX};
    vt_config_init(config);
    parse->seen = calloc(vt_option_table_count, sizeof *parse->seen);
    if (!parse->seen)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");

    size_t all = (size_t)count;
    size_t separator = find_word(words, all, "--");
    if (separator == all)
        separator = find_word(words, all, "--run");
    parse->has_separator = separator < all;

    struct reader reader = {.parse = parse, .texts = words, .count = separator};
    enum vt_status status = read_words(&reader, err);
    free(reader.words);
    if (status == VT_OK && parse->has_separator)
        status = append_all(&parse->program, words + separator + 1, all - separator - 1,
                            err);
    if (parse->extras_before_code > parse->extras.count)
        parse->extras_before_code = parse->extras.count;
    return status;
}

void vt_optparse_fini(struct vt_optparse *parse) {
    free(parse->seen);
    vt_strlist_fini(&parse->extras);
    vt_strlist_fini(&parse->program);
    *parse = (struct vt_optparse){0};
}
