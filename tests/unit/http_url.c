/* SPDX-License-Identifier: Apache-2.0 */
/* https URLs, and what is not one. */
#include "http/url.h"

#include "support/check.h"

static void reads(const char *text, const char *host, uint16_t port, const char *target,
                  const char *host_field) {
    struct url url;
    char field[URL_HOST_MAX];
    assert_null(url_parse(&url, text));
    assert_string_equal(url.address.host, host);
    assert_int_equal(url.address.port, port);
    assert_string_equal(url.target, target);
    assert_string_equal(url_host(&url, field), host_field);
}

static void refuses(const char *text) {
    struct url url;
    assert_non_null(url_parse(&url, text));
}

static void test_reads(void **state) {
    (void)state;
    reads("https://example.com", "example.com", 443, "/", "example.com");
    reads("HTTPS://example.com:443/", "example.com", 443, "/", "example.com");
    reads("https://localhost:8443/a/b?c=d&e#f", "localhost", 8443, "/a/b?c=d&e", "localhost:8443");
    reads("https://h?q", "h", 443, "/?q", "h");
    reads("https://h#f", "h", 443, "/", "h");
    reads("https://[::1]/x", "::1", 443, "/x", "[::1]");
    reads("https://[::1]:99/x", "::1", 99, "/x", "[::1]:99");
}

static void test_refuses(void **state) {
    (void)state;
    refuses("");
    refuses("example.com");
    refuses("http://example.com/");
    refuses("ftp://example.com/");
    refuses("https://");
    refuses("https:///path");
    refuses("https://:443/");
    refuses("https://user@example.com/");
    refuses("https://user:secret@example.com/");
    refuses("https://example.com:0/");
    refuses("https://example.com:x/");
    refuses("https://::1/");
    refuses("https://example.com/a b");
    refuses("https://example.com/a\r\nX: y");
    refuses("https://exa mple.com/");
    refuses("https://example.com/\xc3\xa9");
}

static void test_target_has_a_longest_length(void **state) {
    (void)state;
    static char text[URL_TARGET_MAX + 64];
    size_t len = 0;
    for (const char *c = "https://h/"; *c != '\0'; c++) {
        text[len++] = *c;
    }
    while (len < 9 + URL_TARGET_MAX - 2) {
        text[len++] = 'a';
    }
    struct url url;
    assert_null(url_parse(&url, text));
    assert_int_equal(strlen(url.target), URL_TARGET_MAX - 2);
    text[len] = 'a';
    refuses(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_target_has_a_longest_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
