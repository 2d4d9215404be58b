/* SPDX-License-Identifier: Apache-2.0
 *
 * Small JSON documents: built with cJSON, written in the form of our reports (ASCII, ",
 * " and ": " as separators), which cJSON's own printers do not have.
 *
 * Numbers are written as cJSON holds them, as double; whole numbers beyond 2^53 go in
 * as raw items.
 */
#ifndef VT_IO_JSON_DOC_H
#define VT_IO_JSON_DOC_H

#include "core/base/jwrite.h"

#include <stdbool.h>
#include <stdint.h>

struct cJSON;

/* `tight`: without blanks, the raw form. */
void vt_json_doc_write(const struct cJSON *item, bool tight, struct vt_jwrite *out);

/* Adds a number of 64 bits exactly. False: memory ran out. */
bool vt_json_doc_add_i64(struct cJSON *object, const char *name, int64_t value);

/* Adds ns as us with 3 decimals. False: memory ran out. */
bool vt_json_doc_add_us(struct cJSON *object, const char *name, uint64_t ns);

#endif
