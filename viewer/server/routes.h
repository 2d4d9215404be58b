/* SPDX-License-Identifier: Apache-2.0
 *
 * The URLs. One row of the table in routes.c is one of them.
 *
 * Of a trace; relative to its page, which is at "/" when one file is served, and at
 * "/~view/<path>/" in a directory (GET of the report answers 302 to there):
 *
 *   GET  <nothing>     the page, viewer/web/index.html
 *   GET  <file>        viewer/web/<file>, and engine.wasm
 *   GET  trace_info    JSON, at once: {"name": "result.json", "state": "loading" |
 *                      "ready" | "failed", "bytes": n (of text read so far), "size": n
 *                      (of the file), "events": n (so far), "engine": "page" | "server"
 *                      | null (not known yet), "index_bytes": n, "error": "…" | null,
 *                      "once": bool, "flamegraph": bool}
 *   GET  index         the compact index, gzip'ed (no Content-Encoding); waits until it
 *                      is ready. 204: the engine stays in the server, use query.
 *                      422: the trace is none; the body is the sentence
 *   POST query         a request of viewer/engine/query.h, the reply comes back; waits
 *                      until the trace is ready; always works, wherever the page's
 *                      engine is. 422 as above
 *   GET  file_info     the report's file_info as JSON, {} if it has none; waits. The
 *                      page asks for it last, when it needs nothing more of the server
 *                      (or of anybody: --once ends with it)
 *   GET  localtrace    the bytes of the file
 *   GET  vizviewer_info  {}
 *
 * file_info, localtrace and vizviewer_info answer behind any path ("/x/file_info") when
 * one file is served: scripts ask so.
 *
 * Of a directory: "/<path>/" is its listing, "/<path>" a file beneath it, and
 * "/~count/<path>" {"events": n | null} of a report.
 *
 * Threads:   any number at a time.
 */
#ifndef VT_VIEWER_SERVER_ROUTES_H
#define VT_VIEWER_SERVER_ROUTES_H

#include "viewer/server/reply.h"
#include "viewer/server/site.h"

/* Whether anything takes a POST at the request's path. */
bool vt_routes_take_post(struct vt_request *request);

/* Fills the reply. False: what is asked for is not there yet; `waiter` is suspended,
 * and when it is woken this is to be called again. */
bool vt_routes_answer(struct vt_request *request, struct vt_shelved_waiter *waiter,
                      struct vt_reply *reply);

/* Gives back what the request holds. */
void vt_request_fini(struct vt_request *request);

#endif
