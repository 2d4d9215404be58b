/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks of requests on any Host, Origin and path: what is let through names this
 * machine, comes from no other site, and its path stays in its directory.
 *
 * The input is lines: target, host, origin, site, cookie, token; a line that is empty
 * is a header that is not there.
 */
#include "test/fuzz/fuzz_target.h"
#include "viewer/server/guard.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINES = 6 };

static void demand(int truth) {
    if (!truth)
        abort();
}

static char *next_line(char **rest) {
    char *line = *rest;
    char *end = strchr(line, '\n');
    *rest = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    return *line ? line : NULL;
}

static void demand_own_host(const char *host) {
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    size_t size = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    int found = 0;
    for (int i = 0; i < 3; i++)
        found |= strlen(names[i]) == size && strncasecmp(host, names[i], size) == 0;
    demand(found);
    demand(host[size] == '\0' || host[size] == ':');
}

static void demand_inner_path(const char *path) {
    demand(*path != '/');
    demand(strlen(path) < VT_GUARD_PATH_BYTES);
    demand(!strstr(path, "//"));
    for (const char *at = path; *at;) {
        size_t size = strcspn(at, "/");
        demand(!(size == 2 && at[0] == '.' && at[1] == '.'));
        demand(!(size == 1 && at[0] == '.'));
        at += size;
        at += *at == '/';
    }
}

static void check(const struct vt_guard *guard,
                  const struct vt_guard_request *request) {
    char path[VT_GUARD_PATH_BYTES];
    struct vt_guard_verdict verdict = vt_guard_check(guard, request, path);
    if (verdict.status) {
        demand(verdict.why != NULL);
        return;
    }
    demand_inner_path(path);
    if (!guard->host)
        demand_own_host(request->host);
    if (request->origin && strcmp(request->origin, VT_GUARD_PERFETTO) != 0)
        demand(strncmp(request->origin, "http://", 7) == 0 &&
               strcasecmp(request->origin + 7, request->host) == 0);
    demand(!verdict.is_perfetto || guard->allow_perfetto);
    demand(!guard->token || verdict.has_token || strstr(request->cookie, guard->token));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct vt_guard guards[] = {
        {0},
        {.allow_perfetto = true},
        {.host = "0.0.0.0", .is_any = true, .token = "5ec2e7", .cookie_name = "vt"},
    };
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    char *rest = text, *lines[LINES];
    for (int i = 0; i < LINES; i++)
        lines[i] = next_line(&rest);
    struct vt_guard_request request = {
        .method = "GET",
        .version = "HTTP/1.1",
        .target = lines[0] ? lines[0] : "",
        .host = lines[1],
        .origin = lines[2],
        .fetch_site = lines[3],
        .cookie = lines[4],
        .token = lines[5],
        .host_count = lines[1] != NULL,
        .origin_count = lines[2] != NULL,
    };
    for (size_t i = 0; i < sizeof guards / sizeof *guards; i++)
        check(&guards[i], &request);
    free(text);
    return 0;
}
