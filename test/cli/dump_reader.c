/* SPDX-License-Identifier: Apache-2.0
 *
 * Shows what the readers of cmd make of their input, for the tests that compare them
 * with Python's own: one answer line for each input line, texts in hex.
 *
 *   dump_reader words     in:  the words of a command line, separated by blanks; "-" =
 * "" out: ok ACTION SEPARATOR EXTRAS PROGRAM CONFIG error STATUS TEXT dump_reader ini
 * in:  a text out: ok SECTION/KEY=VALUE … (the value "!" where it is refused) error
 * STATUS TEXT
 */
#include "cmd/ini.h"
#include "cmd/optparse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_hex(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        printf("%02x", (unsigned char)text[i]);
    if (size == 0)
        putchar('-');
}

static void print_list(const struct vt_strlist *list) {
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            putchar(',');
        print_hex(list->items[i], strlen(list->items[i]));
    }
    if (list->count == 0)
        putchar('.');
}

static void print_error(const struct vt_error *err) {
    printf("error %d ", (int)err->status);
    print_hex(err->text, strlen(err->text));
    putchar('\n');
}

/* Turns hex digits into bytes in place; returns how many. */
static size_t read_hex(char *text) {
    size_t size = 0;
    for (const char *in = text; in[0] && in[1]; in += 2) {
        char digits[] = {in[0], in[1], '\0'};
        text[size++] = (char)strtoul(digits, NULL, 16);
    }
    text[size] = '\0';
    return size;
}

static void dump_words(char *line) {
    enum { MAX_WORDS = 64 };
    char *words[MAX_WORDS];
    int count = 0;
    char *state = NULL;
    for (char *word = strtok_r(line, " ", &state); word && count < MAX_WORDS;
         word = strtok_r(NULL, " ", &state)) {
        read_hex(word);
        words[count++] = word;
    }
    struct vt_optparse parse;
    struct vt_config config;
    struct vt_error err = {0};
    if (vt_optparse_read(&parse, &config, count, words, &err) != VT_OK) {
        print_error(&err);
    } else {
        struct vt_buf text = {0};
        vt_config_to_text(&config, &text);
        printf("ok %d %d ", (int)parse.action, parse.has_separator);
        print_list(&parse.extras);
        putchar(' ');
        print_list(&parse.program);
        putchar(' ');
        print_hex(text.data, text.size);
        putchar('\n');
        vt_buf_fini(&text);
    }
    vt_optparse_fini(&parse);
    vt_config_fini(&config);
}

static void dump_value(const struct vt_ini *ini, size_t section, const char *key) {
    struct vt_buf value = {0};
    const char *name = ini->sections.items[section];
    putchar(' ');
    print_hex(name, strlen(name));
    putchar('/');
    print_hex(key, strlen(key));
    putchar('=');
    if (vt_ini_append_value(ini, section, key, &value, NULL) == VT_OK)
        print_hex(value.data, value.size);
    else
        putchar('!');
    vt_buf_fini(&value);
}

static void dump_ini(char *line) {
    struct vt_ini ini;
    struct vt_error err = {0};
    size_t size = read_hex(line);
    if (vt_ini_read(&ini, line, size, &err) != VT_OK) {
        print_error(&err);
    } else {
        printf("ok");
        for (size_t section = 1; section < ini.sections.count; section++)
            for (size_t i = 0; i < ini.count; i++)
                if (ini.entries[i].section == section || ini.entries[i].section == 0)
                    dump_value(&ini, section, ini.entries[i].key);
        putchar('\n');
    }
    vt_ini_fini(&ini);
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    while ((size = getline(&line, &room, stdin)) > 0) {
        line[size - 1] = '\0';
        if (strcmp(argv[1], "words") == 0)
            dump_words(line);
        else
            dump_ini(line);
    }
    free(line);
    return 0;
}
