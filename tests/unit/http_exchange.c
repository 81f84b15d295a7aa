/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side: responses are whole, broken or cut, however the bytes arrive. */
#include "http/exchange.h"

#include "support/check.h"

struct body {
    char text[256];
    size_t len;
    size_t len_max; /* what the sink takes; 0: everything */
};

static bool sink(void *context, bulla_bytes bytes) {
    struct body *body = context;
    if (body->len_max != 0 && body->len + bytes.len > body->len_max) {
        return false;
    }
    bytes_copy(body->text + body->len, sizeof body->text - body->len - 1, bytes);
    body->len += bytes.len;
    body->text[body->len] = '\0';
    return true;
}

static enum http_exchange_state feed(const char *text, size_t step, bool ends, struct body *body,
                                     unsigned *out_status) {
    static struct http_exchange exchange;
    bulla_bytes bytes = bytes_of_text(text);
    *body = (struct body){.len_max = body->len_max};
    http_exchange_start(&exchange, sink, body);
    for (size_t at = 0; at < bytes.len; at += step) {
        size_t len = bytes.len - at < step ? bytes.len - at : step;
        http_exchange_receive(&exchange, bytes_of(bytes.data + at, len));
    }
    if (ends) {
        http_exchange_end(&exchange);
    }
    *out_status = exchange.head.status;
    return exchange.state;
}

static void gives(const char *text, bool ends, enum http_exchange_state state, unsigned status,
                  const char *expected) {
    for (size_t step = 1; step <= strlen(text); step++) {
        struct body body = {0};
        unsigned got_status;
        assert_int_equal(feed(text, step, ends, &body, &got_status), state);
        assert_int_equal(got_status, status);
        assert_string_equal(body.text, expected);
    }
}

static void test_whole_responses(void **state) {
    (void)state;
    gives("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokrest", false, HTTP_EXCHANGE_COMPLETE, 200,
          "ok");
    gives("HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", false,
          HTTP_EXCHANGE_COMPLETE, 404, "no");
    gives("HTTP/1.0 200 ok\r\n\r\nuntil the end", true, HTTP_EXCHANGE_COMPLETE, 200,
          "until the end");
    gives("HTTP/1.1 204 None\r\n\r\n", false, HTTP_EXCHANGE_COMPLETE, 204, "");
    gives("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
          false, HTTP_EXCHANGE_COMPLETE, 200, "ok");
}

static void test_cut_responses(void **state) {
    (void)state;
    gives("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", true, HTTP_EXCHANGE_BROKEN, 200,
          "cut");
    gives("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ncut\r\n", true,
          HTTP_EXCHANGE_BROKEN, 200, "cut");
    gives("HTTP/1.1 200 OK\r\nContent", true, HTTP_EXCHANGE_BROKEN, 0, "");
    gives("HTTP/1.0 200 OK\r\n\r\nmore?", false, HTTP_EXCHANGE_BODY, 200, "more?");
    struct body body = {0};
    unsigned status;
    assert_int_equal(feed("", 1, true, &body, &status), HTTP_EXCHANGE_BROKEN);
}

static void test_malformed_responses(void **state) {
    (void)state;
    gives("SSH-2.0-OpenSSH\r\n\r\n", false, HTTP_EXCHANGE_BROKEN, 0, "");
    gives("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", false, HTTP_EXCHANGE_BROKEN, 0, "");
    gives("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false,
          HTTP_EXCHANGE_BROKEN, 200, "");
}

static void test_endless_head(void **state) {
    (void)state;
    static char text[40000];
    struct body body = {0};
    unsigned status;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        text[i] = 'x';
    }
    assert_int_equal(feed(text, 1000, false, &body, &status), HTTP_EXCHANGE_BROKEN);
}

static void test_sink_that_stops(void **state) {
    (void)state;
    struct body body = {.len_max = 1};
    unsigned status;
    assert_int_equal(
        feed("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", 100, false, &body, &status),
        HTTP_EXCHANGE_STOPPED);
}

static void test_request(void **state) {
    (void)state;
    struct url url;
    uint8_t buffer[512];
    bulla_bytes request;
    struct writer writer = writer_into(buffer, sizeof buffer);
    assert_null(url_parse(&url, "https://localhost:8443/a?b#c"));
    http_exchange_request(&url, &writer);
    assert_true(writer_finish(&writer, &request));
    bulla_bytes start = BYTES_OF("GET /a?b HTTP/1.1\r\nHost: localhost:8443\r\nUser-Agent: bulla/");
    assert_true(bytes_equal(bytes_of(request.data, start.len), start));
    bulla_bytes end = BYTES_OF("\r\nConnection: close\r\n\r\n");
    assert_true(bytes_equal(bytes_of(request.data + request.len - end.len, end.len), end));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_responses),     cmocka_unit_test(test_cut_responses),
        cmocka_unit_test(test_malformed_responses), cmocka_unit_test(test_endless_head),
        cmocka_unit_test(test_sink_that_stops),     cmocka_unit_test(test_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
