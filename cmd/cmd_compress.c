/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"
#include "cmd/home.h"
#include "cmd/output.h"
#include "cmd/private_lib.h"
#include "cmd/say.h"
#include "core/io/cvf_file.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static enum vt_status resolve_output(struct vt_config *config, struct vt_error *err) {
    struct vt_output_source source = {
        .now = time(NULL),
        .pid = getpid(),
        .default_name = config->compress ? "result.cvf" : NULL,
        .any_name = config->compress,
    };
    enum vt_status status = vt_output_prepare(config, &source, err);
    return status == VT_OK ? vt_home_find(config, err) : status;
}

static bool ends_with(const char *text, const char *end) {
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* The texts of behaviour.md 20, on stdout, besides the line about what is wrong. */
static int say_failure(const char *path, bool compresses, const struct vt_error *err) {
    bool is_about_input = strncmp(err->text, path, strlen(path)) == 0;
    if (err->status == VT_ERR_NOT_FOUND && is_about_input) {
        struct vt_buf line = {0};
        vt_buf_printf(&line, "Unable to find file %s", path);
        if (!line.failed)
            vt_say_line(line.data);
        vt_buf_fini(&line);
        return vt_status_exit_status(err->status);
    }
    if (compresses && err->status == VT_ERR_FORMAT && !ends_with(path, ".json"))
        vt_say_line("Only support compressing json report");
    return vt_say_failure("viztracer", err);
}

int vt_cmd_compress(struct vt_command *command) {
    struct vt_config *config = &command->config;
    struct vt_error err = {0};
    __typeof__(&vt_cvf_file_compress) work = NULL;
    bool compresses = config->compress;
    const char *path = compresses ? config->compress : config->decompress;
    const char *name = compresses ? "vt_cvf_file_compress" : "vt_cvf_file_decompress";
    signal(SIGXFSZ, SIG_IGN); /* a limit of the file size is an error like others */
    enum vt_status status = resolve_output(config, &err);
    if (status == VT_OK)
        status = vt_private_lib_find(config->lib_dir, VT_PRIVATE_LIB_REPORT, name,
                                     &work, &err);
    if (status != VT_OK)
        return vt_say_error("viztracer", &err);
    struct vt_cvf_file_options options = {path, config->output_path};
    return work(&options, &err) == VT_OK ? 0 : say_failure(path, compresses, &err);
}
