/* SPDX-License-Identifier: Apache-2.0 */
/* src/base/bytes.c: copies, comparisons, wiping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"

#include <stdlib.h>

static void test_views(void **state) {
    (void)state;
    const uint8_t array[3] = {1, 2, 3};
    assert_int_equal(BYTES_OF("abc").len, 3);
    assert_int_equal(BYTES_OF("a\0c").len, 3);
    assert_int_equal(BYTES_IN(array).len, 3);
    assert_int_equal(bytes_of_text("abc").len, 3);
    assert_int_equal(bytes_of_text(NULL).len, 0);
}

static void test_copy_and_move(void **state) {
    (void)state;
    uint8_t buffer[8] = "abcdefg";
    bytes_copy(buffer, sizeof buffer, BYTES_OF("XY"));
    assert_memory_equal(buffer, "XYcdefg", 8);
    bytes_copy(NULL, 0, bytes_of(NULL, 0));
    bytes_move(buffer + 1, buffer, 6);
    assert_memory_equal(buffer, "XXYcdef", 7);
    bytes_move(buffer, buffer + 1, 6);
    assert_memory_equal(buffer, "XYcdeff", 7);
    bytes_move(NULL, NULL, 0);
}

static void test_equal(void **state) {
    (void)state;
    assert_true(bytes_equal(BYTES_OF("abc"), BYTES_OF("abc")));
    assert_true(bytes_equal(BYTES_OF(""), bytes_of(NULL, 0)));
    assert_false(bytes_equal(BYTES_OF("abc"), BYTES_OF("abd")));
    assert_false(bytes_equal(BYTES_OF("abc"), BYTES_OF("ab")));
    assert_false(bytes_equal(BYTES_OF("abc"), bytes_of(NULL, 0)));
}

static void test_equal_secret(void **state) {
    (void)state;
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    assert_true(bytes_equal_secret(a, b, sizeof a));
    for (size_t i = 0; i < sizeof a * 8; i++) {
        b[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_false(bytes_equal_secret(a, b, sizeof a));
        b[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    b[31] = 1;
    assert_true(bytes_equal_secret(a, b, 31));
    assert_true(bytes_equal_secret(a, b, 0));
}

static void test_compare(void **state) {
    (void)state;
    assert_int_equal(bytes_compare(BYTES_OF("abc"), BYTES_OF("abc")), 0);
    assert_int_equal(bytes_compare(BYTES_OF("abc"), BYTES_OF("abd")), -1);
    assert_int_equal(bytes_compare(BYTES_OF("abd"), BYTES_OF("abc")), 1);
    assert_int_equal(bytes_compare(BYTES_OF("ab"), BYTES_OF("abc")), -1);
    assert_int_equal(bytes_compare(BYTES_OF("abc"), BYTES_OF("ab")), 1);
    assert_int_equal(bytes_compare(BYTES_OF("\x7f"), BYTES_OF("\x80")), -1);
    assert_int_equal(bytes_compare(bytes_of(NULL, 0), BYTES_OF("")), 0);
    assert_int_equal(bytes_compare(bytes_of(NULL, 0), BYTES_OF("a")), -1);
}

static void test_all_zero(void **state) {
    (void)state;
    uint8_t bytes[16] = {0};
    assert_true(bytes_all_zero(BYTES_IN(bytes)));
    assert_true(bytes_all_zero(bytes_of(NULL, 0)));
    bytes[15] = 0x80;
    assert_false(bytes_all_zero(BYTES_IN(bytes)));
    assert_true(bytes_all_zero(bytes_of(bytes, 15)));
}

static void test_wipe(void **state) {
    (void)state;
    uint8_t secret[16];
    memset(secret, 0xa5, sizeof secret);
    bytes_wipe(secret, 15);
    assert_true(bytes_all_zero(bytes_of(secret, 15)));
    assert_int_equal(secret[15], 0xa5);
    bytes_wipe(NULL, 0);
    bytes_wipe_and_free(NULL, 16);
}

static void test_duplicate(void **state) {
    (void)state;
    uint8_t *copy = bytes_duplicate(BYTES_OF("abc"));
    assert_non_null(copy);
    assert_memory_equal(copy, "abc", 3);
    bytes_wipe_and_free(copy, 3);
    copy = bytes_duplicate(bytes_of(NULL, 0));
    assert_non_null(copy);
    free(copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views),   cmocka_unit_test(test_copy_and_move),
        cmocka_unit_test(test_equal),   cmocka_unit_test(test_equal_secret),
        cmocka_unit_test(test_compare), cmocka_unit_test(test_all_zero),
        cmocka_unit_test(test_wipe),    cmocka_unit_test(test_duplicate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
