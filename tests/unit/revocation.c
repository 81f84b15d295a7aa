/* SPDX-License-Identifier: Apache-2.0 */
/* src/x509/revocation.c: modes, whose answer counts, what refuses and what warns, must-staple. The
 * path is leaf, intermediate, root. */
#include "x509/revocation.h"
#include "forge.h"
#include "x509/crl_store.h"
#include "x509/issue_crl.h"
#include "x509/issue_ocsp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { ROOT_KEY, MIDDLE_KEY, LEAF_KEY, OTHER_KEY, BUFFER_LEN = 4096 };

struct world {
    struct forge forge;
    uint8_t der[3][FORGE_LEN_MAX];
    struct certificate leaf, middle, root;
    const struct certificate *path[3];
    uint8_t staple[BUFFER_LEN];
    bulla_crls *crls;
};

/* Adds a CRL of one of the CAs that lists `revoked` (NULL: nobody), good from an hour before
 * FORGE_NOW on for this many seconds. */
static void add_crl(struct world *world, const struct certificate *issuer, size_t key,
                    const struct certificate *revoked, int64_t seconds) {
    uint8_t buffer[BUFFER_LEN];
    struct writer writer = writer_into(buffer, sizeof buffer);
    struct issue_crl_entry entry = {.revoked_at = FORGE_NOW - 99,
                                    .reason = STATUS_REASON_SUPERSEDED};
    struct issue_crl_request request = {.this_update = FORGE_NOW - 3600,
                                        .next_update = FORGE_NOW - 3600 + seconds,
                                        .number = crl_store_len(world->crls) + 1,
                                        .entries = &entry};
    if (revoked != NULL) {
        entry.serial = revoked->serial;
        request.num_entries = 1;
    }
    assert_int_equal(issue_crl(&request, issuer, &world->forge.keys[key], &writer), BULLA_OK);
    assert_int_equal(bulla_crls_add_der(world->crls, forge_written(&writer)), BULLA_OK);
}

static bulla_bytes staple(struct world *world, const struct certificate *about,
                          enum certificate_status status, size_t key, int64_t this_update) {
    struct writer writer = writer_into(world->staple, sizeof world->staple);
    struct issue_ocsp_single single = {.serial = about->serial,
                                       .answer = {.status = status,
                                                  .revoked_at = FORGE_NOW - 77,
                                                  .reason = STATUS_REASON_KEY_COMPROMISE},
                                       .this_update = this_update,
                                       .next_update = this_update + 3600};
    struct issue_ocsp_request request = {.produced_at = this_update,
                                         .singles = &single,
                                         .num_singles = 1,
                                         .cert_id_hash = HASH_SHA1};
    assert_int_equal(
        issue_ocsp_response(&request, &world->middle, &world->forge.keys[key], &writer), BULLA_OK);
    return forge_written(&writer);
}

static bulla_bytes good_staple(struct world *world) {
    return staple(world, &world->leaf, STATUS_GOOD, MIDDLE_KEY, FORGE_NOW - 60);
}

static struct revocation_outcome check(struct world *world, bulla_revocation mode,
                                       bulla_bytes response) {
    bulla_verify_request request = {.purpose = BULLA_PURPOSE_SERVER_AUTH,
                                    .now = FORGE_NOW,
                                    .revocation = mode,
                                    .crls = world->crls,
                                    .ocsp_response = response};
    struct revocation_outcome outcome;
    bulla_cause cause = revocation_check(&request, world->path, 3, &outcome);
    assert_int_equal(cause, outcome.cause);
    return outcome;
}

static void assert_outcome(struct revocation_outcome outcome, bulla_cause cause, size_t failed,
                           bulla_cause warning) {
    assert_int_equal(outcome.cause, cause);
    assert_int_equal(outcome.warning, warning);
    if (cause != BULLA_OK || warning != BULLA_OK) {
        assert_int_equal(outcome.failed, failed);
    }
}

static const bulla_bytes nothing = {NULL, 0};

static void test_nothing_at_hand(void **state) {
    struct world *world = *state;
    bulla_verify_request request = {.purpose = BULLA_PURPOSE_SERVER_AUTH, .now = FORGE_NOW};
    struct revocation_outcome outcome;
    assert_int_equal(revocation_check(&request, world->path, 3, &outcome), BULLA_E_API_MISUSE);
    assert_outcome(check(world, BULLA_REVOCATION_OFF, nothing), BULLA_OK, 0, BULLA_OK);
    assert_outcome(check(world, BULLA_REVOCATION_SOFT, nothing), BULLA_OK, 0,
                   BULLA_E_CERT_REVOCATION_UNKNOWN);
    assert_outcome(check(world, BULLA_REVOCATION_HARD, nothing), BULLA_E_CERT_REVOCATION_UNKNOWN, 0,
                   BULLA_OK);
    /* Also without a set of CRLs; and of an anchor alone nothing is asked. */
    request.revocation = BULLA_REVOCATION_HARD;
    assert_int_equal(revocation_check(&request, world->path, 3, &outcome),
                     BULLA_E_CERT_REVOCATION_UNKNOWN);
    assert_int_equal(revocation_check(&request, world->path + 2, 1, &outcome), BULLA_OK);
}

static void test_crls_for_all(void **state) {
    struct world *world = *state;
    add_crl(world, &world->middle, MIDDLE_KEY, NULL, 7200);
    assert_outcome(check(world, BULLA_REVOCATION_HARD, nothing), BULLA_E_CERT_REVOCATION_UNKNOWN, 1,
                   BULLA_OK);
    assert_outcome(check(world, BULLA_REVOCATION_SOFT, nothing), BULLA_OK, 1,
                   BULLA_E_CERT_REVOCATION_UNKNOWN);
    add_crl(world, &world->root, ROOT_KEY, NULL, 7200);
    assert_outcome(check(world, BULLA_REVOCATION_HARD, nothing), BULLA_OK, 0, BULLA_OK);
    assert_outcome(check(world, BULLA_REVOCATION_SOFT, nothing), BULLA_OK, 0, BULLA_OK);
}

static void test_revoked_by_crl(void **state) {
    struct world *world = *state;
    add_crl(world, &world->middle, MIDDLE_KEY, NULL, 7200);
    add_crl(world, &world->root, ROOT_KEY, &world->middle, 7200);
    for (int mode = BULLA_REVOCATION_SOFT; mode <= BULLA_REVOCATION_HARD; mode++) {
        struct revocation_outcome outcome = check(world, (bulla_revocation)mode, nothing);
        assert_outcome(outcome, BULLA_E_CERT_REVOKED, 1, BULLA_OK);
        assert_int_equal(outcome.revoked_at, FORGE_NOW - 99);
        assert_int_equal(outcome.reason, STATUS_REASON_SUPERSEDED);
    }
    assert_outcome(check(world, BULLA_REVOCATION_OFF, nothing), BULLA_OK, 0, BULLA_OK);
    /* A good staple of the leaf's does not hide what a CRL lists, and the leaf comes first. */
    add_crl(world, &world->middle, MIDDLE_KEY, &world->leaf, 7200);
    assert_outcome(check(world, BULLA_REVOCATION_SOFT, good_staple(world)), BULLA_E_CERT_REVOKED, 0,
                   BULLA_OK);
}

static void test_staple(void **state) {
    struct world *world = *state;
    const bulla_revocation hard = BULLA_REVOCATION_HARD;
    const bulla_revocation soft = BULLA_REVOCATION_SOFT;
    add_crl(world, &world->root, ROOT_KEY, NULL, 7200);
    assert_outcome(check(world, hard, good_staple(world)), BULLA_OK, 0, BULLA_OK);

    bulla_bytes response = staple(world, &world->leaf, STATUS_REVOKED, MIDDLE_KEY, FORGE_NOW - 60);
    struct revocation_outcome outcome = check(world, soft, response);
    assert_outcome(outcome, BULLA_E_CERT_REVOKED, 0, BULLA_OK);
    assert_int_equal(outcome.revoked_at, FORGE_NOW - 77);
    assert_int_equal(outcome.reason, STATUS_REASON_KEY_COMPROMISE);
    assert_outcome(check(world, BULLA_REVOCATION_OFF, response), BULLA_OK, 0, BULLA_OK);

    const struct {
        const struct certificate *about;
        enum certificate_status status;
        size_t key;
        int64_t this_update;
        bulla_cause cause;
    } rows[] = {
        {&world->leaf, STATUS_UNKNOWN, MIDDLE_KEY, FORGE_NOW, BULLA_E_CERT_REVOCATION_UNKNOWN},
        {&world->leaf, STATUS_GOOD, OTHER_KEY, FORGE_NOW, BULLA_E_OCSP_SIGNATURE_INVALID},
        {&world->leaf, STATUS_REVOKED, OTHER_KEY, FORGE_NOW, BULLA_E_OCSP_SIGNATURE_INVALID},
        {&world->middle, STATUS_GOOD, MIDDLE_KEY, FORGE_NOW, BULLA_E_OCSP_OTHER_CERTIFICATE},
        {&world->leaf, STATUS_GOOD, MIDDLE_KEY, FORGE_NOW - FORGE_DAY, BULLA_E_OCSP_STALE},
        {&world->leaf, STATUS_GOOD, MIDDLE_KEY, FORGE_NOW + 3600, BULLA_E_OCSP_NOT_YET_VALID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        response = staple(world, rows[i].about, rows[i].status, rows[i].key, rows[i].this_update);
        assert_outcome(check(world, soft, response), BULLA_OK, 0, rows[i].cause);
        assert_outcome(check(world, hard, response), rows[i].cause, 0, BULLA_OK);
    }
    assert_outcome(check(world, soft, BYTES_OF("x")), BULLA_OK, 0, BULLA_E_OCSP_MALFORMED);
    /* Where the staple is of no use the CRL answers. */
    add_crl(world, &world->middle, MIDDLE_KEY, NULL, 7200);
    assert_outcome(check(world, hard, BYTES_OF("x")), BULLA_OK, 0, BULLA_OK);
}

static void test_most_telling(void **state) {
    struct world *world = *state;
    add_crl(world, &world->middle, OTHER_KEY, NULL, 7200);
    assert_outcome(check(world, BULLA_REVOCATION_SOFT, nothing), BULLA_OK, 0,
                   BULLA_E_CRL_SIGNATURE_INVALID);
    add_crl(world, &world->root, ROOT_KEY, NULL, 60);
    assert_outcome(check(world, BULLA_REVOCATION_SOFT, nothing), BULLA_OK, 1, BULLA_E_CRL_STALE);
    assert_outcome(check(world, BULLA_REVOCATION_HARD, nothing), BULLA_E_CRL_STALE, 1, BULLA_OK);
    /* A fresh one beside the stale one is an answer. */
    add_crl(world, &world->root, ROOT_KEY, NULL, 7200);
    add_crl(world, &world->middle, MIDDLE_KEY, NULL, 7200);
    assert_outcome(check(world, BULLA_REVOCATION_HARD, nothing), BULLA_OK, 0, BULLA_OK);
}

static void test_must_staple(void **state) {
    struct world *world = *state;
    add_crl(world, &world->root, ROOT_KEY, NULL, 7200);
    add_crl(world, &world->middle, MIDDLE_KEY, NULL, 7200);
    world->leaf.must_staple = true;
    for (int mode = BULLA_REVOCATION_SOFT; mode <= BULLA_REVOCATION_HARD; mode++) {
        bulla_revocation each = (bulla_revocation)mode;
        assert_outcome(check(world, each, nothing), BULLA_E_CERT_STAPLE_MISSING, 0, BULLA_OK);
        assert_outcome(check(world, each, BYTES_OF("x")), BULLA_E_OCSP_MALFORMED, 0, BULLA_OK);
        assert_outcome(check(world, each, good_staple(world)), BULLA_OK, 0, BULLA_OK);
    }
    assert_outcome(check(world, BULLA_REVOCATION_OFF, nothing), BULLA_OK, 0, BULLA_OK);
    /* A client's certificate was not asked for a response. */
    bulla_verify_request request = {.purpose = BULLA_PURPOSE_CLIENT_AUTH,
                                    .now = FORGE_NOW,
                                    .revocation = BULLA_REVOCATION_HARD,
                                    .crls = world->crls};
    struct revocation_outcome outcome;
    assert_int_equal(revocation_check(&request, world->path, 3, &outcome), BULLA_OK);
    /* Revocation says more than a broken promise. */
    add_crl(world, &world->root, ROOT_KEY, &world->middle, 7200);
    assert_outcome(check(world, BULLA_REVOCATION_SOFT, nothing), BULLA_E_CERT_REVOKED, 1, BULLA_OK);
}

static int start(void **state) {
    static struct world world;
    forge_start(&world.forge);
    *state = &world;
    return 0;
}

static int stop(void **state) {
    struct world *world = *state;
    forge_stop(&world->forge);
    return 0;
}

static int start_test(void **state) {
    struct world *world = *state;
    struct certificate *certificates[] = {&world->leaf, &world->middle, &world->root};
    const uint32_t ca_usage = KEY_USAGE_KEY_CERT_SIGN | KEY_USAGE_CRL_SIGN;
    const struct recipe recipes[] = {
        {.subject = "leaf", .issuer = "middle", .key = LEAF_KEY, .signed_by = MIDDLE_KEY},
        {.subject = "middle",
         .issuer = "root",
         .key = MIDDLE_KEY,
         .signed_by = ROOT_KEY,
         .ca = true,
         .key_usage = ca_usage},
        {.subject = "root",
         .issuer = "root",
         .key = ROOT_KEY,
         .signed_by = ROOT_KEY,
         .ca = true,
         .key_usage = ca_usage},
    };
    for (size_t i = 0; i < 3; i++) {
        bulla_bytes der = forge_certificate(&world->forge, &recipes[i], world->der[i]);
        if (certificate_parse(certificates[i], der) != BULLA_OK) {
            return -1;
        }
        world->path[i] = certificates[i];
    }
    return bulla_crls_new(&world->crls) == BULLA_OK ? 0 : -1;
}

static int stop_test(void **state) {
    struct world *world = *state;
    bulla_crls_free(world->crls);
    return 0;
}

#define WITH_PATH(test) cmocka_unit_test_setup_teardown(test, start_test, stop_test)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_PATH(test_nothing_at_hand), WITH_PATH(test_crls_for_all),
        WITH_PATH(test_revoked_by_crl),  WITH_PATH(test_staple),
        WITH_PATH(test_most_telling),    WITH_PATH(test_must_staple),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
