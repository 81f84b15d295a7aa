/* SPDX-License-Identifier: Apache-2.0 */
/* src/base/writer.c: what is written, where it fails, and that a failure sticks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/reader.h"
#include "base/writer.h"

static void assert_written(const struct writer *writer, bulla_bytes expected) {
    bulla_bytes written;
    assert_true(writer_finish(writer, &written));
    assert_int_equal(written.len, expected.len);
    assert_memory_equal(written.data, expected.data, expected.len);
}

static void test_numbers(void **state) {
    (void)state;
    uint8_t buffer[18];
    struct writer writer = writer_into(buffer, sizeof buffer);
    writer_u8(&writer, 0x01);
    writer_u16(&writer, 0x0203);
    writer_u24(&writer, 0x040506);
    writer_u32(&writer, 0x0708090a);
    writer_u64(&writer, 0x0b0c0d0e0f101112);
    const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
    assert_written(&writer, BYTES_IN(expected));
}

static void test_bytes_and_text(void **state) {
    (void)state;
    uint8_t buffer[8];
    struct writer writer = writer_into(buffer, sizeof buffer);
    writer_bytes(&writer, BYTES_OF("ab"));
    writer_bytes(&writer, bytes_of(NULL, 0));
    writer_text(&writer, "cde");
    uint8_t *place = writer_reserve(&writer, 3);
    assert_ptr_equal(place, buffer + 5);
    bytes_copy(place, 3, BYTES_OF("fgh"));
    assert_written(&writer, BYTES_OF("abcdefgh"));
}

static void test_no_room_sticks(void **state) {
    (void)state;
    uint8_t buffer[3] = {0};
    struct writer writer = writer_into(buffer, sizeof buffer);
    bulla_bytes written;
    writer_u16(&writer, 0x0102);
    writer_u16(&writer, 0x0304);
    writer_u8(&writer, 0x05); /* would fit, but the writer has failed */
    assert_false(writer_finish(&writer, &written));
    assert_null(writer_reserve(&writer, 1));
    assert_null(writer_reserve(&writer, 0));
    assert_int_equal(buffer[2], 0);
}

static void test_reserve_does_not_overflow(void **state) {
    (void)state;
    struct writer writer = writer_growing(1024);
    bulla_bytes written;
    writer_u8(&writer, 1);
    assert_null(writer_reserve(&writer, SIZE_MAX));
    assert_false(writer_finish(&writer, &written));
    writer_free(&writer);
}

static void test_growing_keeps_what_was_written(void **state) {
    (void)state;
    enum { NUM = 10000 };
    struct writer writer = writer_growing((size_t)NUM * 2);
    for (unsigned i = 0; i < NUM; i++) {
        writer_u16(&writer, (uint16_t)i);
    }
    bulla_bytes written;
    assert_true(writer_finish(&writer, &written));
    struct reader reader = reader_over(written);
    for (unsigned i = 0; i < NUM; i++) {
        uint16_t value = 0;
        assert_true(reader_u16(&reader, &value));
        assert_int_equal(value, i);
    }
    assert_true(reader_at_end(&reader));
    writer_u8(&writer, 0); /* past cap_max */
    assert_false(writer_finish(&writer, &written));
    writer_free(&writer);
    assert_null(writer.buffer);
    assert_false(writer.failed);
}

static void test_vectors(void **state) {
    (void)state;
    uint8_t buffer[32];
    struct writer writer = writer_into(buffer, sizeof buffer);
    size_t outer = writer_open(&writer, 3);
    size_t inner = writer_open(&writer, 2);
    writer_vector(&writer, 1, BYTES_OF("ab"));
    writer_close(&writer, inner, 2);
    writer_close(&writer, outer, 3);
    writer_vector(&writer, 1, bytes_of(NULL, 0));
    const uint8_t expected[] = {0, 0, 5, 0, 3, 2, 'a', 'b', 0};
    assert_written(&writer, BYTES_IN(expected));
}

static void check_vector_len(unsigned length_size, size_t len, bool fits) {
    struct writer writer = writer_growing((size_t)1 << 25);
    bulla_bytes written;
    size_t mark = writer_open(&writer, length_size);
    uint8_t *place = writer_reserve(&writer, len);
    assert_non_null(place);
    writer_close(&writer, mark, length_size);
    assert_int_equal(writer_finish(&writer, &written), fits);
    if (fits) {
        assert_true(writer.buffer[0] == 0xff && writer.buffer[length_size - 1] == 0xff);
    }
    writer_free(&writer);
}

static void test_vectors_too_long_for_their_length(void **state) {
    (void)state;
    check_vector_len(1, 0xff, true);
    check_vector_len(1, 0x100, false);
    check_vector_len(2, 0xffff, true);
    check_vector_len(2, 0x10000, false);
    check_vector_len(3, 0xffffff, true);
    check_vector_len(3, 0x1000000, false);
}

static void test_a_vector_left_open_is_not_empty(void **state) {
    (void)state;
    uint8_t buffer[2];
    struct writer writer = writer_into(buffer, sizeof buffer);
    assert_int_equal(writer_open(&writer, 2), 2);
    assert_written(&writer, BYTES_OF("\xff\xff"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_bytes_and_text),
        cmocka_unit_test(test_no_room_sticks),
        cmocka_unit_test(test_reserve_does_not_overflow),
        cmocka_unit_test(test_growing_keeps_what_was_written),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_vectors_too_long_for_their_length),
        cmocka_unit_test(test_a_vector_left_open_is_not_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
