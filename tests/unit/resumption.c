/* SPDX-License-Identifier: Apache-2.0 */
/* Resumption of TLS 1.3 (RFC 8446 2.2, 4.2.11, 4.6.1): by ticket, by store, by the caller's own
 * hands; that it keeps the peer's identity; and for each thing that may change in between, that a
 * full handshake follows instead. */
#include "support/check.h"

#include "engine/expect.h"
#include "support/meeting.h"
#include "tls/config.h"

#include <stdlib.h>

static void test_ticket_resumes(void **state) {
    struct meeting scene;
    (void)state;
    meeting_make(&scene);
    assert_false(meet(&scene));
    assert_true(meet(&scene));
    assert_true(meet(&scene));
    meeting_free(&scene);
}

static void test_store_resumes_once(void **state) {
    struct meeting scene;
    (void)state;
    meeting_make(&scene);
    scene.stateful = true;
    scene.num_tickets = 1;
    assert_false(meet(&scene));
    assert_int_equal(bulla_session_store_num(scene.store), 1);
    assert_true(meet(&scene));
    assert_int_equal(bulla_session_store_num(scene.store), 1); /* used up, and a new one */
    bulla_session_store_clear(scene.store);
    assert_false(meet(&scene));
    meeting_free(&scene);
}

static void test_identity_is_kept(void **state) {
    struct meeting scene;
    (void)state;
    meeting_make(&scene);
    scene.mutual = true;
    assert_false(meet(&scene));
    assert_true(meet(&scene));
    assert_true(meet(&scene)); /* by a ticket of a resumed connection */
    meeting_free(&scene);
}

static void test_number_of_tickets(void **state) {
    struct meeting scene;
    (void)state;
    for (unsigned num = 0; num <= 3; num++) {
        meeting_make(&scene);
        scene.num_tickets = num;
        assert_false(meet(&scene));
        for (unsigned i = 0; i < num; i++) {
            scene.num_tickets = 0; /* no new ones: what is there is used up one by one */
            assert_true(meet(&scene));
        }
        assert_false(meet(&scene));
        meeting_free(&scene);
    }
}

/* Each row: what changes after the first meeting, which must lead to a full handshake. */
static void change_trust(struct meeting *scene) {
    must(bulla_trust_add_der(scene->other_trust, bytes_of(scene->authority.root.buffer,
                                                          scene->authority.root.len)) == BULLA_OK,
         "add");
    scene->server_trust = scene->other_trust;
}

static void change_client_auth(struct meeting *scene) {
    scene->client_auth = BULLA_CLIENT_AUTH_REQUEST;
}

static void change_server_alpn(struct meeting *scene) {
    scene->server_alpn = "http/1.1";
    scene->client_alpn = "http/1.1";
}

static void change_judgement(struct meeting *scene) {
    scene->judgement = "policy 2";
}

static void change_keys(struct meeting *scene) {
    bulla_ticket_keys_free(scene->keys);
    must(bulla_ticket_keys_new(&scene->keys, 3600) == BULLA_OK, "keys");
}

static void let_lifetime_end(struct meeting *scene) {
    scene->now += 7201;
}

static void let_leaf_end(struct meeting *scene) {
    /* The scene's second leaf is valid an hour: see below. */
    scene->now += 3700;
}

static void shorten_lifetime(struct meeting *scene) {
    scene->now += 100;
    scene->lifetime = 60;
}

static void test_what_changed_is_not_resumed(void **state) {
    static void (*const changes[])(struct meeting *) = {
        change_trust, change_client_auth, change_server_alpn, change_judgement,
        change_keys,  let_lifetime_end,   shorten_lifetime,
    };
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct meeting scene;
        meeting_make(&scene);
        scene.mutual = true;
        assert_false(meet(&scene));
        changes[i](&scene);
        if (meet(&scene)) {
            fail_msg("change %zu was resumed", i);
        }
        assert_true(meet(&scene)); /* under the new state of things */
        meeting_free(&scene);
    }
}

static void test_ended_client_certificate_is_not_resumed(void **state) {
    const struct leaf brief = {.dns = "client.example", .not_after = TEST_NOW + 3600};
    struct meeting scene;
    struct pair pair;
    (void)state;
    meeting_make(&scene);
    scene.mutual = true;
    bulla_credential_free(scene.client);
    scene.client = authority_issue(&scene.authority, &brief);
    assert_false(meet(&scene));
    assert_true(meet(&scene));
    let_leaf_end(&scene);
    meeting_open(&scene, &pair);
    pair_run(&pair);
    expect_cause(&pair.server, BULLA_E_CERT_EXPIRED, "a full handshake says so");
    pair_close(&pair);
    meeting_free(&scene);
}

static void test_other_name_is_not_resumed(void **state) {
    const struct leaf both = {.dns = "a.example"};
    struct meeting scene;
    struct pair pair;
    bulla_session_view view;
    (void)state;
    meeting_make(&scene);
    bulla_credential_free(scene.server);
    scene.server = authority_issue(&scene.authority, &both);
    scene.by_hand = true;
    scene.name = "a.example";
    meeting_open(&scene, &pair);
    pair_connect(&pair);
    assert_int_not_equal(pair.client.state.len, 0);
    assert_int_equal(bulla_connection_session(pair.client.connection, &view), BULLA_E_API_MISUSE);

    struct pair again;
    bulla_bytes saved = bytes_of(pair.client.state.buffer, pair.client.state.len);
    scene.name = "b.example";
    meeting_open(&scene, &again);
    assert_int_equal(bulla_connection_resume(again.client.connection, saved),
                     BULLA_E_SESSION_UNUSABLE);
    pair_close(&again);
    scene.name = "a.example";
    meeting_open(&scene, &again);
    assert_int_equal(bulla_connection_resume(again.client.connection, saved), BULLA_OK);
    pair_connect(&again);
    assert_int_equal(end_info(&again.client).resumed, 1);
    assert_int_equal(bulla_connection_resume(again.client.connection, saved), BULLA_E_API_MISUSE);
    pair_close(&again);
    pair_close(&pair);
    meeting_free(&scene);
}

/* A session that the caller keeps: whether it can still be offered after a change. */
static bulla_cause cause_of_resuming(struct meeting *scene, void (*change)(struct meeting *)) {
    struct pair first, second;
    scene->by_hand = true;
    meeting_open(scene, &first);
    pair_connect(&first);
    assert_int_not_equal(first.client.state.len, 0);
    change(scene);
    meeting_open(scene, &second);
    bulla_cause cause = bulla_connection_resume(
        second.client.connection, bytes_of(first.client.state.buffer, first.client.state.len));
    pair_close(&second);
    pair_close(&first);
    return cause;
}

static const uint16_t p256_scheme[] = {0x0403}, ed25519_scheme[] = {0x0807};

static void change_nothing(struct meeting *scene) {
    (void)scene;
}

/* Who the server knows by the session is not whom the config shows. */
static void change_client(struct meeting *scene) {
    const struct leaf another = {.dns = "another.example"};
    bulla_credential_free(scene->client);
    scene->client = authority_issue(&scene->authority, &another);
}

static void show_nobody(struct meeting *scene) {
    scene->mutual = false;
}

static void change_client_schemes(struct meeting *scene) {
    scene->client_schemes = ed25519_scheme;
}

static void keep_client_schemes(struct meeting *scene) {
    scene->client_schemes = p256_scheme;
}

static void test_sessions_by_hand_are_bound_to_the_config(void **state) {
    static const struct {
        void (*change)(struct meeting *);
        bulla_cause cause;
    } rows[] = {
        {change_nothing, BULLA_OK},
        {change_client, BULLA_E_SESSION_UNUSABLE},
        {show_nobody, BULLA_E_SESSION_UNUSABLE},
        {change_client_schemes, BULLA_E_SESSION_UNUSABLE},
        {keep_client_schemes, BULLA_OK},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct meeting scene;
        meeting_make(&scene);
        scene.mutual = true;
        bulla_cause cause = cause_of_resuming(&scene, rows[i].change);
        if (cause != rows[i].cause) {
            fail_msg("row %zu: %s", i, bulla_cause_about(cause)->name);
        }
        meeting_free(&scene);
    }
}

/* A client that proved itself by a scheme that the server does not accept any more. */
static void test_schemes_that_went_out_of_use(void **state) {
    const struct leaf server = {.dns = TEST_SERVER_NAME, .key = KEY_KIND_ED25519};
    struct meeting scene;
    struct pair pair;
    (void)state;
    meeting_make(&scene);
    bulla_credential_free(scene.server);
    scene.server = authority_issue(&scene.authority, &server);
    scene.mutual = true;
    assert_false(meet(&scene));
    assert_true(meet(&scene));
    scene.server_schemes = ed25519_scheme;
    meeting_open(&scene, &pair);
    pair_run(&pair);
    assert_int_equal(end_info(&pair.server).resumed, 0);
    expect_cause(&pair.server, BULLA_E_CERTIFICATE_REQUIRED, "a full handshake asks for another");
    pair_close(&pair);
    meeting_free(&scene);
}

/* Two virtual hosts with configs of their own and ticket keys in common: one does not go on for the
 * other, whose name it could not have proven; but the same names may have a new certificate. */
static void test_virtual_hosts_do_not_stand_in_for_each_other(void **state) {
    const struct leaf one = {.dns = "a.example"}, other = {.dns = "b.example"};
    struct meeting scene;
    struct pair pair;
    (void)state;
    for (int stateful = 0; stateful < 2; stateful++) {
        meeting_make(&scene);
        scene.stateful = stateful != 0;
        scene.name = "a.example";
        bulla_credential_free(scene.server);
        scene.server = authority_issue(&scene.authority, &one);
        assert_false(meet(&scene));
        assert_true(meet(&scene));
        bulla_credential_free(scene.server);
        scene.server = authority_issue(&scene.authority, &one); /* a renewed one */
        meeting_open(&scene, &pair);
        pair_connect(&pair);
        assert_int_equal(end_info(&pair.server).resumed, 1);
        pair_close(&pair);
        bulla_credential_free(scene.server);
        scene.server = authority_issue(&scene.authority, &other);
        meeting_open(&scene, &pair);
        pair_run(&pair);
        assert_int_equal(end_info(&pair.server).resumed, 0);
        expect_cause(&pair.client, BULLA_E_CERT_NAME_MISMATCH, "a full handshake says so");
        pair_close(&pair);
        meeting_free(&scene);
    }
}

/* Whom a client without a server's name meets is its caller's to judge, each time: a session of one
 * such server says nothing about the next. */
static void test_servers_without_a_name_are_not_mixed_up(void **state) {
    struct meeting scene;
    (void)state;
    for (int named = 1; named >= 0; named--) {
        meeting_make(&scene);
        scene.client_ask = BULLA_ASK_VERIFY;
        scene.judgement = "pins of the day";
        scene.name = named ? TEST_SERVER_NAME : "";
        for (int again = 0; again < 2; again++) {
            struct pair pair;
            meeting_open(&scene, &pair);
            pair_connect(&pair);
            assert_int_equal(pair.client.events[BULLA_EVENT_VERIFY], named && again ? 0 : 1);
            assert_int_equal(end_info(&pair.client).resumed, named && again);
            pair_close(&pair);
        }
        assert_int_equal(bulla_session_cache_num(scene.cache), named);
        meeting_free(&scene);
    }
}

/* The server's caller keeps the sessions itself. */
static void test_lookup_by_the_caller(void **state) {
    struct meeting scene;
    struct pair first, second;
    (void)state;
    meeting_make(&scene);
    scene.stateless = false;
    meeting_open(&scene, &first);
    pair_connect(&first);
    assert_int_equal(first.server.events[BULLA_EVENT_SESSION], 2);
    for (int known = 1; known >= 0; known--) {
        meeting_open(&scene, &second);
        second.server.stored =
            known ? bytes_of(first.server.state.buffer, first.server.state.len) : bytes_of(NULL, 0);
        second.server.holds = true;
        pair_run(&second);
        assert_int_equal(second.server.last, BULLA_EVENT_SESSION_LOOKUP);
        bulla_session_view view;
        assert_int_equal(bulla_connection_session(second.server.connection, &view), BULLA_OK);
        assert_int_equal(view.id.len, 32);
        assert_int_equal(view.state.len, 0);
        assert_int_equal(bytes_equal(view.id, BYTES_IN(first.server.id)), known);
        second.server.holds = false;
        assert_int_equal(
            bulla_connection_answer_session(second.server.connection, second.server.stored),
            BULLA_OK);
        assert_int_equal(
            bulla_connection_answer_session(second.server.connection, second.server.stored),
            BULLA_E_API_MISUSE);
        (void)end_receive(&second.server, SIZE_MAX);
        pair_connect(&second);
        assert_int_equal(end_info(&second.server).resumed, known);
        pair_close(&second);
    }
    pair_close(&first);
    meeting_free(&scene);
}

static void test_binder_is_checked(void **state) {
    struct meeting scene;
    struct pair pair;
    (void)state;
    meeting_make(&scene);
    assert_false(meet(&scene));
    meeting_open(&scene, &pair);
    (void)end_receive(&pair.client, SIZE_MAX);
    (void)end_flush(&pair.client, &pair.server);
    pair.server.inbox.buffer[pair.server.inbox.len - 1] ^= 1; /* the hello's last byte */
    (void)end_receive(&pair.server, SIZE_MAX);
    expect_cause(&pair.server, BULLA_E_BINDER_INVALID, "an altered binder");
    assert_int_equal(bulla_connection_failure(pair.server.connection).alert_sent,
                     BULLA_ALERT_DECRYPT_ERROR);
    pair_close(&pair);
    meeting_free(&scene);
}

/* The client's hello, without an extension and under a binder that fits again. */
static void feed_without(struct pair *pair, uint16_t dropped) {
    const struct handshake *client = pair->client.connection->handshake;
    struct writer message = writer_growing(1 << 14), wire = writer_growing(1 << 14);
    uint8_t digest[HASH_LEN_MAX];
    (void)end_receive(&pair->client, SIZE_MAX);
    struct forged_hello hello =
        raw_read_client_hello(bulla_connection_output(pair->client.connection));
    forged_drop(&hello, dropped);
    forged_write(&hello, HANDSHAKE_CLIENT_HELLO, &message);
    enum hash_id hash = client->resumption.session->suite->hash;
    size_t binder = message.len - hash_len(hash);
    hash_once(hash, bytes_of(message.buffer, binder - 3), digest); /* two lengths before it */
    finished_verify_data(message.buffer + binder, hash, client->early.binder_key, digest);
    raw_record(&wire, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(message.buffer, message.len));
    (void)end_feed(&pair->server, bytes_of(wire.buffer, wire.len));
    writer_free(&message);
    writer_free(&wire);
}

/* Who resumes is shown no certificate, and need not say what it could verify: RFC 8446 9.2. Where
 * the session is not taken there is nothing left to go on with. */
static void test_resuming_needs_no_signature_schemes(void **state) {
    (void)state;
    for (int known = 0; known < 2; known++) {
        struct meeting scene;
        struct pair pair;
        meeting_make(&scene);
        assert_false(meet(&scene));
        if (!known) {
            change_keys(&scene);
        }
        meeting_open(&scene, &pair);
        feed_without(&pair, EXTENSION_SIGNATURE_ALGORITHMS);
        expect_cause(&pair.server, known ? BULLA_OK : BULLA_E_EXTENSION_MISSING, "no schemes");
        assert_int_equal(end_info(&pair.server).resumed, known);
        pair_close(&pair);
        meeting_free(&scene);
    }
}

static void test_retry_keeps_the_session(void **state) {
    static const uint16_t p256[] = {BULLA_GROUP_SECP256R1};
    struct meeting scene;
    struct pair pair;
    (void)state;
    meeting_make(&scene);
    scene.server_groups = p256;
    assert_false(meet(&scene));
    meeting_open(&scene, &pair);
    pair_connect(&pair);
    assert_int_equal(end_info(&pair.client).hello_retried, 1);
    assert_int_equal(end_info(&pair.client).resumed, 1);
    assert_int_equal(end_info(&pair.server).resumed, 1);
    assert_true(pair_agrees(&pair));
    pair_close(&pair);
    meeting_free(&scene);
}

static void test_another_hash_is_not_resumed(void **state) {
    static const uint16_t sha384[] = {BULLA_TLS_AES_256_GCM_SHA384};
    static const uint16_t p256[] = {BULLA_GROUP_SECP256R1};
    struct meeting scene;
    (void)state;
    for (int retry = 0; retry < 2; retry++) {
        meeting_make(&scene);
        scene.server_groups = retry ? p256 : NULL;
        assert_false(meet(&scene));
        scene.server_suites = sha384;
        assert_false(meet(&scene));
        assert_true(meet(&scene));
        meeting_free(&scene);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ticket_resumes),
        cmocka_unit_test(test_store_resumes_once),
        cmocka_unit_test(test_identity_is_kept),
        cmocka_unit_test(test_number_of_tickets),
        cmocka_unit_test(test_what_changed_is_not_resumed),
        cmocka_unit_test(test_ended_client_certificate_is_not_resumed),
        cmocka_unit_test(test_other_name_is_not_resumed),
        cmocka_unit_test(test_sessions_by_hand_are_bound_to_the_config),
        cmocka_unit_test(test_schemes_that_went_out_of_use),
        cmocka_unit_test(test_virtual_hosts_do_not_stand_in_for_each_other),
        cmocka_unit_test(test_servers_without_a_name_are_not_mixed_up),
        cmocka_unit_test(test_lookup_by_the_caller),
        cmocka_unit_test(test_binder_is_checked),
        cmocka_unit_test(test_resuming_needs_no_signature_schemes),
        cmocka_unit_test(test_retry_keeps_the_session),
        cmocka_unit_test(test_another_hash_is_not_resumed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
