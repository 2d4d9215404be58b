/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/config.h"
#include "core/record/option.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Every byte that a C text can hold, backslashes before whatever an escape could start
 * with. */
static const char *hostile_text(void) {
    static char text[300];
    size_t n = 0;
    for (int c = 1; c < 256; c++)
        text[n++] = (char)c;
    memcpy(text + n, "\\n\\x41\\.\\\\=\n\\", sizeof "\\n\\x41\\.\\\\=\n\\");
    return text;
}

static void append(struct vt_strlist *list, const char *text) {
    assert_int_equal(vt_strlist_append(list, text, NULL), VT_OK);
}

/* Sets every field to something that is not its default, the same for each kind. */
static void fill(struct vt_config *config) {
    vt_config_init(config);
    for (size_t i = 0; i < vt_option_table_count; i++) {
        const struct vt_option *option = &vt_option_table[i];
        if (option->kind == VT_OPTION_FLAG) {
            *vt_option_flag(option, config) = true;
        } else if (option->kind == VT_OPTION_INT ||
                   option->kind == VT_OPTION_DURATION) {
            *vt_option_int(option, config) = i % 2 ? INT64_MIN : INT64_MAX - (int64_t)i;
        } else if (option->kind == VT_OPTION_REAL) {
            *vt_option_real(option, config) = 0.1 + (double)i;
        } else if (option->kind == VT_OPTION_TEXT) {
            char **field = vt_option_text(option, config);
            assert_int_equal(vt_config_set_text(field, hostile_text(), NULL), VT_OK);
        } else if (option->kind == VT_OPTION_LIST) {
            append(vt_option_list(option, config), hostile_text());
            append(vt_option_list(option, config), "");
            append(vt_option_list(option, config), "\\.");
        }
    }
}

static void assert_same_lists(const struct vt_strlist *a, const struct vt_strlist *b) {
    assert_int_equal(a->given, b->given);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_string_equal(a->items[i], b->items[i]);
}

static void assert_same_field(const struct vt_option *option, struct vt_config *a,
                              struct vt_config *b) {
    if (option->kind == VT_OPTION_FLAG) {
        assert_int_equal(*vt_option_flag(option, a), *vt_option_flag(option, b));
    } else if (option->kind == VT_OPTION_INT || option->kind == VT_OPTION_DURATION) {
        assert_int_equal(*vt_option_int(option, a), *vt_option_int(option, b));
    } else if (option->kind == VT_OPTION_REAL) {
        assert_memory_equal(vt_option_real(option, a), vt_option_real(option, b),
                            sizeof(double));
    } else if (option->kind == VT_OPTION_LIST) {
        assert_same_lists(vt_option_list(option, a), vt_option_list(option, b));
    } else if (option->kind == VT_OPTION_TEXT && !*vt_option_text(option, a)) {
        assert_null(*vt_option_text(option, b));
    } else if (option->kind == VT_OPTION_TEXT) {
        assert_non_null(*vt_option_text(option, b));
        assert_string_equal(*vt_option_text(option, a), *vt_option_text(option, b));
    }
}

static void assert_same(struct vt_config *a, struct vt_config *b) {
    for (size_t i = 0; i < vt_option_table_count; i++)
        assert_same_field(&vt_option_table[i], a, b);
}

static void assert_round_trip(struct vt_config *config) {
    struct vt_buf text = {0};
    vt_config_to_text(config, &text);
    vt_buf_append(&text, "", 0);
    struct vt_config again;
    struct vt_error err = {0};
    assert_int_equal(vt_config_from_text(&again, text.data, &err), VT_OK);
    assert_same(config, &again);
    vt_config_fini(&again);
    vt_buf_fini(&text);
}

static void defaults_are_those_of_the_manual(void **state) {
    (void)state;
    struct vt_config config;
    vt_config_init(&config);
    assert_int_equal(config.tracer_entries, 1000000);
    assert_int_equal(config.max_stack_depth, -1);
    assert_int_equal(config.min_duration_ns, 0);
    assert_int_equal(config.attach, -1);
    assert_true(config.t_seconds < 0);
    assert_null(config.output_file);
    assert_false(config.include_files.given);
}

static void defaults_have_an_empty_text(void **state) {
    (void)state;
    struct vt_config config;
    vt_config_init(&config);
    struct vt_buf text = {0};
    vt_config_to_text(&config, &text);
    assert_int_equal(text.size, 0);
    assert_round_trip(&config);
    vt_buf_fini(&text);
}

static void every_field_survives_the_text_form_whatever_its_bytes(void **state) {
    (void)state;
    struct vt_config config;
    fill(&config);
    assert_round_trip(&config);
    vt_config_fini(&config);
}

static void the_text_form_is_printable_ascii_lines(void **state) {
    (void)state;
    struct vt_config config;
    fill(&config);
    struct vt_buf text = {0};
    vt_config_to_text(&config, &text);
    for (size_t i = 0; i < text.size; i++)
        assert_true(text.data[i] == '\n' ||
                    (text.data[i] >= 0x20 && text.data[i] < 0x7f));
    assert_int_equal(text.data[text.size - 1], '\n');
    vt_buf_fini(&text);
    vt_config_fini(&config);
}

static void empty_texts_and_lists_differ_from_those_not_given(void **state) {
    (void)state;
    struct vt_config config;
    vt_config_init(&config);
    assert_int_equal(vt_config_set_text(&config.report_server, "", NULL), VT_OK);
    config.log_audit.given = true;
    append(&config.include_files, "");
    struct vt_buf text = {0};
    vt_config_to_text(&config, &text);
    assert_string_equal(text.data, "include_files=\\.\nlog_audit=\nreport_server=\n");
    assert_round_trip(&config);
    vt_buf_fini(&text);
    vt_config_fini(&config);
}

static void reals_survive_bit_by_bit(void **state) {
    (void)state;
    const double numbers[] = {0.0, -0.0, 1e-320, 1.0 / 3, INFINITY, NAN, -2.5};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct vt_config config;
        vt_config_init(&config);
        config.t_seconds = numbers[i];
        assert_round_trip(&config);
    }
}

static void copy_is_equal_and_independent(void **state) {
    (void)state;
    struct vt_config config;
    struct vt_config copy;
    fill(&config);
    assert_int_equal(vt_config_copy(&copy, &config, NULL), VT_OK);
    assert_same(&config, &copy);
    assert_ptr_not_equal(config.output_path, copy.output_path);
    vt_config_fini(&config);
    assert_string_equal(copy.output_path, hostile_text());
    vt_config_fini(&copy);
}

static void fini_leaves_the_defaults(void **state) {
    (void)state;
    struct vt_config config;
    struct vt_config fresh;
    fill(&config);
    vt_config_fini(&config);
    vt_config_init(&fresh);
    assert_same(&config, &fresh);
}

static void set_text_replaces_and_takes_away(void **state) {
    (void)state;
    struct vt_config config;
    vt_config_init(&config);
    assert_int_equal(vt_config_set_text(&config.module, "a", NULL), VT_OK);
    assert_int_equal(vt_config_set_text(&config.module, "b", NULL), VT_OK);
    assert_string_equal(config.module, "b");
    assert_int_equal(vt_config_set_text(&config.module, NULL, NULL), VT_OK);
    assert_null(config.module);
}

static void foreign_text_is_refused_with_its_line(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } cases[] = {
        {"quiet", "configuration, line 1: '=' is missing"},
        {"quiet=1\nhelp=1\n", "configuration, line 2: not a value of this setting"},
        {"no_such=1\n", "configuration, line 1: no such setting"},
        {"quiet=yes\n", "configuration, line 1: not a value of this setting"},
        {"attach=\n", "configuration, line 1: not a number"},
        {"attach=1x\n", "configuration, line 1: not a number"},
        {"attach=9223372036854775808\n", "configuration, line 1: not a number"},
        {"t=1.5\n", "configuration, line 1: not a number"},
        {"module=a\\", "configuration, line 1: not an escaped text"},
        {"module=\\x4", "configuration, line 1: not an escaped text"},
        {"module=\\x00", "configuration, line 1: not an escaped text"},
        {"module=\\x4G", "configuration, line 1: not an escaped text"},
        {"module=a\\.", "configuration, line 1: not an escaped text"},
        {"combine=a", "configuration, line 1: not a list"},
        {"combine=a\\.b\\x", "configuration, line 1: not a list"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vt_config config;
        struct vt_error err = {0};
        assert_int_equal(vt_config_from_text(&config, cases[i].text, &err),
                         VT_ERR_FORMAT);
        assert_string_equal(err.text, cases[i].reason);
        assert_false(config.quiet);
        assert_null(config.module);
    }
}

static void the_last_of_equal_lines_holds(void **state) {
    (void)state;
    struct vt_config config;
    assert_int_equal(vt_config_from_text(&config, "module=a\nmodule=b", NULL), VT_OK);
    assert_string_equal(config.module, "b");
    vt_config_fini(&config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_manual),
        cmocka_unit_test(defaults_have_an_empty_text),
        cmocka_unit_test(every_field_survives_the_text_form_whatever_its_bytes),
        cmocka_unit_test(the_text_form_is_printable_ascii_lines),
        cmocka_unit_test(empty_texts_and_lists_differ_from_those_not_given),
        cmocka_unit_test(reals_survive_bit_by_bit),
        cmocka_unit_test(copy_is_equal_and_independent),
        cmocka_unit_test(fini_leaves_the_defaults),
        cmocka_unit_test(set_text_replaces_and_takes_away),
        cmocka_unit_test(foreign_text_is_refused_with_its_line),
        cmocka_unit_test(the_last_of_equal_lines_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
