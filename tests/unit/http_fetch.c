/* SPDX-License-Identifier: Apache-2.0 */
/* What `bulla explain --fetch` sends, and where it lets itself be led. The exchange itself is
 * tests/explain/test_fetch.py's. */
#include "http/fetch.h"

#include "support/check.h"
#include <bulla/version.h>

static void reads(const char *text, const char *host, uint16_t port, const char *target,
                  const char *host_field) {
    struct url url;
    char field[URL_HOST_MAX];
    assert_null(fetch_read_url(&url, bytes_of_text(text)));
    assert_string_equal(url.address.host, host);
    assert_int_equal(url.address.port, port);
    assert_string_equal(url.target, target);
    assert_string_equal(url_host(&url, field), host_field);
}

static void refuses(bulla_bytes text) {
    struct url url;
    assert_non_null(fetch_read_url(&url, text));
}

static void writes(const struct fetch_request *request, const char *expected) {
    uint8_t buffer[512];
    struct writer writer = writer_into(buffer, sizeof buffer);
    struct url url;
    bulla_bytes written;
    assert_null(fetch_read_url(&url, request->url));
    fetch_write_request(&writer, &url, request);
    assert_true(writer_finish(&writer, &written));
    assert_int_equal(written.len, strlen(expected));
    assert_memory_equal(written.data, expected, written.len);
}

/* Where a redirect from http://h.test:81/a leads; NULL: nowhere. */
static void leads(const char *location, const char *host, uint16_t port, const char *target) {
    struct url url;
    struct http_head head = {.status = 302, .num_fields = location == NULL ? 0 : 1};
    head.fields[0] = (struct http_field){BYTES_OF("location"), bytes_of_text(location)};
    assert_null(fetch_read_url(&url, BYTES_OF("http://h.test:81/a")));
    if (host == NULL) {
        assert_non_null(fetch_follow(&url, &head));
        return;
    }
    assert_null(fetch_follow(&url, &head));
    assert_string_equal(url.address.host, host);
    assert_int_equal(url.address.port, port);
    assert_string_equal(url.target, target);
}

static void test_reads_urls(void **state) {
    (void)state;
    reads("http://crl.test/a.crl", "crl.test", 80, "/a.crl", "crl.test");
    reads("HTTP://crl.test:80", "crl.test", 80, "/", "crl.test");
    reads("http://crl.test:443/", "crl.test", 443, "/", "crl.test:443");
    reads("http://[::1]:8080/x?y", "::1", 8080, "/x?y", "[::1]:8080");
}

static void test_refuses_urls(void **state) {
    (void)state;
    static uint8_t long_url[8192];
    static const uint8_t zero_inside[] = "http://h.test/a\0b";
    refuses(BYTES_OF(""));
    refuses(BYTES_OF("http://"));
    refuses(BYTES_OF("https://h.test/"));
    refuses(BYTES_OF("ldap://h.test/"));
    refuses(BYTES_OF("file:///etc/passwd"));
    refuses(BYTES_OF("http://user@h.test/"));
    refuses(BYTES_OF("http://h.test\r\nX: y/"));
    refuses(BYTES_OF("http://h.test/a b"));
    refuses(bytes_of(zero_inside, sizeof zero_inside - 1));
    memset(long_url, 'a', sizeof long_url);
    bytes_copy(long_url, sizeof long_url, BYTES_OF("http://h.test/"));
    refuses(bytes_of(long_url, sizeof long_url));
    refuses(bytes_of(long_url, URL_TARGET_MAX + 14));
}

static void test_requests_say_nothing_more(void **state) {
    (void)state;
    const struct fetch_request get = {.url = BYTES_OF("http://h.test/x")};
    writes(&get, "GET /x HTTP/1.1\r\nHost: h.test\r\nUser-Agent: bulla/" BULLA_VERSION
                 "\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    const struct fetch_request post = {.url = BYTES_OF("http://h.test:81/"),
                                       .body = BYTES_OF("abc"),
                                       .content_type = "application/ocsp-request"};
    writes(&post, "POST / HTTP/1.1\r\nHost: h.test:81\r\nUser-Agent: bulla/" BULLA_VERSION
                  "\r\nAccept: */*\r\nConnection: close\r\n"
                  "Content-Type: application/ocsp-request\r\nContent-Length: 3\r\n\r\nabc");
}

static void test_follows_redirects(void **state) {
    (void)state;
    leads("http://other.test/b", "other.test", 80, "/b");
    leads("/b?c", "h.test", 81, "/b?c");
    leads("/", "h.test", 81, "/");
    leads(NULL, NULL, 0, NULL);
    leads("", NULL, 0, NULL);
    leads("https://h.test/b", NULL, 0, NULL);
    leads("//other.test/b", NULL, 0, NULL);
    leads("b", NULL, 0, NULL);
    leads("/b c", NULL, 0, NULL);
    assert_true(fetch_is_redirect(301) && fetch_is_redirect(302) && fetch_is_redirect(307) &&
                fetch_is_redirect(308));
    assert_false(fetch_is_redirect(200) || fetch_is_redirect(300) || fetch_is_redirect(303) ||
                 fetch_is_redirect(304));
}

static void test_refused_urls_open_no_connection(void **state) {
    (void)state;
    struct fetch_result result;
    const struct fetch_request request = {
        .url = BYTES_OF("https://h.test/"), .len_max = FETCH_LEN_MAX, .timeout_ms = 1000};
    assert_false(fetch_run(&result, &request));
    assert_non_null(strstr(result.says, "https://"));
    assert_int_equal(result.bytes.len, 0);
    fetch_free(&result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_urls),
        cmocka_unit_test(test_refuses_urls),
        cmocka_unit_test(test_requests_say_nothing_more),
        cmocka_unit_test(test_follows_redirects),
        cmocka_unit_test(test_refused_urls_open_no_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
