/* SPDX-License-Identifier: Apache-2.0
 *
 * Command lines of any words: what is taken can be handed to a child as text and is
 * read back there as the same settings.
 */
#include "cmd/optparse.h"
#include "test/fuzz/fuzz_target.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 64 };

static void check_text(const struct vt_config *config) {
    struct vt_config child;
    struct vt_buf text = {0}, again = {0};
    vt_config_to_text(config, &text);
    VT_REQUIRE(!text.failed);
    VT_REQUIRE(vt_config_from_text(&child, text.size ? text.data : "", NULL) == VT_OK);
    vt_config_to_text(&child, &again);
    VT_REQUIRE(text.size == again.size);
    VT_REQUIRE(!text.size || memcmp(text.data, again.data, text.size) == 0);
    vt_config_fini(&child);
    vt_buf_fini(&text);
    vt_buf_fini(&again);
}

/* Words end in line feeds; a NUL ends all. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *words[MOST_WORDS];
    int count = 0;
    char *line = malloc(size + 1);
    if (size)
        memcpy(line, data, size);
    line[size] = '\0';
    for (char *word = line; *word && count < MOST_WORDS;) {
        char *end = strchr(word, '\n');
        words[count++] = word;
        if (!end)
            break;
        *end = '\0';
        word = end + 1;
    }
    struct vt_optparse parse;
    struct vt_config config;
    struct vt_error err = {0};
    enum vt_status status = vt_optparse_read(&parse, &config, count, words, &err);
    VT_REQUIRE(status == VT_OK || err.text[0]);
    if (status == VT_OK)
        check_text(&config);
    vt_optparse_fini(&parse);
    vt_config_fini(&config);
    free(line);
    return 0;
}
