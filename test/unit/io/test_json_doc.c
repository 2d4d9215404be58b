/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/json_doc.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

/* The text of a document; free. */
static char *text_of(const cJSON *item, bool tight) {
    struct vt_buf text = {0};
    struct vt_jwrite out;
    assert_int_equal(
        vt_jwrite_init(&out, vt_sink_to_buf(&text), VT_JWRITE_LEAST_BYTES, NULL),
        VT_OK);
    vt_json_doc_write(item, tight, &out);
    assert_int_equal(vt_jwrite_finish(&out, NULL), VT_OK);
    vt_jwrite_fini(&out);
    return vt_buf_steal(&text);
}

static void expect_text(cJSON *item, bool tight, const char *expected) {
    char *text = text_of(item, tight);
    assert_string_equal(text, expected);
    free(text);
    cJSON_Delete(item);
}

static void a_document_has_the_separators_of_reports(void **state) {
    (void)state;
    static const char json[] = "{\"a\":[1,2.5,true,false,null,\"x\\u00e9\\\"\"],\"b\":{"
                               "},\"c\":[],\"\\u0001\":{\"d\":-3}}";
    static const char spaced[] =
        "{\"a\": [1, 2.5, true, false, null, \"x\\u00e9\\\"\"], "
        "\"b\": {}, \"c\": [], \"\\u0001\": {\"d\": -3}}";
    expect_text(cJSON_Parse(json), false, spaced);
    expect_text(cJSON_Parse(json), true, json);
}

static void numbers_of_64_bits_stay_exact(void **state) {
    (void)state;
    cJSON *object = cJSON_CreateObject();
    assert_true(vt_json_doc_add_i64(object, "a", INT64_MAX));
    assert_true(vt_json_doc_add_i64(object, "b", INT64_MIN));
    assert_true(vt_json_doc_add_us(object, "c", 1234567));
    expect_text(
        object, false,
        "{\"a\": 9223372036854775807, \"b\": -9223372036854775808, \"c\": 1234.567}");
}

static void doubles_read_back_as_they_were(void **state) {
    (void)state;
    static const double values[] = {0.1,     1.0 / 3, 1e300, DBL_MIN,
                                    DBL_MAX, 5e-324,  -0.5,  123456789012345.0};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        cJSON *item = cJSON_CreateNumber(values[i]);
        char *text = text_of(item, false);
        double again = strtod(text, NULL);
        assert_memory_equal(&again, &values[i], sizeof again);
        free(text);
        cJSON_Delete(item);
    }
    expect_text(cJSON_CreateNumber((double)NAN), false, "null");
    expect_text(cJSON_CreateNumber((double)INFINITY), false, "null");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_has_the_separators_of_reports),
        cmocka_unit_test(numbers_of_64_bits_stay_exact),
        cmocka_unit_test(doubles_read_back_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
