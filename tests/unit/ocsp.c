/* SPDX-License-Identifier: Apache-2.0 */
/* src/x509/ocsp.c, ocsp_request.c and issue_ocsp.c: whose word is taken, about what, and until
 * when; each with the response that is good and the one that is not. */
#include "x509/ocsp.h"
#include "der/pem.h"
#include "forge.h"
#include "hex.h"
#include "revocation_samples.h"
#include "x509/issue_ocsp.h"
#include "x509/name.h"
#include "x509/ocsp_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { CA_KEY, LEAF_KEY, RESPONDER_KEY, OTHER_KEY, RESPONSE_CAP = 8192 };

struct world {
    struct forge forge;
    uint8_t ca_der[FORGE_LEN_MAX], leaf_der[FORGE_LEN_MAX], other_der[FORGE_LEN_MAX];
    uint8_t responder_der[FORGE_LEN_MAX];
    struct certificate ca, leaf, other; /* `other` is a second leaf */
    uint8_t response[RESPONSE_CAP];
};

static struct issue_ocsp_single single_about(const struct certificate *certificate,
                                             enum certificate_status status) {
    return (struct issue_ocsp_single){
        .serial = certificate->serial,
        .answer = {.status = status, .revoked_at = FORGE_NOW - 7, .reason = STATUS_REASON_NONE},
        .this_update = FORGE_NOW - 60,
        .next_update = FORGE_NOW + 60};
}

/* The response that a request for it gives, signed with this key. */
static bulla_bytes respond(struct world *world, const struct issue_ocsp_request *request,
                           size_t key) {
    struct writer writer = writer_into(world->response, sizeof world->response);
    assert_int_equal(issue_ocsp_response(request, &world->ca, &world->forge.keys[key], &writer),
                     BULLA_OK);
    return forge_written(&writer);
}

static bulla_cause ask(struct world *world, bulla_bytes response, struct status_answer *out) {
    const struct ocsp_question question = {
        .certificate = &world->leaf, .issuer = &world->ca, .now = FORGE_NOW};
    return ocsp_check(response, &question, out);
}

static struct issue_ocsp_request one(const struct issue_ocsp_single *single) {
    return (struct issue_ocsp_request){
        .produced_at = FORGE_NOW, .singles = single, .num_singles = 1, .cert_id_hash = HASH_SHA1};
}

static void test_statuses(void **state) {
    struct world *world = *state;
    for (int i = 0; i < 12; i++) { /* every status, both hashes, both kinds of responder names */
        struct issue_ocsp_single single =
            single_about(&world->leaf, (enum certificate_status)(STATUS_GOOD + i % 3));
        struct issue_ocsp_request request = one(&single);
        request.cert_id_hash = i / 3 % 2 == 0 ? HASH_SHA1 : HASH_SHA256;
        request.by_name = i >= 6;
        struct status_answer answer;
        assert_int_equal(ask(world, respond(world, &request, CA_KEY), &answer), BULLA_OK);
        assert_int_equal(answer.status, single.answer.status);
        if (answer.status == STATUS_REVOKED) {
            assert_int_equal(answer.revoked_at, FORGE_NOW - 7);
            assert_int_equal(answer.reason, STATUS_REASON_NONE);
        }
    }
}

static void test_reasons(void **state) {
    struct world *world = *state;
    struct status_answer answer;
    struct issue_ocsp_single single = single_about(&world->leaf, STATUS_REVOKED);
    struct issue_ocsp_request request = one(&single);
    for (int reason = 0; reason <= 11; reason++) {
        single.answer.reason = reason;
        bool good = reason <= 10 && reason != 7;
        assert_int_equal(ask(world, respond(world, &request, CA_KEY), &answer),
                         good ? BULLA_OK : BULLA_E_OCSP_MALFORMED);
        assert_true(!good || answer.reason == reason);
    }
}

static void test_refusals(void **state) {
    struct world *world = *state;
    struct status_answer answer;
    for (unsigned status = 0; status < 8; status++) {
        struct writer writer = writer_into(world->response, sizeof world->response);
        bool sensible = status != 0 && status != 4 && status != 7;
        assert_int_equal(issue_ocsp_refusal(status, &writer),
                         sensible ? BULLA_OK : BULLA_E_API_MISUSE);
        if (sensible) {
            assert_int_equal(ask(world, forge_written(&writer), &answer),
                             BULLA_E_OCSP_NOT_SUCCESSFUL);
        }
    }
    assert_int_equal(ask(world, BYTES_OF("\x30\x03\x0a\x01\x07"), &answer), BULLA_E_OCSP_MALFORMED);
    assert_int_equal(ask(world, BYTES_OF("\x30\x03\x0a\x01\x00"), &answer),
                     BULLA_E_OCSP_MALFORMED); /* successful, and nothing behind it */
    assert_int_equal(ask(world, bytes_of(NULL, 0), &answer), BULLA_E_OCSP_MALFORMED);
}

static void test_cuts_and_changes(void **state) {
    struct world *world = *state;
    struct status_answer answer;
    struct issue_ocsp_single single = single_about(&world->leaf, STATUS_GOOD);
    struct issue_ocsp_request request = one(&single);
    bulla_bytes whole = respond(world, &request, CA_KEY);
    for (size_t len = 0; len < whole.len; len++) {
        uint8_t *cut = bytes_duplicate(bytes_of(whole.data, len)); /* its end is watched */
        assert_int_equal(ask(world, bytes_of(cut, len), &answer), BULLA_E_OCSP_MALFORMED);
        free(cut);
    }
    /* No single bit can be changed. */
    for (size_t i = 0; i < whole.len * 8; i++) {
        world->response[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_not_equal(ask(world, whole, &answer), BULLA_OK);
        world->response[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    assert_int_equal(ask(world, whole, &answer), BULLA_OK);
}

static void test_about_another(void **state) {
    struct world *world = *state;
    struct status_answer answer;
    struct issue_ocsp_single singles[3] = {single_about(&world->other, STATUS_GOOD),
                                           single_about(&world->leaf, STATUS_REVOKED),
                                           single_about(&world->other, STATUS_UNKNOWN)};
    struct issue_ocsp_request request = one(singles);
    assert_int_equal(ask(world, respond(world, &request, CA_KEY), &answer),
                     BULLA_E_OCSP_OTHER_CERTIFICATE);
    /* Of several the one about the certificate is chosen. */
    request.num_singles = 3;
    assert_int_equal(ask(world, respond(world, &request, CA_KEY), &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_REVOKED);
    /* Of two about it, revocation counts, in either order; else the newest does. */
    for (size_t i = 0; i < 2; i++) {
        singles[i] = single_about(&world->leaf, STATUS_GOOD);
        singles[1 - i] = single_about(&world->leaf, STATUS_REVOKED);
        assert_int_equal(ask(world, respond(world, &request, CA_KEY), &answer), BULLA_OK);
        assert_int_equal(answer.status, STATUS_REVOKED);
        singles[i].this_update--;
        singles[1 - i].answer.status = STATUS_UNKNOWN;
        assert_int_equal(ask(world, respond(world, &request, CA_KEY), &answer), BULLA_OK);
        assert_int_equal(answer.status, STATUS_UNKNOWN);
    }
    /* Of two revocations the one that is never taken back counts, however old. */
    for (size_t i = 0; i < 2; i++) {
        singles[i] = single_about(&world->leaf, STATUS_REVOKED);
        singles[1 - i] = single_about(&world->leaf, STATUS_REVOKED);
        singles[i].answer.reason = STATUS_REASON_CERTIFICATE_HOLD;
        singles[i].this_update = FORGE_NOW - 9 * FORGE_DAY;
        singles[i].next_update = FORGE_NOW - 8 * FORGE_DAY;
        assert_int_equal(ask(world, respond(world, &request, CA_KEY), &answer), BULLA_OK);
        assert_int_not_equal(answer.reason, STATUS_REASON_CERTIFICATE_HOLD);
    }
    /* The same serial number of another CA: its name, or its key. */
    struct certificate ca = world->ca;
    request = one(singles);
    singles[0] = single_about(&world->leaf, STATUS_GOOD);
    world->ca.subject = world->leaf.subject;
    bulla_bytes response = respond(world, &request, CA_KEY);
    world->ca = ca;
    assert_int_equal(ask(world, response, &answer), BULLA_E_OCSP_OTHER_CERTIFICATE);
    world->ca.key = world->other.key;
    response = respond(world, &request, CA_KEY);
    world->ca = ca;
    assert_int_equal(ask(world, response, &answer), BULLA_E_OCSP_OTHER_CERTIFICATE);
}

static void test_dates(void **state) {
    struct world *world = *state;
    const int64_t skew = STATUS_CLOCK_SKEW;
    const struct {
        int64_t this_update, next_update;
        bulla_cause cause;
    } rows[] = {
        {-60, 60, BULLA_OK},
        {skew, 2 * skew, BULLA_OK},
        {skew + 1, 2 * skew, BULLA_E_OCSP_NOT_YET_VALID},
        {-FORGE_DAY, -skew, BULLA_OK},
        {-FORGE_DAY, -skew - 1, BULLA_E_OCSP_STALE},
        {-FORGE_DAY - skew, -FORGE_NOW, BULLA_OK}, /* no nextUpdate */
        {-FORGE_DAY - skew - 1, -FORGE_NOW, BULLA_E_OCSP_STALE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct status_answer answer;
        struct issue_ocsp_single single = single_about(&world->leaf, STATUS_GOOD);
        struct issue_ocsp_request request = one(&single);
        single.this_update = FORGE_NOW + rows[i].this_update;
        single.next_update = FORGE_NOW + rows[i].next_update;
        assert_int_equal(ask(world, respond(world, &request, CA_KEY), &answer), rows[i].cause);
        /* A revocation does not age, but for one that may be taken back. */
        single.answer.status = STATUS_REVOKED;
        assert_int_equal(ask(world, respond(world, &request, CA_KEY), &answer), BULLA_OK);
        single.answer.reason = STATUS_REASON_CERTIFICATE_HOLD;
        assert_int_equal(ask(world, respond(world, &request, CA_KEY), &answer), rows[i].cause);
    }
}

/* Makes a responder's certificate and lets it answer. */
static bulla_cause delegate(struct world *world, const struct recipe *recipe, size_t signed_with,
                            bool by_name) {
    struct certificate responder;
    struct status_answer answer;
    struct issue_ocsp_single single = single_about(&world->leaf, STATUS_GOOD);
    struct issue_ocsp_request request = one(&single);
    bulla_bytes der = forge_certificate(&world->forge, recipe, world->responder_der);
    assert_int_equal(certificate_parse(&responder, der), BULLA_OK);
    request.responder = &responder;
    request.by_name = by_name;
    return ask(world, respond(world, &request, signed_with), &answer);
}

static void test_delegated(void **state) {
    struct world *world = *state;
    const struct recipe good = {.subject = "responder",
                                .issuer = "CA",
                                .key = RESPONDER_KEY,
                                .signed_by = CA_KEY,
                                .purposes = EXTENDED_KEY_USAGE_OCSP_SIGNING};
    const bulla_cause wrong = BULLA_E_OCSP_SIGNATURE_INVALID;
    assert_int_equal(delegate(world, &good, RESPONDER_KEY, false), BULLA_OK);
    assert_int_equal(delegate(world, &good, RESPONDER_KEY, true), BULLA_OK);
    assert_int_equal(delegate(world, &good, OTHER_KEY, false), wrong);
    /* The CA's key under the responder's name: the name is part of what is signed. */
    assert_int_equal(delegate(world, &good, CA_KEY, false), wrong);

    struct recipe bad = good;
    bad.purposes = 0;
    assert_int_equal(delegate(world, &bad, RESPONDER_KEY, false), wrong);
    bad.purposes = EXTENDED_KEY_USAGE_ANY | EXTENDED_KEY_USAGE_SERVER_AUTH;
    assert_int_equal(delegate(world, &bad, RESPONDER_KEY, false), wrong);
    bad = good;
    bad.signed_by = OTHER_KEY; /* somebody else calls himself our CA */
    assert_int_equal(delegate(world, &bad, RESPONDER_KEY, false), wrong);
    bad = good;
    bad.issuer = "Stranger";
    assert_int_equal(delegate(world, &bad, RESPONDER_KEY, false), wrong);
    bad = good;
    bad.break_signature = true;
    assert_int_equal(delegate(world, &bad, RESPONDER_KEY, false), wrong);
    bad = good;
    bad.not_after = FORGE_NOW - 1;
    assert_int_equal(delegate(world, &bad, RESPONDER_KEY, false), wrong);
    bad = good;
    bad.not_before = FORGE_NOW + 1;
    assert_int_equal(delegate(world, &bad, RESPONDER_KEY, false), wrong);
    bad = good;
    bad.key_usage = KEY_USAGE_KEY_CERT_SIGN;
    assert_int_equal(delegate(world, &bad, RESPONDER_KEY, false), wrong);
    bad = good;
    bad.extra = OID_USER_ID;
    bad.extra_critical = true;
    assert_int_equal(delegate(world, &bad, RESPONDER_KEY, false), wrong);
    bad.extra_critical = false;
    assert_int_equal(delegate(world, &bad, RESPONDER_KEY, false), BULLA_OK);
    bad = good;
    bad.extra = OID_OCSP_NO_CHECK;
    assert_int_equal(delegate(world, &bad, RESPONDER_KEY, false), BULLA_OK);
}

static void test_not_the_issuer(void **state) {
    struct world *world = *state;
    struct status_answer answer;
    struct issue_ocsp_single single = single_about(&world->leaf, STATUS_REVOKED);
    struct issue_ocsp_request request = one(&single);
    assert_int_equal(ask(world, respond(world, &request, OTHER_KEY), &answer),
                     BULLA_E_OCSP_SIGNATURE_INVALID);
    request.by_name = true;
    assert_int_equal(ask(world, respond(world, &request, LEAF_KEY), &answer),
                     BULLA_E_OCSP_SIGNATURE_INVALID);
    assert_int_equal(ask(world, respond(world, &request, CA_KEY), &answer), BULLA_OK);
}

static void test_nonce(void **state) {
    struct world *world = *state;
    struct status_answer answer;
    struct issue_ocsp_single single = single_about(&world->leaf, STATUS_GOOD);
    struct issue_ocsp_request request = one(&single);
    struct ocsp_question question = {
        .certificate = &world->leaf, .issuer = &world->ca, .now = FORGE_NOW};
    request.nonce = BYTES_OF("a nonce of the one who asked");
    bulla_bytes response = respond(world, &request, CA_KEY);
    assert_int_equal(ocsp_check(response, &question, &answer), BULLA_OK); /* nobody asked */
    question.nonce = request.nonce;
    assert_int_equal(ocsp_check(response, &question, &answer), BULLA_OK);
    question.nonce = BYTES_OF("a nonce of the one who asks.");
    assert_int_equal(ocsp_check(response, &question, &answer), BULLA_E_OCSP_NONCE_MISMATCH);
    request.nonce = bytes_of(NULL, 0);
    assert_int_equal(ocsp_check(respond(world, &request, CA_KEY), &question, &answer),
                     BULLA_E_OCSP_NONCE_MISMATCH);
    /* An old "revoked" is not what replaying is feared for. */
    single.answer.status = STATUS_REVOKED;
    assert_int_equal(ocsp_check(respond(world, &request, CA_KEY), &question, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_REVOKED);
}

static void test_issue_refuses(void **state) {
    struct world *world = *state;
    const struct private_key *key = &world->forge.keys[CA_KEY];
    struct issue_ocsp_single single = single_about(&world->leaf, STATUS_GOOD);
    struct issue_ocsp_request request = one(&single);
    struct writer writer = writer_into(world->response, sizeof world->response);
    request.cert_id_hash = HASH_SHA384;
    assert_int_equal(issue_ocsp_response(&request, &world->ca, key, &writer), BULLA_E_API_MISUSE);
    request = one(&single);
    request.num_singles = 0;
    assert_int_equal(issue_ocsp_response(&request, &world->ca, key, &writer), BULLA_E_API_MISUSE);
    request = one(&single);
    single.next_update = single.this_update - 1;
    assert_int_equal(issue_ocsp_response(&request, &world->ca, key, &writer), BULLA_E_API_MISUSE);
    single = single_about(&world->leaf, STATUS_INVALID);
    assert_int_equal(issue_ocsp_response(&request, &world->ca, key, &writer), BULLA_E_API_MISUSE);
    single = single_about(&world->leaf, STATUS_GOOD);
    writer = writer_into(world->response, 100);
    assert_int_equal(issue_ocsp_response(&request, &world->ca, key, &writer),
                     BULLA_E_BUFFER_TOO_SMALL);
}

static bulla_bytes der_of(const char *pem, struct pem_block *block) {
    struct reader text = reader_over(bytes_of_text(pem));
    assert_int_equal(pem_next(&text, block), BULLA_OK);
    return bytes_of(block->der, block->der_len);
}

static void test_samples(void **state) {
    (void)state;
    struct pem_block root_block, good_block, revoked_block;
    struct certificate root, good, revoked;
    struct status_answer answer;
    HEX(delegated, samples_ocsp_delegated);
    HEX(by_issuer, samples_ocsp_issuer);
    HEX(wanted, samples_ocsp_request);
    assert_int_equal(certificate_parse(&root, der_of(samples_root, &root_block)), BULLA_OK);
    assert_int_equal(certificate_parse(&good, der_of(samples_good, &good_block)), BULLA_OK);
    assert_int_equal(certificate_parse(&revoked, der_of(samples_revoked, &revoked_block)),
                     BULLA_OK);
    struct ocsp_question question = {
        .certificate = &good, .issuer = &root, .now = revocation_samples_now};
    assert_int_equal(ocsp_check(delegated, &question, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_GOOD);
    assert_int_equal(ocsp_check(by_issuer, &question, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_GOOD);
    question.certificate = &revoked;
    assert_int_equal(ocsp_check(delegated, &question, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_REVOKED);
    assert_int_equal(answer.reason, STATUS_REASON_KEY_COMPROMISE);
    question.certificate = &root;
    assert_int_equal(ocsp_check(delegated, &question, &answer), BULLA_E_OCSP_OTHER_CERTIFICATE);

    /* The request is octet for octet what OpenSSL writes. */
    uint8_t buffer[512];
    struct writer writer = writer_into(buffer, sizeof buffer);
    assert_int_equal(ocsp_request_write(&writer, &good, &root, bytes_of(NULL, 0)), BULLA_OK);
    assert_true(bytes_equal(forge_written(&writer), wanted));
    bulla_bytes url;
    assert_true(ocsp_request_url(&good, &url));
    assert_true(bytes_equal(url, BYTES_OF("http://ocsp.example/")));
    assert_false(ocsp_request_url(&root, &url));
    assert_true(good.must_staple);
    assert_false(root.must_staple);
    assert_int_not_equal(good.crl_distribution_points.len, 0);
    pem_block_free(&root_block);
    pem_block_free(&good_block);
    pem_block_free(&revoked_block);
}

static void test_request_with_nonce(void **state) {
    struct world *world = *state;
    uint8_t buffer[512];
    uint8_t nonce[OCSP_NONCE_LEN_MAX + 1] = {1};
    struct writer writer = writer_into(buffer, sizeof buffer);
    assert_int_equal(
        ocsp_request_write(&writer, &world->leaf, &world->ca, bytes_of(nonce, OCSP_NONCE_LEN)),
        BULLA_OK);
    bulla_bytes der = forge_written(&writer);
    assert_true(
        bytes_equal(bytes_after(der, der.len - OCSP_NONCE_LEN), bytes_of(nonce, OCSP_NONCE_LEN)));
    assert_int_equal(ocsp_request_write(&writer, &world->leaf, &world->ca, BYTES_IN(nonce)),
                     BULLA_E_API_MISUSE);
    writer = writer_into(buffer, 40);
    assert_int_equal(ocsp_request_write(&writer, &world->leaf, &world->ca, bytes_of(NULL, 0)),
                     BULLA_E_BUFFER_TOO_SMALL);
}

static int start(void **state) {
    static struct world world;
    forge_start(&world.forge);
    *state = &world;
    const struct recipe ca = {
        .subject = "CA", .issuer = "CA", .key = CA_KEY, .signed_by = CA_KEY, .ca = true};
    struct recipe leaf = {.subject = "leaf", .issuer = "CA", .key = LEAF_KEY, .signed_by = CA_KEY};
    bulla_cause cause =
        certificate_parse(&world.ca, forge_certificate(&world.forge, &ca, world.ca_der));
    if (cause == BULLA_OK) {
        cause =
            certificate_parse(&world.leaf, forge_certificate(&world.forge, &leaf, world.leaf_der));
    }
    if (cause == BULLA_OK) {
        cause = certificate_parse(&world.other,
                                  forge_certificate(&world.forge, &leaf, world.other_der));
    }
    return cause != BULLA_OK;
}

static int stop(void **state) {
    struct world *world = *state;
    forge_stop(&world->forge);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses),      cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_refusals),      cmocka_unit_test(test_cuts_and_changes),
        cmocka_unit_test(test_about_another), cmocka_unit_test(test_dates),
        cmocka_unit_test(test_delegated),     cmocka_unit_test(test_not_the_issuer),
        cmocka_unit_test(test_nonce),         cmocka_unit_test(test_issue_refuses),
        cmocka_unit_test(test_samples),       cmocka_unit_test(test_request_with_nonce),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
