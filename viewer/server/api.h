/* SPDX-License-Identifier: Apache-2.0
 *
 * The handlers behind the URLs of viewer/server/routes.h.
 *
 * Threads:   any number at a time.
 */
#ifndef VT_VIEWER_SERVER_API_H
#define VT_VIEWER_SERVER_API_H

#include "viewer/server/reply.h"
#include "viewer/server/site.h"

/* Each fills the reply; false: it must wait (viewer/server/routes.h). */
typedef bool vt_api_handler(struct vt_request *request,
                            struct vt_shelved_waiter *waiter, struct vt_reply *reply);

vt_api_handler vt_api_asset;      /* a file of the page: `leaf`, or the page */
vt_api_handler vt_api_trace_info; /* how far it is */
vt_api_handler vt_api_index;
vt_api_handler vt_api_query;
vt_api_handler vt_api_file_info;
vt_api_handler vt_api_localtrace;
vt_api_handler vt_api_vizviewer_info;
vt_api_handler vt_api_html;      /* the one file that is served */
vt_api_handler vt_api_directory; /* a listing, a file, or the way to a report */
vt_api_handler vt_api_count;

#endif
