/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/say.h"
#include "cmd/help.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_escaped(FILE *stream, const char *text) {
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f)
            fprintf(stream, "\\x%02x", c);
        else
            putc(c, stream);
    }
}

void vt_say_line(const char *text) {
    print_escaped(stdout, text);
    putc('\n', stdout);
    fflush(stdout);
}

void vt_say_warning(const char *text) {
    fputs("\033[93m", stdout);
    print_escaped(stdout, text);
    fputs("\033[0m\n", stdout);
    fflush(stdout);
}

void vt_say_report(const char *path, uint64_t entries) {
    const char *quote = strchr(path, ' ') ? "\"" : "";
    printf("Total Entries: %" PRIu64 "\nUse the following command to open the report:\n"
           "\033[92mvizviewer %s",
           entries, quote);
    print_escaped(stdout, path);
    printf("%s\033[0m\n", quote);
    fflush(stdout);
}

void vt_say_status(const char *text) {
    printf("\r%80s\r", "");
    print_escaped(stdout, text);
    fflush(stdout);
}

void vt_say_run_recovered(const char *how, const struct vt_recover_result *result) {
    fprintf(stderr, "viztracer: the program was %s: %" PRIu64 " events saved, ", how,
            result->stats.events);
    if (result->stats.lost)
        fprintf(stderr, "%" PRIu64 " older ones lost, ", result->stats.lost);
    fprintf(stderr, "%" PRIu64 " calls were open: ", result->stats.open_calls);
    print_escaped(stderr, result->output_path);
    putc('\n', stderr);
}

void vt_say_run_lost(const char *how, const char *run_dir, const struct vt_error *err) {
    fprintf(stderr, "viztracer: the program was %s: no report: ", how);
    print_escaped(stderr, err->text);
    fputs("; try viztracer --recover ", stderr);
    print_escaped(stderr, run_dir);
    putc('\n', stderr);
}

void vt_say_note(const char *program, const char *text) {
    fprintf(stderr, "%s: ", program);
    print_escaped(stderr, text);
    putc('\n', stderr);
}

int vt_say_failure(const char *program, const struct vt_error *err) {
    vt_say_note(program, err->text);
    return vt_status_exit_status(err->status);
}

int vt_say_error(const char *program, const struct vt_error *err) {
    if (err->status != VT_ERR_REFUSED)
        return vt_say_failure(program, err);
    vt_say_line(err->text);
    return vt_status_exit_status(err->status);
}

int vt_say_command_error(const struct vt_error *err) {
    if (err->status != VT_ERR_USAGE)
        return vt_say_error("viztracer", err);
    fputs(vt_help_usage(), stderr);
    return vt_say_failure(VT_HELP_PROGRAM ": error", err);
}
