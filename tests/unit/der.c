/* SPDX-License-Identifier: Apache-2.0 */
/* src/der/der.c: each value in its one DER form is read, its neighbours are refused without moving
 * the reader, and what is written is read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/calendar.h"
#include "der/der.h"

#include <stdlib.h>

/* An input that lies in a heap block of just its size; freed with free_input(). */
struct input {
    uint8_t *block;
    struct reader reader;
};

static struct input input_of(bulla_bytes bytes) {
    uint8_t *block = bytes_duplicate(bytes);
    assert_non_null(block);
    return (struct input){.block = block, .reader = reader_over(bytes_of(block, bytes.len))};
}

static void free_input(struct input *input) {
    free(input->block);
}

/* What the functions below give a read to do: true where it read the value. */
typedef bool try_read(struct reader *reader);

static bool try_any(struct reader *reader) {
    uint8_t tag;
    bulla_bytes content, whole;
    return der_read_any(reader, &tag, &content, &whole);
}

static bool try_boolean(struct reader *reader) {
    bool value;
    return der_read_boolean(reader, &value);
}

static bool try_null(struct reader *reader) {
    return der_read_null(reader);
}

static bool try_integer(struct reader *reader) {
    bulla_bytes content;
    return der_read_integer_content(reader, &content);
}

static bool try_unsigned(struct reader *reader) {
    bulla_bytes magnitude;
    return der_read_unsigned_integer(reader, &magnitude);
}

static bool try_small(struct reader *reader) {
    uint32_t value;
    return der_read_small_integer(reader, &value);
}

static bool try_large(struct reader *reader) {
    uint64_t value;
    return der_read_large_integer(reader, &value);
}

static bool try_bit_string(struct reader *reader) {
    bulla_bytes octets;
    unsigned unused_bits;
    return der_read_bit_string(reader, &octets, &unused_bits);
}

static bool try_bit_string_octets(struct reader *reader) {
    bulla_bytes octets;
    return der_read_bit_string_octets(reader, &octets);
}

static bool try_named_bits(struct reader *reader) {
    uint32_t bits;
    return der_read_named_bits(reader, &bits);
}

static bool try_oid(struct reader *reader) {
    bulla_bytes content;
    return der_read_oid(reader, &content);
}

static bool try_time(struct reader *reader) {
    int64_t seconds;
    return der_read_time(reader, &seconds);
}

static bool reads(try_read *read, bulla_bytes der) {
    struct input input = input_of(der);
    bool done = read(&input.reader);
    assert_int_equal(input.reader.left, done ? 0 : der.len);
    free_input(&input);
    return done;
}

static void assert_reads(try_read *read, bulla_bytes der) {
    assert_true(reads(read, der));
    for (size_t len = 0; len < der.len; len++) {
        assert_false(reads(read, bytes_of(der.data, len)));
    }
}

static void assert_refuses(try_read *read, bulla_bytes der) {
    assert_false(reads(read, der));
}

static void test_lengths(void **state) {
    (void)state;
    static const struct {
        uint8_t header[6];
        size_t header_len, content_len;
        bool good;
    } rows[] = {
        {{0x04, 0x00}, 2, 0, true},
        {{0x04, 0x7f}, 2, 0x7f, true},
        {{0x04, 0x81, 0x80}, 3, 0x80, true},
        {{0x04, 0x81, 0xff}, 3, 0xff, true},
        {{0x04, 0x82, 0x01, 0x00}, 4, 0x100, true},
        {{0x04, 0x82, 0xff, 0xff}, 4, 0xffff, true},
        {{0x04, 0x83, 0x01, 0x00, 0x00}, 5, 0x10000, true},
        /* not minimal */
        {{0x04, 0x81, 0x00}, 3, 0, false},
        {{0x04, 0x81, 0x7f}, 3, 0x7f, false},
        {{0x04, 0x82, 0x00, 0x80}, 4, 0x80, false},
        {{0x04, 0x82, 0x00, 0xff}, 4, 0xff, false},
        {{0x04, 0x83, 0x00, 0xff, 0xff}, 5, 0xffff, false},
        /* indefinite, four octets where three do, five octets, reserved */
        {{0x04, 0x80}, 2, 2, false},
        {{0x04, 0x84, 0x00, 0x01, 0x00, 0x00}, 6, 0x10000, false},
        {{0x04, 0x85, 0x01, 0x00, 0x00, 0x00}, 6, 0x10000, false},
        {{0x04, 0xff}, 2, 0xff, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = rows[i].header_len + rows[i].content_len;
        uint8_t *der = calloc(1, len);
        assert_non_null(der);
        bytes_copy(der, len, bytes_of(rows[i].header, rows[i].header_len));
        struct reader reader = reader_over(bytes_of(der, len));
        bulla_bytes content, whole;
        bool read = der_read_whole(&reader, DER_OCTET_STRING, &content, &whole);
        assert_int_equal(read, rows[i].good);
        if (read) {
            assert_int_equal(content.len, rows[i].content_len);
            assert_ptr_equal(whole.data, der);
            assert_int_equal(whole.len, len);
            struct reader shorter = reader_over(bytes_of(der, len - 1));
            assert_false(der_read(&shorter, DER_OCTET_STRING, &content));
            assert_int_equal(shorter.left, len - 1);
        }
        free(der);
    }
}

static void test_tags(void **state) {
    (void)state;
    for (unsigned tag = 0; tag < 256; tag++) {
        const uint8_t der[] = {(uint8_t)tag, 0};
        bool refused = (tag & 0x1f) == 0x1f || tag == 0x00 || tag == 0x20;
        assert_int_equal(reads(try_any, BYTES_IN(der)), !refused);
    }
    struct input input = input_of(BYTES_OF("\x04\x01x"));
    bulla_bytes content;
    uint8_t tag;
    assert_true(der_peek(&input.reader, &tag));
    assert_int_equal(tag, DER_OCTET_STRING);
    assert_true(der_next_is(&input.reader, DER_OCTET_STRING));
    assert_false(der_next_is(&input.reader, DER_SEQUENCE));
    assert_false(der_read(&input.reader, DER_SEQUENCE, &content));
    assert_false(der_read(&input.reader, DER_OCTET_STRING | 0x20, &content));
    assert_true(der_read(&input.reader, DER_OCTET_STRING, &content));
    assert_true(bytes_equal(content, BYTES_OF("x")));
    assert_false(der_peek(&input.reader, &tag));
    assert_false(der_next_is(&input.reader, DER_OCTET_STRING));
    free_input(&input);
    assert_int_equal(DER_CONTEXT(0), 0x80);
    assert_int_equal(DER_CONTEXT_CONSTRUCTED(3), 0xa3);
}

static void test_optional(void **state) {
    (void)state;
    struct reader reader = reader_over(BYTES_OF("\x81\x01x\x82\x05y"));
    bulla_bytes content;
    bool present;
    assert_true(der_read_optional(&reader, DER_CONTEXT(0), &present, &content));
    assert_false(present);
    assert_int_equal(content.len, 0);
    assert_true(der_read_optional(&reader, DER_CONTEXT(1), &present, &content));
    assert_true(present);
    assert_true(bytes_equal(content, BYTES_OF("x")));
    /* present, but cut off */
    assert_false(der_read_optional(&reader, DER_CONTEXT(2), &present, &content));
    assert_int_equal(reader.left, 3);
    reader = reader_over(bytes_of(NULL, 0));
    assert_true(der_read_optional(&reader, DER_CONTEXT(2), &present, &content));
    assert_false(present);
}

static void test_nested(void **state) {
    (void)state;
    struct reader reader = reader_over(BYTES_OF("\x30\x05\x30\x03\x04\x01x"));
    struct reader outer, inner;
    bulla_bytes content;
    assert_false(der_read_nested(&reader, DER_SET, &outer));
    assert_true(der_read_nested(&reader, DER_SEQUENCE, &outer));
    assert_true(reader_at_end(&reader));
    assert_true(der_read_nested(&outer, DER_SEQUENCE, &inner));
    assert_true(reader_at_end(&outer));
    assert_true(der_read(&inner, DER_OCTET_STRING, &content));
    assert_true(reader_at_end(&inner));
    /* what is inside cannot reach past the outside */
    reader = reader_over(BYTES_OF("\x30\x03\x04\x02x\x04\x00"));
    assert_true(der_read_nested(&reader, DER_SEQUENCE, &outer));
    assert_false(der_read(&outer, DER_OCTET_STRING, &content));
}

static void test_booleans(void **state) {
    (void)state;
    bool value;
    struct reader reader = reader_over(BYTES_OF("\x01\x01\xff\x01\x01\x00"));
    assert_true(der_read_boolean(&reader, &value));
    assert_true(value);
    assert_true(der_read_boolean(&reader, &value));
    assert_false(value);
    assert_reads(try_boolean, BYTES_OF("\x01\x01\xff"));
    assert_refuses(try_boolean, BYTES_OF("\x01\x01\x01"));
    assert_refuses(try_boolean, BYTES_OF("\x01\x01\xfe"));
    assert_refuses(try_boolean, BYTES_OF("\x01\x00"));
    assert_refuses(try_boolean, BYTES_OF("\x01\x02\xff\xff"));
    assert_reads(try_null, BYTES_OF("\x05\x00"));
    assert_refuses(try_null, BYTES_OF("\x05\x01\x00"));
}

static void test_integers_are_minimal(void **state) {
    (void)state;
    const bulla_bytes good[] = {
        BYTES_OF("\x02\x01\x00"),         BYTES_OF("\x02\x01\x7f"),
        BYTES_OF("\x02\x01\x80"),         BYTES_OF("\x02\x01\xff"),
        BYTES_OF("\x02\x02\x00\x80"),     BYTES_OF("\x02\x02\xff\x7f"),
        BYTES_OF("\x02\x03\x00\xff\xff"),
    };
    const bulla_bytes wrong[] = {
        BYTES_OF("\x02\x00"),
        BYTES_OF("\x02\x02\x00\x00"),
        BYTES_OF("\x02\x02\x00\x7f"),
        BYTES_OF("\x02\x02\xff\x80"),
        BYTES_OF("\x02\x03\xff\xff\xff"),
        BYTES_OF("\x0a\x01\x00"),
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_reads(try_integer, good[i]);
        bool negative = good[i].data[2] >= 0x80;
        assert_int_equal(reads(try_unsigned, good[i]), !negative);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_refuses(try_integer, wrong[i]);
        assert_refuses(try_unsigned, wrong[i]);
    }
}

static void test_integer_values(void **state) {
    (void)state;
    bulla_bytes magnitude;
    uint32_t small;
    uint64_t large;
    struct reader reader = reader_over(BYTES_OF("\x02\x03\x00\x80\x01"));
    assert_true(der_read_unsigned_integer(&reader, &magnitude));
    assert_true(bytes_equal(magnitude, BYTES_OF("\x80\x01")));
    reader = reader_over(BYTES_OF("\x02\x01\x00"));
    assert_true(der_read_unsigned_integer(&reader, &magnitude));
    assert_true(bytes_equal(magnitude, BYTES_OF("\0")));
    reader = reader_over(BYTES_OF("\x02\x05\x00\xff\xff\xff\xff"));
    assert_true(der_read_small_integer(&reader, &small));
    assert_int_equal(small, UINT32_MAX);
    reader = reader_over(BYTES_OF("\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xfe"));
    assert_true(der_read_large_integer(&reader, &large));
    assert_true(large == UINT64_MAX - 1);
    assert_reads(try_small, BYTES_OF("\x02\x01\x00"));
    assert_refuses(try_small, BYTES_OF("\x02\x05\x01\x00\x00\x00\x00"));
    assert_refuses(try_small, BYTES_OF("\x02\x01\xff"));
    assert_refuses(try_large, BYTES_OF("\x02\x09\x01\x00\x00\x00\x00\x00\x00\x00\x00"));
}

static void test_bit_strings(void **state) {
    (void)state;
    bulla_bytes octets;
    unsigned unused_bits;
    struct reader reader = reader_over(BYTES_OF("\x03\x03\x06\x6e\xc0"));
    assert_true(der_read_bit_string(&reader, &octets, &unused_bits));
    assert_true(bytes_equal(octets, BYTES_OF("\x6e\xc0")));
    assert_int_equal(unused_bits, 6);

    assert_reads(try_bit_string, BYTES_OF("\x03\x01\x00"));
    assert_reads(try_bit_string, BYTES_OF("\x03\x02\x07\x80"));
    assert_refuses(try_bit_string, BYTES_OF("\x03\x00"));
    assert_refuses(try_bit_string, BYTES_OF("\x03\x01\x01"));
    assert_refuses(try_bit_string, BYTES_OF("\x03\x02\x08\x00"));
    assert_refuses(try_bit_string, BYTES_OF("\x03\x02\x07\xc0"));
    assert_refuses(try_bit_string, BYTES_OF("\x03\x02\x01\x01"));
    assert_refuses(try_bit_string, BYTES_OF("\x23\x03\x03\x01\x00"));

    assert_reads(try_bit_string_octets, BYTES_OF("\x03\x03\x00\x6e\xc1"));
    assert_reads(try_bit_string_octets, BYTES_OF("\x03\x01\x00"));
    assert_refuses(try_bit_string_octets, BYTES_OF("\x03\x03\x06\x6e\xc0"));
}

static void test_named_bits(void **state) {
    (void)state;
    static const struct {
        bulla_bytes der;
        uint32_t bits;
    } rows[] = {
        {{(const uint8_t *)"\x03\x01\x00", 3}, 0},
        {{(const uint8_t *)"\x03\x02\x07\x80", 4}, 1 << 0},
        {{(const uint8_t *)"\x03\x02\x01\x06", 4}, 1 << 5 | 1 << 6},
        {{(const uint8_t *)"\x03\x03\x07\x00\x80", 5}, 1 << 8},
        {{(const uint8_t *)"\x03\x05\x00\x00\x00\x00\x01", 7}, UINT32_C(1) << 31},
        {{(const uint8_t *)"\x03\x02\x00\x06", 4}, 1 << 5 | 1 << 6}, /* a zero bit at the end */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reader reader = reader_over(rows[i].der);
        uint32_t bits;
        assert_true(der_read_named_bits(&reader, &bits));
        assert_int_equal(bits, rows[i].bits);
    }
    assert_refuses(try_named_bits, BYTES_OF("\x03\x06\x00\x00\x00\x00\x00\x01"));
    assert_refuses(try_named_bits, BYTES_OF("\x03\x02\x01\x07"));
}

static void test_oids(void **state) {
    (void)state;
    assert_reads(try_oid, BYTES_OF("\x06\x01\x2a"));
    assert_reads(try_oid, BYTES_OF("\x06\x03\x2b\x65\x70"));
    assert_reads(try_oid, BYTES_OF("\x06\x03\x2a\x86\x48"));
    assert_refuses(try_oid, BYTES_OF("\x06\x00"));
    assert_refuses(try_oid, BYTES_OF("\x06\x02\x2a\x86"));     /* an arc without its end */
    assert_refuses(try_oid, BYTES_OF("\x06\x03\x2a\x80\x01")); /* an arc with a zero in front */
    assert_refuses(try_oid, BYTES_OF("\x06\x02\x80\x01"));
    assert_reads(try_oid, BYTES_OF("\x06\x04\x2a\x81\x80\x01"));
}

static bool time_is(uint8_t tag, const char *text, int64_t seconds) {
    uint8_t buffer[64];
    struct writer writer = writer_into(buffer, sizeof buffer);
    der_write_text(&writer, tag, text);
    struct reader reader = reader_over(bytes_of(buffer, writer.len));
    int64_t read;
    return der_read_time(&reader, &read) && reader_at_end(&reader) && read == seconds;
}

static bool time_refused(uint8_t tag, const char *text) {
    uint8_t buffer[64];
    struct writer writer = writer_into(buffer, sizeof buffer);
    der_write_text(&writer, tag, text);
    return !reads(try_time, bytes_of(buffer, writer.len));
}

static void test_times(void **state) {
    (void)state;
    assert_true(time_is(DER_UTC_TIME, "700101000000Z", 0));
    assert_true(time_is(DER_UTC_TIME, "500101000000Z", -631152000));
    assert_true(time_is(DER_UTC_TIME, "491231235959Z", INT64_C(2524607999)));
    assert_true(time_is(DER_UTC_TIME, "000229123456Z", 951827696));
    assert_true(time_is(DER_GENERALIZED_TIME, "19700101000000Z", 0));
    assert_true(time_is(DER_GENERALIZED_TIME, "20500101000000Z", INT64_C(2524608000)));
    assert_true(time_is(DER_GENERALIZED_TIME, "99991231235959Z", INT64_C(253402300799)));
    assert_true(time_is(DER_GENERALIZED_TIME, "00000101000000Z", INT64_C(-62167219200)));
    assert_reads(try_time, BYTES_OF("\x17\x0d"
                                    "700101000000Z"));
}

static void test_times_refused(void **state) {
    (void)state;
    static const char *const utc[] = {
        "",
        "7001010000Z",
        "700101000000",
        "700101000000z",
        "700101000000+0000",
        "700101000000+0100",
        "19700101000000Z",
        "700101000000.0Z",
        "7001010000000Z",
        "700101000000ZZ",
        "700001000000Z",
        "701301000000Z",
        "700100000000Z",
        "700132000000Z",
        "700229000000Z",
        "700431000000Z",
        "700101240000Z",
        "700101006000Z",
        "700101000060Z",
        "7001010000 0Z",
        "70010100000aZ",
        "-70101000000Z",
        " 00101000000Z",
        "70010100000:Z",
    };
    static const char *const generalized[] = {
        "700101000000Z",     "197001010000Z",     "19700101000000",      "19700101000000.0Z",
        "19700101000000.5Z", "19700101000000,5Z", "19700101000000+0000", "19000229000000Z",
        "21000229000000Z",   "2016123123596 Z",   "20161231235960Z",     "1970010100Z",
        "019700101000000Z",
    };
    for (size_t i = 0; i < sizeof utc / sizeof *utc; i++) {
        assert_true(time_refused(DER_UTC_TIME, utc[i]));
    }
    for (size_t i = 0; i < sizeof generalized / sizeof *generalized; i++) {
        assert_true(time_refused(DER_GENERALIZED_TIME, generalized[i]));
    }
    assert_true(time_refused(DER_VISIBLE_STRING, "700101000000Z"));
    assert_true(time_refused(DER_OCTET_STRING, "19700101000000Z"));
}

/* Writing. */

static void assert_written(const struct writer *writer, bulla_bytes expected) {
    bulla_bytes written;
    assert_true(writer_finish(writer, &written));
    assert_int_equal(written.len, expected.len);
    assert_memory_equal(written.data, expected.data, expected.len);
}

static void test_written_values(void **state) {
    (void)state;
    uint8_t buffer[128];
    struct writer writer = writer_into(buffer, sizeof buffer);
    size_t outer = der_open(&writer, DER_SEQUENCE);
    size_t inner = der_open(&writer, DER_CONTEXT_CONSTRUCTED(1));
    der_write_boolean(&writer, true);
    der_write_boolean(&writer, false);
    der_close(&writer, inner);
    der_write_null(&writer);
    der_write_oid(&writer, BYTES_OF("\x2b\x65\x70"));
    der_write_bit_string(&writer, BYTES_OF("xy"));
    der_write_text(&writer, DER_UTF8_STRING, "clay");
    der_close(&writer, outer);
    assert_written(&writer, BYTES_OF("\x30\x1a\xa1\x06\x01\x01\xff\x01\x01\x00\x05\x00"
                                     "\x06\x03\x2b\x65\x70\x03\x03\x00xy\x0c\x04"
                                     "clay"));
}

static void check_integer(bulla_bytes magnitude, bulla_bytes expected) {
    uint8_t buffer[32];
    struct writer writer = writer_into(buffer, sizeof buffer);
    der_write_unsigned_integer(&writer, magnitude);
    assert_written(&writer, expected);
}

static void test_written_integers(void **state) {
    (void)state;
    check_integer(bytes_of(NULL, 0), BYTES_OF("\x02\x01\x00"));
    check_integer(BYTES_OF("\0\0"), BYTES_OF("\x02\x01\x00"));
    check_integer(BYTES_OF("\x7f"), BYTES_OF("\x02\x01\x7f"));
    check_integer(BYTES_OF("\x80"), BYTES_OF("\x02\x02\x00\x80"));
    check_integer(BYTES_OF("\0\0\x80\x01"), BYTES_OF("\x02\x03\x00\x80\x01"));
    const uint64_t values[] = {0, 1, 127, 128, 255, 256, 65535, UINT32_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        uint8_t buffer[16];
        struct writer writer = writer_into(buffer, sizeof buffer);
        der_write_small_integer(&writer, values[i]);
        struct reader reader = reader_over(bytes_of(buffer, writer.len));
        uint64_t value;
        assert_true(der_read_large_integer(&reader, &value));
        assert_true(value == values[i] && reader_at_end(&reader));
    }
}

static void test_written_named_bits(void **state) {
    (void)state;
    const uint32_t values[] = {0,         1, 1 << 5 | 1 << 6, 1 << 7, 1 << 8, UINT32_C(1) << 31,
                               UINT32_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        uint8_t buffer[16];
        struct writer writer = writer_into(buffer, sizeof buffer);
        der_write_named_bits(&writer, values[i]);
        struct reader reader = reader_over(bytes_of(buffer, writer.len));
        uint32_t bits;
        assert_true(der_read_named_bits(&reader, &bits));
        assert_true(bits == values[i] && reader_at_end(&reader));
    }
    uint8_t buffer[16];
    struct writer writer = writer_into(buffer, sizeof buffer);
    der_write_named_bits(&writer, 1 << 5 | 1 << 6); /* as in every CA's certificate */
    der_write_named_bits(&writer, 0);
    assert_written(&writer, BYTES_OF("\x03\x02\x01\x06\x03\x01\x00"));
}

/* The content moves where its length takes more than one octet. */
static void test_written_lengths(void **state) {
    (void)state;
    const size_t lens[] = {0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000};
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        struct writer writer = writer_growing(lens[i] + 64);
        writer_u8(&writer, 0xaa);
        size_t outer = der_open(&writer, DER_SEQUENCE);
        size_t inner = der_open(&writer, DER_OCTET_STRING);
        for (size_t n = 0; n < lens[i]; n++) {
            writer_u8(&writer, (uint8_t)n);
        }
        der_close(&writer, inner);
        der_write_null(&writer);
        der_close(&writer, outer);
        bulla_bytes written, content;
        assert_true(writer_finish(&writer, &written));
        struct reader reader = reader_over(written);
        struct reader inside;
        uint8_t first;
        assert_true(reader_u8(&reader, &first) && first == 0xaa);
        assert_true(der_read_nested(&reader, DER_SEQUENCE, &inside) && reader_at_end(&reader));
        assert_true(der_read(&inside, DER_OCTET_STRING, &content));
        assert_true(der_read_null(&inside) && reader_at_end(&inside));
        assert_int_equal(content.len, lens[i]);
        for (size_t n = 0; n < lens[i]; n++) {
            assert_int_equal(content.data[n], (uint8_t)n);
        }
        writer_free(&writer);
    }
}

static void test_no_room_at_any_place(void **state) {
    (void)state;
    uint8_t filler[200] = {0};
    for (size_t cap = 0; cap <= 206; cap++) {
        uint8_t buffer[206];
        struct writer writer = writer_into(buffer, cap);
        size_t outer = der_open(&writer, DER_SEQUENCE);
        der_write(&writer, DER_OCTET_STRING, BYTES_IN(filler));
        der_close(&writer, outer);
        bulla_bytes written;
        assert_int_equal(writer_finish(&writer, &written), cap == 206);
    }
}

/* 16 MiB, which a CRL of half a million entries passes, takes four length octets. */
static void test_a_value_of_four_length_octets(void **state) {
    (void)state;
    enum { LEN = 1 << 24 };
    struct writer writer = writer_growing((size_t)LEN + 64);
    bulla_bytes written, content;
    size_t mark = der_open(&writer, DER_OCTET_STRING);
    uint8_t *place = writer_reserve(&writer, LEN);
    assert_non_null(place);
    memset(place, 0, LEN);
    der_close(&writer, mark);
    assert_true(writer_finish(&writer, &written));
    assert_int_equal(written.len, LEN + 6);
    assert_true(bytes_equal(bytes_of(written.data, 6), BYTES_OF("\x04\x84\x01\x00\x00\x00")));
    struct reader reader = reader_over(written);
    assert_true(der_read(&reader, DER_OCTET_STRING, &content));
    assert_int_equal(content.len, LEN);
    assert_true(reader_at_end(&reader));
    writer_free(&writer);
}

static void test_written_times(void **state) {
    (void)state;
    static const struct {
        int64_t seconds;
        const char *der;
    } rows[] = {
        {0, "\x17\x0d"
            "700101000000Z"},
        {-631152000, "\x17\x0d"
                     "500101000000Z"},
        {-631152001, "\x18\x0f"
                     "19491231235959Z"},
        {INT64_C(2524607999), "\x17\x0d"
                              "491231235959Z"},
        {INT64_C(2524608000), "\x18\x0f"
                              "20500101000000Z"},
        {INT64_C(253402300799), "\x18\x0f"
                                "99991231235959Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t buffer[32];
        struct writer writer = writer_into(buffer, sizeof buffer);
        der_write_time(&writer, rows[i].seconds);
        assert_written(&writer, bytes_of_text(rows[i].der));
        struct reader reader = reader_over(bytes_of(buffer, writer.len));
        int64_t seconds;
        assert_true(der_read_time(&reader, &seconds) && seconds == rows[i].seconds);
    }
    uint8_t buffer[32];
    struct writer writer = writer_into(buffer, sizeof buffer);
    bulla_bytes written;
    der_write_time(&writer, INT64_C(253402300800));
    assert_false(writer_finish(&writer, &written));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_optional),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_integers_are_minimal),
        cmocka_unit_test(test_integer_values),
        cmocka_unit_test(test_bit_strings),
        cmocka_unit_test(test_named_bits),
        cmocka_unit_test(test_oids),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_times_refused),
        cmocka_unit_test(test_written_values),
        cmocka_unit_test(test_written_integers),
        cmocka_unit_test(test_written_named_bits),
        cmocka_unit_test(test_written_lengths),
        cmocka_unit_test(test_no_room_at_any_place),
        cmocka_unit_test(test_a_value_of_four_length_octets),
        cmocka_unit_test(test_written_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
