/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/help.h"

#include <string.h>

enum { WIDTH = 80, TEXT_COLUMN = 32 };

static const char usage[] =
    "usage: " VT_HELP_PROGRAM " [options] [python options] script.py [args ...]\n"
    "       " VT_HELP_PROGRAM " [options] [python options] -m module [args ...]\n"
    "       " VT_HELP_PROGRAM " [options] [python options] -c code [args ...]\n";

static const char preface[] =
    "\n"
    "Runs a Python program as python3 would and records what it calls; the report\n"
    "is for vizviewer. Options may stand anywhere before \"--\" and, where there is\n"
    "none, also behind the program: put \"--\" before the program to give it all that\n"
    "follows. Unambiguous beginnings of long options are accepted.\n";

static const char epilogue[] =
    "\n"
    "python options (before the program or after \"--\"):\n"
    "  -X -W -O -B -E -I -s -S -i -q -b\n"
    "                                as python3 takes them, -OO and -IB too; -u is\n"
    "                                ours: use PYTHONUNBUFFERED\n"
    "\n"
    "viztracer --report FILE [--sort COLUMN] [--top N] [--json]\n"
    "                                the functions of a report, in the terminal;\n"
    "                                COLUMN: calls, total, self, min, mean, p50,\n"
    "                                p95, p99 or max\n"
    "\n"
    "environment:\n"
    "  VIZTRACER_PYTHON              the interpreter to run programs with (default:\n"
    "                                the active virtual environment's python3, else\n"
    "                                the first one on PATH)\n";

static const char *const group_titles[] = {
    [VT_GROUP_RUN] = "what to run",
    [VT_GROUP_REPORT] = "the report",
    [VT_GROUP_FILTER] = "what is recorded",
    [VT_GROUP_LOG] = "what is logged besides calls",
    [VT_GROUP_PROCESS] = "several processes",
    [VT_GROUP_ATTACH] = "programs that run already",
    [VT_GROUP_TOOL] = "reports and recordings that exist already",
};

const char *vt_help_usage(void) {
    return usage;
}

/* "  -o, --output_file FILE" */
static void append_names(const struct vt_option *option, struct vt_buf *line) {
    vt_buf_append_text(line, "  ");
    if (option->short_name)
        vt_buf_append_text(line, option->short_name);
    if (option->short_name && option->long_name)
        vt_buf_append_text(line, ", ");
    if (option->long_name)
        vt_buf_append_text(line, option->long_name);
    if (option->count == VT_COUNT_MANY)
        vt_buf_printf(line, " [%s ...]", option->metavar);
    else if (option->count == VT_COUNT_BARE)
        vt_buf_printf(line, " [%s]", option->metavar);
    else if (option->count == VT_COUNT_ONE)
        vt_buf_printf(line, " %s", option->metavar);
}

static void append_blanks(struct vt_buf *text, size_t count) {
    while (count--)
        vt_buf_append_char(text, ' ');
}

/* Appends a piece that is not broken, on a new line where it would reach WIDTH; returns
 * the column behind it. */
static size_t append_piece(struct vt_buf *text, size_t column, const char *piece,
                           size_t size) {
    bool first = column <= TEXT_COLUMN;
    if (!first && column + 1 + size >= WIDTH) {
        vt_buf_append_char(text, '\n');
        column = 0;
    }
    size_t blanks = column < TEXT_COLUMN ? TEXT_COLUMN - column : !first;
    append_blanks(text, blanks);
    vt_buf_append(text, piece, size);
    return column + blanks + size;
}

void vt_help_append_option(const struct vt_option *option, struct vt_buf *text) {
    struct vt_buf line = {0};
    append_names(option, &line);
    vt_buf_append(text, line.data, line.size);
    text->failed |= line.failed;
    size_t column = line.size;
    vt_buf_fini(&line);
    if (column + 2 > TEXT_COLUMN) {
        vt_buf_append_char(text, '\n');
        column = 0;
    }
    for (const char *words = option->help; *words;) {
        size_t size = strcspn(words, " ");
        column = append_piece(text, column, words, size);
        words += size + (words[size] == ' ');
    }
    vt_buf_append_char(text, '\n');
}

void vt_help_append(struct vt_buf *text) {
    vt_buf_append_text(text, usage);
    vt_buf_append_text(text, preface);
    for (size_t group = 0; group < sizeof group_titles / sizeof *group_titles;
         group++) {
        vt_buf_printf(text, "\n%s:\n", group_titles[group]);
        for (size_t i = 0; i < vt_option_table_count; i++) {
            const struct vt_option *option = &vt_option_table[i];
            if (option->group == group && !(option->flags & VT_OPT_HIDDEN))
                vt_help_append_option(option, text);
        }
    }
    vt_buf_append_text(text, epilogue);
}
