/* SPDX-License-Identifier: Apache-2.0 */
/* src/base/reader.h: what is read, and that a failed read changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/reader.h"

#include <stdlib.h>

static const uint8_t input[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a};

static void test_numbers(void **state) {
    (void)state;
    struct reader reader = reader_over(BYTES_IN(input));
    uint8_t u8;
    uint16_t u16;
    uint32_t u24, u32;
    uint64_t u64;
    assert_true(reader_u8(&reader, &u8));
    assert_int_equal(u8, 0x01);
    assert_true(reader_u16(&reader, &u16));
    assert_int_equal(u16, 0x0203);
    assert_true(reader_u24(&reader, &u24));
    assert_int_equal(u24, 0x040506);
    assert_false(reader_at_end(&reader));
    assert_true(reader_u32(&reader, &u32));
    assert_int_equal(u32, 0x0708090a);
    assert_true(reader_at_end(&reader));
    reader = reader_over(BYTES_IN(input));
    assert_true(reader_u64(&reader, &u64));
    assert_int_equal(u64, 0x0102030405060708);
    assert_false(reader_u64(&reader, &u64));
    assert_int_equal(reader.left, 2);
}

static void test_numbers_at_the_top_of_their_range(void **state) {
    (void)state;
    const uint8_t ones[] = {0xff, 0xff, 0xff, 0xff};
    struct reader reader = reader_over(BYTES_IN(ones));
    uint32_t u32;
    assert_true(reader_u32(&reader, &u32));
    assert_int_equal(u32, UINT32_MAX);
    reader = reader_over(BYTES_IN(ones));
    assert_true(reader_u24(&reader, &u32));
    assert_int_equal(u32, 0xffffff);
}

static void test_numbers_need_all_their_bytes(void **state) {
    (void)state;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    for (size_t len = 0; len < 4; len++) {
        const struct reader whole = reader_over(bytes_of(input, len));
        struct reader reader = whole;
        assert_int_equal(reader_u32(&reader, &u32), false);
        assert_int_equal(reader.left, whole.left);
        assert_ptr_equal(reader.next, whole.next);
        assert_int_equal(reader_u24(&reader, &u32), len >= 3);
        reader = whole;
        assert_int_equal(reader_u16(&reader, &u16), len >= 2);
        reader = whole;
        assert_int_equal(reader_u8(&reader, &u8), len >= 1);
    }
}

static void test_bytes(void **state) {
    (void)state;
    struct reader reader = reader_over(BYTES_IN(input));
    bulla_bytes bytes;
    uint8_t copy[4];
    assert_true(reader_bytes(&reader, 3, &bytes));
    assert_ptr_equal(bytes.data, input);
    assert_int_equal(bytes.len, 3);
    assert_true(reader_skip(&reader, 2));
    assert_true(reader_copy(&reader, copy, sizeof copy));
    assert_memory_equal(copy, input + 5, sizeof copy);
    assert_int_equal(reader_rest(&reader).len, 1);
    assert_ptr_equal(reader_rest(&reader).data, input + 9);
    assert_false(reader_bytes(&reader, 2, &bytes));
    assert_false(reader_skip(&reader, SIZE_MAX));
    assert_false(reader_copy(&reader, copy, sizeof copy));
    assert_int_equal(reader.left, 1);
    assert_true(reader_bytes(&reader, 0, &bytes));
    assert_int_equal(bytes.len, 0);
}

static void test_nothing_to_read(void **state) {
    (void)state;
    struct reader reader = reader_over(bytes_of(NULL, 0));
    bulla_bytes bytes;
    uint8_t u8;
    assert_true(reader_at_end(&reader));
    assert_true(reader_bytes(&reader, 0, &bytes));
    assert_false(reader_u8(&reader, &u8));
    assert_false(reader_vector8(&reader, &bytes));
    assert_true(reader_at_end(&reader));
}

typedef bool read_vector(struct reader *reader, bulla_bytes *out);

/* A vector of 2 bytes behind a length of `size` bytes, cut at each place. */
static void check_vector(read_vector *read, size_t size) {
    const uint8_t whole[] = {0, 0, 2, 'a', 'b', 'c'};
    const bulla_bytes vector = bytes_of(whole + 3 - size, size + 2);
    for (size_t len = 0; len <= vector.len + 1; len++) {
        uint8_t *exact = bytes_duplicate(bytes_of(vector.data, len));
        assert_non_null(exact);
        struct reader reader = reader_over(bytes_of(exact, len));
        bulla_bytes out;
        if (len < vector.len) {
            assert_false(read(&reader, &out));
            assert_int_equal(reader.left, len);
        } else {
            assert_true(read(&reader, &out));
            assert_int_equal(out.len, 2);
            assert_memory_equal(out.data, "ab", 2);
            assert_int_equal(reader.left, len - vector.len);
        }
        free(exact);
    }
}

static void test_vectors(void **state) {
    (void)state;
    check_vector(reader_vector8, 1);
    check_vector(reader_vector16, 2);
    check_vector(reader_vector24, 3);
}

static void test_vector_lengths_past_the_end(void **state) {
    (void)state;
    const uint8_t ones[] = {0xff, 0xff, 0xff, 0xff};
    struct reader reader = reader_over(BYTES_IN(ones));
    bulla_bytes out;
    assert_false(reader_vector8(&reader, &out));
    assert_false(reader_vector16(&reader, &out));
    assert_false(reader_vector24(&reader, &out));
    assert_int_equal(reader.left, sizeof ones);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_numbers_at_the_top_of_their_range),
        cmocka_unit_test(test_numbers_need_all_their_bytes),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_nothing_to_read),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_vector_lengths_past_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
