/* SPDX-License-Identifier: Apache-2.0
 *
 * A double as text, without libc's printf: for engine.wasm, which has none of that.
 *
 * Threads: pure functions.
 */
#ifndef VT_VIEWER_ENGINE_WASM_NUMBER_H
#define VT_VIEWER_ENGINE_WASM_NUMBER_H

#include <stddef.h>

#define VT_WASM_NUMBER_BYTES 32u

/* A finite double as a JSON number of at most 17 digits, which is read back as the same
 * one. Returns how many bytes; no NUL stands behind them. */
size_t vt_wasm_number_print(double real, char text[VT_WASM_NUMBER_BYTES]);

#endif
