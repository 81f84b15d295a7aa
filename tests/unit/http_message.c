/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of messages: what is read, and each thing that is refused with its status. */
#include "http/message.h"

#include "support/check.h"

#include <stdio.h>

#define HOST "Host: localhost\r\n"

static bool parse(const char *text, struct http_head *head, struct http_problem *problem) {
    size_t scanned = 0;
    bulla_bytes bytes = bytes_of_text(text);
    *problem = (struct http_problem){0};
    size_t len = http_head_length(bytes, &scanned, problem);
    return problem->status == 0 && len == bytes.len &&
           http_request_parse(head, bytes_of(bytes.data, len), problem);
}

static struct http_head good(const char *text) {
    struct http_head head;
    struct http_problem problem;
    assert_true(parse(text, &head, &problem));
    return head;
}

static void bad(const char *text, unsigned status) {
    struct http_head head;
    struct http_problem problem;
    assert_false(parse(text, &head, &problem));
    assert_int_equal(problem.status, status);
    assert_non_null(problem.says);
}

static void test_request(void **state) {
    (void)state;
    struct http_head head = good("GET /a?b HTTP/1.1\r\n" HOST "X-Y: \t some text \t\r\nZ:\r\n\r\n");
    assert_true(bytes_equal(head.method, BYTES_OF("GET")));
    assert_true(bytes_equal(head.target, BYTES_OF("/a?b")));
    assert_int_equal(head.minor_version, 1);
    assert_int_equal(head.num_fields, 3);
    assert_true(bytes_equal(http_head_field(&head, "x-y")->value, BYTES_OF("some text")));
    assert_int_equal(http_head_field(&head, "Z")->value.len, 0);
    assert_null(http_head_field(&head, "absent"));
    assert_int_equal(head.framing, HTTP_FRAMING_NONE);
    assert_true(head.keep_alive);
}

static void test_connection(void **state) {
    (void)state;
    assert_false(good("GET / HTTP/1.0\r\n\r\n").keep_alive);
    assert_true(good("GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n").keep_alive);
    assert_false(good("GET / HTTP/1.1\r\n" HOST "Connection: x,CLOSE\r\n\r\n").keep_alive);
    assert_false(
        good("GET / HTTP/1.1\r\n" HOST "Connection: keep-alive\r\nConnection: close\r\n\r\n")
            .keep_alive);
}

static void test_framing(void **state) {
    (void)state;
    struct http_head head = good("POST / HTTP/1.1\r\n" HOST "Content-Length: 12\r\n\r\n");
    assert_int_equal(head.framing, HTTP_FRAMING_LENGTH);
    assert_int_equal(head.content_length, 12);
    bad("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400);
    head = good("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n");
    assert_int_equal(head.framing, HTTP_FRAMING_CHUNKED);
    assert_true(good("PUT / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n").expects_continue);
}

static void test_what_smuggles_is_refused(void **state) {
    (void)state;
    bad("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    bad("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400);
    bad("POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n", 400);
    bad("POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n", 400);
    bad("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\n", 400);
    bad("POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400);
    bad("POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 400);
    bad("POST / HTTP/1.1\r\n" HOST
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        400);
    bad("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    bad("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501);
    bad("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", 501);
    bad("GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n", 400);
    bad("GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", 400);
    bad("GET / HTTP/1.1\r\n A: b\r\n" HOST "\r\n", 400);
}

static void test_lines_end_in_cr_lf(void **state) {
    (void)state;
    bad("GET / HTTP/1.1\n" HOST "\r\n", 400);
    bad("GET / HTTP/1.1\r\nHost: a\n\r\n", 400);
    bad("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400);
    bad("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400);
}

static void test_request_lines(void **state) {
    (void)state;
    bad("GET  / HTTP/1.1\r\n" HOST "\r\n", 400);
    bad("GET / HTTP/1.1 \r\n" HOST "\r\n", 400);
    bad(" GET / HTTP/1.1\r\n" HOST "\r\n", 400);
    bad("GET /\r\n" HOST "\r\n", 400);
    bad("G(T / HTTP/1.1\r\n" HOST "\r\n", 400);
    bad("GET /a\x80 HTTP/1.1\r\n" HOST "\r\n", 400);
    bad("GET /a\"b HTTP/1.1\r\n" HOST "\r\n", 400);
    bad("GET / http/1.1\r\n" HOST "\r\n", 400);
    bad("GET / HTTP/11\r\n" HOST "\r\n", 400);
    bad("GET / HTTP/2.0\r\n" HOST "\r\n", 505);
    bad("GET / HTTP/1.2\r\n" HOST "\r\n", 505);
    bad("GET / HTTP/1.1\r\n" HOST "Expect: something\r\n\r\n", 417);
}

static void test_host(void **state) {
    (void)state;
    bad("GET / HTTP/1.1\r\n\r\n", 400);
    bad("GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400);
    bad("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
    assert_int_equal(good("GET / HTTP/1.0\r\n\r\n").num_fields, 0);
    assert_int_equal(good("GET / HTTP/1.1\r\nHost:\r\n\r\n").num_fields, 1);
}

static void test_control_characters_in_fields(void **state) {
    (void)state;
    bad("GET / HTTP/1.1\r\n" HOST "A: b\x01\r\n\r\n", 400);
    bad("GET / HTTP/1.1\r\n" HOST "A: b\x7f\r\n\r\n", 400);
    bad("GET / HTTP/1.1\r\n" HOST "A\x01: b\r\n\r\n", 400);
    bad("GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n", 400);
    bad("GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n", 400);
    assert_int_equal(good("GET / HTTP/1.1\r\n" HOST "A: \xc3\xa9\tx\r\n\r\n").num_fields, 2);
}

static void test_limits(void **state) {
    (void)state;
    static char text[HTTP_HEAD_LEN_MAX + 64];
    size_t len = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 1; i < HTTP_FIELDS_MAX; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "A: b\r\n");
    }
    snprintf(text + len, sizeof text - len, "\r\n");
    assert_int_equal(good(text).num_fields, HTTP_FIELDS_MAX);
    snprintf(text + len, sizeof text - len, "A: b\r\n\r\n");
    bad(text, 431);
    snprintf(text, sizeof text, "GET /%0*d HTTP/1.1\r\n" HOST "\r\n", HTTP_TARGET_LEN_MAX - 1, 0);
    assert_int_equal(good(text).target.len, HTTP_TARGET_LEN_MAX);
    snprintf(text, sizeof text, "GET /%0*d HTTP/1.1\r\n" HOST "\r\n", HTTP_TARGET_LEN_MAX, 0);
    bad(text, 414);
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nA: %0*d", HTTP_HEAD_LEN_MAX, 0);
    bad(text, 431);
    snprintf(text, sizeof text, "GET /%0*d", HTTP_HEAD_LEN_MAX, 0);
    bad(text, 414);
}

static void test_head_is_found_however_it_is_cut(void **state) {
    (void)state;
    bulla_bytes whole = BYTES_OF("GET / HTTP/1.1\r\n" HOST "\r\nGET /next");
    size_t head_len = whole.len - 9;
    for (size_t step = 1; step <= whole.len; step++) {
        size_t scanned = 0;
        size_t found = 0;
        for (size_t len = step; found == 0 && len < whole.len + step; len += step) {
            struct http_problem problem = {0};
            size_t part = len < whole.len ? len : whole.len;
            found = http_head_length(bytes_of(whole.data, part), &scanned, &problem);
            assert_int_equal(problem.status, 0);
        }
        assert_int_equal(found, head_len);
    }
}

static void test_response(void **state) {
    (void)state;
    struct http_head head;
    struct http_problem problem;
    assert_true(http_response_parse(
        &head, BYTES_OF("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n"), &problem));
    assert_int_equal(head.status, 404);
    assert_true(bytes_equal(head.reason, BYTES_OF("Not Found")));
    assert_int_equal(head.framing, HTTP_FRAMING_LENGTH);
    assert_true(http_response_parse(
        &head, BYTES_OF("HTTP/1.1 200\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n"),
        &problem));
    assert_int_equal(head.content_length, 3);
    assert_true(http_response_parse(&head, BYTES_OF("HTTP/1.0 200\r\n\r\n"), &problem));
    assert_int_equal(head.framing, HTTP_FRAMING_UNTIL_CLOSE);
    assert_false(head.keep_alive);
    assert_true(http_response_parse(&head, BYTES_OF("HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\n"),
                                    &problem));
    assert_int_equal(head.framing, HTTP_FRAMING_NONE);
    assert_false(http_response_parse(&head, BYTES_OF("HTTP/1.1 20 OK\r\n\r\n"), &problem));
    assert_false(http_response_parse(&head, BYTES_OF("HTTP/1.1 2000 OK\r\n\r\n"), &problem));
    assert_false(http_response_parse(&head, BYTES_OF("ICY 200 OK\r\n\r\n"), &problem));
    assert_false(http_response_parse(&head, BYTES_OF("HTTP/2 200\r\n\r\n"), &problem));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_connection),
        cmocka_unit_test(test_framing),
        cmocka_unit_test(test_what_smuggles_is_refused),
        cmocka_unit_test(test_lines_end_in_cr_lf),
        cmocka_unit_test(test_request_lines),
        cmocka_unit_test(test_host),
        cmocka_unit_test(test_control_characters_in_fields),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_head_is_found_however_it_is_cut),
        cmocka_unit_test(test_response),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
