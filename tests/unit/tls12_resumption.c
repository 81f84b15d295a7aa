/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.2 sessions that are taken up again: by ticket (RFC 5077), by session id, and by what the
 * caller keeps; what ends them, and what a server may not do to one. */
#include "support/check.h"

#include "support/tls12.h"

#include <stdlib.h>

/* What the configs of a test share. */
struct shared {
    bulla_session_cache *cache;
    bulla_ticket_keys *keys;
    bulla_session_store *store; /* NULL: tickets */
};

static void shared_make(struct shared *out, bool with_store) {
    *out = (struct shared){.cache = NULL};
    assert_int_equal(bulla_session_cache_new(&out->cache, 8), BULLA_OK);
    assert_int_equal(bulla_ticket_keys_new(&out->keys, 3600), BULLA_OK);
    if (with_store) {
        assert_int_equal(bulla_session_store_new(&out->store, 8), BULLA_OK);
    }
}

static void shared_free(struct shared *shared) {
    bulla_session_cache_free(shared->cache);
    bulla_ticket_keys_free(shared->keys);
    bulla_session_store_free(shared->store);
}

static void client_more(bulla_config_builder *builder, void *context) {
    struct shared *shared = context;
    bulla_config_set_session_cache(builder, shared->cache);
}

static void server_more(bulla_config_builder *builder, void *context) {
    struct shared *shared = context;
    if (shared->store != NULL) {
        bulla_config_set_session_store(builder, shared->store);
    } else {
        bulla_config_set_ticket_keys(builder, shared->keys);
    }
}

static struct setup resuming_client(struct shared *shared) {
    struct setup setup = client_setup();
    setup.more = client_more;
    setup.more_context = shared;
    return setup;
}

static struct setup resuming_server(struct shared *shared) {
    struct setup setup = server_setup(KEY_KIND_EC_P256);
    setup.more = server_more;
    setup.more_context = shared;
    return setup;
}

/* A whole connection; whether it was resumed. */
static bool connects_resumed(const struct setup *client, const struct setup *server) {
    struct pair pair;
    open_with(&pair, client, server);
    pair_connect(&pair);
    bulla_connection_info ours = end_info(&pair.client), theirs = end_info(&pair.server);
    assert_int_equal(ours.resumed, theirs.resumed);
    assert_int_equal(ours.version, BULLA_TLS_1_2);
    assert_int_equal(ours.group, theirs.group);
    assert_int_not_equal(ours.group, 0);
    assert_true(ours.peer_authenticated);
    assert_true(bytes_equal(bulla_connection_peer_certificate(pair.client.connection, 0),
                            tls12_credential(KEY_KIND_EC_P256)->certificates[0]));
    assert_true(pair_agrees(&pair));
    talk(&pair);
    pair_close(&pair);
    return ours.resumed;
}

static void sessions_are_taken_up_again(void **state) {
    (void)state;
    for (unsigned with_store = 0; with_store < 2; with_store++) {
        struct shared shared;
        shared_make(&shared, with_store != 0);
        struct setup client = resuming_client(&shared), server = resuming_server(&shared);
        assert_false(connects_resumed(&client, &server));
        assert_int_equal(bulla_session_cache_num(shared.cache), 1);
        if (with_store) {
            assert_int_equal(bulla_session_store_num(shared.store), 1);
        }
        /* As often as one likes: what is linked is linked by the session id already. */
        assert_true(connects_resumed(&client, &server));
        assert_true(connects_resumed(&client, &server));
        if (with_store) {
            bulla_session_store_clear(shared.store);
            assert_false(connects_resumed(&client, &server)); /* and has a new one */
            assert_true(connects_resumed(&client, &server));
        }
        shared_free(&shared);
    }
}

static void sessions_end(void **state) {
    (void)state;
    for (unsigned with_store = 0; with_store < 2; with_store++) {
        struct shared shared;
        int64_t now = TEST_NOW;
        shared_make(&shared, with_store != 0);
        struct setup client = resuming_client(&shared), server = resuming_server(&shared);
        client.now = server.now = &now;
        assert_false(connects_resumed(&client, &server));
        now += 7199; /* two hours by default, from the full handshake on */
        assert_true(connects_resumed(&client, &server));
        now += 1;
        assert_false(connects_resumed(&client, &server));
        shared_free(&shared);
    }
}

/* The client's identity is resumed with the session, and not where it has to be shown. */
static void client_certificates_are_remembered(void **state) {
    (void)state;
    struct shared shared;
    struct pair pair;
    shared_make(&shared, false);
    struct setup client = resuming_client(&shared), server = resuming_server(&shared);
    server.client_auth = BULLA_CLIENT_AUTH_REQUEST;
    assert_false(connects_resumed(&client, &server)); /* without one */
    assert_true(connects_resumed(&client, &server));
    server.client_auth = BULLA_CLIENT_AUTH_REQUIRE;
    client.credentials[0] = tls12_credential(KEY_KIND_RSA);
    assert_false(connects_resumed(&client, &server));
    for (unsigned i = 0; i < 2; i++) {
        open_with(&pair, &client, &server);
        pair_connect(&pair);
        assert_true(end_info(&pair.server).resumed);
        assert_true(end_info(&pair.server).peer_authenticated);
        assert_true(bytes_equal(bulla_connection_peer_certificate(pair.server.connection, 0),
                                tls12_credential(KEY_KIND_RSA)->certificates[0]));
        pair_close(&pair);
    }
    shared_free(&shared);
}

/* Byte by byte, and with warnings in between. */
static void resumption_is_a_handshake_like_others(void **state) {
    (void)state;
    struct shared shared;
    struct pair pair;
    shared_make(&shared, false);
    struct setup client = resuming_client(&shared), server = resuming_server(&shared);
    assert_false(connects_resumed(&client, &server));
    open_with(&pair, &client, &server);
    pair.chunk = 1;
    pair_connect(&pair);
    assert_true(end_info(&pair.client).resumed);
    talk(&pair);
    pair_close(&pair);
    shared_free(&shared);
}

/* RFC 7627 5.3: a session with the extended master secret goes on with it or not at all. */
static void the_extended_master_secret_stays(void **state) {
    (void)state;
    struct shared shared;
    struct pair pair;
    size_t len;
    shared_make(&shared, false);
    struct setup client = resuming_client(&shared), server = resuming_server(&shared);
    assert_false(connects_resumed(&client, &server));
    open_with(&pair, &client, &server);
    turn(&pair.client, &pair.server);
    /* Another extension than extended_master_secret stands in its place then. */
    uint8_t *hello = message_find(&pair.server, HANDSHAKE_CLIENT_HELLO, &len);
    for (size_t i = 4 + 2 + 32; i + 4 <= len; i++) {
        if (bytes_equal(bytes_of(hello + i, 4), BYTES_OF("\0\x17\0\0"))) {
            hello[i] = 0x55;
        }
    }
    turn(&pair.server, &pair.client);
    expect_cause(&pair.server, BULLA_E_EXTENDED_MASTER_SECRET_CHANGED, "the server");
    pair_close(&pair);

    open_with(&pair, &client, &server);
    turn(&pair.client, &pair.server);
    turn(&pair.server, &pair.client);
    hello = message_find(&pair.client, HANDSHAKE_SERVER_HELLO, &len);
    for (size_t i = 4 + 2 + 32; i + 4 <= len; i++) {
        if (bytes_equal(bytes_of(hello + i, 4), BYTES_OF("\0\x17\0\0"))) {
            hello[i + 1] = EXTENSION_SUPPORTED_GROUPS; /* passed over */
        }
    }
    turn(&pair.client, &pair.server);
    expect_cause(&pair.client, BULLA_E_EXTENDED_MASTER_SECRET_CHANGED, "the client");
    pair_close(&pair);
    shared_free(&shared);
}

/* RFC 5246 7.2: else what goes wrong with a session once would go wrong until it ends. */
static void sessions_of_failed_connections_are_forgotten(void **state) {
    (void)state;
    for (unsigned with_store = 0; with_store < 2; with_store++) {
        struct shared shared;
        struct pair pair;
        shared_make(&shared, with_store != 0);
        struct setup client = resuming_client(&shared), server = resuming_server(&shared);
        assert_false(connects_resumed(&client, &server));
        open_with(&pair, &client, &server);
        turn(&pair.client, &pair.server);
        bulla_connection_receive_end(pair.client.connection); /* the server stumbled over it */
        expect_cause(&pair.client, BULLA_E_CLOSED_BEFORE_HANDSHAKE, "no answer");
        pair_close(&pair);
        assert_int_equal(bulla_session_cache_num(shared.cache), 0);
        assert_false(connects_resumed(&client, &server));
        assert_true(connects_resumed(&client, &server));
        shared_free(&shared);
    }
}

static void sessions_keep_their_suite(void **state) {
    (void)state;
    struct shared shared;
    struct pair pair;
    size_t len;
    shared_make(&shared, false);
    struct setup client = resuming_client(&shared), server = resuming_server(&shared);
    assert_false(connects_resumed(&client, &server));
    open_with(&pair, &client, &server);
    turn(&pair.client, &pair.server);
    turn(&pair.server, &pair.client);
    uint8_t *hello = message_find(&pair.client, HANDSHAKE_SERVER_HELLO, &len);
    assert_int_equal(hello[4 + 2 + 32], 32); /* the session id's length */
    hello[4 + 2 + 32 + 1 + 32 + 1] = 0x2c;   /* AES-256-GCM */
    expect_refused(&pair.client, bytes_of(NULL, 0), BULLA_E_SESSION_CHANGED, "another suite");
    pair_close(&pair);
    shared_free(&shared);
}

/* A server that finds another session's secret in the ticket cannot finish. */
static void both_must_hold_the_secret(void **state) {
    (void)state;
    struct shared shared;
    struct pair pair;
    shared_make(&shared, false);
    struct setup client = resuming_client(&shared), server = resuming_server(&shared);
    assert_false(connects_resumed(&client, &server));
    open_with(&pair, &client, &server);
    turn(&pair.client, &pair.server);
    pair.client.connection->handshake->resumption.session->secret[47] ^= 1;
    turn(&pair.server, &pair.client);
    turn(&pair.client, &pair.server);
    expect_cause(&pair.client, BULLA_E_RECORD_DECRYPT_FAILED, "another secret");
    pair_close(&pair);
    shared_free(&shared);
}

/* Whoever saw a ticket can offer it, and whoever saw the offer can take it: until the Finished
 * nobody is who the session says. */
static void nobody_is_authenticated_by_a_ticket_alone(void **state) {
    (void)state;
    struct shared shared;
    struct pair pair;
    shared_make(&shared, false);
    struct setup client = resuming_client(&shared), server = resuming_server(&shared);
    client.credentials[0] = tls12_credential(KEY_KIND_RSA);
    server.client_auth = BULLA_CLIENT_AUTH_REQUIRE;
    assert_false(connects_resumed(&client, &server));
    open_with(&pair, &client, &server);
    turn(&pair.client, &pair.server);
    pair.client.connection->handshake->resumption.session->secret[47] ^= 1;
    turn(&pair.server, &pair.client);
    assert_true(end_info(&pair.server).resumed);
    assert_false(end_info(&pair.server).peer_authenticated);
    turn(&pair.client, &pair.server);
    (void)end_receive(&pair.server, SIZE_MAX);
    const struct end *ends[] = {&pair.client, &pair.server};
    expect_cause(&pair.client, BULLA_E_RECORD_DECRYPT_FAILED, "another secret");
    expect_cause(&pair.server, BULLA_E_ALERT_RECEIVED, "and says so");
    for (size_t i = 0; i < 2; i++) {
        assert_false(end_info(ends[i]).peer_authenticated);
        assert_int_equal(bulla_connection_peer_certificate(ends[i]->connection, 0).len, 0);
    }
    pair_close(&pair);
    shared_free(&shared);
}

/* A ticket that was promised is waited for; an empty one is none. */
static void promised_tickets_come(void **state) {
    (void)state;
    struct shared shared;
    struct pair pair;
    shared_make(&shared, false);
    struct setup client = resuming_client(&shared), server = resuming_server(&shared);
    uint8_t name[16] = {1}, secret[32] = {2};
    /* No key is valid now: the promise is kept with nothing. */
    assert_int_equal(bulla_ticket_keys_add(shared.keys, name, secret, TEST_NOW - 20, TEST_NOW - 10),
                     BULLA_OK);
    assert_false(connects_resumed(&client, &server));
    assert_int_equal(bulla_session_cache_num(shared.cache), 0);
    assert_false(connects_resumed(&client, &server));

    open_with(&pair, &client, &server);
    turn(&pair.client, &pair.server);
    turn(&pair.server, &pair.client);
    turn(&pair.client, &pair.server);
    turn(&pair.server, &pair.client);
    size_t len;
    uint8_t *ticket = message_find(&pair.client, HANDSHAKE_NEW_SESSION_TICKET, &len);
    bytes_move(pair.client.inbox.buffer, ticket + len,
               pair.client.inbox.len - (size_t)(ticket + len - pair.client.inbox.buffer));
    pair.client.inbox.len -= (size_t)(ticket + len - pair.client.inbox.buffer);
    turn(&pair.client, &pair.server);
    expect_cause(&pair.client, BULLA_E_MESSAGE_UNEXPECTED, "no ticket");
    pair_close(&pair);
    shared_free(&shared);
}

/* A hello after a HelloRetryRequest repeats the first one, RFC 8446 4.1.2: also the ticket of a TLS
 * 1.2 session, whose hash has nothing to do with the suite that the server chose. */
static void a_retry_leaves_the_offer_as_it_was(void **state) {
    (void)state;
    struct shared shared;
    struct pair pair;
    shared_make(&shared, false);
    struct setup client = resuming_client(&shared), server = resuming_server(&shared);
    client.version_max = BULLA_TLS_1_3;
    assert_false(connects_resumed(&client, &server)); /* under SHA-256 */
    open_with(&pair, &client, &server);
    (void)end_receive(&pair.client, SIZE_MAX);
    bulla_bytes output = bulla_connection_output(pair.client.connection);
    uint8_t *kept = bytes_duplicate(output);
    struct forged_hello first = raw_read_client_hello(bytes_of(kept, output.len));
    struct forged_hello retry = forged_retry(&pair.client);
    retry.cipher_suites = BYTES_OF("\x13\x02"); /* under SHA-384 */
    struct writer message = writer_growing(1 << 10), wire = writer_growing(1 << 10);
    forged_write(&retry, HANDSHAKE_SERVER_HELLO, &message);
    raw_record(&wire, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(message.buffer, message.len));
    bulla_connection_output_sent(pair.client.connection, output.len);
    expect_taken(&pair.client, bytes_of(wire.buffer, wire.len), "HelloRetryRequest");
    output = bulla_connection_output(pair.client.connection);
    struct forged_hello second =
        raw_read_client_hello(bytes_after(output, RECORD_HEADER_LEN + 1)); /* change_cipher_spec */
    assert_int_not_equal(forged_get(&first, EXTENSION_SESSION_TICKET).len, 0);
    assert_true(bytes_equal(forged_get(&first, EXTENSION_SESSION_TICKET),
                            forged_get(&second, EXTENSION_SESSION_TICKET)));
    assert_true(bytes_equal(first.session_id, second.session_id));
    free(kept);
    writer_free(&message);
    writer_free(&wire);
    pair_close(&pair);
    shared_free(&shared);
}

/* A ticket that has no room in a hello is none: the next connection is a full handshake. */
static void a_ticket_that_is_too_long_is_none(void **state) {
    (void)state;
    struct shared shared;
    struct pair pair;
    struct writer body = writer_growing(1 << 17);
    shared_make(&shared, false);
    struct setup client = resuming_client(&shared), server = resuming_server(&shared);
    writer_u32(&body, 0); /* lifetime: open */
    writer_u16(&body, UINT16_MAX);
    memset(writer_reserve(&body, UINT16_MAX), 1, UINT16_MAX);
    const struct replay_message ticket = {HANDSHAKE_NEW_SESSION_TICKET,
                                          bytes_of(body.buffer, body.len)};
    server.replay = &ticket;
    server.num_replay = 1;
    for (unsigned i = 0; i < 2; i++) {
        open_with(&pair, &client, &server);
        pair_connect(&pair);
        assert_false(end_info(&pair.client).resumed);
        pair_close(&pair);
    }
    assert_int_equal(bulla_session_cache_num(shared.cache), 0);
    writer_free(&body);
    shared_free(&shared);
}

/* ------------------------------------------------------------------ kept by the caller */

static void callers_keep_sessions_too(void **state) {
    (void)state;
    struct setup client = client_setup(), server = server_setup(KEY_KIND_EC_P256);
    struct pair pair;
    client.ask = server.ask = BULLA_ASK_SESSION;
    open_with(&pair, &client, &server);
    pair_connect(&pair);
    assert_int_equal(pair.client.events[BULLA_EVENT_SESSION], 1);
    assert_int_equal(pair.server.events[BULLA_EVENT_SESSION], 1);
    assert_false(bytes_all_zero(BYTES_IN(pair.server.id)));
    bulla_bytes ours =
        bytes_of(bytes_duplicate(bytes_of(pair.client.state.buffer, pair.client.state.len)),
                 pair.client.state.len);
    bulla_bytes theirs =
        bytes_of(bytes_duplicate(bytes_of(pair.server.state.buffer, pair.server.state.len)),
                 pair.server.state.len);
    pair_close(&pair);
    for (unsigned known = 0; known < 2; known++) {
        open_with(&pair, &client, &server);
        assert_int_equal(bulla_connection_resume(pair.client.connection, ours), BULLA_OK);
        pair.server.stored = known ? theirs : bytes_of(NULL, 0);
        pair_connect(&pair);
        assert_int_equal(pair.server.events[BULLA_EVENT_SESSION_LOOKUP], 1);
        assert_int_equal(end_info(&pair.client).resumed, known);
        assert_int_equal(end_info(&pair.server).resumed, known);
        assert_true(pair_agrees(&pair));
        pair_close(&pair);
    }
    free((void *)(uintptr_t)ours.data);
    free((void *)(uintptr_t)theirs.data);
}

/* Without the extended master secret nothing is kept, RFC 7627 5.4. */
static void nothing_is_kept_without_the_extended_master_secret(void **state) {
    (void)state;
    for (unsigned with_store = 0; with_store < 2; with_store++) {
        struct shared shared;
        struct altered_client altered;
        struct pair pair;
        shared_make(&shared, with_store != 0);
        struct setup server = resuming_server(&shared);
        altered_make(&altered, EXTENSION_EXTENDED_MASTER_SECRET, 0);
        altered.setup.more = client_more;
        altered.setup.more_context = &shared;
        open_with(&pair, &altered.setup, &server);
        pair_connect(&pair);
        assert_false(end_info(&pair.client).extended_master_secret);
        assert_int_equal(bulla_session_cache_num(shared.cache), 0);
        if (with_store) {
            assert_int_equal(bulla_session_store_num(shared.store), 0);
        }
        pair_close(&pair);
        altered_free(&altered);
        shared_free(&shared);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_are_taken_up_again),
        cmocka_unit_test(sessions_end),
        cmocka_unit_test(client_certificates_are_remembered),
        cmocka_unit_test(resumption_is_a_handshake_like_others),
        cmocka_unit_test(the_extended_master_secret_stays),
        cmocka_unit_test(sessions_of_failed_connections_are_forgotten),
        cmocka_unit_test(sessions_keep_their_suite),
        cmocka_unit_test(both_must_hold_the_secret),
        cmocka_unit_test(nobody_is_authenticated_by_a_ticket_alone),
        cmocka_unit_test(promised_tickets_come),
        cmocka_unit_test(a_retry_leaves_the_offer_as_it_was),
        cmocka_unit_test(a_ticket_that_is_too_long_is_none),
        cmocka_unit_test(callers_keep_sessions_too),
        cmocka_unit_test(nothing_is_kept_without_the_extended_master_secret),
    };
    return cmocka_run_group_tests_name("tls12_resumption", tests, tls12_make, tls12_drop);
}
