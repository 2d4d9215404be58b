/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/assets.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MOST_FILES = 160 };

static struct vt_asset assets[MOST_FILES];

static const struct {
    const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".wasm", "application/wasm"},
};

static const char *find_type(const char *name) {
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending && i < sizeof types / sizeof *types; i++)
        if (strcmp(ending, types[i].ending) == 0)
            return types[i].type;
    return "application/octet-stream";
}

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/). */
static uint64_t hash(const unsigned char *bytes, size_t size) {
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        value = (value ^ bytes[i]) * UINT64_C(0x100000001b3);
    return value;
}

void vt_assets_init(void) {
    for (size_t i = 0; i < MOST_FILES && vt_asset_files[i].name; i++) {
        const struct vt_asset_file *file = &vt_asset_files[i];
        struct vt_asset *asset = &assets[i];
        asset->bytes = file->begin;
        asset->size = (size_t)(file->end - file->begin);
        asset->type = find_type(file->name);
        snprintf(asset->etag, sizeof asset->etag, "\"%016" PRIx64 "\"",
                 hash(asset->bytes, asset->size));
    }
}

const struct vt_asset *vt_asset_find(const char *name) {
    for (size_t i = 0; i < MOST_FILES && vt_asset_files[i].name; i++)
        if (strcmp(vt_asset_files[i].name, name) == 0)
            return &assets[i];
    return NULL;
}
