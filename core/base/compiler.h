/* SPDX-License-Identifier: Apache-2.0
 *
 * The few compiler attributes that our prototypes use.
 */
#ifndef VT_BASE_COMPILER_H
#define VT_BASE_COMPILER_H

#define VT_NODISCARD       __attribute__((warn_unused_result))
#define VT_PRINTF(fmt, va) __attribute__((format(printf, fmt, va)))
#define VT_EXPORT          __attribute__((visibility("default")))
#define VT_LIKELY(x)       __builtin_expect(!!(x), 1)
#define VT_UNLIKELY(x)     __builtin_expect(!!(x), 0)

#endif
