/* SPDX-License-Identifier: Apache-2.0
 *
 * The launcher without our command line: run_ladder BUILD REPORT [python3's words]. */
#include "core/record/config.h"
#include "embed/ladder.h"

#include <stdio.h>

static enum vt_status configure(struct vt_config *config, const char *build,
                                const char *report, struct vt_error *err) {
    char path[4096];
    vt_config_init(config);
    config->quiet = true;
    snprintf(path, sizeof path, "%s/lib", build);
    enum vt_status status = vt_config_set_text(&config->lib_dir, path, err);
    snprintf(path, sizeof path, "%s/python", build);
    if (status == VT_OK)
        status = vt_config_set_text(&config->python_dir, path, err);
    if (status == VT_OK)
        status = vt_config_set_text(&config->output_path, report, err);
    return status;
}

int main(int argc, char **argv) {
    static struct vt_config config;
    struct vt_error err;
    if (argc < 3)
        return 2;
    int status = -1;
    if (configure(&config, argv[1], argv[2], &err) == VT_OK)
        status = vt_ladder_run(&config, argc - 3, argv + 3, &err);
    if (status >= 0)
        return status;
    fprintf(stderr, "run_ladder: %s\n", err.text);
    return vt_status_exit_status(err.status);
}
