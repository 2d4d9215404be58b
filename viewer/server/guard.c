/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/guard.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum {
    BAD_REQUEST = 400,
    FORBIDDEN = 403,
    BAD_METHOD = 405,
    TOO_LONG = 414,
    MISDIRECTED = 421,
    BAD_VERSION = 505,
};

static bool is_text(const char *a, const char *b) {
    return a && strcmp(a, b) == 0;
}

static struct vt_guard_verdict refuse(unsigned status, const char *why) {
    return (struct vt_guard_verdict){.status = status, .why = why};
}

/* ---- Host ------------------------------------------------------------------------ */

/* A ":port" of digits, or nothing. */
static bool is_port(const char *text) {
    if (!*text)
        return true;
    if (*text++ != ':')
        return false;
    size_t size = strspn(text, "0123456789");
    return size >= 1 && size <= 5 && !text[size];
}

/* How long the name in front of the port is. */
static size_t host_size(const char *host) {
    if (*host != '[')
        return strcspn(host, ":");
    const char *end = strchr(host, ']');
    return end ? (size_t)(end - host) + 1 : 0;
}

static bool is_name(const char *host, size_t size, const char *name) {
    return strlen(name) == size && strncasecmp(host, name, size) == 0;
}

static bool is_literal_address(const char *host, size_t size) {
    char text[64];
    unsigned char address[sizeof(struct in6_addr)];
    bool is_v6 = size > 2 && *host == '[';
    if (is_v6) {
        host++;
        size -= 2;
    }
    if (size >= sizeof text)
        return false;
    memcpy(text, host, size);
    text[size] = '\0';
    return inet_pton(is_v6 ? AF_INET6 : AF_INET, text, address) == 1;
}

/* --host without the brackets that an IPv6 address has in a Host header. */
static bool is_given_host(const char *host, size_t size, const char *given) {
    if (is_name(host, size, given))
        return true;
    return size > 2 && *host == '[' && is_name(host + 1, size - 2, given);
}

static bool allows_host(const struct vt_guard *guard, const char *host) {
    size_t size = host_size(host);
    if (!size || !is_port(host + size))
        return false;
    if (is_name(host, size, "localhost") || is_name(host, size, "127.0.0.1") ||
        is_name(host, size, "[::1]"))
        return true;
    if (!guard->host)
        return false;
    if (guard->is_any)
        return is_literal_address(host, size);
    return is_given_host(host, size, guard->host);
}

/* ---- where it comes from --------------------------------------------------------- */

static bool is_own_origin(const char *origin, const char *host) {
    static const char scheme[] = "http://";
    return strncmp(origin, scheme, sizeof scheme - 1) == 0 &&
           strcasecmp(origin + sizeof scheme - 1, host) == 0;
}

static bool follows_link(const struct vt_guard_request *request) {
    return is_text(request->fetch_mode, "navigate") &&
           is_text(request->fetch_dest, "document") && is_text(request->method, "GET");
}

static bool is_same_site(const struct vt_guard_request *request) {
    const char *site = request->fetch_site;
    return !site || is_text(site, "none") || is_text(site, "same-origin") ||
           follows_link(request);
}

/* Perfetto's page may ask for the trace; whether its browser lets it read the answer is
 * said by a header that only --perfetto sends. */
static bool is_perfetto(const struct vt_guard *guard,
                        const struct vt_guard_request *request) {
    if (!is_text(request->origin, VT_GUARD_PERFETTO))
        return false;
    if (!is_text(request->method, "GET") && !is_text(request->method, "OPTIONS"))
        return false;
    return guard->allow_perfetto || is_same_site(request);
}

/* ---- token ----------------------------------------------------------------------- */

/* In a time that does not tell how much of it was right. */
static bool is_token(const char *given, size_t size, const char *token) {
    size_t token_size = strlen(token);
    unsigned char differs = size != token_size;
    for (size_t i = 0; i < size && i < token_size; i++)
        differs |= (unsigned char)(given[i] ^ token[i]);
    return !differs;
}

static bool has_cookie(const struct vt_guard *guard, const char *cookies) {
    size_t name_size = strlen(guard->cookie_name);
    for (const char *at = cookies; at && *at;) {
        at += strspn(at, "; ");
        size_t size = strcspn(at, ";");
        if (size > name_size && strncmp(at, guard->cookie_name, name_size) == 0 &&
            at[name_size] == '=' &&
            is_token(at + name_size + 1, size - name_size - 1, guard->token))
            return true;
        at += size;
    }
    return false;
}

/* ---- path ------------------------------------------------------------------------ */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One byte of the path; -1: none, or one that no name of a file has: a slash that was
 * written as %2f, and NUL. */
static int decode_byte(const char **at) {
    int byte = (unsigned char)*(*at)++;
    if (byte == '%') {
        int high = hex_digit((*at)[0]);
        int low = high < 0 ? -1 : hex_digit((*at)[1]);
        if (low < 0)
            return -1;
        byte = high * 16 + low;
        *at += 2;
        if (byte == '/')
            return -1;
    }
    return byte ? byte : -1;
}

/* No name between slashes is empty, "." or "..". */
static bool has_whole_names(const char *path) {
    for (const char *at = path; *at;) {
        size_t size = strcspn(at, "/");
        if (!size || (size == 1 && *at == '.') || (size == 2 && !memcmp(at, "..", 2)))
            return false;
        at += size;
        at += *at == '/';
    }
    return true;
}

/* The path of "http://host/path", when the host is one of ours; NULL otherwise. */
static const char *skip_authority(const struct vt_guard *guard, const char *target) {
    char host[300];
    const char *at = target + strlen("http://");
    size_t size = strcspn(at, "/");
    if (size >= sizeof host)
        return NULL;
    memcpy(host, at, size);
    host[size] = '\0';
    if (!allows_host(guard, host))
        return NULL;
    return at[size] ? at + size : "/";
}

static unsigned decode_path(const struct vt_guard *guard, const char *target,
                            char *path) {
    if (strncasecmp(target, "http://", 7) == 0)
        target = skip_authority(guard, target);
    if (!target || *target != '/')
        return BAD_REQUEST;
    size_t size = 0;
    for (const char *at = target + 1; *at;) {
        int byte = decode_byte(&at);
        if (byte < 0)
            return BAD_REQUEST;
        if (size + 1 >= VT_GUARD_PATH_BYTES)
            return TOO_LONG;
        path[size++] = (char)byte;
    }
    path[size] = '\0';
    return has_whole_names(path) ? 0 : BAD_REQUEST;
}

/* ---- all of it ------------------------------------------------------------------- */

static struct vt_guard_verdict check_form(const struct vt_guard *guard,
                                          const struct vt_guard_request *request,
                                          char *path) {
    if (!is_text(request->version, "HTTP/1.1") &&
        !is_text(request->version, "HTTP/1.0"))
        return refuse(BAD_VERSION, "this is no HTTP/1 request");
    if (request->host_count != 1 || !request->host || request->origin_count > 1)
        return refuse(BAD_REQUEST, "one Host header, and at most one Origin");
    if (!allows_host(guard, request->host))
        return refuse(MISDIRECTED, "the Host header names another server");
    if (!is_text(request->method, "GET") && !is_text(request->method, "HEAD") &&
        !is_text(request->method, "POST") && !is_text(request->method, "OPTIONS"))
        return refuse(BAD_METHOD, "the methods are GET, HEAD and POST");
    unsigned status = decode_path(guard, request->target, path);
    return refuse(status, status ? "this path is none of ours" : NULL);
}

struct vt_guard_verdict vt_guard_check(const struct vt_guard *guard,
                                       const struct vt_guard_request *request,
                                       char *path) {
    *path = '\0';
    struct vt_guard_verdict verdict = check_form(guard, request, path);
    if (verdict.status)
        return verdict;
    verdict.is_perfetto = is_perfetto(guard, request);
    if (verdict.is_perfetto)
        verdict.is_perfetto = guard->allow_perfetto;
    else if ((request->origin && !is_own_origin(request->origin, request->host)) ||
             !is_same_site(request))
        return refuse(FORBIDDEN, "the request comes from another site");
    else if (is_text(request->method, "OPTIONS"))
        return refuse(BAD_METHOD, "the methods are GET, HEAD and POST");
    if (!guard->token)
        return verdict;
    verdict.has_token = request->token &&
                        is_token(request->token, strlen(request->token), guard->token);
    if (!verdict.has_token && !has_cookie(guard, request->cookie))
        return refuse(FORBIDDEN, "open the address that vizviewer printed: it has the "
                                 "token");
    return verdict;
}
