/* SPDX-License-Identifier: Apache-2.0
 *
 * What engine.wasm exports: one engine per instance. The module imports nothing.
 *
 *   const { instance } = await WebAssembly.instantiate(bytes, {});
 *   const { memory, _initialize, vt_wasm_alloc, … } = instance.exports;
 *   _initialize();                                  // once, first
 *   vt_wasm_create() === 0 || throw
 *   for each piece: at = vt_wasm_alloc(piece.length) (0: no memory); copy; feed; free
 *   vt_wasm_finish()
 *   for each query: copy the request to alloc'ed bytes; vt_wasm_query(at, size);
 *     the reply: new Uint8Array(memory.buffer, vt_wasm_reply(), vt_wasm_reply_size()),
 *     aligned to 8, until the next query
 *
 * memory.buffer is another one whenever memory has grown: look at it again after every
 * call. Functions that return int return 0, or enum vt_status; vt_wasm_error() is then
 * the sentence (NUL-terminated UTF-8). VT_ERR_NO_MEMORY is 3.
 *
 * Threads: one (a Worker).
 */
#ifndef VT_VIEWER_ENGINE_WASM_H
#define VT_VIEWER_ENGINE_WASM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __wasm__
#define VT_WASM_EXPORT(name) __attribute__((export_name(#name))) name
#else
#define VT_WASM_EXPORT(name) name
#endif

void *VT_WASM_EXPORT(vt_wasm_alloc)(size_t size);
void VT_WASM_EXPORT(vt_wasm_free)(void *bytes);

int VT_WASM_EXPORT(vt_wasm_create)(void);
int VT_WASM_EXPORT(vt_wasm_feed)(const void *bytes, size_t size);
int VT_WASM_EXPORT(vt_wasm_finish)(void);

/* 0, or VT_ERR_NO_MEMORY. */
int VT_WASM_EXPORT(vt_wasm_query)(const void *request, size_t size);
const void *VT_WASM_EXPORT(vt_wasm_reply)(void);
size_t VT_WASM_EXPORT(vt_wasm_reply_size)(void);

/* Unpacked bytes of a block that a reply asked for (VT_REPLY_NEEDS_BLOCK). */
int VT_WASM_EXPORT(vt_wasm_provide)(uint32_t block, const void *bytes, size_t size);

/* A compressed report (cvf), instead of feeding; it is all in memory and stays there:
 *   vt_wasm_cvf_blocks    its blocks of zlib data; the reply has, of each, u32 offset
 *                         in the file, u32 bytes, f64 bytes that it holds unpacked
 *   vt_wasm_cvf_provide   an unpacked block, in vt_wasm_alloc's memory, which is taken
 *   vt_wasm_cvf_read      feeds the engine */
int VT_WASM_EXPORT(vt_wasm_cvf_blocks)(const void *file, size_t size);
int VT_WASM_EXPORT(vt_wasm_cvf_provide)(uint32_t block, void *bytes, size_t size);
int VT_WASM_EXPORT(vt_wasm_cvf_read)(const void *file, size_t size);

const char *VT_WASM_EXPORT(vt_wasm_error)(void);

#endif
