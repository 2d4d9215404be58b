/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/help.h"
#include "core/record/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct vt_buf text;

static int write_help(void **state) {
    (void)state;
    vt_help_append(&text);
    return text.failed;
}

static int clean_up(void **state) {
    (void)state;
    vt_buf_fini(&text);
    return 0;
}

/* The place of an option's own line. */
static const char *find_line(const char *name) {
    char plain[100];
    char behind[100];
    snprintf(plain, sizeof plain, "\n  %s", name);
    snprintf(behind, sizeof behind, ", %s", name);
    const char *line = strstr(text.data, plain);
    return line ? line : strstr(text.data, behind);
}

static void every_option_that_is_not_hidden_is_there(void **state) {
    (void)state;
    for (size_t i = 0; i < vt_option_table_count; i++) {
        const struct vt_option *option = &vt_option_table[i];
        if (!option->help)
            continue;
        const char *name = option->long_name ? option->long_name : option->short_name;
        bool hidden = option->flags & VT_OPT_HIDDEN;
        assert_int_equal(find_line(name) == NULL, hidden);
    }
}

static void lines_fit_into_80_columns_and_have_no_blanks_behind(void **state) {
    (void)state;
    for (const char *line = text.data; *line;) {
        size_t size = strcspn(line, "\n");
        assert_true(size < 80);
        assert_true(size == 0 || line[size - 1] != ' ');
        line += size + 1;
    }
}

static void the_usage_comes_first(void **state) {
    (void)state;
    assert_memory_equal(text.data, vt_help_usage(), strlen(vt_help_usage()));
    assert_memory_equal(text.data, "usage: python -m viztracer ", 27);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_that_is_not_hidden_is_there),
        cmocka_unit_test(lines_fit_into_80_columns_and_have_no_blanks_behind),
        cmocka_unit_test(the_usage_comes_first),
    };
    return cmocka_run_group_tests(tests, write_help, clean_up);
}
