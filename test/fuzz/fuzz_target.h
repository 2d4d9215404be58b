/* SPDX-License-Identifier: Apache-2.0
 *
 * What every fuzz target defines: libFuzzer's entry point. A broken rule aborts.
 */
#ifndef VT_TEST_FUZZ_FUZZ_TARGET_H
#define VT_TEST_FUZZ_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
