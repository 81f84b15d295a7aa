/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of a connection, in plain text: order, keep-alive, refusals, files. */
#include "http/session.h"

#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

struct site {
    unsigned num_answers;
    unsigned last_status;
    FILE *file;
    uint64_t claimed_len; /* of the file */
};

static void answer(void *owner, const struct http_head *request, bulla_bytes path,
                   struct http_response *out) {
    struct site *site = owner;
    (void)request;
    site->num_answers++;
    if (bytes_equal(path, BYTES_OF("/file"))) {
        out->file = dup(fileno(site->file));
        out->file_len = site->claimed_len;
        return;
    }
    if (bytes_equal(path, BYTES_OF("/huge"))) {
        (void)writer_reserve(&out->body, HTTP_BODY_LEN_MAX + 1);
        return;
    }
    out->content_type = "text/plain";
    writer_bytes(&out->body, path);
}

static void answered(void *owner, const struct http_head *request, unsigned status,
                     uint64_t body_len) {
    struct site *site = owner;
    (void)request;
    (void)body_len;
    site->last_status = status;
}

static int64_t now(void *owner) {
    (void)owner;
    return 0;
}

static struct http_session *start(struct site *site) {
    const struct http_session_events events = {.answer = answer, .answered = answered, .now = now};
    struct http_session *session = http_session_new(&events, site);
    assert_non_null(session);
    return session;
}

/* Takes output in pieces of at most `step` bytes, as a slow peer does. */
static void drain(struct http_session *session, char *out, size_t cap, size_t step) {
    uint8_t scratch[64];
    size_t at = strlen(out);
    for (;;) {
        bulla_bytes piece = http_session_output(session, scratch, sizeof scratch);
        size_t len = piece.len < step ? piece.len : step;
        if (len == 0) {
            break;
        }
        bytes_copy(out + at, cap - at - 1, bytes_of(piece.data, len));
        at += len;
        out[at] = '\0';
        http_session_sent(session, len);
    }
}

/* All that a fresh session says to `input`, fed in steps of `step` bytes. */
static enum http_session_state converse(struct site *site, const char *input, size_t step,
                                        char *out, size_t cap) {
    struct http_session *session = start(site);
    bulla_bytes bytes = bytes_of_text(input);
    out[0] = '\0';
    for (size_t at = 0; at < bytes.len; at += step) {
        size_t len = bytes.len - at < step ? bytes.len - at : step;
        http_session_receive(session, bytes_of(bytes.data + at, len));
        drain(session, out, cap, step);
    }
    enum http_session_state state = http_session_state(session);
    http_session_free(session);
    return state;
}

static void test_one_request(void **state) {
    (void)state;
    struct site site = {0};
    char out[4096];
    assert_int_equal(converse(&site, GET("/a?q"), 1000, out, sizeof out), HTTP_SESSION_IDLE);
    assert_string_equal(out, "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                             "Content-Type: text/plain\r\nContent-Length: 2\r\n"
                             "X-Content-Type-Options: nosniff\r\n\r\n/a");
}

static void test_pipelined_however_cut(void **state) {
    (void)state;
    static const char input[] = GET("/1") "\r\n" GET("/2") "HEAD /3 HTTP/1.1\r\nHost: x\r\n"
                                                           "Connection: close\r\n\r\n" GET("/4");
    for (size_t step = 1; step <= sizeof input; step++) {
        struct site site = {0};
        char out[4096];
        assert_int_equal(converse(&site, input, step, out, sizeof out), HTTP_SESSION_DONE);
        assert_int_equal(site.num_answers, 3);
        const char *first = strstr(out, "\r\n\r\n/1HTTP/1.1 200");
        assert_non_null(first);
        assert_non_null(strstr(first, "\r\n\r\n/2HTTP/1.1 200"));
        assert_non_null(strstr(out, "Connection: close\r\n\r\n"));
        assert_null(strstr(out, "/3"));
        assert_null(strstr(out, "/4"));
    }
}

static void test_absolute_form(void **state) {
    (void)state;
    static const char *const targets[][2] = {
        {"https://x:1/p/q?r", "/p/q"}, {"https://x", "/"}, {"HTTPS://x?q", "/"}};
    for (size_t i = 0; i < 3; i++) {
        struct site site = {0};
        char input[256];
        char out[4096];
        snprintf(input, sizeof input, "GET %s HTTP/1.0\r\n\r\n", targets[i][0]);
        assert_int_equal(converse(&site, input, 1000, out, sizeof out), HTTP_SESSION_DONE);
        assert_string_equal(strstr(out, "\r\n\r\n") + 4, targets[i][1]);
    }
}

static void refused(const char *input, unsigned status) {
    struct site site = {0};
    char out[4096];
    char line[64];
    snprintf(line, sizeof line, "HTTP/1.1 %u ", status);
    assert_int_equal(converse(&site, input, 1000, out, sizeof out), HTTP_SESSION_DONE);
    assert_int_equal(strncmp(out, line, strlen(line)), 0);
    assert_non_null(strstr(out, "Connection: close\r\n"));
    assert_int_equal(site.num_answers, 0);
    assert_int_equal(site.last_status, status);
}

static void test_refusals_end_the_connection(void **state) {
    (void)state;
    refused("nonsense\r\n\r\n" GET("/"), 400);
    refused("GET / HTTP/1.1\n" GET("/"), 400);
    refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" GET("/"), 405);
    refused("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" GET("/"), 413);
    refused("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413);
    refused("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: br\r\n\r\n", 501);
    refused("GET * HTTP/1.1\r\nHost: x\r\n\r\n" GET("/"), 400);
    refused("GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505);
}

static void test_refusals_that_keep_it(void **state) {
    (void)state;
    struct site site = {0};
    char out[4096];
    assert_int_equal(converse(&site, "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", 1000, out, sizeof out),
                     HTTP_SESSION_IDLE);
    assert_non_null(strstr(out, "405 "));
    assert_non_null(strstr(out, "Allow: GET, HEAD\r\n"));
    assert_int_equal(converse(&site, "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 1000, out, sizeof out),
                     HTTP_SESSION_IDLE);
    assert_non_null(strstr(out, "501 "));
    assert_int_equal(
        converse(&site, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 1000, out, sizeof out),
        HTTP_SESSION_IDLE);
    assert_non_null(strstr(out, "405 "));
    assert_int_equal(converse(&site, GET("/huge"), 1000, out, sizeof out), HTTP_SESSION_IDLE);
    assert_non_null(strstr(out, "500 "));
}

static void test_late_request_is_answered_408(void **state) {
    (void)state;
    struct site site = {0};
    char out[4096] = "";
    struct http_session *session = start(&site);
    http_session_expire(session); /* between requests there is nothing to be late for */
    assert_int_equal(http_session_state(session), HTTP_SESSION_IDLE);
    http_session_receive(session, BYTES_OF("GET / HT"));
    assert_int_equal(http_session_state(session), HTTP_SESSION_RECEIVING);
    http_session_expire(session);
    drain(session, out, sizeof out, 1000);
    assert_int_equal(http_session_state(session), HTTP_SESSION_DONE);
    assert_non_null(strstr(out, "HTTP/1.1 408 "));
    http_session_free(session);
}

/* RFC 8470: what changes nothing may be done twice; the rest is put off, or refused for good. */
static void test_early_data(void **state) {
    (void)state;
    static const struct {
        const char *input;
        unsigned early, later;
    } rows[] = {
        {GET("/a"), 200, 200},
        {"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n", 200, 200},
        {"DELETE /a HTTP/1.1\r\nHost: x\r\n\r\n", 425, 405},
        {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na", 425, 405},
        {"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na", 425, 413},
        {"BREW /a HTTP/1.1\r\nHost: x\r\n\r\n", 425, 501},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct site site = {0};
        char out[4096] = "";
        struct http_session *session = start(&site);
        http_session_receive_early(session, bytes_of_text(rows[i].input));
        assert_int_equal(site.last_status, rows[i].early);
        http_session_free(session);
        (void)converse(&site, rows[i].input, 1000, out, sizeof out);
        assert_int_equal(site.last_status, rows[i].later);
    }
}

/* Its end can't be replayed: whoever sent that has finished the handshake. */
static void test_request_that_began_early(void **state) {
    (void)state;
    struct site site = {0};
    struct http_session *session = start(&site);
    http_session_receive_early(session, BYTES_OF("DELETE /a HTTP/1.1\r\nHo"));
    assert_int_equal(site.last_status, 0);
    http_session_receive(session, BYTES_OF("st: x\r\n\r\n"));
    assert_int_equal(site.last_status, 405);
    http_session_free(session);
}

static void test_stop_makes_the_next_answer_the_last(void **state) {
    (void)state;
    struct site site = {0};
    char out[4096] = "";
    struct http_session *session = start(&site);
    http_session_stop(session);
    assert_int_equal(http_session_state(session), HTTP_SESSION_IDLE);
    http_session_receive(session, BYTES_OF(GET("/a") GET("/b")));
    drain(session, out, sizeof out, 1000);
    assert_int_equal(http_session_state(session), HTTP_SESSION_DONE);
    assert_non_null(strstr(out, "Connection: close\r\n\r\n/a"));
    assert_int_equal(site.num_answers, 1);
    http_session_free(session);
}

static void test_hsts(void **state) {
    (void)state;
    struct site site = {0};
    char out[4096] = "";
    const struct http_session_events events = {
        .answer = answer, .answered = answered, .now = now, .hsts = "max-age=63072000"};
    struct http_session *session = http_session_new(&events, &site);
    assert_non_null(session);
    http_session_receive(session, BYTES_OF(GET("/a") "nonsense\r\n\r\n"));
    drain(session, out, sizeof out, 1000);
    const char *first = strstr(out, "\r\nStrict-Transport-Security: max-age=63072000\r\n");
    assert_non_null(first);
    assert_non_null(strstr(first + 2, "\r\nStrict-Transport-Security: max-age=63072000\r\n"));
    http_session_free(session);
}

static void test_file_goes_out_whole_or_breaks(void **state) {
    (void)state;
    struct site site = {.file = tmpfile(), .claimed_len = 1000};
    char out[4096];
    assert_non_null(site.file);
    for (int i = 0; i < 1000; i++) {
        fputc('a' + i % 26, site.file);
    }
    fflush(site.file);
    for (size_t step = 1; step < 200; step += 13) {
        assert_int_equal(converse(&site, GET("/file") GET("/next"), step, out, sizeof out),
                         HTTP_SESSION_IDLE);
        assert_non_null(strstr(out, "Content-Length: 1000\r\n"));
        assert_non_null(strstr(out, "abcdefghijklHTTP/1.1 200")); /* 1000 = 38 * 26 + 12 */
    }
    site.claimed_len = 1001;
    assert_int_equal(converse(&site, GET("/file"), 64, out, sizeof out), HTTP_SESSION_BROKEN);
    fclose(site.file);
}

static void test_input_has_a_limit(void **state) {
    (void)state;
    struct site site = {0};
    static uint8_t lots[16 * 1024];
    struct http_session *session = start(&site);
    http_session_receive(session, BYTES_OF(GET("/")));
    for (int i = 0; i < 100; i++) {
        http_session_receive(session, BYTES_IN(lots));
    }
    assert_int_equal(http_session_state(session), HTTP_SESSION_BROKEN);
    http_session_free(session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_request),
        cmocka_unit_test(test_pipelined_however_cut),
        cmocka_unit_test(test_absolute_form),
        cmocka_unit_test(test_refusals_end_the_connection),
        cmocka_unit_test(test_refusals_that_keep_it),
        cmocka_unit_test(test_late_request_is_answered_408),
        cmocka_unit_test(test_early_data),
        cmocka_unit_test(test_request_that_began_early),
        cmocka_unit_test(test_stop_makes_the_next_answer_the_last),
        cmocka_unit_test(test_hsts),
        cmocka_unit_test(test_file_goes_out_whole_or_breaks),
        cmocka_unit_test(test_input_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
