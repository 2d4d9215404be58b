/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/routes.h"
#include "viewer/server/api.h"

#include <string.h>

enum place {
    OF_TRACE,    /* relative to the page of a trace */
    OF_ANYWHERE, /* likewise, and when one file is served behind any path */
    OF_FOLDER,   /* absolute; a directory is served */
    OF_HTML,     /* absolute; an html file is served */
};

enum match { EXACTLY, BEGINNING, ANYTHING };

struct route {
    enum place place;
    enum match match;
    const char *name;
    bool is_post;
    vt_api_handler *handler;
};

/* The first that fits. */
static const struct route routes[] = {
    {OF_TRACE, EXACTLY, "trace_info", false, vt_api_trace_info},
    {OF_TRACE, EXACTLY, "index", false, vt_api_index},
    {OF_TRACE, EXACTLY, "query", true, vt_api_query},
    {OF_ANYWHERE, EXACTLY, "file_info", false, vt_api_file_info},
    {OF_ANYWHERE, EXACTLY, "localtrace", false, vt_api_localtrace},
    {OF_ANYWHERE, EXACTLY, "vizviewer_info", false, vt_api_vizviewer_info},
    {OF_TRACE, ANYTHING, "", false, vt_api_asset},
    {OF_FOLDER, BEGINNING, "~web/", false, vt_api_asset},
    {OF_FOLDER, BEGINNING, "~count/", false, vt_api_count},
    {OF_FOLDER, ANYTHING, "", false, vt_api_directory},
    {OF_HTML, ANYTHING, "", false, vt_api_html},
};

static const char view_prefix[] = "~view/";

static bool ends_in(const char *text, const char *end) {
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* "~view/<subject>/<leaf>": cuts the path in two. False: it is none of a trace. */
static bool split_view(struct vt_request *request) {
    size_t size = sizeof view_prefix - 1;
    if (strncmp(request->path, view_prefix, size) != 0)
        return false;
    char *slash = strrchr(request->path + size, '/');
    if (!slash)
        return false;
    *slash = '\0';
    request->subject = request->path + size;
    request->leaf = slash + 1;
    return true;
}

/* Once; a request that waited has been located. */
static void locate(struct vt_request *request) {
    if (request->leaf)
        return;
    request->subject = "";
    if (request->site->kind == VT_SITE_FOLDER && split_view(request))
        return;
    request->leaf = request->path;
}

static bool is_of_trace(const struct vt_request *request) {
    return request->site->kind == VT_SITE_TRACE ||
           (request->site->kind == VT_SITE_FOLDER && *request->subject);
}

static bool is_in_place(const struct route *route, const struct vt_request *request) {
    switch (route->place) {
    case OF_TRACE:
    case OF_ANYWHERE:
        return is_of_trace(request);
    case OF_FOLDER:
        return request->site->kind == VT_SITE_FOLDER && !*request->subject;
    case OF_HTML:
        return request->site->kind == VT_SITE_HTML;
    }
    return false;
}

static bool has_name(const struct route *route, const struct vt_request *request) {
    if (route->match == ANYTHING)
        return true;
    if (route->match == BEGINNING)
        return strncmp(request->path, route->name, strlen(route->name)) == 0;
    if (route->place == OF_ANYWHERE && request->site->kind == VT_SITE_TRACE)
        return ends_in(request->leaf, route->name);
    return strcmp(request->leaf, route->name) == 0;
}

static const struct route *find_route(struct vt_request *request) {
    locate(request);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (is_in_place(&routes[i], request) && has_name(&routes[i], request))
            return &routes[i];
    return NULL;
}

bool vt_routes_take_post(struct vt_request *request) {
    const struct route *route = find_route(request);
    return route && route->is_post;
}

bool vt_routes_answer(struct vt_request *request, struct vt_shelved_waiter *waiter,
                      struct vt_reply *reply) {
    const struct route *route = find_route(request);
    if (!route) {
        vt_reply_say(reply, 404, "there is nothing here");
        return true;
    }
    if (route->is_post != request->is_post) {
        vt_reply_say(reply, 405, "this takes %s", route->is_post ? "POST" : "GET");
        return true;
    }
    if (route->match == BEGINNING)
        request->leaf = request->path + strlen(route->name);
    return route->handler(request, waiter, reply);
}

void vt_request_fini(struct vt_request *request) {
    if (request->trace)
        vt_shelved_release(request->trace);
    vt_buf_fini(&request->body);
}
