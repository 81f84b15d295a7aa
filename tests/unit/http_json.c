/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that stays JSON whatever a certificate holds. */
#include "http/json.h"

#include "support/check.h"

struct document {
    uint8_t buffer[1024];
    struct writer writer;
};

static const char *text_of(struct document *document) {
    writer_u8(&document->writer, 0);
    assert_false(document->writer.failed);
    return (const char *)document->buffer;
}

static void writes(bulla_bytes value, const char *expected) {
    struct document document = {0};
    document.writer = writer_into(document.buffer, sizeof document.buffer);
    struct json json = json_start(&document.writer);
    json_text(&json, "v", value);
    json_finish(&json);
    char whole[256] = "{\n  \"v\": ";
    bytes_copy(whole + 9, sizeof whole - 10, bytes_of_text(expected));
    bytes_copy(whole + 9 + strlen(expected), 4, BYTES_OF("\n}\n"));
    assert_string_equal(text_of(&document), whole);
}

static void test_strings(void **state) {
    (void)state;
    writes(BYTES_OF("plain"), "\"plain\"");
    writes(BYTES_OF(""), "\"\"");
    writes(BYTES_OF("\"\\/\b\n\x1b"), "\"\\u0022\\u005c/\\u0008\\u000a\\u001b\"");
    writes(BYTES_OF("a\0b\x7f"), "\"a\\u0000b\\u007f\"");
    writes(BYTES_OF("\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91"),
           "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\"");
    writes(BYTES_OF("\xc2\x9b"), "\"\\u009b\"");
}

static void test_malformed_utf8(void **state) {
    (void)state;
    writes(BYTES_OF("\xff"), "\"\\ufffd\"");
    writes(BYTES_OF("\xc3"), "\"\\ufffd\"");
    writes(BYTES_OF("\xc0\xaf"), "\"\\ufffd\\ufffd\"");                       /* overlong */
    writes(BYTES_OF("\xe0\x80\xaf"), "\"\\ufffd\\ufffd\\ufffd\"");            /* overlong */
    writes(BYTES_OF("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");            /* a surrogate */
    writes(BYTES_OF("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\""); /* past U+10FFFF */
    writes(BYTES_OF("\xe2\x82"
                    "x"),
           "\"\\ufffd\\ufffdx\"");
}

static void test_members_and_arrays(void **state) {
    (void)state;
    struct document document = {0};
    document.writer = writer_into(document.buffer, sizeof document.buffer);
    struct json json = json_start(&document.writer);
    json_number(&json, "n", UINT64_MAX);
    json_boolean(&json, "b", false);
    json_null(&json, "z");
    json_array_open(&json, "empty");
    json_array_close(&json);
    json_array_open(&json, "two");
    json_array_text(&json, BYTES_OF("x"));
    json_array_text(&json, BYTES_OF("y"));
    json_array_close(&json);
    json_finish(&json);
    assert_string_equal(text_of(&document),
                        "{\n  \"n\": 18446744073709551615,\n  \"b\": false,\n  \"z\": null,\n"
                        "  \"empty\": [],\n  \"two\": [\n    \"x\",\n    \"y\"\n  ]\n}\n");
}

static void test_empty_object(void **state) {
    (void)state;
    struct document document = {0};
    document.writer = writer_into(document.buffer, sizeof document.buffer);
    struct json json = json_start(&document.writer);
    json_finish(&json);
    assert_string_equal(text_of(&document), "{}\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_malformed_utf8),
        cmocka_unit_test(test_members_and_arrays),
        cmocka_unit_test(test_empty_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
