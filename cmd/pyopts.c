/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/pyopts.h"

#include <stdbool.h>
#include <string.h>

#define FLAGS "OBEIsSiqb"

/* The words that the option `word` is: 1, or 2 with its value behind it; 0 if it is not
 * an option of the interpreter. */
static size_t measure(const char *word) {
    if (word[0] != '-' || word[1] == '\0')
        return 0;
    const char *letter = word + 1;
    letter += strspn(letter, FLAGS);
    if (*letter == '\0')
        return 1;
    if (*letter != 'X' && *letter != 'W')
        return 0;
    return letter[1] ? 1 : 2;
}

enum vt_status vt_pyopts_count(char *const *words, size_t count, size_t *options,
                               struct vt_error *err) {
    size_t n = 0;
    *options = 0;
    while (n < count) {
        size_t size = measure(words[n]);
        if (size == 0)
            break;
        if (n + size > count)
            return vt_error_set(err, VT_ERR_USAGE,
                                "argument expected for the %s option", words[n]);
        n += size;
    }
    *options = n;
    return VT_OK;
}

const char *vt_pyopts_cluster_end(const char *word) {
    if (word[0] != '-')
        return NULL;
    size_t size = strspn(word + 1, FLAGS "u");
    const char *end = word + 1 + size;
    bool has_flag = strspn(word + 1, "u") < size;
    return has_flag && strchr("cmXW", *end) ? end : NULL;
}
