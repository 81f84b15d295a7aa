/* SPDX-License-Identifier: Apache-2.0 */
/* Building configs: the defaults, each setting at its limits and past them, what the whole must
 * have, and that the first failure is the one that is told. */
#include "engine/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct world {
    struct authority authority;
    bulla_trust *trust;
    bulla_credential *credential;
};

static int world_make(void **state) {
    static struct world world;
    authority_make(&world.authority, "Test");
    world.trust = authority_trust(&world.authority);
    world.credential = authority_issue(&world.authority, &(struct leaf){.key = KEY_KIND_ED25519});
    *state = &world;
    return 0;
}

static int world_free(void **state) {
    struct world *world = *state;
    bulla_credential_free(world->credential);
    bulla_trust_free(world->trust);
    authority_free(&world->authority);
    return 0;
}

/* A builder that would build as it is. */
static bulla_config_builder *builder_for(const struct world *world, bulla_role role) {
    bulla_config_builder *builder;
    assert_int_equal(bulla_config_builder_new(&builder, role), BULLA_OK);
    bulla_config_set_trust(builder, world->trust);
    bulla_config_add_credential(builder, world->credential);
    return builder;
}

static void assert_builds(bulla_config_builder *builder, bulla_cause expected) {
    bulla_config *config = NULL;
    bulla_cause cause = bulla_config_build(builder, &config);
    assert_string_equal(bulla_cause_about(cause)->name, bulla_cause_about(expected)->name);
    assert_int_equal(config != NULL, expected == BULLA_OK);
    bulla_config_free(config);
}

static void defaults(void **state) {
    bulla_config *config;
    assert_int_equal(bulla_config_build(builder_for(*state, BULLA_SERVER), &config), BULLA_OK);
    assert_int_equal(config->num_suites, 3);
    assert_int_equal(config->suites[0]->code, BULLA_TLS_AES_128_GCM_SHA256);
    assert_int_equal(config->suites[1]->code, BULLA_TLS_AES_256_GCM_SHA384);
    assert_int_equal(config->suites[2]->code, BULLA_TLS_CHACHA20_POLY1305_SHA256);
    assert_int_equal(config->num_groups, 3);
    assert_int_equal(config->groups[0]->code, BULLA_GROUP_X25519);
    assert_int_equal(config->groups[1]->code, BULLA_GROUP_SECP256R1);
    assert_int_equal(config->groups[2]->code, BULLA_GROUP_SECP384R1);
    assert_int_equal(config->client_auth, BULLA_CLIENT_AUTH_NONE);
    assert_int_equal(config->num_alpn, 0);
    assert_int_equal(config->ask, 0);
    assert_int_equal(config->verify_depth, BULLA_VERIFY_DEPTH_DEFAULT);
    assert_int_equal(config->record_size, 16384);
    assert_int_equal(config->padding, 1);
    uint8_t drawn[32] = {0};
    assert_true(random_fill(&config->random, drawn, sizeof drawn));
    assert_false(bytes_all_zero(BYTES_IN(drawn)));
    assert_true(config->clock(config->clock_context) > 1700000000);
    assert_null(config->key_log);
    bulla_config_free(config);
}

static void roles(void **state) {
    bulla_config_builder *builder = NULL;
    (void)state;
    assert_int_equal(bulla_config_builder_new(&builder, BULLA_ROLE_INVALID), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_config_builder_new(&builder, (bulla_role)3), BULLA_E_API_MISUSE);
    assert_null(builder);
    bulla_config_builder_free(NULL);
    bulla_config_free(NULL);
}

static void what_the_whole_must_have(void **state) {
    static const struct {
        bulla_role role;
        bool trust, credential;
        unsigned ask;
        bulla_client_auth auth;
        bulla_cause cause;
    } cases[] = {
        {BULLA_CLIENT, true, false, 0, 0, BULLA_OK},
        {BULLA_CLIENT, false, false, 0, 0, BULLA_E_API_MISUSE},
        {BULLA_CLIENT, false, true, BULLA_ASK_SIGN | BULLA_ASK_CREDENTIAL, 0, BULLA_E_API_MISUSE},
        {BULLA_CLIENT, false, false, BULLA_ASK_VERIFY, 0, BULLA_OK},
        {BULLA_SERVER, false, true, 0, 0, BULLA_OK},
        {BULLA_SERVER, false, false, 0, 0, BULLA_E_NO_CREDENTIAL},
        {BULLA_SERVER, false, false, BULLA_ASK_SIGN, 0, BULLA_E_NO_CREDENTIAL},
        {BULLA_SERVER, false, false, BULLA_ASK_CREDENTIAL, 0, BULLA_OK},
        {BULLA_SERVER, false, true, 0, BULLA_CLIENT_AUTH_REQUEST, BULLA_E_API_MISUSE},
        {BULLA_SERVER, false, true, 0, BULLA_CLIENT_AUTH_REQUIRE, BULLA_E_API_MISUSE},
        {BULLA_SERVER, false, true, 0, BULLA_CLIENT_AUTH_NONE, BULLA_OK},
        {BULLA_SERVER, true, true, 0, BULLA_CLIENT_AUTH_REQUIRE, BULLA_OK},
        {BULLA_SERVER, false, true, BULLA_ASK_VERIFY, BULLA_CLIENT_AUTH_REQUIRE, BULLA_OK},
        {BULLA_SERVER, true, true, 0, 4, BULLA_E_API_MISUSE},
        {BULLA_CLIENT, true, true, 0, BULLA_CLIENT_AUTH_NONE, BULLA_E_API_MISUSE},
    };
    const struct world *world = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct setup setup = {.role = cases[i].role,
                              .trust = cases[i].trust ? world->trust : NULL,
                              .credentials = {cases[i].credential ? world->credential : NULL},
                              .ask = cases[i].ask,
                              .client_auth = cases[i].auth};
        bulla_config *config = NULL;
        assert_int_equal(setup_try(&setup, &config), cases[i].cause);
        assert_int_equal(config != NULL, cases[i].cause == BULLA_OK);
        bulla_config_free(config);
    }
}

static void lists_of_parameters(void **state) {
    static const uint16_t suite_codes[] = {0x1303, 0x1301, 0x1302, 0x1301}, tls_1_2[] = {0xc02f};
    static const uint16_t group_codes[] = {0x18, 0x1d, 0x17, 0x1d}, unknown[] = {0x0100};
    for (size_t num = 0; num <= 4; num++) {
        bulla_cause cause = num == 0 || num == 4 ? BULLA_E_API_MISUSE : BULLA_OK;
        bulla_config_builder *builder = builder_for(*state, BULLA_CLIENT);
        bulla_config_set_suites(builder, suite_codes, num);
        assert_builds(builder, cause);
        builder = builder_for(*state, BULLA_CLIENT);
        bulla_config_set_groups(builder, group_codes, num);
        assert_builds(builder, cause);
    }
    bulla_config_builder *builder = builder_for(*state, BULLA_CLIENT);
    bulla_config_set_suites(builder, tls_1_2, 1);
    assert_builds(builder, BULLA_E_API_MISUSE);
    builder = builder_for(*state, BULLA_CLIENT);
    bulla_config_set_groups(builder, unknown, 1);
    assert_builds(builder, BULLA_E_API_MISUSE);
}

static void numbers_at_their_limits(void **state) {
    static const struct {
        size_t record_size, padding;
        bulla_cause cause;
    } cases[] = {
        {64, 1, BULLA_OK},
        {16384, 16384, BULLA_OK},
        {63, 1, BULLA_E_API_MISUSE},
        {16385, 1, BULLA_E_API_MISUSE},
        {SIZE_MAX, 1, BULLA_E_API_MISUSE},
        {64, 0, BULLA_E_API_MISUSE},
        {64, 16385, BULLA_E_API_MISUSE},
        {64, SIZE_MAX, BULLA_E_API_MISUSE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bulla_config_builder *builder = builder_for(*state, BULLA_CLIENT);
        bulla_config_set_record_size(builder, cases[i].record_size);
        bulla_config_set_padding(builder, cases[i].padding);
        assert_builds(builder, cases[i].cause);
    }
    for (unsigned ask = 0; ask <= 8; ask++) {
        bulla_config_builder *builder = builder_for(*state, BULLA_SERVER);
        bulla_config_set_ask(builder, ask);
        assert_builds(builder, ask < 8 ? BULLA_OK : BULLA_E_API_MISUSE);
    }
}

static void protocols(void **state) {
    static const char name[256] = "a";
    static const size_t lengths[] = {0, 1, 255, 256};
    for (size_t i = 0; i < 4; i++) {
        bulla_config_builder *builder = builder_for(*state, BULLA_CLIENT);
        bulla_config_add_alpn(builder, bytes_of(name, lengths[i]));
        assert_builds(builder, i == 0 || i == 3 ? BULLA_E_API_MISUSE : BULLA_OK);
    }
    for (size_t num = ALPN_MAX; num <= ALPN_MAX + 1; num++) {
        bulla_config_builder *builder = builder_for(*state, BULLA_CLIENT);
        for (size_t i = 0; i < num; i++) {
            bulla_config_add_alpn(builder, bytes_of(name, 255));
        }
        assert_builds(builder, num == ALPN_MAX ? BULLA_OK : BULLA_E_API_MISUSE);
    }
}

static void credentials(void **state) {
    const struct world *world = *state;
    for (size_t num = CREDENTIALS_MAX; num <= CREDENTIALS_MAX + 1; num++) {
        bulla_config_builder *builder = builder_for(world, BULLA_SERVER); /* with one */
        for (size_t i = 1; i < num; i++) {
            bulla_config_add_credential(builder, world->credential);
        }
        assert_builds(builder, num == CREDENTIALS_MAX ? BULLA_OK : BULLA_E_API_MISUSE);
    }
}

static void nothing_where_something_must_be(void **state) {
    bulla_config_builder *builder = builder_for(*state, BULLA_SERVER);
    bulla_config_set_trust(builder, NULL);
    assert_builds(builder, BULLA_E_API_MISUSE);
    builder = builder_for(*state, BULLA_SERVER);
    bulla_config_add_credential(builder, NULL);
    assert_builds(builder, BULLA_E_API_MISUSE);
    builder = builder_for(*state, BULLA_SERVER);
    bulla_config_set_clock(builder, NULL, NULL);
    assert_builds(builder, BULLA_E_API_MISUSE);
    builder = builder_for(*state, BULLA_SERVER);
    bulla_config_set_random(builder, NULL, NULL);
    assert_builds(builder, BULLA_E_API_MISUSE);
    builder = builder_for(*state, BULLA_SERVER);
    bulla_config_set_key_log(builder, NULL, NULL); /* none is the default */
    assert_builds(builder, BULLA_OK);
}

/* A later good setting does not mend an earlier bad one. */
static void first_failure_stays(void **state) {
    bulla_config_builder *builder = builder_for(*state, BULLA_CLIENT);
    bulla_config_set_record_size(builder, 1);
    bulla_config_set_record_size(builder, 1000);
    assert_builds(builder, BULLA_E_API_MISUSE);
}

static void dropped_builder(void **state) {
    bulla_config_builder *builder = builder_for(*state, BULLA_SERVER);
    bulla_config_add_alpn(builder, BYTES_OF("h2"));
    bulla_config_builder_free(builder); /* the sanitizer sees what is left behind */
}

/* A config lives as long as its last owner; settings may be replaced while it is built. */
static void owners(void **state) {
    const struct world *world = *state;
    bulla_trust *other = authority_trust(&world->authority);
    bulla_config_builder *builder = builder_for(world, BULLA_CLIENT);
    bulla_config *config;
    bulla_config_set_trust(builder, other);
    bulla_config_set_trust(builder, other);
    bulla_trust_free(other);
    assert_int_equal(bulla_config_build(builder, &config), BULLA_OK);
    assert_ptr_equal(bulla_config_ref(config), config);
    bulla_config_free(config);
    assert_int_equal(config->role, BULLA_CLIENT); /* still there */
    bulla_config_free(config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(roles),
        cmocka_unit_test(what_the_whole_must_have),
        cmocka_unit_test(lists_of_parameters),
        cmocka_unit_test(numbers_at_their_limits),
        cmocka_unit_test(protocols),
        cmocka_unit_test(credentials),
        cmocka_unit_test(nothing_where_something_must_be),
        cmocka_unit_test(first_failure_stays),
        cmocka_unit_test(dropped_builder),
        cmocka_unit_test(owners),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
