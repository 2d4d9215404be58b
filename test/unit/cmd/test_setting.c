/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/setting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct vt_config config;
static struct vt_error err;

static int set_up(void **state) {
    (void)state;
    vt_config_init(&config);
    return 0;
}

static int clean_up(void **state) {
    (void)state;
    vt_config_fini(&config);
    return 0;
}

static enum vt_status store(const char *key, size_t count, const char *word) {
    return vt_setting_store(vt_option_find(key), &config, (char *[]){(char *)word},
                            count, &err);
}

static void a_word_becomes_the_value_of_its_kind(void **state) {
    (void)state;
    assert_int_equal(store("quiet", 0, NULL), VT_OK);
    assert_true(config.quiet);
    assert_int_equal(store("attach", 1, "12"), VT_OK);
    assert_int_equal(config.attach, 12);
    assert_int_equal(store("t", 1, "0.5"), VT_OK);
    assert_true(config.t_seconds == 0.5);
    assert_int_equal(store("min_duration", 1, "2us"), VT_OK);
    assert_int_equal(config.min_duration_ns, 2000);
    assert_int_equal(store("module", 1, "m"), VT_OK);
    assert_string_equal(config.module, "m");
    assert_int_equal(store("combine", 1, "a"), VT_OK);
    assert_int_equal(store("combine", 1, "b"), VT_OK);
    assert_int_equal(config.combine.count, 1);
    assert_string_equal(config.combine.items[0], "b");
}

static void no_word_means_not_given_unless_the_option_may_be_bare(void **state) {
    (void)state;
    static const char *const keys[] = {"uninstall", "t", "min_duration", "module"};
    static const char *const words[] = {"12", "0.5", "2us", "m"};
    for (size_t i = 0; i < 4; i++) {
        const struct vt_option *option = vt_option_find(keys[i]);
        assert_int_equal(store(keys[i], 1, words[i]), VT_OK);
        assert_true(vt_option_is_set(option, &config));
        assert_int_equal(store(keys[i], 0, NULL), VT_OK);
        assert_false(vt_option_is_set(option, &config));
    }
    assert_int_equal(store("recover", 0, NULL), VT_OK);
    assert_string_equal(config.recover, "");
    assert_int_equal(store("attach", 0, NULL), VT_OK);
    assert_int_equal(config.attach, 0);
    assert_int_equal(store("log_audit", 0, NULL), VT_OK);
    assert_true(config.log_audit.given);
}

static void bad_words_are_refused_and_change_nothing(void **state) {
    (void)state;
    assert_int_equal(store("attach", 1, "me"), VT_ERR_USAGE);
    assert_string_equal(err.text, "invalid int value: 'me'");
    assert_int_equal(store("t", 1, ""), VT_ERR_USAGE);
    assert_string_equal(err.text, "invalid float value: ''");
    assert_int_equal(store("min_duration", 1, "?"), VT_ERR_REFUSED);
    assert_int_equal(config.attach, -1);
    assert_true(config.t_seconds == -1);
    assert_int_equal(config.min_duration_ns, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_word_becomes_the_value_of_its_kind, set_up,
                                        clean_up),
        cmocka_unit_test_setup_teardown(
            no_word_means_not_given_unless_the_option_may_be_bare, set_up, clean_up),
        cmocka_unit_test_setup_teardown(bad_words_are_refused_and_change_nothing,
                                        set_up, clean_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
