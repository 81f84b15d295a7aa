/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as people type them, and those that could mean two things. */
#include "net/address.h"

#include "support/check.h"

static void reads(const char *text, uint16_t default_port, const char *host, uint16_t port) {
    struct address address;
    assert_true(address_parse(&address, bytes_of_text(text), default_port));
    assert_string_equal(address.host, host);
    assert_int_equal(address.port, port);
}

static void refuses(const char *text, uint16_t default_port) {
    struct address address;
    assert_false(address_parse(&address, bytes_of_text(text), default_port));
}

static void test_reads_what_people_type(void **state) {
    (void)state;
    reads("localhost:8443", 0, "localhost", 8443);
    reads("127.0.0.1:0", 0, "127.0.0.1", 0);
    reads("[::1]:443", 0, "::1", 443);
    reads(":65535", 0, "", 65535);
    reads("example.com", 443, "example.com", 443);
    reads("[fe80::1]", 443, "fe80::1", 443);
}

static void test_refuses_what_is_no_address(void **state) {
    (void)state;
    refuses("", 443);
    refuses("localhost", 0);
    refuses("localhost:", 0);
    refuses("localhost:65536", 0);
    refuses("localhost:-1", 0);
    refuses("localhost:80x", 0);
    refuses("::1", 443);
    refuses("::1:443", 0);
    refuses("[::1", 443);
    refuses("[]:443", 443);
    refuses("[::1]443", 443);
    refuses("a b:1", 0);
    refuses("a/b:1", 0);
    refuses("user@host:1", 0);
    refuses("host\n:1", 0);
}

static void test_host_has_a_longest_length(void **state) {
    (void)state;
    char host[ADDRESS_HOST_MAX + 1];
    for (size_t i = 0; i < ADDRESS_HOST_MAX; i++) {
        host[i] = 'a';
    }
    host[ADDRESS_HOST_MAX - 1] = '\0';
    reads(host, 443, host, 443);
    host[ADDRESS_HOST_MAX - 1] = 'a';
    host[ADDRESS_HOST_MAX] = '\0';
    refuses(host, 443);
}

static void test_tells_ip_addresses_from_names(void **state) {
    (void)state;
    uint8_t ip[16];
    size_t len;
    assert_true(address_is_ip("127.0.0.1", ip, &len));
    assert_int_equal(len, 4);
    assert_int_equal(ip[0], 127);
    assert_true(address_is_ip("::1", ip, &len));
    assert_int_equal(len, 16);
    assert_int_equal(ip[15], 1);
    assert_false(address_is_ip("localhost", ip, &len));
    assert_false(address_is_ip("127.0.0.1.example", ip, &len));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_people_type),
        cmocka_unit_test(test_refuses_what_is_no_address),
        cmocka_unit_test(test_host_has_a_longest_length),
        cmocka_unit_test(test_tells_ip_addresses_from_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
