/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of words in tests: "a|b|" for one that holds a and b.
 */
#ifndef VT_TEST_SUPPORT_WORDS_H
#define VT_TEST_SUPPORT_WORDS_H

#include "core/base/strlist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void assert_words(const struct vt_strlist *list, const char *expected) {
    char joined[500] = "";
    for (size_t i = 0; i < list->count; i++) {
        size_t used = strlen(joined);
        snprintf(joined + used, sizeof joined - used, "%s|", list->items[i]);
    }
    assert_string_equal(joined, expected);
}

#endif
