/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void long_names_are_the_field_names_and_nothing_stands_twice(void **state) {
    (void)state;
    for (size_t i = 0; i < vt_option_table_count; i++) {
        const struct vt_option *option = &vt_option_table[i];
        if (option->long_name) {
            assert_memory_equal(option->long_name, "--", 2);
            assert_string_equal(option->long_name + 2, option->key);
        }
        for (size_t j = 0; j < i; j++) {
            const struct vt_option *other = &vt_option_table[j];
            assert_string_not_equal(option->key, other->key);
            if (option->short_name && other->short_name)
                assert_string_not_equal(option->short_name, other->short_name);
        }
    }
}

static void every_row_says_what_the_parser_and_the_help_need(void **state) {
    (void)state;
    for (size_t i = 0; i < vt_option_table_count; i++) {
        const struct vt_option *option = &vt_option_table[i];
        bool internal = option->group == VT_GROUP_INTERNAL;
        bool valueless =
            option->kind == VT_OPTION_FLAG || option->kind == VT_OPTION_ACTION;
        assert_int_equal(internal, !option->long_name && !option->short_name);
        assert_int_equal(internal, option->help == NULL);
        assert_int_equal(valueless, option->count == VT_COUNT_NONE);
        assert_int_equal(option->metavar == NULL, valueless || internal);
        assert_int_equal(option->kind == VT_OPTION_LIST,
                         option->count == VT_COUNT_MANY);
        if (option->flags & VT_OPT_RC)
            assert_non_null(option->long_name);
    }
}

static void find_knows_every_key_and_no_other(void **state) {
    (void)state;
    for (size_t i = 0; i < vt_option_table_count; i++)
        assert_ptr_equal(vt_option_find(vt_option_table[i].key), &vt_option_table[i]);
    assert_null(vt_option_find("output"));
    assert_null(vt_option_find(""));
}

static void fields_do_not_overlap(void **state) {
    (void)state;
    struct vt_config config;
    vt_config_init(&config);
    for (size_t i = 0; i < vt_option_table_count; i++)
        if (vt_option_table[i].kind == VT_OPTION_FLAG)
            *vt_option_flag(&vt_option_table[i], &config) = true;
    for (size_t i = 0; i < vt_option_table_count; i++)
        assert_int_equal(vt_option_is_set(&vt_option_table[i], &config),
                         vt_option_table[i].kind == VT_OPTION_FLAG);
    assert_true(config.quiet && config.log_exit && config.log_subprocess);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_names_are_the_field_names_and_nothing_stands_twice),
        cmocka_unit_test(every_row_says_what_the_parser_and_the_help_need),
        cmocka_unit_test(find_knows_every_key_and_no_other),
        cmocka_unit_test(fields_do_not_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
