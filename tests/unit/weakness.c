/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters by name, and the weak ones with their reasons; and that the tables agree: nothing is
 * both weak and spoken, nothing weak is without a reason or found under no name. */
#include "tls/weakness.h"
#include "tls/parameters.h"
#include <bulla/bulla.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

typedef bulla_cause (*find_function)(const char *name, uint16_t *out_code);

static const struct {
    bulla_parameter kind;
    find_function find;
    bulla_cause weak;
} kinds[] = {
    {BULLA_PARAMETER_VERSION, bulla_version_find, BULLA_E_WEAK_VERSION},
    {BULLA_PARAMETER_SUITE, bulla_suite_find, BULLA_E_WEAK_SUITE},
    {BULLA_PARAMETER_GROUP, bulla_group_find, BULLA_E_WEAK_GROUP},
    {BULLA_PARAMETER_SIGNATURE_SCHEME, bulla_signature_scheme_find, BULLA_E_WEAK_SIGNATURE_SCHEME},
};

static void found_by_name(void **state) {
    static const struct {
        find_function find;
        const char *name;
        bulla_cause cause;
        uint16_t code;
    } cases[] = {
        {bulla_version_find, "1.2", BULLA_OK, BULLA_TLS_1_2},
        {bulla_version_find, "TLSv1.3", BULLA_OK, BULLA_TLS_1_3},
        {bulla_version_find, "tls1.3", BULLA_OK, BULLA_TLS_1_3},
        {bulla_version_find, "TLS 1.2", BULLA_OK, BULLA_TLS_1_2},
        {bulla_version_find, "1.1", BULLA_E_WEAK_VERSION, 0x0302},
        {bulla_version_find, "TLSv1", BULLA_E_WEAK_VERSION, 0x0301},
        {bulla_version_find, "1.0", BULLA_E_WEAK_VERSION, 0x0301},
        {bulla_version_find, "SSLv3", BULLA_E_WEAK_VERSION, 0x0300},
        {bulla_version_find, "ssl2", BULLA_E_WEAK_VERSION, 0x0002},
        {bulla_version_find, "1.4", BULLA_E_API_MISUSE, 0},
        {bulla_version_find, "", BULLA_E_API_MISUSE, 0},
        {bulla_version_find, "1.23", BULLA_E_API_MISUSE, 0},
        {bulla_suite_find, "TLS_AES_128_GCM_SHA256", BULLA_OK, 0x1301},
        {bulla_suite_find, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", BULLA_OK, 0xc030},
        {bulla_suite_find, "ECDHE-ECDSA-CHACHA20-POLY1305", BULLA_OK, 0xcca9},
        {bulla_suite_find, "ecdhe-rsa-aes128-gcm-sha256", BULLA_OK, 0xc02f},
        {bulla_suite_find, "RC4-SHA", BULLA_E_WEAK_SUITE, 0x0005},
        {bulla_suite_find, "TLS_RSA_WITH_RC4_128_SHA", BULLA_E_WEAK_SUITE, 0x0005},
        {bulla_suite_find, "DES-CBC3-SHA", BULLA_E_WEAK_SUITE, 0x000a},
        {bulla_suite_find, "AES128-SHA", BULLA_E_WEAK_SUITE, 0x002f},
        {bulla_suite_find, "DHE-RSA-AES256-GCM-SHA384", BULLA_E_WEAK_SUITE, 0x009f},
        {bulla_suite_find, "ECDHE-RSA-AES128-SHA256", BULLA_E_WEAK_SUITE, 0xc027},
        {bulla_suite_find, "AECDH-AES128-SHA", BULLA_E_WEAK_SUITE, 0xc018},
        {bulla_suite_find, "TLS_SHA256_SHA256", BULLA_E_WEAK_SUITE, 0xc0b4},
        {bulla_suite_find, "TLS_AES_128_CCM_SHA256", BULLA_E_API_MISUSE, 0},
        {bulla_suite_find, "HIGH:!aNULL", BULLA_E_API_MISUSE, 0},
        {bulla_group_find, "X25519", BULLA_OK, 0x001d},
        {bulla_group_find, "x25519mlkem768", BULLA_OK, 0x11ec},
        {bulla_group_find, "prime256v1", BULLA_OK, 0x0017},
        {bulla_group_find, "P-256", BULLA_OK, 0x0017},
        {bulla_group_find, "secp256r1", BULLA_OK, 0x0017},
        {bulla_group_find, "P-384", BULLA_OK, 0x0018},
        {bulla_group_find, "prime192v1", BULLA_E_WEAK_GROUP, 0x0013},
        {bulla_group_find, "P-192", BULLA_E_WEAK_GROUP, 0x0013},
        {bulla_group_find, "P-224", BULLA_E_WEAK_GROUP, 0x0015},
        {bulla_group_find, "B-571", BULLA_E_WEAK_GROUP, 0x000e},
        {bulla_group_find, "ffdhe3072", BULLA_E_WEAK_GROUP, 0x0101},
        {bulla_group_find, "brainpoolP256r1", BULLA_E_API_MISUSE, 0},
        {bulla_signature_scheme_find, "ed25519", BULLA_OK, 0x0807},
        {bulla_signature_scheme_find, "ecdsa_secp256r1_sha256", BULLA_OK, 0x0403},
        {bulla_signature_scheme_find, "ECDSA+SHA384", BULLA_OK, 0x0503},
        {bulla_signature_scheme_find, "RSA-PSS+SHA256", BULLA_OK, 0x0804},
        {bulla_signature_scheme_find, "PSS+SHA512", BULLA_OK, 0x0806},
        {bulla_signature_scheme_find, "RSA+SHA256", BULLA_OK, 0x0401},
        {bulla_signature_scheme_find, "RSA+SHA1", BULLA_E_WEAK_SIGNATURE_SCHEME, 0x0201},
        {bulla_signature_scheme_find, "ecdsa_sha1", BULLA_E_WEAK_SIGNATURE_SCHEME, 0x0203},
        {bulla_signature_scheme_find, "RSA+MD5", BULLA_E_WEAK_SIGNATURE_SCHEME, 0x0101},
        {bulla_signature_scheme_find, "ed448", BULLA_E_API_MISUSE, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint16_t code = 0;
        bulla_cause cause = cases[i].find(cases[i].name, &code);
        if (cause != cases[i].cause || code != cases[i].code) {
            fail_msg("%s: %s, %04x", cases[i].name, bulla_cause_about(cause)->name, code);
        }
    }
}

static void reasons(void **state) {
    (void)state;
    assert_string_equal(bulla_weakness(BULLA_PARAMETER_SUITE, 0x0005),
                        "RC4's keystream is biased (RFC 7465)");
    assert_non_null(strstr(bulla_weakness(BULLA_PARAMETER_SUITE, 0x000a), "Sweet32"));
    assert_non_null(strstr(bulla_weakness(BULLA_PARAMETER_SUITE, 0x009c), "forward secrecy"));
    assert_non_null(strstr(bulla_weakness(BULLA_PARAMETER_SUITE, 0xc013), "Lucky Thirteen"));
    assert_non_null(strstr(bulla_weakness(BULLA_PARAMETER_VERSION, 0x0300), "POODLE"));
    assert_null(bulla_weakness(BULLA_PARAMETER_SUITE, 0x1301));
    assert_null(bulla_weakness(BULLA_PARAMETER_SUITE, 0x1304));
    assert_null(bulla_weakness(BULLA_PARAMETER_GROUP, 0x0005 + 0x100));
    assert_null(bulla_weakness(BULLA_PARAMETER_INVALID, 0x0005));
    assert_null(bulla_weakness((bulla_parameter)9, 0x0005));
    assert_int_equal(weakness_refusal(BULLA_PARAMETER_INVALID, 0x0005), BULLA_E_API_MISUSE);
}

static void tables_agree(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        size_t num;
        const struct weakness *list = weaknesses_of(kinds[k].kind, &num);
        assert_true(num != 0);
        for (size_t i = 0; i < num; i++) {
            uint16_t code = 0;
            const char *why = bulla_weakness(kinds[k].kind, list[i].code);
            assert_non_null(why);
            assert_true(strlen(why) > 20 && why[strlen(why) - 1] != '.');
            assert_int_equal(kinds[k].find(list[i].name, &code), kinds[k].weak);
            assert_int_equal(code, list[i].code);
            assert_int_equal(weakness_refusal(kinds[k].kind, code), kinds[k].weak);
            if (list[i].other_name[0] != '\0') {
                assert_int_equal(kinds[k].find(list[i].other_name, &code), kinds[k].weak);
                assert_int_equal(code, list[i].code);
            }
        }
    }
}

static void nothing_spoken_is_weak(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_SUITES; i++) {
        assert_null(bulla_weakness(BULLA_PARAMETER_SUITE, suites[i].code));
    }
    for (size_t i = 0; i < NUM_GROUPS; i++) {
        assert_null(bulla_weakness(BULLA_PARAMETER_GROUP, groups[i].code));
    }
    for (size_t i = 0; i < NUM_SIGNATURE_SCHEMES; i++) {
        assert_null(bulla_weakness(BULLA_PARAMETER_SIGNATURE_SCHEME, signature_schemes[i].code));
    }
    assert_null(bulla_weakness(BULLA_PARAMETER_VERSION, BULLA_TLS_1_2));
    assert_null(bulla_weakness(BULLA_PARAMETER_VERSION, BULLA_TLS_1_3));
}

/* Lookups go through the suites from the front: each code point stands there once, in order. */
static void weak_suites_in_order(void **state) {
    (void)state;
    for (size_t i = 1; i < num_weak_suites; i++) {
        assert_true(weak_suites[i - 1].code < weak_suites[i].code);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_by_name),        cmocka_unit_test(reasons),
        cmocka_unit_test(tables_agree),         cmocka_unit_test(nothing_spoken_is_weak),
        cmocka_unit_test(weak_suites_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
