/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void expect(struct vt_text got, const char *expected) {
    assert_int_equal(got.size, strlen(expected));
    if (got.size)
        assert_memory_equal(got.bytes, expected, got.size);
}

static void one_value_is_found_between_blanks_and_nothing_else(void **state) {
    (void)state;
    expect(vt_payload_value(" \n[1, 2]\t", 9), "[1, 2]");
    expect(vt_payload_value("1 2", 3), "");
    expect(vt_payload_value("{\"a\"", 4), "");
    expect(vt_payload_value("", 0), "");
    expect(vt_payload_value(NULL, 0), "");
    expect(vt_payload_object("{}", 2), "{}");
    expect(vt_payload_object("[]", 2), "");
    expect(vt_payload_object("null", 4), "");
}

static void members_are_found_by_name_at_the_first_level_only(void **state) {
    (void)state;
    static const char json[] =
        "{ \"in\" : {\"id\": 1}, \"id\"\n:  [\"x\", {}] ,\"i\":2, "
        "\"id\": 3, \"last\": \"}\\\"\" }";
    struct vt_text object = vt_payload_object(json, sizeof json - 1);
    expect(vt_payload_member(object, "\"in\""), "{\"id\": 1}");
    expect(vt_payload_member(object, "\"id\""), "[\"x\", {}]");
    expect(vt_payload_member(object, "\"i\""), "2");
    expect(vt_payload_member(object, "\"last\""), "\"}\\\"\"");
    expect(vt_payload_member(object, "\"none\""), "");
    expect(vt_payload_member(vt_payload_object("{}", 2), "\"id\""), "");
    expect(vt_payload_member((struct vt_text){0}, "\"id\""), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_value_is_found_between_blanks_and_nothing_else),
        cmocka_unit_test(members_are_found_by_name_at_the_first_level_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
