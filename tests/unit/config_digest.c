/* SPDX-License-Identifier: Apache-2.0 */
/* The digests of configs: each setting that decides who is accepted changes the judgement, each
 * that makes a client's connections different the fingerprint; the rest, and the order of what has
 * none, change nothing. */
#include "engine/pair.h"
#include "x509/crl_store.h"
#include "x509/issue_crl.h"
#include "x509/pins.h"
#include "x509/set_digest.h"
#include "x509/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NUM_CRLS = 2 };

struct world {
    struct authority authorities[2];
    bulla_trust *trusts[3]; /* the first's root; both; both, the other way round */
    bulla_crls *crls[NUM_CRLS];
    bulla_pins *pins[4];
    bulla_credential *credentials[2];
    bulla_memo *memo;
};

static bulla_bytes root_of(const struct world *world, size_t i) {
    return bytes_of(world->authorities[i].root.buffer, world->authorities[i].root.len);
}

static bulla_crls *crls_new(struct world *world, uint64_t number) {
    bulla_crls *crls;
    struct certificate issuer;
    struct writer der = writer_growing(1 << 16);
    struct issue_crl_request request = {
        .this_update = TEST_NOW - 60, .next_update = TEST_NOW + TEST_DAY, .number = number};
    assert_int_equal(certificate_parse(&issuer, root_of(world, 0)), BULLA_OK);
    assert_int_equal(issue_crl(&request, &issuer, &world->authorities[0].root_key, &der), BULLA_OK);
    assert_int_equal(bulla_crls_new(&crls), BULLA_OK);
    assert_int_equal(bulla_crls_add_der(crls, bytes_of(der.buffer, der.len)), BULLA_OK);
    writer_free(&der);
    return crls;
}

static bulla_pins *pins_new(int alone, uint8_t first, uint8_t second, int64_t until) {
    uint8_t digest[BULLA_PIN_LEN] = {first};
    bulla_pins *pins;
    assert_int_equal(bulla_pins_new(&pins, alone), BULLA_OK);
    assert_int_equal(bulla_pins_add(pins, BULLA_PIN_PUBLIC_KEY, digest, 0, until), BULLA_OK);
    digest[0] = second;
    assert_int_equal(bulla_pins_add(pins, BULLA_PIN_PUBLIC_KEY, digest, 0, until), BULLA_OK);
    return pins;
}

static int world_make(void **state) {
    static const uint8_t salt[32] = {1};
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    for (size_t i = 0; i < 2; i++) {
        static const enum key_kind kinds[] = {KEY_KIND_ED25519, KEY_KIND_EC_P256};
        authority_make(&world->authorities[i], i == 0 ? "First" : "Second");
        world->credentials[i] =
            authority_issue(&world->authorities[0], &(struct leaf){.key = kinds[i]});
    }
    world->trusts[0] = authority_trust(&world->authorities[0]);
    world->trusts[1] = authority_trust(&world->authorities[0]);
    world->trusts[2] = authority_trust(&world->authorities[1]);
    assert_int_equal(bulla_trust_add_der(world->trusts[1], root_of(world, 1)), BULLA_OK);
    assert_int_equal(bulla_trust_add_der(world->trusts[2], root_of(world, 0)), BULLA_OK);
    for (size_t i = 0; i < NUM_CRLS; i++) {
        world->crls[i] = crls_new(world, i + 1);
    }
    world->pins[0] = pins_new(0, 1, 2, INT64_MAX);
    world->pins[1] = pins_new(0, 2, 1, INT64_MAX);
    world->pins[2] = pins_new(1, 1, 2, INT64_MAX);
    world->pins[3] = pins_new(0, 1, 2, TEST_NOW);
    assert_int_equal(bulla_memo_new(&world->memo, 64, salt), BULLA_OK);
    *state = world;
    return 0;
}

static int world_free(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < 2; i++) {
        bulla_credential_free(world->credentials[i]);
        authority_free(&world->authorities[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        bulla_trust_free(world->trusts[i]);
    }
    for (size_t i = 0; i < NUM_CRLS; i++) {
        bulla_crls_free(world->crls[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        bulla_pins_free(world->pins[i]);
    }
    bulla_memo_free(world->memo);
    free(world);
    return 0;
}

/* What one case changes in the usual builder. */
typedef void (*setting)(bulla_config_builder *builder, const struct world *world);

static bulla_config *config_of(const struct world *world, bulla_role role, setting change) {
    bulla_config_builder *builder;
    bulla_config *config;
    assert_int_equal(bulla_config_builder_new(&builder, role), BULLA_OK);
    bulla_config_set_trust(builder, world->trusts[1]);
    bulla_config_add_credential(builder, world->credentials[0]);
    if (change != NULL) {
        change(builder, world);
    }
    bulla_cause cause = bulla_config_build(builder, &config);
    assert_string_equal(bulla_cause_about(cause)->name, "ok");
    return config;
}

static void other_order_of_anchors(bulla_config_builder *builder, const struct world *world) {
    bulla_config_set_trust(builder, world->trusts[2]);
}
static void fewer_anchors(bulla_config_builder *builder, const struct world *world) {
    bulla_config_set_trust(builder, world->trusts[0]);
}
static void purpose(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_purpose(builder, BULLA_PURPOSE_SVID_SERVER);
}
static void profile(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_profile(builder, BULLA_PROFILE_WEBPKI);
}
static void depth(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_verify_depth(builder, BULLA_VERIFY_DEPTH_DEFAULT + 1);
}
static void client_auth(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_client_auth(builder, BULLA_CLIENT_AUTH_REQUEST);
}
static void require_client_auth(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_client_auth(builder, BULLA_CLIENT_AUTH_REQUIRE);
}
static void crls_unasked(bulla_config_builder *builder, const struct world *world) {
    bulla_config_set_revocation(builder, BULLA_REVOCATION_OFF, world->crls[0]);
}
static void soft(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_revocation(builder, BULLA_REVOCATION_SOFT, NULL);
}
static void soft_with_crls(bulla_config_builder *builder, const struct world *world) {
    bulla_config_set_revocation(builder, BULLA_REVOCATION_SOFT, world->crls[0]);
}
static void soft_with_other_crls(bulla_config_builder *builder, const struct world *world) {
    bulla_config_set_revocation(builder, BULLA_REVOCATION_SOFT, world->crls[1]);
}
static void hard(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_revocation(builder, BULLA_REVOCATION_HARD, NULL);
}
static void pinned(bulla_config_builder *builder, const struct world *world) {
    bulla_config_set_pins(builder, world->pins[0]);
}
static void pinned_the_other_way_round(bulla_config_builder *builder, const struct world *world) {
    bulla_config_set_pins(builder, world->pins[1]);
}
static void pinned_alone(bulla_config_builder *builder, const struct world *world) {
    bulla_config_set_pins(builder, world->pins[2]);
}
static void pinned_for_a_time(bulla_config_builder *builder, const struct world *world) {
    bulla_config_set_pins(builder, world->pins[3]);
}
static void identity(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_judgement(builder, BYTES_OF("v1"));
}
static void other_identity(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_judgement(builder, BYTES_OF("v2"));
}
static void ask_verify(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_ask(builder, BULLA_ASK_VERIFY);
}
static void ask_sign(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_ask(builder, BULLA_ASK_SIGN);
}
static void ask_credential(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_ask(builder, BULLA_ASK_CREDENTIAL);
}
static void alpn(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_add_alpn(builder, BYTES_OF("h2"));
    bulla_config_add_alpn(builder, BYTES_OF("http/1.1"));
}
static void other_alpn(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_add_alpn(builder, BYTES_OF("h2http/1.1"));
}
static void more_credentials(bulla_config_builder *builder, const struct world *world) {
    bulla_config_add_credential(builder, world->credentials[1]);
}
static void modern(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_policy(builder, BULLA_POLICY_MODERN);
}
static void versions(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_versions(builder, BULLA_TLS_1_3, BULLA_TLS_1_3);
}
static void suites_of_choice(bulla_config_builder *builder, const struct world *world) {
    static const uint16_t codes[] = {0x1302, 0xc030};
    (void)world;
    bulla_config_set_suites(builder, codes, 2);
}
static void groups_of_choice(bulla_config_builder *builder, const struct world *world) {
    static const uint16_t codes[] = {0x1d};
    (void)world;
    bulla_config_set_groups(builder, codes, 1);
}
static void schemes_of_choice(bulla_config_builder *builder, const struct world *world) {
    static const uint16_t codes[] = {0x0403, 0x0804};
    (void)world;
    bulla_config_set_signature_schemes(builder, codes, 2);
}
static void master_secret(bulla_config_builder *builder, const struct world *world) {
    (void)world;
    bulla_config_set_extended_master_secret(builder, 1);
}
static void what_says_nothing_of_peers(bulla_config_builder *builder, const struct world *world) {
    bulla_config_set_memo(builder, world->memo);
    bulla_config_set_record_size(builder, 1000);
    bulla_config_set_record_size_limit(builder, 1000);
    bulla_config_set_padding(builder, 16);
    bulla_config_set_tickets(builder, 1, 60);
    bulla_config_set_early_data(builder, 1);
    bulla_config_set_grease(builder, 0);
    bulla_config_set_clock(builder, test_clock, NULL);
}

static void assert_changes(const struct world *world, bulla_role role, size_t number, setting from,
                           setting to, bool judgement, bool fingerprint) {
    bulla_config *one = config_of(world, role, from);
    bulla_config *other = config_of(world, role, to);
    bool judged_alike = bytes_equal(BYTES_IN(one->judgement), BYTES_IN(other->judgement));
    bool alike = bytes_equal(BYTES_IN(one->fingerprint), BYTES_IN(other->fingerprint));
    if (judged_alike == judgement || alike == fingerprint) {
        fail_msg("case %zu: judgement %d, fingerprint %d", number, judged_alike, alike);
    }
    assert_false(bytes_equal(BYTES_IN(one->fingerprint), BYTES_IN(one->judgement)));
    bulla_config_free(one);
    bulla_config_free(other);
}

static void of_clients(void **state) {
    static const struct {
        setting from, to;
        bool judgement, fingerprint;
    } cases[] = {
        {NULL, NULL, false, false},
        {NULL, what_says_nothing_of_peers, false, false},
        {NULL, other_order_of_anchors, false, false},
        {NULL, fewer_anchors, true, true},
        {NULL, purpose, true, true},
        {NULL, profile, true, true},
        {NULL, depth, true, true},
        {NULL, crls_unasked, false, false},
        {NULL, soft, true, true},
        {soft, hard, true, true},
        {soft, soft_with_crls, true, true},
        {soft_with_crls, soft_with_other_crls, true, true},
        {soft_with_crls, soft_with_crls, false, false},
        {NULL, pinned, true, true},
        {pinned, pinned_the_other_way_round, false, false},
        {pinned, pinned_alone, true, true},
        {pinned, pinned_for_a_time, true, true},
        {NULL, identity, true, true},
        {identity, other_identity, true, true},
        {NULL, ask_verify, true, true},
        {NULL, ask_sign, false, false},
        {NULL, ask_credential, false, true},
        {NULL, alpn, false, true},
        {alpn, other_alpn, false, true},
        {NULL, more_credentials, true, true},
        {NULL, modern, false, true},
        {NULL, versions, false, true},
        {NULL, suites_of_choice, false, true},
        {NULL, groups_of_choice, false, true},
        {NULL, schemes_of_choice, false, true},
        {NULL, master_secret, false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_changes(*state, BULLA_CLIENT, i, cases[i].from, cases[i].to, cases[i].judgement,
                       cases[i].fingerprint);
    }
}

static void of_servers(void **state) {
    assert_changes(*state, BULLA_SERVER, 0, NULL, client_auth, true, true);
    assert_changes(*state, BULLA_SERVER, 1, client_auth, require_client_auth, true, true);
    assert_changes(*state, BULLA_SERVER, 2, require_client_auth, require_client_auth, false, false);
    /* Whom a server shows is not who its clients are. */
    assert_changes(*state, BULLA_SERVER, 3, NULL, more_credentials, false, true);
}

static void of_roles(void **state) {
    bulla_config *client = config_of(*state, BULLA_CLIENT, NULL);
    bulla_config *server = config_of(*state, BULLA_SERVER, NULL);
    assert_false(bytes_equal(BYTES_IN(client->judgement), BYTES_IN(server->judgement)));
    bulla_config_free(client);
    bulla_config_free(server);
}

static void distrust_dates(void **state) {
    struct world *world = *state;
    uint8_t before[SET_DIGEST_LEN], after[SET_DIGEST_LEN], root[SET_DIGEST_LEN];
    bulla_trust *trust = authority_trust(&world->authorities[0]);
    assert_int_equal(trust_digest(trust, before), BULLA_OK);
    hash_once(HASH_SHA256, root_of(world, 0), root);
    assert_int_equal(bulla_trust_distrust_after(trust, root, TEST_NOW), BULLA_OK);
    assert_int_equal(trust_digest(trust, after), BULLA_OK);
    assert_false(bytes_equal(BYTES_IN(before), BYTES_IN(after)));
    assert_int_equal(bulla_trust_distrust_after(trust, root, INT64_MAX), BULLA_OK);
    assert_int_equal(trust_digest(trust, after), BULLA_OK);
    assert_true(bytes_equal(BYTES_IN(before), BYTES_IN(after)));
    bulla_trust_free(trust);
}

/* Sets of nothing have a digest, and it is not that of a set of an empty member. */
static void empty_sets(void **state) {
    uint8_t trust_out[SET_DIGEST_LEN], crls_out[SET_DIGEST_LEN], member_out[SET_DIGEST_LEN];
    bulla_trust *trust;
    bulla_crls *crls;
    struct set_digest set;
    (void)state;
    assert_int_equal(bulla_trust_new(&trust), BULLA_OK);
    assert_int_equal(bulla_crls_new(&crls), BULLA_OK);
    assert_int_equal(trust_digest(trust, trust_out), BULLA_OK);
    assert_int_equal(crl_store_digest(crls, crls_out), BULLA_OK);
    assert_true(bytes_equal(BYTES_IN(trust_out), BYTES_IN(crls_out)));
    assert_int_equal(set_digest_begin(&set, 1), BULLA_OK);
    set_digest_add(&set, bytes_of(NULL, 0), 0);
    set_digest_end(&set, member_out);
    assert_false(bytes_equal(BYTES_IN(trust_out), BYTES_IN(member_out)));
    bulla_trust_free(trust);
    bulla_crls_free(crls);
}

/* Written down: a fleet of several versions and machines shares tickets by this value. */
static void the_same_everywhere(void **state) {
    static const uint8_t expected[] = {0x2e, 0x2b, 0x2c, 0x35, 0x1a, 0x71, 0xd4, 0x5b,
                                       0xc1, 0xf3, 0x0b, 0x4d, 0xa5, 0x47, 0x8c, 0x9a,
                                       0x24, 0x24, 0xa6, 0x00, 0xe5, 0x12, 0x5e, 0x0e,
                                       0x01, 0x65, 0x93, 0x21, 0x40, 0xde, 0xf8, 0x5b};
    bulla_config_builder *builder;
    bulla_config *config;
    (void)state;
    assert_int_equal(bulla_config_builder_new(&builder, BULLA_CLIENT), BULLA_OK);
    bulla_config_set_ask(builder, BULLA_ASK_VERIFY);
    bulla_config_set_judgement(builder, BYTES_OF("here"));
    assert_int_equal(bulla_config_build(builder, &config), BULLA_OK);
    assert_true(bytes_equal(BYTES_IN(config->judgement), BYTES_IN(expected)));
    bulla_config_free(config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_clients), cmocka_unit_test(of_servers),
        cmocka_unit_test(of_roles),   cmocka_unit_test(distrust_dates),
        cmocka_unit_test(empty_sets), cmocka_unit_test(the_same_everywhere),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
