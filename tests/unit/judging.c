/* SPDX-License-Identifier: Apache-2.0 */
/* What a config says about judging the peer reaches the validator, and its verdict the wire:
 * revocation with a stapled response (RFC 8446 4.4.2.1), pins, the purpose, the memory of
 * signatures. The validator itself is tested in verify.c and its kin. */
#include "engine/pair.h"

#include "x509/issue_crl.h"
#include "x509/issue_ocsp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/expect.h"

enum { BODY_MAX = 8192, STATUS_TYPE_OCSP = 1 };

struct world {
    struct authority authority;
    bulla_trust *trust;
    bulla_credential *credential;
    bulla_crls *crls;
};

static int world_make(void **state) {
    static struct world world;
    struct certificate root;
    struct writer crl = writer_growing(BODY_MAX);
    struct issue_crl_request request = {
        .this_update = TEST_NOW - TEST_DAY, .next_update = TEST_NOW + TEST_DAY, .number = 1};
    authority_make(&world.authority, "Test");
    world.trust = authority_trust(&world.authority);
    world.credential = authority_issue(
        &world.authority, &(struct leaf){.key = KEY_KIND_ED25519, .dns = TEST_SERVER_NAME});
    bulla_bytes der = bytes_of(world.authority.root.buffer, world.authority.root.len);
    must(certificate_parse(&root, der) == BULLA_OK, "the root");
    must(issue_crl(&request, &root, &world.authority.root_key, &crl) == BULLA_OK, "its CRL");
    must(bulla_crls_new(&world.crls) == BULLA_OK, "memory");
    must(bulla_crls_add_der(world.crls, bytes_of(crl.buffer, crl.len)) == BULLA_OK, "the CRL");
    writer_free(&crl);
    *state = &world;
    return 0;
}

static int world_free(void **state) {
    struct world *world = *state;
    bulla_crls_free(world->crls);
    bulla_credential_free(world->credential);
    bulla_trust_free(world->trust);
    authority_free(&world->authority);
    return 0;
}

/* A client's builder with the trust and clock that all cases share. */
static bulla_config_builder *client_builder(const struct world *world) {
    static const int64_t now = TEST_NOW;
    bulla_config_builder *builder;
    assert_int_equal(bulla_config_builder_new(&builder, BULLA_CLIENT), BULLA_OK);
    bulla_config_set_trust(builder, world->trust);
    bulla_config_set_clock(builder, test_clock, (void *)(uintptr_t)&now);
    return builder;
}

/* One handshake; the server sends `certificate` for its own Certificate message where that is set.
 * The client's failure. */
static bulla_cause shake(const struct world *world, bulla_config_builder *client,
                         const struct replay_message *certificate, bulla_alert *out_alert) {
    struct setup server = {.role = BULLA_SERVER,
                           .credentials = {world->credential},
                           .replay = certificate,
                           .num_replay = certificate == NULL ? 0 : 1};
    struct pair pair;
    bulla_config *config;
    assert_int_equal(bulla_config_build(client, &config), BULLA_OK);
    pair_open(&pair, config, setup_config(&server), TEST_SERVER_NAME);
    pair_run(&pair);
    bulla_cause cause = end_failure(&pair.client);
    *out_alert = bulla_connection_failure(pair.client.connection).alert_sent;
    assert_true((cause == BULLA_OK) == (end_info(&pair.client).handshake_done != 0));
    pair_close(&pair);
    return cause;
}

/* The body of a Certificate message whose leaf has a status_request extension with this data. */
static struct replay_message stapled(const struct world *world, bulla_bytes data, uint8_t *buffer) {
    struct writer body = writer_into(buffer, BODY_MAX);
    writer_u8(&body, 0);
    size_t list = writer_open(&body, 3);
    for (size_t i = 0; bulla_credential_certificate(world->credential, i).len != 0; i++) {
        writer_vector(&body, 3, bulla_credential_certificate(world->credential, i));
        size_t extensions = writer_open(&body, 2);
        if (i == 0) {
            writer_u16(&body, EXTENSION_STATUS_REQUEST);
            writer_vector(&body, 2, data);
        }
        writer_close(&body, extensions, 2);
    }
    writer_close(&body, list, 3);
    bulla_bytes whole;
    assert_true(writer_finish(&body, &whole));
    return (struct replay_message){HANDSHAKE_CERTIFICATE, whole};
}

/* CertificateStatus with an OCSP response of the intermediate about the leaf. */
static bulla_bytes status_of(struct world *world, enum certificate_status status, uint8_t *buffer) {
    struct certificate leaf, issuer;
    struct writer response = writer_growing(BODY_MAX);
    struct writer out = writer_into(buffer, BODY_MAX);
    const struct writer *intermediate = &world->authority.intermediate;
    assert_int_equal(certificate_parse(&leaf, bulla_credential_certificate(world->credential, 0)),
                     BULLA_OK);
    assert_int_equal(certificate_parse(&issuer, bytes_of(intermediate->buffer, intermediate->len)),
                     BULLA_OK);
    const struct issue_ocsp_single single = {
        .serial = leaf.serial,
        .answer = {.status = status, .revoked_at = TEST_NOW - 60, .reason = STATUS_REASON_NONE},
        .this_update = TEST_NOW - 60,
        .next_update = TEST_NOW + 60};
    const struct issue_ocsp_request request = {.produced_at = TEST_NOW - 60,
                                               .singles = &single,
                                               .num_singles = 1,
                                               .cert_id_hash = HASH_SHA1};
    assert_int_equal(
        issue_ocsp_response(&request, &issuer, &world->authority.intermediate_key, &response),
        BULLA_OK);
    writer_u8(&out, STATUS_TYPE_OCSP);
    writer_vector(&out, 3, bytes_of(response.buffer, response.len));
    writer_free(&response);
    bulla_bytes whole;
    assert_true(writer_finish(&out, &whole));
    return whole;
}

static void test_revocation_modes(void **state) {
    const struct world *world = *state;
    static const struct {
        bulla_revocation mode;
        bulla_cause cause;
        bulla_alert alert;
    } cases[] = {
        {BULLA_REVOCATION_OFF, BULLA_OK, BULLA_ALERT_NONE},
        {BULLA_REVOCATION_SOFT, BULLA_OK, BULLA_ALERT_NONE},
        {BULLA_REVOCATION_HARD, BULLA_E_CERT_REVOCATION_UNKNOWN,
         BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bulla_config_builder *client = client_builder(world);
        bulla_alert alert;
        bulla_config_set_revocation(client, cases[i].mode, NULL);
        assert_int_equal(shake(world, client, NULL, &alert), cases[i].cause);
        assert_int_equal(alert, cases[i].alert);
    }
}

static void test_stapled_response(void **state) {
    struct world *world = *state;
    uint8_t status[BODY_MAX], body[BODY_MAX];
    bulla_alert alert;
    const struct {
        enum certificate_status status;
        bulla_cause cause;
    } cases[] = {
        {STATUS_GOOD, BULLA_OK},
        {STATUS_REVOKED, BULLA_E_CERT_REVOKED},
        {STATUS_UNKNOWN, BULLA_E_CERT_REVOCATION_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct replay_message certificate =
            stapled(world, status_of(world, cases[i].status, status), body);
        bulla_config_builder *client = client_builder(world);
        bulla_config_set_revocation(client, BULLA_REVOCATION_HARD, world->crls);
        assert_int_equal(shake(world, client, &certificate, &alert), cases[i].cause);
    }
}

static void test_staples_that_are_wrong(void **state) {
    struct world *world = *state;
    uint8_t good[BODY_MAX], body[BODY_MAX];
    bulla_alert alert;
    bulla_bytes response = status_of(world, STATUS_GOOD, good);
    struct replay_message certificate = stapled(world, response, body);
    /* Nobody asked. */
    assert_int_equal(shake(world, client_builder(world), &certificate, &alert),
                     BULLA_E_EXTENSION_UNSOLICITED);
    assert_int_equal(alert, BULLA_ALERT_UNSUPPORTED_EXTENSION);
    static const uint8_t none[] = {STATUS_TYPE_OCSP, 0, 0, 0}, other_type[] = {2, 0, 0, 1, 0};
    const bulla_bytes malformed[] = {BYTES_IN(none), BYTES_IN(other_type),
                                     bytes_of(good, response.len - 1), bytes_of(NULL, 0)};
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        bulla_config_builder *client = client_builder(world);
        bulla_config_set_revocation(client, BULLA_REVOCATION_SOFT, NULL);
        certificate = stapled(world, malformed[i], body);
        assert_int_equal(shake(world, client, &certificate, &alert), BULLA_E_EXTENSION_MALFORMED);
        assert_int_equal(alert, BULLA_ALERT_DECODE_ERROR);
    }
}

static void test_pins(void **state) {
    const struct world *world = *state;
    for (int matching = 0; matching < 2; matching++) {
        bulla_config_builder *client = client_builder(world);
        uint8_t digest[BULLA_PIN_LEN];
        bulla_pins *pins;
        bulla_alert alert;
        hash_once(HASH_SHA256, bulla_credential_certificate(world->credential, 0), digest);
        digest[0] ^= matching != 0 ? 0 : 1;
        assert_int_equal(bulla_pins_new(&pins, 0), BULLA_OK);
        for (int backup = 0; backup < 2; backup++) {
            assert_int_equal(
                bulla_pins_add(pins, BULLA_PIN_CERTIFICATE, digest, INT64_MIN, INT64_MAX),
                BULLA_OK);
            digest[31] ^= 1;
        }
        bulla_config_set_pins(client, pins);
        bulla_pins_free(pins);
        assert_int_equal(shake(world, client, NULL, &alert),
                         matching != 0 ? BULLA_OK : BULLA_E_PIN_MISMATCH);
    }
}

static void test_purpose(void **state) {
    const struct world *world = *state;
    bulla_config_builder *client = client_builder(world);
    bulla_alert alert;
    bulla_config_set_purpose(client, BULLA_PURPOSE_SVID_SERVER);
    assert_int_equal(shake(world, client, NULL, &alert), BULLA_E_CERT_SPIFFE_ID_INVALID);
    assert_int_equal(alert, BULLA_ALERT_BAD_CERTIFICATE);
}

static void test_memo(void **state) {
    const struct world *world = *state;
    const uint8_t salt[32] = {1};
    bulla_memo *memo;
    bulla_memo_stats stats;
    bulla_alert alert;
    assert_int_equal(bulla_memo_new(&memo, 64, salt), BULLA_OK);
    for (int i = 0; i < 2; i++) {
        bulla_config_builder *client = client_builder(world);
        bulla_config_set_memo(client, memo);
        assert_int_equal(shake(world, client, NULL, &alert), BULLA_OK);
    }
    bulla_memo_stats_get(memo, &stats);
    assert_int_equal(stats.num_entries, 2); /* leaf and intermediate */
    assert_int_equal(stats.num_hits, 2);
    bulla_memo_free(memo);
}

static void test_settings_that_are_none(void **state) {
    const struct world *world = *state;
    for (int which = 0; which < 3; which++) {
        bulla_config_builder *client = client_builder(world);
        bulla_config *config;
        if (which == 0) {
            bulla_config_set_profile(client, BULLA_PROFILE_INVALID);
        } else if (which == 1) {
            bulla_config_set_purpose(client, BULLA_PURPOSE_INVALID);
        } else {
            bulla_config_set_revocation(client, BULLA_REVOCATION_INVALID, NULL);
        }
        assert_int_equal(bulla_config_build(client, &config), BULLA_E_API_MISUSE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revocation_modes),
        cmocka_unit_test(test_stapled_response),
        cmocka_unit_test(test_staples_that_are_wrong),
        cmocka_unit_test(test_pins),
        cmocka_unit_test(test_purpose),
        cmocka_unit_test(test_memo),
        cmocka_unit_test(test_settings_that_are_none),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
