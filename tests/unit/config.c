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
    assert_int_equal(config->client_auth, BULLA_CLIENT_AUTH_NONE);
    assert_int_equal(config->num_alpn, 0);
    assert_int_equal(config->ask, 0);
    assert_int_equal(config->verify_depth, BULLA_VERIFY_DEPTH_DEFAULT);
    assert_int_equal(config->record_size, 16384);
    assert_int_equal(config->record_size_limit, 0);
    assert_int_equal(config->padding, 1);
    assert_int_equal(config->num_tickets, 2);
    assert_int_equal(config->ticket_lifetime, 7200);
    assert_int_equal(config->early_data_max, 0);
    assert_null(config->ticket_keys);
    assert_null(config->session_store);
    assert_null(config->strikes);
    assert_int_equal(config->num_compressions, 0);
    assert_false(config->extended_master_secret_required);
    assert_true(config->name_authorities);
    assert_false(config->grease);
    uint8_t drawn[32] = {0};
    assert_true(random_fill(&config->random, drawn, sizeof drawn));
    assert_false(bytes_all_zero(BYTES_IN(drawn)));
    assert_true(config->clock(config->clock_context) > 1700000000);
    assert_null(config->key_log);
    bulla_config_free(config);
    assert_int_equal(bulla_config_build(builder_for(*state, BULLA_CLIENT), &config), BULLA_OK);
    assert_true(config->grease);
    assert_false(config->name_authorities);
    assert_null(config->session_cache);
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
    for (unsigned ask = 0; ask <= 32; ask++) {
        bulla_config_builder *builder = builder_for(*state, BULLA_SERVER);
        bulla_config_set_ask(builder, ask);
        assert_builds(builder, ask < 32 ? BULLA_OK : BULLA_E_API_MISUSE);
        builder = builder_for(*state, BULLA_CLIENT);
        bulla_config_set_ask(builder, ask);
        assert_builds(builder, ask < BULLA_ASK_STRIKE ? BULLA_OK : BULLA_E_API_MISUSE);
    }
    for (size_t i = 0; i < 4; i++) {
        static const size_t limits[] = {63, 64, 16384, 16385};
        bulla_config_builder *builder = builder_for(*state, BULLA_SERVER);
        bulla_config_set_record_size_limit(builder, limits[i]);
        assert_builds(builder, i == 0 || i == 3 ? BULLA_E_API_MISUSE : BULLA_OK);
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

/* Resumption. --------------------------------------------------------------------------------- */

struct keepers {
    bulla_session_cache *cache;
    bulla_ticket_keys *keys;
    bulla_session_store *store;
    bulla_strike_register *strikes;
};

static struct keepers keepers_new(void) {
    struct keepers keepers;
    assert_int_equal(bulla_session_cache_new(&keepers.cache, 4), BULLA_OK);
    assert_int_equal(bulla_ticket_keys_new(&keepers.keys, 3600), BULLA_OK);
    assert_int_equal(bulla_session_store_new(&keepers.store, 4), BULLA_OK);
    assert_int_equal(bulla_strike_register_new(&keepers.strikes, 10, 64), BULLA_OK);
    return keepers;
}

static void keepers_free(struct keepers *keepers) {
    bulla_session_cache_free(keepers->cache);
    bulla_ticket_keys_free(keepers->keys);
    bulla_session_store_free(keepers->store);
    bulla_strike_register_free(keepers->strikes);
}

enum { CACHE = 1, KEYS = 2, STORE = 4, STRIKES = 8, EARLY = 16, NO_TICKETS = 32, ONLY_1_2 = 64 };

static bulla_config_builder *builder_with(const struct world *world, bulla_role role,
                                          const struct keepers *keepers, unsigned what) {
    bulla_config_builder *builder = builder_for(world, role);
    if ((what & CACHE) != 0) {
        bulla_config_set_session_cache(builder, keepers->cache);
    }
    if ((what & KEYS) != 0) {
        bulla_config_set_ticket_keys(builder, keepers->keys);
    }
    if ((what & STORE) != 0) {
        bulla_config_set_session_store(builder, keepers->store);
    }
    if ((what & STRIKES) != 0) {
        bulla_config_set_strike_register(builder, keepers->strikes);
    }
    if ((what & EARLY) != 0) {
        bulla_config_set_early_data(builder, 16384);
    }
    if ((what & NO_TICKETS) != 0) {
        bulla_config_set_tickets(builder, 0, 7200);
    }
    if ((what & ONLY_1_2) != 0) {
        bulla_config_set_versions(builder, BULLA_TLS_1_2, BULLA_TLS_1_2);
    }
    return builder;
}

static void what_goes_together(void **state) {
    static const struct {
        bulla_role role;
        unsigned what, ask;
        bulla_cause cause;
    } cases[] = {
        {BULLA_CLIENT, CACHE, 0, BULLA_OK},
        {BULLA_CLIENT, CACHE, BULLA_ASK_SESSION, BULLA_OK},
        {BULLA_CLIENT, KEYS, 0, BULLA_E_API_MISUSE},
        {BULLA_CLIENT, STORE, 0, BULLA_E_API_MISUSE},
        {BULLA_CLIENT, STRIKES, 0, BULLA_E_API_MISUSE},
        {BULLA_SERVER, CACHE, 0, BULLA_E_API_MISUSE},
        {BULLA_SERVER, KEYS, 0, BULLA_OK},
        {BULLA_SERVER, STORE, 0, BULLA_OK},
        {BULLA_SERVER, 0, BULLA_ASK_SESSION, BULLA_OK},
        {BULLA_SERVER, KEYS | STORE, 0, BULLA_E_API_MISUSE},
        {BULLA_SERVER, KEYS, BULLA_ASK_SESSION, BULLA_E_API_MISUSE},
        {BULLA_SERVER, STORE, BULLA_ASK_SESSION, BULLA_E_API_MISUSE},
        {BULLA_CLIENT, CACHE | EARLY, 0, BULLA_OK},
        {BULLA_CLIENT, EARLY, 0, BULLA_OK}, /* a session can be handed in */
        {BULLA_CLIENT, CACHE | EARLY | ONLY_1_2, 0, BULLA_E_API_MISUSE},
        {BULLA_SERVER, KEYS | EARLY, 0, BULLA_E_API_MISUSE},
        {BULLA_SERVER, KEYS | EARLY | STRIKES, 0, BULLA_OK},
        {BULLA_SERVER, KEYS | EARLY, BULLA_ASK_STRIKE, BULLA_OK},
        {BULLA_SERVER, STORE | EARLY | STRIKES, 0, BULLA_OK},
        {BULLA_SERVER, EARLY | STRIKES, BULLA_ASK_SESSION, BULLA_OK},
        {BULLA_SERVER, EARLY | STRIKES, 0, BULLA_E_API_MISUSE},
        {BULLA_SERVER, KEYS | EARLY | STRIKES | NO_TICKETS, 0, BULLA_E_API_MISUSE},
        {BULLA_SERVER, KEYS | NO_TICKETS, 0, BULLA_OK},
        {BULLA_SERVER, KEYS | EARLY | STRIKES | ONLY_1_2, 0, BULLA_E_API_MISUSE},
        {BULLA_SERVER, KEYS | ONLY_1_2, 0, BULLA_OK},
    };
    struct keepers keepers = keepers_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bulla_config_builder *builder =
            builder_with(*state, cases[i].role, &keepers, cases[i].what);
        bulla_config_set_ask(builder, cases[i].ask);
        bulla_config *config = NULL;
        bulla_cause cause = bulla_config_build(builder, &config);
        if (cause != cases[i].cause) {
            fail_msg("case %zu: %s", i, bulla_cause_about(cause)->name);
        }
        bulla_config_free(config);
    }
    keepers_free(&keepers);
}

/* The config holds its own references; setting twice, and taking back, leaks nothing. */
static void keepers_are_shared(void **state) {
    struct keepers keepers = keepers_new();
    bulla_config *config;
    bulla_config_builder *builder =
        builder_with(*state, BULLA_SERVER, &keepers, STORE | STRIKES | EARLY);
    bulla_config_set_session_store(builder, keepers.store);
    bulla_config_set_strike_register(builder, keepers.strikes);
    bulla_config_set_ticket_keys(builder, keepers.keys);
    bulla_config_set_ticket_keys(builder, NULL);
    assert_int_equal(bulla_config_build(builder, &config), BULLA_OK);
    const bulla_session_store *store = keepers.store;
    keepers_free(&keepers);
    assert_ptr_equal(config->session_store, store);
    assert_int_equal(bulla_session_store_num(config->session_store), 0);
    assert_null(config->ticket_keys);
    bulla_config_free(config);
}

static void tickets_and_early_data_at_their_limits(void **state) {
    static const struct {
        unsigned num;
        uint32_t lifetime, early;
        bulla_cause cause;
    } cases[] = {
        {0, 1, 1, BULLA_OK},
        {8, 604800, 1 << 20, BULLA_OK},
        {9, 7200, 1, BULLA_E_API_MISUSE},
        {2, 0, 1, BULLA_E_API_MISUSE},
        {2, 604801, 1, BULLA_E_API_MISUSE},
        {2, 7200, 0, BULLA_E_API_MISUSE},
        {2, 7200, (1 << 20) + 1, BULLA_E_API_MISUSE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bulla_config_builder *builder = builder_for(*state, BULLA_CLIENT);
        bulla_config_set_tickets(builder, cases[i].num, cases[i].lifetime);
        bulla_config_set_early_data(builder, cases[i].early);
        assert_builds(builder, cases[i].cause);
    }
}

static void identity_of_a_judgement(void **state) {
    static const uint8_t identity[65] = {1};
    for (size_t i = 0; i < 4; i++) {
        static const size_t lengths[] = {0, 1, 64, 65};
        bulla_config_builder *builder = builder_for(*state, BULLA_CLIENT);
        bulla_config_set_judgement(builder, bytes_of(identity, lengths[i]));
        assert_builds(builder, i == 0 || i == 3 ? BULLA_E_API_MISUSE : BULLA_OK);
    }
}

/* Extras. ------------------------------------------------------------------------------------- */

static int compress_nothing(bulla_bytes input, uint8_t *out, size_t *out_len) {
    (void)input;
    (void)out;
    (void)out_len;
    return 0;
}

static void compressions(void **state) {
    static const struct {
        uint16_t algorithms[4];
        bulla_cause cause;
    } cases[] = {
        {{1, 2, 3}, BULLA_OK},
        {{3, 0xff01}, BULLA_OK},
        {{1, 1}, BULLA_E_API_MISUSE},
        {{1, 2, 3, 4}, BULLA_E_API_MISUSE}, /* more than there is room for */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bulla_config_builder *builder = builder_for(*state, BULLA_CLIENT);
        for (size_t j = 0; j < 4 && cases[i].algorithms[j] != 0; j++) {
            bulla_config_add_certificate_compression(builder, cases[i].algorithms[j],
                                                     j == 0 ? compress_nothing : NULL,
                                                     compress_nothing);
        }
        assert_builds(builder, cases[i].cause);
    }
    bulla_config_builder *builder = builder_for(*state, BULLA_CLIENT);
    bulla_config_add_certificate_compression(builder, 1, NULL, NULL);
    assert_builds(builder, BULLA_E_API_MISUSE);
    builder = builder_for(*state, BULLA_CLIENT);
    bulla_config_add_certificate_compression(builder, 0, compress_nothing, NULL);
    assert_builds(builder, BULLA_E_API_MISUSE);
}

/* What only one role does can be turned on for that role alone, and off for either. */
static void of_one_role(void **state) {
    for (int on = 0; on < 2; on++) {
        for (bulla_role role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
            bulla_config_builder *builder = builder_for(*state, role);
            bulla_config_set_grease(builder, on);
            assert_builds(builder, on && role == BULLA_SERVER ? BULLA_E_API_MISUSE : BULLA_OK);
            builder = builder_for(*state, role);
            bulla_config_set_name_authorities(builder, on);
            assert_builds(builder, on && role == BULLA_CLIENT ? BULLA_E_API_MISUSE : BULLA_OK);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(roles),
        cmocka_unit_test(what_the_whole_must_have),
        cmocka_unit_test(numbers_at_their_limits),
        cmocka_unit_test(protocols),
        cmocka_unit_test(credentials),
        cmocka_unit_test(nothing_where_something_must_be),
        cmocka_unit_test(first_failure_stays),
        cmocka_unit_test(dropped_builder),
        cmocka_unit_test(owners),
        cmocka_unit_test(what_goes_together),
        cmocka_unit_test(keepers_are_shared),
        cmocka_unit_test(tickets_and_early_data_at_their_limits),
        cmocka_unit_test(identity_of_a_judgement),
        cmocka_unit_test(compressions),
        cmocka_unit_test(of_one_role),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
