/* SPDX-License-Identifier: Apache-2.0 */
/* The limits on connections: in all, and by address. */
#include "net/admission.h"

#include "support/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct admission *make(size_t connections_max, size_t per_address_max) {
    struct admission *admission;
    assert_int_equal(admission_new(&admission, connections_max, per_address_max), BULLA_OK);
    return admission;
}

static struct admission_key ipv4(const char *text) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7)};
    assert_int_equal(inet_pton(AF_INET, text, &address.sin_addr), 1);
    return admission_key_of((const struct sockaddr *)(const void *)&address);
}

static struct admission_key ipv6(const char *text) {
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(7)};
    assert_int_equal(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
    return admission_key_of((const struct sockaddr *)(const void *)&address);
}

static enum admission_verdict enter(struct admission *admission, struct admission_key key) {
    assert_true(admission_reserve(admission));
    enum admission_verdict verdict = admission_enter(admission, &key);
    if (verdict != ADMISSION_LET_IN) {
        admission_return(admission);
    }
    return verdict;
}

static void leave(struct admission *admission, struct admission_key key) {
    admission_leave(admission, &key);
}

static void test_limit_in_all(void **state) {
    (void)state;
    struct admission *admission = make(2, 2);
    assert_true(admission_reserve(admission));
    assert_true(admission_reserve(admission));
    assert_false(admission_reserve(admission));
    admission_return(admission);
    assert_int_equal(admission_num_connections(admission), 1);
    assert_true(admission_reserve(admission));
    assert_false(admission_reserve(admission));
    admission_free(admission);
}

static void test_limit_per_address(void **state) {
    (void)state;
    struct admission *admission = make(10, 2);
    struct admission_key one = ipv4("192.0.2.1");
    struct admission_key other = ipv4("192.0.2.2");
    assert_int_equal(enter(admission, one), ADMISSION_LET_IN);
    assert_int_equal(enter(admission, one), ADMISSION_LET_IN);
    assert_int_equal(enter(admission, one), ADMISSION_REFUSED_FIRST);
    assert_int_equal(enter(admission, one), ADMISSION_REFUSED);
    assert_int_equal(enter(admission, other), ADMISSION_LET_IN);
    assert_int_equal(admission_num_connections(admission), 3);
    leave(admission, one);
    assert_int_equal(enter(admission, one), ADMISSION_LET_IN);
    assert_int_equal(enter(admission, one), ADMISSION_REFUSED_FIRST);
    leave(admission, one);
    leave(admission, one);
    leave(admission, other);
    assert_int_equal(admission_num_connections(admission), 0);
    admission_free(admission);
}

static void test_ipv6_counts_by_network(void **state) {
    (void)state;
    struct admission *admission = make(10, 1);
    assert_int_equal(enter(admission, ipv6("2001:db8:1:2::1")), ADMISSION_LET_IN);
    assert_int_equal(enter(admission, ipv6("2001:db8:1:2:ffff::9")), ADMISSION_REFUSED_FIRST);
    assert_int_equal(enter(admission, ipv6("2001:db8:1:3::1")), ADMISSION_LET_IN);
    /* The same first bytes as an IPv4 address are another address. */
    assert_int_equal(enter(admission, ipv6("c000:201::")), ADMISSION_LET_IN);
    assert_int_equal(enter(admission, ipv4("192.0.2.1")), ADMISSION_LET_IN);
    admission_free(admission);
}

static void test_unix_peers_count_in_all_alone(void **state) {
    (void)state;
    struct admission *admission = make(10, 1);
    const struct sockaddr local = {.sa_family = AF_UNIX};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(enter(admission, admission_key_of(&local)), ADMISSION_LET_IN);
    }
    assert_int_equal(admission_num_connections(admission), 5);
    leave(admission, admission_key_of(&local));
    assert_int_equal(admission_num_connections(admission), 4);
    admission_free(admission);
}

static void test_many_addresses(void **state) {
    (void)state;
    enum { NUM = 5000 };
    struct admission *admission = make(NUM, 1);
    struct sockaddr_in address = {.sin_family = AF_INET};
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < NUM; i++) {
            address.sin_addr.s_addr = htonl(0x0a000000 + i);
            struct admission_key key = admission_key_of((const struct sockaddr *)(void *)&address);
            if (round == 0) {
                assert_int_equal(enter(admission, key), ADMISSION_LET_IN);
            } else {
                leave(admission, key);
            }
        }
    }
    assert_int_equal(admission_num_connections(admission), 0);
    admission_free(admission);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit_in_all),
        cmocka_unit_test(test_limit_per_address),
        cmocka_unit_test(test_ipv6_counts_by_network),
        cmocka_unit_test(test_unix_peers_count_in_all_alone),
        cmocka_unit_test(test_many_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
