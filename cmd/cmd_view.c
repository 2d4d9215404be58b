/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/browser.h"
#include "cmd/command.h"
#include "cmd/home.h"
#include "cmd/private_lib.h"
#include "cmd/say.h"
#include "cmd/view_args.h"
#include "viewer/server/server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

struct session {
    const struct vt_view_args *args;
};

/* ---- what is told ---------------------------------------------------------------- */

static void say(const char *format, ...) VT_PRINTF(1, 2);

static void say(const char *format, ...) {
    char line[1024];
    va_list values;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    vt_say_line(line);
}

static int say_usage(const struct vt_error *err) {
    fputs(vt_view_args_usage(), stderr);
    return vt_say_failure("vizviewer: error", err);
}

static int say_help(void) {
    struct vt_buf text = {0};
    struct vt_error err = {0};
    vt_view_args_append_help(&text);
    enum vt_status status = vt_buf_status(&text, &err);
    if (status == VT_OK && (fputs(text.data, stdout) < 0 || fflush(stdout) != 0))
        status = vt_error_set_errno(&err, errno, "standard output");
    vt_buf_fini(&text);
    return status == VT_OK ? 0 : vt_say_error("vizviewer", &err);
}

/* For those who sit at another machine than the server. */
static void say_tunnel(const struct vt_server_place *place) {
    char host[256] = "this-machine";
    gethostname(host, sizeof host - 1);
    say("Open %s in a web browser. From another machine, first: "
        "ssh -L %d:127.0.0.1:%d %s",
        place->shown, place->port, place->port, host);
}

/* "https://ui.perfetto.dev/#!/?url=…": documented at https://perfetto.dev/docs, "Deep
 * linking to the Perfetto UI". */
static void open_page(const struct session *session,
                      const struct vt_server_place *place) {
    char address[512];
    if (session->args->perfetto)
        snprintf(address, sizeof address,
                 "https://ui.perfetto.dev/#!/?url=http://127.0.0.1:%d/localtrace",
                 place->port);
    else
        snprintf(address, sizeof address, "%s", place->address);
    if (vt_browser_open(address))
        return;
    if (session->args->perfetto)
        say("Open %s in a web browser", address);
    else
        say_tunnel(place);
}

static void say_ready(void *state, const struct vt_server_place *place) {
    const struct session *session = state;
    const struct vt_view_args *args = session->args;
    if (!place->is_loopback)
        vt_say_note("vizviewer", "other machines can reach this; the address has the "
                                 "token that lets them in, and goes over the network "
                                 "unencrypted");
    if (args->perfetto && place->port != 9001)
        vt_say_note("vizviewer", "ui.perfetto.dev may ask no port but 9001");
    if (args->external)
        say("Loading and parsing trace data, this could take a while...");
    if (!args->once) {
        say("Running vizviewer");
        say("You can also view your trace on %s", place->shown);
        say("Press Ctrl+C to quit");
    } else if (args->server_only || !place->is_loopback)
        say("You can view your trace on %s", place->shown);
    if (!args->server_only)
        open_page(session, place);
}

static int say_failure(const struct vt_server_options *options,
                       const struct vt_error *err) {
    char line[96];
    int exit_status = vt_say_error("vizviewer", err);
    if (options->free_port) {
        snprintf(line, sizeof line, "port %d is free: --port %d", options->free_port,
                 options->free_port);
        vt_say_note("vizviewer", line);
    }
    return exit_status;
}

/* ---- the command ----------------------------------------------------------------- */

static enum vt_status check(const struct vt_view_args *args, struct vt_error *err) {
    if (args->once && args->external)
        return vt_error_set(err, VT_ERR_REFUSED,
                            "You can't use --once with --use_external_processor");
    return VT_OK;
}

int vt_cmd_view(int count, char *const *words) {
    struct vt_view_args args;
    struct vt_error err = {0};
    __typeof__(&vt_server_run) run = NULL;
    if (vt_view_args_read(&args, count, words, &err) != VT_OK)
        return err.status == VT_ERR_USAGE ? say_usage(&err)
                                          : vt_say_error("vizviewer", &err);
    if (args.help)
        return say_help();
    if (check(&args, &err) != VT_OK ||
        vt_home_find_function(VT_PRIVATE_LIB_VIEWER, "vt_server_run", &run, &err) !=
            VT_OK)
        return vt_say_error("vizviewer", &err);
    struct session session = {&args};
    struct vt_server_options options = {
        .path = args.path,
        .host = args.host,
        .port = args.port_number,
        .timeout_s = (unsigned)args.timeout_s,
        .once = args.once,
        .is_remote_engine = args.external,
        .flamegraph = args.flamegraph,
        .perfetto = args.perfetto,
        .ready = say_ready,
        .state = &session,
    };
    if (run(&options, &err) != VT_OK)
        return say_failure(&options, &err);
    return 0;
}
