/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of the page, in the library (cmake/EmbedFile.cmake).
 *
 * Threads:   constant after vt_assets_init.
 */
#ifndef VT_VIEWER_SERVER_ASSETS_H
#define VT_VIEWER_SERVER_ASSETS_H

#include <stddef.h>

struct vt_asset_file {
    const char *name; /* NULL: behind the last */
    const unsigned char *begin, *end;
};

extern const struct vt_asset_file vt_asset_files[];

struct vt_asset {
    const unsigned char *bytes;
    size_t size;
    const char *type;
    char etag[20]; /* with its quotes: changes with the bytes */
};

/* Once, before vt_asset_find. */
void vt_assets_init(void);

/* NULL: there is no such file. */
const struct vt_asset *vt_asset_find(const char *name);

#endif
