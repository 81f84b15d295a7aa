/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies: counted, chunked and open-ended, in one piece and byte by byte. */
#include "http/body.h"

#include "support/check.h"

struct taken {
    uint8_t bytes[4096];
    size_t len;
    enum http_body_event end;
    size_t left; /* of the input, once the body had ended */
};

/* Feeds `text` in steps of `step` bytes until the body ends, breaks or has all of it. */
static struct taken take(enum http_framing framing, uint64_t length, bulla_bytes text,
                         size_t step) {
    const struct http_head head = {.framing = framing, .content_length = length};
    struct http_body body = http_body_of(&head);
    struct taken taken = {.end = HTTP_BODY_NEED_BYTES};
    for (size_t at = 0; at < text.len && taken.end == HTTP_BODY_NEED_BYTES; at += step) {
        size_t len = text.len - at < step ? text.len - at : step;
        struct reader input = reader_over(bytes_of(text.data + at, len));
        bulla_bytes data;
        while ((taken.end = http_body_next(&body, &input, &data)) == HTTP_BODY_DATA) {
            bytes_copy(taken.bytes + taken.len, sizeof taken.bytes - taken.len, data);
            taken.len += data.len;
        }
        taken.left = input.left + (text.len - at - len);
    }
    return taken;
}

static void gives(enum http_framing framing, uint64_t length, bulla_bytes text, bulla_bytes body,
                  enum http_body_event end, size_t left) {
    for (size_t step = 1; step <= text.len; step++) {
        struct taken taken = take(framing, length, text, step);
        assert_int_equal(taken.end, end);
        assert_true(bytes_equal(bytes_of(taken.bytes, taken.len), body));
        assert_int_equal(taken.left, left);
    }
}

static void breaks(const char *text) {
    for (size_t step = 1; step <= strlen(text); step++) {
        struct taken taken = take(HTTP_FRAMING_CHUNKED, 0, bytes_of_text(text), step);
        assert_int_equal(taken.end, HTTP_BODY_BROKEN);
    }
}

static void test_counted(void **state) {
    (void)state;
    gives(HTTP_FRAMING_LENGTH, 5, BYTES_OF("hello, world"), BYTES_OF("hello"), HTTP_BODY_END, 7);
    gives(HTTP_FRAMING_LENGTH, 50, BYTES_OF("hello"), BYTES_OF("hello"), HTTP_BODY_NEED_BYTES, 0);
    struct taken taken = take(HTTP_FRAMING_LENGTH, 0, BYTES_OF("x"), 1);
    assert_int_equal(taken.end, HTTP_BODY_END);
    assert_int_equal(taken.left, 1);
}

static void test_until_close(void **state) {
    (void)state;
    gives(HTTP_FRAMING_UNTIL_CLOSE, 0, BYTES_OF("all of it"), BYTES_OF("all of it"),
          HTTP_BODY_NEED_BYTES, 0);
}

static void test_chunked(void **state) {
    (void)state;
    gives(HTTP_FRAMING_CHUNKED, 0,
          BYTES_OF("5\r\nhello\r\n00A; x=\"y\"\r\n0123456789\r\n0\r\n\r\nnext"),
          BYTES_OF("hello0123456789"), HTTP_BODY_END, 4);
    gives(HTTP_FRAMING_CHUNKED, 0, BYTES_OF("1\r\na\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n"),
          BYTES_OF("a"), HTTP_BODY_END, 0);
    gives(HTTP_FRAMING_CHUNKED, 0, BYTES_OF("5\r\nhel"), BYTES_OF("hel"), HTTP_BODY_NEED_BYTES, 0);
}

static void test_malformed_chunks(void **state) {
    (void)state;
    breaks("x\r\n");
    breaks("\r\n");
    breaks(" 5\r\nhello\r\n");
    breaks("-5\r\nhello\r\n");
    breaks("0x5\r\nhello\r\n");
    breaks("5 \r\nhello\r\n");
    breaks("5\nhello\r\n");
    breaks("5\r\nhello!\r\n");
    breaks("5\r\nhello\n0\r\n\r\n");
    breaks("5;x\ny\r\nhello");
    breaks("0\r\n\n");
    breaks("0\r\nTrailer: x\n\r\n");
    breaks("1000000000000000\r\n"); /* 2^60 */
    breaks("ffffffffffffffffffff\r\n");
}

static void test_long_lines(void **state) {
    (void)state;
    static uint8_t text[20000];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = 'x';
    }
    bytes_copy(text, sizeof text, BYTES_OF("5;"));
    assert_int_equal(take(HTTP_FRAMING_CHUNKED, 0, BYTES_IN(text), 7).end, HTTP_BODY_BROKEN);
    bytes_copy(text, sizeof text, BYTES_OF("0\r\n"));
    assert_int_equal(take(HTTP_FRAMING_CHUNKED, 0, BYTES_IN(text), 7).end, HTTP_BODY_BROKEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counted),    cmocka_unit_test(test_until_close),
        cmocka_unit_test(test_chunked),    cmocka_unit_test(test_malformed_chunks),
        cmocka_unit_test(test_long_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
