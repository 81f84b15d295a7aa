/* SPDX-License-Identifier: Apache-2.0 */
/* What configs let be negotiated: the named policies against Mozilla's Server Side TLS, written
 * down here a second time by name, and the setters' refusals. */
#include "tls/hello.h"
#include <bulla/bulla.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { NAMES_MAX = 9 };

/* Version 6.0 of https://ssl-config.mozilla.org/guidelines/: "tls_versions", "ciphersuites"
 * followed by "ciphers" (in OpenSSL's spelling), "tls_curves". */
static const struct mozilla {
    bulla_policy policy;
    const char *versions[2];
    const char *suites[NAMES_MAX];
    const char *groups[4];
} guidelines[] = {
    {BULLA_POLICY_MODERN,
     {"TLSv1.3"},
     {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"},
     {"X25519MLKEM768", "X25519", "prime256v1", "secp384r1"}},
    {BULLA_POLICY_INTERMEDIATE,
     {"TLSv1.2", "TLSv1.3"},
     {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
      "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
      "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
      "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"},
     {"X25519MLKEM768", "X25519", "prime256v1", "secp384r1"}},
};

static bulla_config_builder *builder_new(void) {
    bulla_config_builder *builder;
    assert_int_equal(bulla_config_builder_new(&builder, BULLA_CLIENT), BULLA_OK);
    bulla_config_set_ask(builder, BULLA_ASK_VERIFY);
    return builder;
}

static bulla_config *built(bulla_config_builder *builder) {
    bulla_config *config = NULL;
    bulla_cause cause = bulla_config_build(builder, &config);
    assert_string_equal(bulla_cause_about(cause)->name, "ok");
    return config;
}

static void assert_builds(bulla_config_builder *builder, bulla_cause expected) {
    bulla_config *config = NULL;
    bulla_cause cause = bulla_config_build(builder, &config);
    assert_string_equal(bulla_cause_about(cause)->name, bulla_cause_about(expected)->name);
    assert_int_equal(config != NULL, expected == BULLA_OK);
    bulla_config_free(config);
}

static void assert_is(const bulla_config *config, const struct mozilla *expected) {
    size_t num_versions = expected->versions[1] == NULL ? 1 : 2;
    uint16_t code;
    assert_int_equal(bulla_version_find(expected->versions[0], &code), BULLA_OK);
    assert_int_equal(config->version_min, code);
    assert_int_equal(bulla_version_find(expected->versions[num_versions - 1], &code), BULLA_OK);
    assert_int_equal(config->version_max, code);
    size_t num = 0;
    for (; num < NAMES_MAX && expected->suites[num] != NULL; num++) {
        assert_true(num < config->num_suites);
        assert_int_equal(bulla_suite_find(expected->suites[num], &code), BULLA_OK);
        assert_int_equal(config->suites[num]->code, code);
        assert_true(suite_in_range(config, config->suites[num]));
    }
    assert_int_equal(config->num_suites, num);
    assert_int_equal(config->num_groups, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(bulla_group_find(expected->groups[i], &code), BULLA_OK);
        assert_int_equal(config->groups[i]->code, code);
    }
}

static void policies(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof guidelines / sizeof guidelines[0]; i++) {
        bulla_config_builder *builder = builder_new();
        bulla_config_set_policy(builder, guidelines[i].policy);
        bulla_config *config = built(builder);
        assert_is(config, &guidelines[i]);
        bulla_config_free(config);
    }
    bulla_config *config = built(builder_new()); /* the default */
    assert_is(config, &guidelines[1]);
    bulla_config_free(config);
}

/* A policy takes back what was set before it, and is changed by what is set after it. */
static void policies_and_setters(void **state) {
    static const uint16_t suites_wanted[] = {BULLA_TLS_CHACHA20_POLY1305_SHA256};
    static const uint16_t groups_wanted[] = {BULLA_GROUP_SECP384R1, BULLA_GROUP_X25519};
    static const uint16_t schemes_wanted[] = {0x0807};
    (void)state;
    bulla_config_builder *builder = builder_new();
    bulla_config_set_versions(builder, BULLA_TLS_1_2, BULLA_TLS_1_2);
    bulla_config_set_groups(builder, groups_wanted, 1);
    bulla_config_set_policy(builder, BULLA_POLICY_MODERN);
    bulla_config *config = built(builder);
    assert_is(config, &guidelines[0]);
    bulla_config_free(config);

    builder = builder_new();
    bulla_config_set_policy(builder, BULLA_POLICY_MODERN);
    bulla_config_set_suites(builder, suites_wanted, 1);
    bulla_config_set_groups(builder, groups_wanted, 2);
    bulla_config_set_signature_schemes(builder, schemes_wanted, 1);
    config = built(builder);
    assert_int_equal(config->num_suites, 1);
    assert_int_equal(config->suites[0]->code, suites_wanted[0]);
    assert_int_equal(config->num_groups, 2);
    assert_int_equal(config->groups[0]->code, groups_wanted[0]);
    assert_int_equal(config->groups[1]->code, groups_wanted[1]);
    assert_int_equal(config->num_schemes, 1);
    assert_int_equal(config->schemes[0]->code, schemes_wanted[0]);
    bulla_config_free(config);
}

static void no_such_policy(void **state) {
    (void)state;
    for (int policy = -1; policy <= 4; policy++) {
        bulla_config_builder *builder = builder_new();
        bulla_config_set_policy(builder, (bulla_policy)policy);
        assert_builds(builder, policy == BULLA_POLICY_MODERN || policy == BULLA_POLICY_INTERMEDIATE
                                   ? BULLA_OK
                                   : BULLA_E_API_MISUSE);
    }
}

static void versions(void **state) {
    static const struct {
        uint16_t min, max;
        bulla_cause cause;
    } cases[] = {
        {0x0303, 0x0304, BULLA_OK},
        {0x0303, 0x0303, BULLA_OK},
        {0x0304, 0x0304, BULLA_OK},
        {0x0304, 0x0303, BULLA_E_API_MISUSE},
        {0x0302, 0x0304, BULLA_E_WEAK_VERSION},
        {0x0301, 0x0304, BULLA_E_WEAK_VERSION},
        {0x0300, 0x0303, BULLA_E_WEAK_VERSION},
        {0x0002, 0x0304, BULLA_E_WEAK_VERSION},
        {0x0303, 0x0302, BULLA_E_WEAK_VERSION},
        {0, 0x0304, BULLA_E_API_MISUSE},
        {0x0303, 0x0305, BULLA_E_API_MISUSE},
        {0xfefd, 0xfefd, BULLA_E_API_MISUSE}, /* DTLS 1.2 */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bulla_config_builder *builder = builder_new();
        bulla_config_set_versions(builder, cases[i].min, cases[i].max);
        assert_builds(builder, cases[i].cause);
    }
}

/* A version that the lists leave without a suite, a group or a scheme is not spoken. */
static void what_versions_need(void **state) {
    static const uint16_t both[] = {0x1301, 0xc02f}, only_1_3[] = {0x1301, 0x1303},
                          only_1_2[] = {0xc02b, 0xcca8};
    static const struct {
        const uint16_t *suites;
        uint16_t scheme, group, min, max;
        uint16_t settled_min, settled_max; /* 0: API_MISUSE */
    } cases[] = {
        {both, 0x0403, 0x001d, 0x0303, 0x0304, 0x0303, 0x0304},
        {only_1_3, 0x0403, 0x001d, 0x0303, 0x0304, 0x0304, 0x0304},
        {only_1_2, 0x0403, 0x001d, 0x0303, 0x0304, 0x0303, 0x0303},
        {only_1_3, 0x0403, 0x001d, 0x0304, 0x0304, 0x0304, 0x0304},
        {only_1_2, 0x0403, 0x001d, 0x0304, 0x0304, 0, 0},
        {only_1_3, 0x0403, 0x001d, 0x0303, 0x0303, 0, 0},
        {both, 0x0401, 0x001d, 0x0303, 0x0304, 0x0303, 0x0303}, /* PKCS#1 signs no TLS 1.3 */
        {both, 0x0401, 0x001d, 0x0304, 0x0304, 0, 0},
        {both, 0x0403, 0x11ec, 0x0303, 0x0304, 0x0304, 0x0304}, /* TLS 1.2 has no hybrids */
        {both, 0x0403, 0x11ec, 0x0303, 0x0303, 0, 0},
        {both, 0x0401, 0x11ec, 0x0303, 0x0304, 0, 0},
        {both, 0, 0x001d, 0x0303, 0x0304, 0, 0},
        {both, 0x0403, 0, 0x0303, 0x0304, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bulla_config_builder *builder = builder_new();
        bulla_config *config = NULL;
        bulla_config_set_suites(builder, cases[i].suites, 2);
        bulla_config_set_groups(builder, &cases[i].group, cases[i].group != 0);
        bulla_config_set_signature_schemes(builder, &cases[i].scheme, cases[i].scheme != 0);
        bulla_config_set_versions(builder, cases[i].min, cases[i].max);
        bulla_cause cause = bulla_config_build(builder, &config);
        assert_int_equal(cause, cases[i].settled_min == 0 ? BULLA_E_API_MISUSE : BULLA_OK);
        if (config != NULL) {
            assert_int_equal(config->version_min, cases[i].settled_min);
            assert_int_equal(config->version_max, cases[i].settled_max);
        }
        bulla_config_free(config);
    }
}

static void lists(void **state) {
    static const uint16_t twice[] = {0x1301, 0xc02b, 0x1301}, none[1] = {0};
    static const uint16_t group_twice[] = {0x11ec, 0x1d, 0x1d};
    static const uint16_t scheme_twice[] = {0x0403, 0x0804, 0x0804};
    (void)state;
    for (size_t num = 2; num <= 3; num++) {
        bulla_cause cause = num == 2 ? BULLA_OK : BULLA_E_API_MISUSE;
        bulla_config_builder *builder = builder_new();
        bulla_config_set_suites(builder, twice, num);
        assert_builds(builder, cause);
        builder = builder_new();
        bulla_config_set_groups(builder, group_twice, num);
        assert_builds(builder, cause);
        builder = builder_new();
        bulla_config_set_signature_schemes(builder, scheme_twice, num);
        assert_builds(builder, cause);
    }
    bulla_config_builder *builder = builder_new();
    bulla_config_set_suites(builder, none, 0);
    assert_builds(builder, BULLA_E_API_MISUSE);
    builder = builder_new();
    bulla_config_set_groups(builder, none, 0);
    assert_builds(builder, BULLA_E_API_MISUSE);
}

static void weak_and_unknown(void **state) {
    static const struct {
        void (*set)(bulla_config_builder *, const uint16_t *, size_t);
        uint16_t code;
        bulla_cause cause;
    } cases[] = {
        {bulla_config_set_suites, 0x0005, BULLA_E_WEAK_SUITE}, /* RC4 */
        {bulla_config_set_suites, 0x000a, BULLA_E_WEAK_SUITE}, /* 3DES */
        {bulla_config_set_suites, 0x002f, BULLA_E_WEAK_SUITE}, /* static RSA, CBC */
        {bulla_config_set_suites, 0x009c, BULLA_E_WEAK_SUITE}, /* static RSA, GCM */
        {bulla_config_set_suites, 0x009e, BULLA_E_WEAK_SUITE}, /* DHE */
        {bulla_config_set_suites, 0x0003, BULLA_E_WEAK_SUITE}, /* export */
        {bulla_config_set_suites, 0x0018, BULLA_E_WEAK_SUITE}, /* anonymous */
        {bulla_config_set_suites, 0xc010, BULLA_E_WEAK_SUITE}, /* NULL */
        {bulla_config_set_suites, 0xc013, BULLA_E_WEAK_SUITE}, /* ECDHE, CBC */
        {bulla_config_set_suites, 0x0000, BULLA_E_WEAK_SUITE}, /* NULL with nothing */
        {bulla_config_set_suites, 0x1304, BULLA_E_API_MISUSE}, /* CCM */
        {bulla_config_set_suites, 0x00ff, BULLA_E_API_MISUSE}, /* a signal, no suite */
        {bulla_config_set_groups, 0x0013, BULLA_E_WEAK_GROUP}, /* P-192 */
        {bulla_config_set_groups, 0x0001, BULLA_E_WEAK_GROUP}, /* sect163k1 */
        {bulla_config_set_groups, 0x000e, BULLA_E_WEAK_GROUP}, /* sect571r1 */
        {bulla_config_set_groups, 0x0100, BULLA_E_WEAK_GROUP}, /* ffdhe2048 */
        {bulla_config_set_groups, 0x0104, BULLA_E_WEAK_GROUP}, /* ffdhe8192 */
        {bulla_config_set_groups, 0x0019, BULLA_E_API_MISUSE}, /* P-521 */
        {bulla_config_set_groups, 0x001e, BULLA_E_API_MISUSE}, /* X448 */
        {bulla_config_set_signature_schemes, 0x0101, BULLA_E_WEAK_SIGNATURE_SCHEME},
        {bulla_config_set_signature_schemes, 0x0201, BULLA_E_WEAK_SIGNATURE_SCHEME},
        {bulla_config_set_signature_schemes, 0x0203, BULLA_E_WEAK_SIGNATURE_SCHEME},
        {bulla_config_set_signature_schemes, 0x0301, BULLA_E_WEAK_SIGNATURE_SCHEME},
        {bulla_config_set_signature_schemes, 0x0402, BULLA_E_WEAK_SIGNATURE_SCHEME},
        {bulla_config_set_signature_schemes, 0x0808, BULLA_E_API_MISUSE}, /* ed448 */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint16_t *known = cases[i].set == bulla_config_set_suites   ? (uint16_t[]){0x1301}
                                : cases[i].set == bulla_config_set_groups ? (uint16_t[]){0x001d}
                                                                          : (uint16_t[]){0x0403};
        const uint16_t list[] = {known[0], cases[i].code};
        bulla_config_builder *builder = builder_new();
        bulla_config_set_versions(builder, BULLA_TLS_1_3, BULLA_TLS_1_3);
        cases[i].set(builder, list, 2);
        assert_builds(builder, cases[i].cause);
        builder = builder_new();
        bulla_config_set_versions(builder, BULLA_TLS_1_3, BULLA_TLS_1_3);
        cases[i].set(builder, list, 1);
        assert_builds(builder, BULLA_OK);
    }
}

static void extended_master_secret(void **state) {
    (void)state;
    bulla_config_builder *builder = builder_new();
    bulla_config_set_extended_master_secret(builder, 1);
    bulla_config *config = built(builder);
    assert_true(config->extended_master_secret_required);
    bulla_config_free(config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies),           cmocka_unit_test(policies_and_setters),
        cmocka_unit_test(no_such_policy),     cmocka_unit_test(versions),
        cmocka_unit_test(what_versions_need), cmocka_unit_test(lists),
        cmocka_unit_test(weak_and_unknown),   cmocka_unit_test(extended_master_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
