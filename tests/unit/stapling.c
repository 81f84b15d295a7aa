/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP responses that come with a certificate: a server staples what its credential holds to a
 * client that asks (RFC 6066 8, RFC 8446 4.4.2.1), in both versions; a client does it where the
 * CertificateRequest asks; and nobody does it unasked. */
#include "support/check.h"

#include "engine/expect.h"
#include "tls/hello.h"
#include "tls/messages.h"
#include "x509/issue_ocsp.h"

#include <stdlib.h>

static const uint16_t versions[] = {BULLA_TLS_1_2, BULLA_TLS_1_3};

static struct authority authority;
static bulla_trust *trust;
static bulla_credential *plain, *stapled, *revoked;

/* The CA's own answer about the credential's leaf. */
static void answer_write(const bulla_credential *credential, enum certificate_status status,
                         struct writer *out) {
    struct certificate issuer;
    const struct issue_ocsp_single single = {.serial = credential->leaf.serial,
                                             .answer = {.status = status,
                                                        .revoked_at = TEST_NOW - 60,
                                                        .reason = STATUS_REASON_KEY_COMPROMISE},
                                             .this_update = TEST_NOW - 3600,
                                             .next_update = TEST_NOW + 3600};
    const struct issue_ocsp_request request = {.produced_at = TEST_NOW - 3600,
                                               .singles = &single,
                                               .num_singles = 1,
                                               .cert_id_hash = HASH_SHA1};
    const struct writer *der = &authority.intermediate;
    must(certificate_parse(&issuer, bytes_of(der->buffer, der->len)) == BULLA_OK, "issuer");
    bulla_cause cause = issue_ocsp_response(&request, &issuer, &authority.intermediate_key, out);
    must(cause == BULLA_OK, bulla_cause_about(cause)->name);
}

static bulla_credential *staple(bulla_credential *credential, enum certificate_status status) {
    struct writer der = writer_growing(1 << 14);
    bulla_credential *out;
    answer_write(credential, status, &der);
    bulla_cause cause =
        bulla_credential_with_ocsp_response(&out, credential, bytes_of(der.buffer, der.len));
    must(cause == BULLA_OK, bulla_cause_about(cause)->name);
    writer_free(&der);
    return out;
}

static int world_make(void **state) {
    (void)state;
    authority_make(&authority, "Staples");
    trust = authority_trust(&authority);
    plain = authority_issue(&authority, &(struct leaf){0});
    stapled = staple(plain, STATUS_GOOD);
    revoked = staple(plain, STATUS_REVOKED);
    return 0;
}

static int world_drop(void **state) {
    (void)state;
    bulla_credential_free(plain);
    bulla_credential_free(stapled);
    bulla_credential_free(revoked);
    bulla_trust_free(trust);
    authority_free(&authority);
    return 0;
}

static void revocation_soft(bulla_config_builder *builder, void *context) {
    (void)context;
    bulla_config_set_revocation(builder, BULLA_REVOCATION_SOFT, NULL);
}

static struct setup setup_of(bulla_role role, bulla_credential *credential, bool asks,
                             uint16_t version) {
    return (struct setup){.role = role,
                          .trust = trust,
                          .credentials = {credential},
                          .version_min = BULLA_TLS_1_2,
                          .version_max = version,
                          .more = asks ? revocation_soft : NULL};
}

/* ------------------------------------------------------------------ by the server */

/* What a client that asks (or does not) gets from a server with that credential. */
static bulla_cause outcome(bulla_credential *credential, bool asks, uint16_t version) {
    struct setup client = setup_of(BULLA_CLIENT, NULL, asks, version);
    struct setup server = setup_of(BULLA_SERVER, credential, false, version);
    struct pair pair;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair_run(&pair);
    bulla_cause cause = end_failure(&pair.client);
    assert_int_equal(end_info(&pair.client).handshake_done, cause == BULLA_OK);
    pair_close(&pair);
    return cause;
}

/* That a bad answer ends the connection shows that it was sent, and read. */
static void the_response_is_sent_and_judged(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(outcome(stapled, true, versions[i]), BULLA_OK);
        assert_int_equal(outcome(revoked, true, versions[i]), BULLA_E_CERT_REVOKED);
        assert_int_equal(outcome(plain, true, versions[i]), BULLA_OK);
        /* Whoever does not ask is not told. */
        assert_int_equal(outcome(stapled, false, versions[i]), BULLA_OK);
        assert_int_equal(outcome(revoked, false, versions[i]), BULLA_OK);
    }
}

static void the_response_arrives_as_it_was_given(void **state) {
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        bool asks = i % 2 == 0;
        struct setup client = setup_of(BULLA_CLIENT, NULL, asks, versions[i / 2]);
        struct setup server = setup_of(BULLA_SERVER, stapled, false, versions[i / 2]);
        struct pair pair;
        client.ask = BULLA_ASK_VERIFY;
        pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
        pair.client.holds = true;
        pair_run(&pair);
        assert_int_equal(pair.client.last, BULLA_EVENT_VERIFY);
        assert_true(bytes_equal(bulla_connection_ocsp_response(pair.client.connection),
                                asks ? stapled->ocsp_response : bytes_of(NULL, 0)));
        pair_close(&pair);
    }
}

/* Forged hellos to a server with a staple: whether it is shown. */
static void expect_of_request(bulla_bytes data, bulla_cause cause, bool shown, const char *what) {
    struct setup client = setup_of(BULLA_CLIENT, NULL, false, BULLA_TLS_1_3);
    struct setup server = setup_of(BULLA_SERVER, stapled, false, BULLA_TLS_1_3);
    struct forged_hello hello = forged_client_hello();
    struct writer message = writer_growing(1 << 14), record = writer_growing(1 << 14);
    struct pair pair;
    server.ask = BULLA_ASK_SIGN; /* stops after its Certificate */
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair.server.holds = true;
    forged_set(&hello, EXTENSION_STATUS_REQUEST, data);
    forged_write(&hello, HANDSHAKE_CLIENT_HELLO, &message);
    raw_record(&record, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(message.buffer, message.len));
    (void)end_feed(&pair.server, bytes_of(record.buffer, record.len));
    expect_cause(&pair.server, cause, what);
    if (cause == BULLA_OK) {
        struct writer expected = writer_growing(1 << 16);
        const struct writer *flight = &pair.server.connection->handshake->flight;
        certificate_write(stapled, shown, &expected);
        must(flight->len >= expected.len, what);
        assert_true(bytes_equal(bytes_of(flight->buffer + flight->len - expected.len, expected.len),
                                bytes_of(expected.buffer, expected.len)));
        writer_free(&expected);
    }
    writer_free(&message);
    writer_free(&record);
    pair_close(&pair);
}

static void requests_are_read_with_care(void **state) {
    const bulla_cause malformed = BULLA_E_EXTENSION_MALFORMED;
    (void)state;
    expect_of_request(BYTES_OF("\1\0\0\0\0"), BULLA_OK, true, "OCSP");
    expect_of_request(BYTES_OF("\1\0\3\0\1!\0\2!!"), BULLA_OK, true, "with a responder");
    expect_of_request(BYTES_OF("\2\0\0"), BULLA_OK, false, "ocsp_multi");
    expect_of_request(BYTES_OF("\xff"), BULLA_OK, false, "something else");
    expect_of_request(BYTES_OF(""), malformed, false, "empty");
    expect_of_request(BYTES_OF("\1"), malformed, false, "only a type");
    expect_of_request(BYTES_OF("\1\0\0"), malformed, false, "no extensions");
    expect_of_request(BYTES_OF("\1\0\0\0\0!"), malformed, false, "more");
    expect_of_request(BYTES_OF("\1\0\1\0\0"), malformed, false, "cut");
}

/* ------------------------------------------------------------------ by the client, TLS 1.3 */

static void clients_staple_too(void **state) {
    const struct {
        bulla_credential *credential;
        bool asks;
        bulla_cause cause;
    } cases[] = {
        {stapled, true, BULLA_OK},
        {stapled, false, BULLA_OK},
        {revoked, true, BULLA_E_CERT_REVOKED},
        {revoked, false, BULLA_OK},
        {plain, true, BULLA_OK},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct setup client = setup_of(BULLA_CLIENT, cases[i].credential, false, BULLA_TLS_1_3);
        struct setup server = setup_of(BULLA_SERVER, plain, cases[i].asks, BULLA_TLS_1_3);
        struct pair pair;
        server.client_auth = BULLA_CLIENT_AUTH_REQUIRE;
        pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
        pair_run(&pair);
        assert_int_equal(end_failure(&pair.server), cases[i].cause);
        pair_close(&pair);
    }
}

/* RFC 8446 4.4.2.1: a server asks with an empty extension. */
static void a_request_with_something_in_it_is_refused(void **state) {
    const struct {
        bulla_bytes body;
        bulla_cause cause;
    } cases[] = {
        {BYTES_OF("\0\0\x0c\0\x0d\0\4\0\2\4\3\0\5\0\0"), BULLA_OK},
        {BYTES_OF("\0\0\x0d\0\x0d\0\4\0\2\4\3\0\5\0\1\1"), BULLA_E_EXTENSION_MALFORMED},
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct replay_message request = {HANDSHAKE_CERTIFICATE_REQUEST, cases[i].body};
        struct setup client = setup_of(BULLA_CLIENT, stapled, false, BULLA_TLS_1_3);
        struct setup server = setup_of(BULLA_SERVER, plain, true, BULLA_TLS_1_3);
        struct pair pair;
        server.client_auth = BULLA_CLIENT_AUTH_REQUIRE;
        server.replay = &request;
        server.num_replay = 1;
        pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
        pair_run(&pair);
        expect_cause(&pair.client, cases[i].cause, "a CertificateRequest");
        assert_int_equal(end_info(&pair.server).peer_authenticated, cases[i].cause == BULLA_OK);
        pair_close(&pair);
    }
}

/* A server that did not ask is not to be told: what comes is unsolicited. */
static void an_unasked_response_is_refused(void **state) {
    struct writer body = writer_growing(1 << 16);
    (void)state;
    certificate_write(stapled, true, &body);
    const struct replay_message certificate = {HANDSHAKE_CERTIFICATE,
                                               bytes_of(body.buffer, body.len)};
    for (size_t i = 0; i < 2; i++) {
        bool server_lies = i == 0;
        struct setup client = setup_of(BULLA_CLIENT, plain, false, BULLA_TLS_1_3);
        struct setup server = setup_of(BULLA_SERVER, plain, false, BULLA_TLS_1_3);
        struct setup *liar = server_lies ? &server : &client;
        struct pair pair;
        server.client_auth = BULLA_CLIENT_AUTH_REQUIRE;
        liar->replay = &certificate;
        liar->num_replay = 1;
        pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
        pair_run(&pair);
        expect_cause(server_lies ? &pair.client : &pair.server, BULLA_E_EXTENSION_UNSOLICITED,
                     "a response that nobody asked for");
        pair_close(&pair);
    }
    writer_free(&body);
}

/* ------------------------------------------------------------------ compressed */

/* Keeps the length alone: enough to see which form was compressed. */
static int count_in(bulla_bytes input, uint8_t *out, size_t *out_len) {
    struct writer writer = writer_into(out, *out_len);
    writer_u24(&writer, (uint32_t)input.len);
    *out_len = writer.len;
    return 1;
}

static void counting(bulla_config_builder *builder, void *context) {
    (void)context;
    bulla_config_add_certificate_compression(builder, 1, count_in, NULL);
}

static void both_forms_are_compressed(void **state) {
    struct setup server = setup_of(BULLA_SERVER, stapled, false, BULLA_TLS_1_3);
    (void)state;
    server.more = counting;
    bulla_config *config = setup_config(&server);
    assert_int_equal(config->num_compressed, 2);
    for (size_t i = 0; i < 2; i++) {
        struct writer expected = writer_growing(1 << 16);
        certificate_write(stapled, i == 1, &expected);
        bulla_bytes body = certificate_compressed(config, stapled, i == 1, 1);
        assert_int_equal(body.len, 2 + 3 + 3 + 3);
        assert_memory_equal(body.data + 2, body.data + 8, 3);
        assert_int_equal(body.data[3] << 8 | body.data[4], expected.len);
        writer_free(&expected);
    }
    bulla_config_free(config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_response_is_sent_and_judged),
        cmocka_unit_test(the_response_arrives_as_it_was_given),
        cmocka_unit_test(requests_are_read_with_care),
        cmocka_unit_test(clients_staple_too),
        cmocka_unit_test(a_request_with_something_in_it_is_refused),
        cmocka_unit_test(an_unasked_response_is_refused),
        cmocka_unit_test(both_forms_are_compressed),
    };
    return cmocka_run_group_tests(tests, world_make, world_drop);
}
