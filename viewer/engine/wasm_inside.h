/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files behind viewer/engine/wasm.h share.
 *
 * Threads: one.
 */
#ifndef VT_VIEWER_ENGINE_WASM_INSIDE_H
#define VT_VIEWER_ENGINE_WASM_INSIDE_H

#include "core/base/buf.h"
#include "viewer/engine/engine.h"

extern struct vt_engine *vt_wasm_the_engine;
extern struct vt_buf vt_wasm_the_reply;
extern struct vt_error vt_wasm_the_error;

#endif
