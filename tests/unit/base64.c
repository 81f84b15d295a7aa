/* SPDX-License-Identifier: Apache-2.0 */
/* src/base/base64.c: RFC 4648's vectors, round trips, and what strict decoding refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"

#include <stdlib.h>

static const struct {
    const char *plain, *text;
} vectors[] = {
    /* RFC 4648 section 10 */
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

/* Decodes to a block of just the room that is asked for. */
static bool decodes(bulla_bytes text, bulla_bytes expected) {
    size_t cap = base64_decoded_len_max(text.len);
    uint8_t *out = malloc(cap == 0 ? 1 : cap);
    size_t len;
    assert_non_null(out);
    bool decoded = base64_decode(text, out, &len);
    bool same = decoded && bytes_equal(bytes_of(out, len), expected);
    free(out);
    return decoded && same;
}

static bool refuses(const char *text) {
    uint8_t out[64];
    size_t len;
    assert_true(base64_decoded_len_max(strlen(text)) <= sizeof out);
    return !base64_decode(bytes_of_text(text), out, &len);
}

static void test_vectors(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t buffer[16];
        struct writer writer = writer_into(buffer, sizeof buffer);
        bulla_bytes text;
        base64_write(&writer, bytes_of_text(vectors[i].plain));
        assert_true(writer_finish(&writer, &text));
        assert_true(bytes_equal(text, bytes_of_text(vectors[i].text)));
        assert_true(decodes(text, bytes_of_text(vectors[i].plain)));
    }
}

static void test_the_whole_alphabet_both_ways(void **state) {
    (void)state;
    const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t bytes[48];
    size_t len;
    assert_true(base64_decode(bytes_of_text(alphabet), bytes, &len));
    assert_int_equal(len, sizeof bytes);
    assert_int_equal(bytes[0], 0x00);
    assert_int_equal(bytes[1], 0x10);
    assert_int_equal(bytes[47], 0xbf);
    uint8_t buffer[64];
    struct writer writer = writer_into(buffer, sizeof buffer);
    base64_write(&writer, BYTES_IN(bytes));
    assert_false(writer.failed);
    assert_memory_equal(buffer, alphabet, 64);
}

static void test_every_other_character_is_refused(void **state) {
    (void)state;
    const char *passed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ \t\r\n=";
    for (unsigned c = 1; c < 256; c++) {
        char text[] = {'A', 'A', (char)c, 'A', '\0'};
        if (strchr(passed, (int)c) == NULL) {
            assert_true(refuses(text));
        }
    }
    uint8_t out[3];
    size_t len;
    assert_false(base64_decode(BYTES_OF("AA\0A"), out, &len));
}

static void test_white_space_is_passed_over(void **state) {
    (void)state;
    assert_true(decodes(BYTES_OF("Zm9v\r\nYmFy\n"), BYTES_OF("foobar")));
    assert_true(decodes(BYTES_OF(" Z\tm 9\nv"), BYTES_OF("foo")));
    assert_true(decodes(BYTES_OF("Zg=\n=\n"), BYTES_OF("f")));
    assert_true(decodes(BYTES_OF(" \n\n "), BYTES_OF("")));
}

static void test_padding_must_be_right(void **state) {
    (void)state;
    const char *const wrong[] = {"Z",    "Zg",       "Zg=",      "Zm8",    "Zm9vY",   "=",
                                 "====", "Z===",     "Zg===",    "Zm8==",  "Zm9v=",   "Zg=a",
                                 "Z=g=", "Zg==Zg==", "Zm8=Zm9v", "Zg== =", "Zm9v===="};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_true(refuses(wrong[i]));
    }
}

static void test_unused_bits_must_be_zero(void **state) {
    (void)state;
    assert_false(refuses("Zg=="));
    assert_true(refuses("Zh=="));
    assert_true(refuses("Zv=="));
    assert_false(refuses("Zm8="));
    assert_true(refuses("Zm9="));
    assert_true(refuses("Zm+="));
}

static void test_no_room_fails_the_writer(void **state) {
    (void)state;
    uint8_t buffer[7];
    struct writer writer = writer_into(buffer, sizeof buffer);
    bulla_bytes text;
    base64_write(&writer, BYTES_OF("foobar"));
    assert_false(writer_finish(&writer, &text));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_the_whole_alphabet_both_ways),
        cmocka_unit_test(test_every_other_character_is_refused),
        cmocka_unit_test(test_white_space_is_passed_over),
        cmocka_unit_test(test_padding_must_be_right),
        cmocka_unit_test(test_unused_bits_must_be_zero),
        cmocka_unit_test(test_no_room_fails_the_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
