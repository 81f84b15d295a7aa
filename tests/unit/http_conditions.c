/* SPDX-License-Identifier: Apache-2.0 */
/* Conditional requests and ranges, as a table of requests and what becomes of a file of 100 bytes;
 * and the three forms of dates. */
#include "http/conditions.h"

#include "http/date.h"
#include "support/check.h"

#include <stdio.h>
#include <unistd.h>

#define ETAG "\"1-64-5f5e1000.0\""
#define MODIFIED 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOW 1800000000
#define SAME "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"

struct outcome {
    unsigned status;
    uint64_t start, len;
    char fields[1024];
};

/* What `fields` (each with CR LF) make of a request for the file. */
static struct outcome ask(const char *method, const char *fields, const char *etag,
                          uint64_t file_len) {
    char text[2048];
    struct http_head head;
    struct http_problem problem;
    int file[2];
    assert_int_equal(pipe(file), 0);
    snprintf(text, sizeof text, "%s / HTTP/1.1\r\nHost: x\r\n%s\r\n", method, fields);
    assert_true(http_request_parse(&head, bytes_of_text(text), &problem));
    struct http_response response = http_response_init();
    response.file = file[0];
    response.file_len = file_len;
    response.modified = MODIFIED;
    snprintf(response.etag, sizeof response.etag, "%s", etag);
    http_conditions_apply(&head, NOW, &response);
    struct outcome outcome = {.status = response.status,
                              .start = response.file_start,
                              .len = response.file >= 0 ? response.file_len : 0};
    bytes_copy(outcome.fields, sizeof outcome.fields - 1,
               bytes_of(response.fields.buffer, response.fields.len));
    http_response_free(&response);
    close(file[1]);
    return outcome;
}

static void gives(const char *fields, unsigned status) {
    struct outcome outcome = ask("GET", fields, ETAG, 100);
    if (outcome.status != status) {
        fail_msg("%s: %u, expected %u", fields, outcome.status, status);
    }
    assert_int_equal(outcome.len, status == 200 ? 100 : 0);
    assert_non_null(strstr(outcome.fields, "ETag: " ETAG "\r\nLast-Modified: " SAME "\r\n"));
}

static void gives_part(const char *fields, uint64_t start, uint64_t len) {
    struct outcome outcome = ask("GET", fields, ETAG, 100);
    char expected[64];
    if (outcome.status != 206 || outcome.start != start || outcome.len != len) {
        fail_msg("%s: %u, %u bytes from %u", fields, outcome.status, (unsigned)outcome.len,
                 (unsigned)outcome.start);
    }
    snprintf(expected, sizeof expected, "Content-Range: bytes %u-%u/100\r\n", (unsigned)start,
             (unsigned)(start + len - 1));
    assert_non_null(strstr(outcome.fields, expected));
}

static void test_plain(void **state) {
    (void)state;
    gives("", 200);
    assert_non_null(strstr(ask("GET", "", ETAG, 100).fields, "Accept-Ranges: bytes\r\n"));
    assert_string_equal(ask("GET", "If-None-Match: *\r\n", "", 100).fields, "");
    assert_int_equal(ask("GET", "If-None-Match: *\r\n", "", 100).status, 200);
}

static void test_if_none_match(void **state) {
    (void)state;
    gives("If-None-Match: " ETAG "\r\n", 304);
    gives("If-None-Match: W/" ETAG "\r\n", 304);
    gives("If-None-Match: \"a\" ,\"b\", " ETAG "\r\n", 304);
    gives("If-None-Match: \"a\"\r\nIf-None-Match: " ETAG "\r\n", 304);
    gives("If-None-Match: *\r\n", 304);
    gives("If-None-Match: \"a\"\r\n", 200);
    gives("If-None-Match: \"a\", *\r\n", 200);
    gives("If-None-Match: 1-64-5f5e1000.0\r\n", 200);
    gives("If-None-Match: \"1-64-5f5e1000.0\r\n", 200);
    /* It decides alone, whatever the date says. */
    gives("If-None-Match: \"a\"\r\nIf-Modified-Since: " SAME "\r\n", 200);
    assert_int_equal(ask("HEAD", "If-None-Match: " ETAG "\r\n", ETAG, 100).status, 304);
    assert_int_equal(ask("GET", "If-None-Match: " ETAG "\r\n", "W/" ETAG, 100).status, 304);
}

static void test_dates_decide(void **state) {
    (void)state;
    gives("If-Modified-Since: " SAME "\r\n", 304);
    gives("If-Modified-Since: " AFTER "\r\n", 304);
    gives("If-Modified-Since: " BEFORE "\r\n", 200);
    gives("If-Modified-Since: yesterday\r\n", 200);
    gives("If-Unmodified-Since: " SAME "\r\n", 200);
    gives("If-Unmodified-Since: " BEFORE "\r\n", 412);
    gives("If-Unmodified-Since: yesterday\r\n", 200);
}

static void test_if_match(void **state) {
    (void)state;
    gives("If-Match: " ETAG "\r\n", 200);
    gives("If-Match: *\r\n", 200);
    gives("If-Match: \"a\"\r\n", 412);
    gives("If-Match: W/" ETAG "\r\n", 412);
    gives("If-Match: \"a\"\r\nIf-None-Match: " ETAG "\r\n", 412);
    gives("If-Match: " ETAG "\r\nIf-Unmodified-Since: " BEFORE "\r\n", 200);
    assert_int_equal(ask("GET", "If-Match: W/" ETAG "\r\n", "W/" ETAG, 100).status, 412);
}

static void test_ranges(void **state) {
    (void)state;
    gives_part("Range: bytes=0-0\r\n", 0, 1);
    gives_part("Range: bytes=0-99\r\n", 0, 100);
    gives_part("Range: BYTES=10-19\r\n", 10, 10);
    gives_part("Range: bytes=90-1000000\r\n", 90, 10);
    gives_part("Range: bytes=99-\r\n", 99, 1);
    gives_part("Range: bytes=-1\r\n", 99, 1);
    gives_part("Range: bytes=-1000\r\n", 0, 100);
    gives("Range: bytes=100-\r\n", 416);
    gives("Range: bytes=100-200\r\n", 416);
    gives("Range: bytes=-0\r\n", 416);
    assert_non_null(strstr(ask("GET", "Range: bytes=100-\r\n", ETAG, 100).fields,
                           "Content-Range: bytes */100\r\n"));
    assert_int_equal(ask("GET", "Range: bytes=0-\r\n", ETAG, 0).status, 416);
    assert_int_equal(ask("GET", "Range: bytes=-5\r\n", ETAG, 0).status, 200);
}

static void test_ranges_that_count_for_nothing(void **state) {
    (void)state;
    static const char *const fields[] = {
        "Range: bytes=0-0,2-3\r\n", "Range: bytes=0-0\r\nRange: bytes=2-3\r\n",
        "Range: bytes=5-4\r\n",     "Range: bytes=-\r\n",
        "Range: bytes=\r\n",        "Range: bytes\r\n",
        "Range: lines=0-0\r\n",     "Range: bytes=a-b\r\n",
        "Range: bytes= 0-0\r\n",    "Range: bytes=0-18446744073709551616\r\n",
        "Range: bytes=--5\r\n",
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        gives(fields[i], 200);
    }
    struct outcome head = ask("HEAD", "Range: bytes=0-0\r\n", ETAG, 100);
    assert_int_equal(head.status, 200);
    assert_int_equal(head.len, 100);
}

static void test_if_range(void **state) {
    (void)state;
    gives_part("Range: bytes=1-2\r\nIf-Range: " ETAG "\r\n", 1, 2);
    gives_part("Range: bytes=1-2\r\nIf-Range: " SAME "\r\n", 1, 2);
    gives("Range: bytes=1-2\r\nIf-Range: \"a\"\r\n", 200);
    gives("Range: bytes=1-2\r\nIf-Range: W/" ETAG "\r\n", 200);
    gives("Range: bytes=1-2\r\nIf-Range: " AFTER "\r\n", 200);
    gives("Range: bytes=1-2\r\nIf-None-Match: " ETAG "\r\n", 304);
    /* A file that changed just now has a weak tag, and its date is worth as little. */
    assert_int_equal(
        ask("GET", "Range: bytes=1-2\r\nIf-Range: W/" ETAG "\r\n", "W/" ETAG, 100).status, 200);
    assert_int_equal(
        ask("GET", "Range: bytes=1-2\r\nIf-Range: " SAME "\r\n", "W/" ETAG, 100).status, 200);
    assert_int_equal(ask("GET", "Range: bytes=1-2\r\n", "W/" ETAG, 100).status, 206);
}

static void date_is(const char *text, int64_t expected) {
    int64_t seconds = -1;
    assert_true(http_date_parse(bytes_of_text(text), NOW, &seconds));
    assert_int_equal(seconds, expected);
}

static void test_dates(void **state) {
    (void)state;
    int64_t seconds;
    date_is(SAME, MODIFIED);
    date_is("Sunday, 06-Nov-94 08:49:37 GMT", MODIFIED);
    date_is("Sun Nov  6 08:49:37 1994", MODIFIED);
    date_is("Thu, 29 Feb 2024 00:00:00 GMT", 1709164800);
    date_is("Monday, 01-Jan-29 00:00:00 GMT", 1861920000); /* two years ahead of NOW */
    static const char *const bad[] = {
        "",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "-1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(http_date_parse(bytes_of_text(bad[i]), NOW, &seconds));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),        cmocka_unit_test(test_if_none_match),
        cmocka_unit_test(test_dates_decide), cmocka_unit_test(test_if_match),
        cmocka_unit_test(test_ranges),       cmocka_unit_test(test_ranges_that_count_for_nothing),
        cmocka_unit_test(test_if_range),     cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
