/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/jwrite.h"
#include "viewer/engine/engine_inside.h"

/* {"files": {path: [text, lines]…} */
static enum vt_status put_files(const struct vt_store *store, struct vt_jwrite *out,
                                struct vt_blocks_view *view, struct vt_error *err) {
    size_t size;
    vt_jwrite_text(out, "{\"files\": {");
    for (size_t i = 0; i < store->sources.count; i++) {
        const struct vt_store_source *source = &store->sources.items[i];
        const char *path = vt_strtab_get(&store->words, source->path, &size);
        vt_jwrite_text(out, i ? ", " : "");
        vt_jwrite_string(out, path, size);
        const char *text = vt_blocks_text(&store->blocks, view, source->text);
        if (!text)
            return vt_error_set(err,
                                view->needs ? VT_ERR_UNSUPPORTED : VT_ERR_NO_MEMORY,
                                "the sources cannot be unpacked");
        vt_jwrite_text(out, ": [");
        vt_jwrite_json(out, text, source->text.size);
        vt_jwrite_text(out, ", ");
        vt_jwrite_i64(out, source->lines);
        vt_jwrite_text(out, "]");
    }
    vt_jwrite_text(out, "}");
    return VT_OK;
}

static void put_functions(const struct vt_store *store, struct vt_jwrite *out) {
    size_t size;
    vt_jwrite_text(out, ", \"functions\": {");
    for (size_t i = 0; i < store->functions.count; i++) {
        const struct vt_store_function *function = &store->functions.items[i];
        const char *text = vt_strtab_get(&store->words, function->name, &size);
        vt_jwrite_text(out, i ? ", " : "");
        vt_jwrite_string(out, text, size);
        vt_jwrite_text(out, ": [");
        text = vt_strtab_get(&store->words, function->path, &size);
        vt_jwrite_string(out, text, size);
        vt_jwrite_text(out, ", ");
        vt_jwrite_i64(out, function->line);
        vt_jwrite_text(out, "]");
    }
    vt_jwrite_text(out, "}}");
}

enum vt_status vt_engine_file_info(const struct vt_engine *engine, struct vt_sink sink,
                                   struct vt_error *err) {
    const struct vt_store *store = &engine->store;
    struct vt_blocks_view view = {0};
    struct vt_jwrite out;
    enum vt_status status = vt_jwrite_init(&out, sink, 65536, err);
    if (status != VT_OK)
        return status;
    if (!store->sources.count && !store->functions.count)
        vt_jwrite_text(&out, "{}");
    else {
        status = put_files(store, &out, &view, err);
        if (status == VT_OK)
            put_functions(store, &out);
    }
    if (status == VT_OK)
        status = vt_jwrite_finish(&out, err);
    vt_jwrite_fini(&out);
    vt_blocks_view_fini(&view);
    return status;
}
