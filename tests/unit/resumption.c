/* SPDX-License-Identifier: Apache-2.0 */
/* Resumption of TLS 1.3 (RFC 8446 2.2, 4.2.11, 4.6.1): by ticket, by store, by the caller's own
 * hands; that it keeps the peer's identity; and for each thing that may change in between, that a
 * full handshake follows instead. */
#include "support/check.h"

#include "engine/expect.h"
#include "tls/config.h"

#include <stdlib.h>

/* One client and one server that may meet again and again; each test changes what it is about. */
struct scene {
    struct authority authority, other;
    bulla_trust *trust, *other_trust;
    bulla_credential *server, *client;
    bulla_session_cache *cache;
    bulla_ticket_keys *keys;
    bulla_session_store *store;
    bulla_strike_register *strikes;
    int64_t now;

    bool stateful, stateless, by_hand, mutual;
    uint32_t client_early, server_early;
    unsigned num_tickets;
    uint32_t lifetime;
    const char *judgement;
    const char *client_alpn, *server_alpn;
    const char *name;
    const uint16_t *server_groups;
    const uint16_t *client_suites, *server_suites;
    const uint16_t *client_schemes, *server_schemes; /* one each; NULL: the default */
    unsigned client_ask;
    bulla_trust *server_trust;
    bulla_client_auth client_auth;
};

static void scene_make(struct scene *scene) {
    const struct leaf server = {.dns = TEST_SERVER_NAME}, client = {.dns = "client.example"};
    *scene = (struct scene){.now = TEST_NOW, .stateless = true, .num_tickets = 2, .lifetime = 7200};
    authority_make(&scene->authority, "root");
    authority_make(&scene->other, "other");
    scene->trust = authority_trust(&scene->authority);
    scene->other_trust = authority_trust(&scene->other);
    scene->server = authority_issue(&scene->authority, &server);
    scene->client = authority_issue(&scene->authority, &client);
    must(bulla_session_cache_new(&scene->cache, 8) == BULLA_OK, "cache");
    must(bulla_ticket_keys_new(&scene->keys, 3600) == BULLA_OK, "keys");
    must(bulla_session_store_new(&scene->store, 8) == BULLA_OK, "store");
    must(bulla_strike_register_new(&scene->strikes, 10, 64) == BULLA_OK, "strikes");
    scene->name = TEST_SERVER_NAME;
    scene->server_trust = scene->trust;
}

static void scene_free(struct scene *scene) {
    bulla_session_cache_free(scene->cache);
    bulla_ticket_keys_free(scene->keys);
    bulla_session_store_free(scene->store);
    bulla_strike_register_free(scene->strikes);
    bulla_credential_free(scene->server);
    bulla_credential_free(scene->client);
    bulla_trust_free(scene->trust);
    bulla_trust_free(scene->other_trust);
    authority_free(&scene->authority);
    authority_free(&scene->other);
}

static void set_client(bulla_config_builder *builder, void *context) {
    const struct scene *scene = context;
    if (scene->client_schemes != NULL) {
        bulla_config_set_signature_schemes(builder, scene->client_schemes, 1);
    }
    if (scene->judgement != NULL && (scene->client_ask & BULLA_ASK_VERIFY) != 0) {
        bulla_config_set_judgement(builder, bytes_of_text(scene->judgement));
    }
    if (!scene->by_hand) {
        bulla_config_set_session_cache(builder, scene->cache);
    }
    if (scene->client_early != 0) {
        bulla_config_set_early_data(builder, scene->client_early);
    }
}

static void set_server(bulla_config_builder *builder, void *context) {
    const struct scene *scene = context;
    if (scene->server_schemes != NULL) {
        bulla_config_set_signature_schemes(builder, scene->server_schemes, 1);
    }
    if (scene->stateful) {
        bulla_config_set_session_store(builder, scene->store);
    } else if (scene->stateless) {
        bulla_config_set_ticket_keys(builder, scene->keys);
    }
    bulla_config_set_tickets(builder, scene->num_tickets, scene->lifetime);
    if (scene->server_early != 0) {
        bulla_config_set_early_data(builder, scene->server_early);
        bulla_config_set_strike_register(builder, scene->strikes);
    }
    if (scene->judgement != NULL) {
        bulla_config_set_judgement(builder, bytes_of_text(scene->judgement));
    }
}

static bulla_config *client_config(struct scene *scene) {
    struct setup setup = {
        .role = BULLA_CLIENT,
        .trust = scene->trust,
        .now = &scene->now,
        .alpn = {scene->client_alpn},
        .credentials = {scene->mutual ? scene->client : NULL},
        .suites = scene->client_suites,
        .num_suites = scene->client_suites == NULL ? 0 : 1,
        .ask = scene->client_ask | (scene->by_hand ? BULLA_ASK_SESSION : 0U),
        .more = set_client,
        .more_context = scene,
    };
    return setup_config(&setup);
}

static bulla_config *server_config(struct scene *scene) {
    struct setup setup = {
        .role = BULLA_SERVER,
        .credentials = {scene->server},
        .trust = scene->server_trust,
        .client_auth = scene->client_auth != BULLA_CLIENT_AUTH_INVALID ? scene->client_auth
                       : scene->mutual                                 ? BULLA_CLIENT_AUTH_REQUIRE
                                                                       : BULLA_CLIENT_AUTH_NONE,
        .now = &scene->now,
        .alpn = {scene->server_alpn},
        .groups = scene->server_groups,
        .num_groups = scene->server_groups == NULL ? 0 : 1,
        .suites = scene->server_suites,
        .num_suites = scene->server_suites == NULL ? 0 : 1,
        .ask = scene->stateful || scene->stateless ? 0 : BULLA_ASK_SESSION,
        .more = set_server,
        .more_context = scene,
    };
    return setup_config(&setup);
}

static void scene_open(struct scene *scene, struct pair *pair) {
    pair_open(pair, client_config(scene), server_config(scene), scene->name);
}

/* Meets once; true where both say that they resumed. */
static bool meet(struct scene *scene) {
    struct pair pair;
    scene_open(scene, &pair);
    pair_connect(&pair);
    bulla_connection_info client = end_info(&pair.client), server = end_info(&pair.server);
    assert_int_equal(client.resumed, server.resumed);
    assert_true(pair_agrees(&pair));
    assert_int_equal(client.version, BULLA_TLS_1_3);
    assert_int_equal(client.peer_authenticated, 1);
    assert_true(bytes_equal(bulla_connection_peer_certificate(pair.client.connection, 0),
                            bulla_credential_certificate(scene->server, 0)));
    assert_int_equal(server.peer_authenticated, scene->mutual);
    if (scene->mutual) {
        assert_true(bytes_equal(bulla_connection_peer_certificate(pair.server.connection, 0),
                                bulla_credential_certificate(scene->client, 0)));
    }
    assert_int_equal(end_send(&pair.client, &pair.server, BYTES_OF("ping")), BULLA_OK);
    assert_int_equal(end_send(&pair.server, &pair.client, BYTES_OF("pong")), BULLA_OK);
    pair_run(&pair);
    assert_int_equal(pair.server.received.len, 4);
    assert_int_equal(pair.client.received.len, 4);
    pair_close(&pair);
    return client.resumed != 0;
}

static void test_ticket_resumes(void **state) {
    struct scene scene;
    (void)state;
    scene_make(&scene);
    assert_false(meet(&scene));
    assert_true(meet(&scene));
    assert_true(meet(&scene));
    scene_free(&scene);
}

static void test_store_resumes_once(void **state) {
    struct scene scene;
    (void)state;
    scene_make(&scene);
    scene.stateful = true;
    scene.num_tickets = 1;
    assert_false(meet(&scene));
    assert_int_equal(bulla_session_store_num(scene.store), 1);
    assert_true(meet(&scene));
    assert_int_equal(bulla_session_store_num(scene.store), 1); /* used up, and a new one */
    bulla_session_store_clear(scene.store);
    assert_false(meet(&scene));
    scene_free(&scene);
}

static void test_identity_is_kept(void **state) {
    struct scene scene;
    (void)state;
    scene_make(&scene);
    scene.mutual = true;
    assert_false(meet(&scene));
    assert_true(meet(&scene));
    assert_true(meet(&scene)); /* by a ticket of a resumed connection */
    scene_free(&scene);
}

static void test_number_of_tickets(void **state) {
    struct scene scene;
    (void)state;
    for (unsigned num = 0; num <= 3; num++) {
        scene_make(&scene);
        scene.num_tickets = num;
        assert_false(meet(&scene));
        for (unsigned i = 0; i < num; i++) {
            scene.num_tickets = 0; /* no new ones: what is there is used up one by one */
            assert_true(meet(&scene));
        }
        assert_false(meet(&scene));
        scene_free(&scene);
    }
}

/* Each row: what changes after the first meeting, which must lead to a full handshake. */
static void change_trust(struct scene *scene) {
    must(bulla_trust_add_der(scene->other_trust, bytes_of(scene->authority.root.buffer,
                                                          scene->authority.root.len)) == BULLA_OK,
         "add");
    scene->server_trust = scene->other_trust;
}

static void change_client_auth(struct scene *scene) {
    scene->client_auth = BULLA_CLIENT_AUTH_REQUEST;
}

static void change_server_alpn(struct scene *scene) {
    scene->server_alpn = "http/1.1";
    scene->client_alpn = "http/1.1";
}

static void change_judgement(struct scene *scene) {
    scene->judgement = "policy 2";
}

static void change_keys(struct scene *scene) {
    bulla_ticket_keys_free(scene->keys);
    must(bulla_ticket_keys_new(&scene->keys, 3600) == BULLA_OK, "keys");
}

static void let_lifetime_end(struct scene *scene) {
    scene->now += 7201;
}

static void let_leaf_end(struct scene *scene) {
    /* The scene's second leaf is valid an hour: see below. */
    scene->now += 3700;
}

static void shorten_lifetime(struct scene *scene) {
    scene->now += 100;
    scene->lifetime = 60;
}

static void test_what_changed_is_not_resumed(void **state) {
    static void (*const changes[])(struct scene *) = {
        change_trust, change_client_auth, change_server_alpn, change_judgement,
        change_keys,  let_lifetime_end,   shorten_lifetime,
    };
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct scene scene;
        scene_make(&scene);
        scene.mutual = true;
        assert_false(meet(&scene));
        changes[i](&scene);
        if (meet(&scene)) {
            fail_msg("change %zu was resumed", i);
        }
        assert_true(meet(&scene)); /* under the new state of things */
        scene_free(&scene);
    }
}

static void test_ended_client_certificate_is_not_resumed(void **state) {
    const struct leaf brief = {.dns = "client.example", .not_after = TEST_NOW + 3600};
    struct scene scene;
    struct pair pair;
    (void)state;
    scene_make(&scene);
    scene.mutual = true;
    bulla_credential_free(scene.client);
    scene.client = authority_issue(&scene.authority, &brief);
    assert_false(meet(&scene));
    assert_true(meet(&scene));
    let_leaf_end(&scene);
    scene_open(&scene, &pair);
    pair_run(&pair);
    expect_cause(&pair.server, BULLA_E_CERT_EXPIRED, "a full handshake says so");
    pair_close(&pair);
    scene_free(&scene);
}

static void test_other_name_is_not_resumed(void **state) {
    const struct leaf both = {.dns = "a.example"};
    struct scene scene;
    struct pair pair;
    bulla_session_view view;
    (void)state;
    scene_make(&scene);
    bulla_credential_free(scene.server);
    scene.server = authority_issue(&scene.authority, &both);
    scene.by_hand = true;
    scene.name = "a.example";
    scene_open(&scene, &pair);
    pair_connect(&pair);
    assert_int_not_equal(pair.client.state.len, 0);
    assert_int_equal(bulla_connection_session(pair.client.connection, &view), BULLA_E_API_MISUSE);

    struct pair again;
    bulla_bytes saved = bytes_of(pair.client.state.buffer, pair.client.state.len);
    scene.name = "b.example";
    scene_open(&scene, &again);
    assert_int_equal(bulla_connection_resume(again.client.connection, saved),
                     BULLA_E_SESSION_UNUSABLE);
    pair_close(&again);
    scene.name = "a.example";
    scene_open(&scene, &again);
    assert_int_equal(bulla_connection_resume(again.client.connection, saved), BULLA_OK);
    pair_connect(&again);
    assert_int_equal(end_info(&again.client).resumed, 1);
    assert_int_equal(bulla_connection_resume(again.client.connection, saved), BULLA_E_API_MISUSE);
    pair_close(&again);
    pair_close(&pair);
    scene_free(&scene);
}

/* A session that the caller keeps: whether it can still be offered after a change. */
static bulla_cause cause_of_resuming(struct scene *scene, void (*change)(struct scene *)) {
    struct pair first, second;
    scene->by_hand = true;
    scene_open(scene, &first);
    pair_connect(&first);
    assert_int_not_equal(first.client.state.len, 0);
    change(scene);
    scene_open(scene, &second);
    bulla_cause cause = bulla_connection_resume(
        second.client.connection, bytes_of(first.client.state.buffer, first.client.state.len));
    pair_close(&second);
    pair_close(&first);
    return cause;
}

static const uint16_t p256_scheme[] = {0x0403}, ed25519_scheme[] = {0x0807};

static void change_nothing(struct scene *scene) {
    (void)scene;
}

/* Who the server knows by the session is not whom the config shows. */
static void change_client(struct scene *scene) {
    const struct leaf another = {.dns = "another.example"};
    bulla_credential_free(scene->client);
    scene->client = authority_issue(&scene->authority, &another);
}

static void show_nobody(struct scene *scene) {
    scene->mutual = false;
}

static void change_client_schemes(struct scene *scene) {
    scene->client_schemes = ed25519_scheme;
}

static void keep_client_schemes(struct scene *scene) {
    scene->client_schemes = p256_scheme;
}

static void test_sessions_by_hand_are_bound_to_the_config(void **state) {
    static const struct {
        void (*change)(struct scene *);
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
        struct scene scene;
        scene_make(&scene);
        scene.mutual = true;
        bulla_cause cause = cause_of_resuming(&scene, rows[i].change);
        if (cause != rows[i].cause) {
            fail_msg("row %zu: %s", i, bulla_cause_about(cause)->name);
        }
        scene_free(&scene);
    }
}

/* A client that proved itself by a scheme that the server does not accept any more. */
static void test_schemes_that_went_out_of_use(void **state) {
    const struct leaf server = {.dns = TEST_SERVER_NAME, .key = KEY_KIND_ED25519};
    struct scene scene;
    struct pair pair;
    (void)state;
    scene_make(&scene);
    bulla_credential_free(scene.server);
    scene.server = authority_issue(&scene.authority, &server);
    scene.mutual = true;
    assert_false(meet(&scene));
    assert_true(meet(&scene));
    scene.server_schemes = ed25519_scheme;
    scene_open(&scene, &pair);
    pair_run(&pair);
    assert_int_equal(end_info(&pair.server).resumed, 0);
    expect_cause(&pair.server, BULLA_E_CERTIFICATE_REQUIRED, "a full handshake asks for another");
    pair_close(&pair);
    scene_free(&scene);
}

/* Two virtual hosts with configs of their own and ticket keys in common: one does not go on for the
 * other, whose name it could not have proven; but the same names may have a new certificate. */
static void test_virtual_hosts_do_not_stand_in_for_each_other(void **state) {
    const struct leaf one = {.dns = "a.example"}, other = {.dns = "b.example"};
    struct scene scene;
    struct pair pair;
    (void)state;
    for (int stateful = 0; stateful < 2; stateful++) {
        scene_make(&scene);
        scene.stateful = stateful != 0;
        scene.name = "a.example";
        bulla_credential_free(scene.server);
        scene.server = authority_issue(&scene.authority, &one);
        assert_false(meet(&scene));
        assert_true(meet(&scene));
        bulla_credential_free(scene.server);
        scene.server = authority_issue(&scene.authority, &one); /* a renewed one */
        scene_open(&scene, &pair);
        pair_connect(&pair);
        assert_int_equal(end_info(&pair.server).resumed, 1);
        pair_close(&pair);
        bulla_credential_free(scene.server);
        scene.server = authority_issue(&scene.authority, &other);
        scene_open(&scene, &pair);
        pair_run(&pair);
        assert_int_equal(end_info(&pair.server).resumed, 0);
        expect_cause(&pair.client, BULLA_E_CERT_NAME_MISMATCH, "a full handshake says so");
        pair_close(&pair);
        scene_free(&scene);
    }
}

/* Whom a client without a server's name meets is its caller's to judge, each time: a session of one
 * such server says nothing about the next. */
static void test_servers_without_a_name_are_not_mixed_up(void **state) {
    struct scene scene;
    (void)state;
    for (int named = 1; named >= 0; named--) {
        scene_make(&scene);
        scene.client_ask = BULLA_ASK_VERIFY;
        scene.judgement = "pins of the day";
        scene.name = named ? TEST_SERVER_NAME : "";
        for (int again = 0; again < 2; again++) {
            struct pair pair;
            scene_open(&scene, &pair);
            pair_connect(&pair);
            assert_int_equal(pair.client.events[BULLA_EVENT_VERIFY], named && again ? 0 : 1);
            assert_int_equal(end_info(&pair.client).resumed, named && again);
            pair_close(&pair);
        }
        assert_int_equal(bulla_session_cache_num(scene.cache), named);
        scene_free(&scene);
    }
}

/* The server's caller keeps the sessions itself. */
static void test_lookup_by_the_caller(void **state) {
    struct scene scene;
    struct pair first, second;
    (void)state;
    scene_make(&scene);
    scene.stateless = false;
    scene_open(&scene, &first);
    pair_connect(&first);
    assert_int_equal(first.server.events[BULLA_EVENT_SESSION], 2);
    for (int known = 1; known >= 0; known--) {
        scene_open(&scene, &second);
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
    scene_free(&scene);
}

static void test_binder_is_checked(void **state) {
    struct scene scene;
    struct pair pair;
    (void)state;
    scene_make(&scene);
    assert_false(meet(&scene));
    scene_open(&scene, &pair);
    (void)end_receive(&pair.client, SIZE_MAX);
    (void)end_flush(&pair.client, &pair.server);
    pair.server.inbox.buffer[pair.server.inbox.len - 1] ^= 1; /* the hello's last byte */
    (void)end_receive(&pair.server, SIZE_MAX);
    expect_cause(&pair.server, BULLA_E_BINDER_INVALID, "an altered binder");
    assert_int_equal(bulla_connection_failure(pair.server.connection).alert_sent,
                     BULLA_ALERT_DECRYPT_ERROR);
    pair_close(&pair);
    scene_free(&scene);
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
        struct scene scene;
        struct pair pair;
        scene_make(&scene);
        assert_false(meet(&scene));
        if (!known) {
            change_keys(&scene);
        }
        scene_open(&scene, &pair);
        feed_without(&pair, EXTENSION_SIGNATURE_ALGORITHMS);
        expect_cause(&pair.server, known ? BULLA_OK : BULLA_E_EXTENSION_MISSING, "no schemes");
        assert_int_equal(end_info(&pair.server).resumed, known);
        pair_close(&pair);
        scene_free(&scene);
    }
}

static void test_retry_keeps_the_session(void **state) {
    static const uint16_t p256[] = {BULLA_GROUP_SECP256R1};
    struct scene scene;
    struct pair pair;
    (void)state;
    scene_make(&scene);
    scene.server_groups = p256;
    assert_false(meet(&scene));
    scene_open(&scene, &pair);
    pair_connect(&pair);
    assert_int_equal(end_info(&pair.client).hello_retried, 1);
    assert_int_equal(end_info(&pair.client).resumed, 1);
    assert_int_equal(end_info(&pair.server).resumed, 1);
    assert_true(pair_agrees(&pair));
    pair_close(&pair);
    scene_free(&scene);
}

static void test_another_hash_is_not_resumed(void **state) {
    static const uint16_t sha384[] = {BULLA_TLS_AES_256_GCM_SHA384};
    static const uint16_t p256[] = {BULLA_GROUP_SECP256R1};
    struct scene scene;
    (void)state;
    for (int retry = 0; retry < 2; retry++) {
        scene_make(&scene);
        scene.server_groups = retry ? p256 : NULL;
        assert_false(meet(&scene));
        scene.server_suites = sha384;
        assert_false(meet(&scene));
        assert_true(meet(&scene));
        scene_free(&scene);
    }
}

/* ------------------------------------------------------------------ early data */

/* A scene whose client has a session that takes early data. */
static void early_scene(struct scene *scene) {
    scene_make(scene);
    scene->client_early = 1000;
    scene->server_early = 500;
    assert_false(meet(scene));
}

/* Opens, and sends `text` early, as much as is taken. */
static size_t send_early(struct scene *scene, struct pair *pair, const char *text) {
    size_t taken = 0;
    scene_open(scene, pair);
    (void)end_receive(&pair->client, SIZE_MAX);
    (void)end_flush(&pair->client, &pair->server);
    bulla_cause cause = end_send_early(&pair->client, &pair->server, bytes_of_text(text), &taken);
    assert_true(cause == BULLA_OK || taken == 0);
    return taken;
}

static void test_early_data_is_taken(void **state) {
    struct scene scene;
    struct pair pair;
    (void)state;
    early_scene(&scene);
    assert_int_equal(send_early(&scene, &pair, "early bird"), 10);
    assert_int_equal(end_info(&pair.client).early_data, BULLA_EARLY_DATA_OFFERED);
    pair_connect(&pair);
    assert_int_equal(pair.server.early.len, 10);
    assert_memory_equal(pair.server.early.buffer, "early bird", 10);
    assert_int_equal(pair.server.received.len, 0);
    assert_int_equal(end_info(&pair.client).early_data, BULLA_EARLY_DATA_ACCEPTED);
    assert_int_equal(end_info(&pair.server).early_data, BULLA_EARLY_DATA_ACCEPTED);
    assert_int_equal(bulla_connection_early_data_refused(pair.client.connection).len, 0);
    assert_true(pair_agrees(&pair));
    assert_int_equal(end_send(&pair.client, &pair.server, BYTES_OF("late")), BULLA_OK);
    pair_run(&pair);
    assert_int_equal(pair.server.received.len, 4);
    pair_close(&pair);
    scene_free(&scene);
}

static void test_early_data_needs_no_data(void **state) {
    struct scene scene;
    struct pair pair;
    (void)state;
    early_scene(&scene);
    scene_open(&scene, &pair);
    pair_connect(&pair);
    assert_int_equal(end_info(&pair.server).early_data, BULLA_EARLY_DATA_ACCEPTED);
    pair_close(&pair);
    scene_free(&scene);
}

static void test_early_data_has_a_limit(void **state) {
    struct scene scene;
    struct pair pair;
    size_t taken;
    char text[600] = "";
    (void)state;
    early_scene(&scene);
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        text[i] = 'x';
    }
    assert_int_equal(send_early(&scene, &pair, text), 500); /* the server's limit, in its ticket */
    assert_int_equal(end_send_early(&pair.client, &pair.server, BYTES_OF("y"), &taken),
                     BULLA_E_EARLY_DATA_UNAVAILABLE);
    assert_int_equal(taken, 0);
    pair_connect(&pair);
    assert_int_equal(pair.server.early.len, 500);
    assert_int_equal(end_send_early(&pair.client, &pair.server, BYTES_OF("y"), &taken),
                     BULLA_E_EARLY_DATA_UNAVAILABLE);
    pair_close(&pair);
    scene_free(&scene);
}

static void test_too_much_early_data_is_refused(void **state) {
    struct scene scene;
    struct pair pair;
    (void)state;
    early_scene(&scene);
    assert_int_equal(send_early(&scene, &pair, "0123456789"), 10);
    pair.client.connection->early->left = 600; /* a client that does not heed the limit */
    char text[496] = "";
    size_t taken;
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        text[i] = 'x';
    }
    assert_int_equal(end_send_early(&pair.client, &pair.server, bytes_of_text(text), &taken),
                     BULLA_OK);
    assert_int_equal(taken, 495);
    pair_run(&pair);
    expect_cause(&pair.server, BULLA_E_EARLY_DATA_TOO_LONG, "five bytes more than allowed");
    pair_close(&pair);
    scene_free(&scene);
}

/* Each row: why the server passes early data over; the handshake goes on without a word. */
static void early_off(struct scene *scene) {
    scene->server_early = 0;
}

static void early_retry(struct scene *scene) {
    static const uint16_t p256[] = {BULLA_GROUP_SECP256R1};
    scene->server_groups = p256;
}

static void expect_refused_early(struct scene *scene, bool resumed) {
    struct pair pair;
    assert_int_equal(send_early(scene, &pair, "too early"), 9);
    pair_connect(&pair);
    assert_int_equal(pair.server.early.len, 0);
    assert_int_equal(end_info(&pair.client).early_data, BULLA_EARLY_DATA_REFUSED);
    assert_int_equal(end_info(&pair.server).early_data, BULLA_EARLY_DATA_REFUSED);
    assert_int_equal(end_info(&pair.client).resumed, resumed);
    bulla_bytes refused = bulla_connection_early_data_refused(pair.client.connection);
    assert_true(bytes_equal(refused, BYTES_OF("too early")));
    assert_true(pair_agrees(&pair));
    uint8_t small[64];
    size_t len; /* in two parts, straight from where it is kept */
    assert_int_equal(
        bulla_connection_send(pair.client.connection, &refused, small, RECORD_OVERHEAD + 4, &len),
        BULLA_OK);
    assert_int_equal(refused.len, 5);
    writer_bytes(&pair.server.inbox, bytes_of(small, len));
    assert_int_equal(end_send(&pair.client, &pair.server, refused), BULLA_OK);
    pair_run(&pair);
    assert_int_equal(pair.server.received.len, 9);
    assert_int_equal(bulla_connection_early_data_refused(pair.client.connection).len, 0);
    pair_close(&pair);
}

static void test_early_data_is_refused(void **state) {
    static const struct {
        void (*change)(struct scene *);
        bool resumed;
    } rows[] = {{early_off, true}, {early_retry, true}, {change_keys, false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene scene;
        early_scene(&scene);
        rows[i].change(&scene);
        expect_refused_early(&scene, rows[i].resumed);
        scene_free(&scene);
    }
}

/* A client sends as much as its ticket allows; a server that does not take it, for whatever reason,
 * has to read on to what comes after it. */
static void test_much_early_data_is_refused(void **state) {
    static void (*const changes[])(struct scene *) = {change_keys, early_off, early_retry};
    enum { LEN = 300000 };
    char *text = malloc(LEN + 1);
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i <= LEN; i++) {
        text[i] = i < LEN ? 'x' : 0;
    }
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct scene scene;
        struct pair pair;
        scene_make(&scene);
        scene.client_early = scene.server_early = LEN;
        assert_false(meet(&scene));
        changes[i](&scene);
        assert_int_equal(send_early(&scene, &pair, text), LEN);
        pair_connect(&pair);
        assert_int_equal(pair.server.early.len, 0);
        assert_int_equal(end_info(&pair.client).early_data, BULLA_EARLY_DATA_REFUSED);
        pair_close(&pair);
        scene_free(&scene);
    }
    free(text);
}

/* A limit that was lowered holds at once: what older tickets allow is more than is wanted. */
static void test_early_data_above_a_new_limit_is_refused(void **state) {
    struct scene scene;
    struct pair pair;
    (void)state;
    for (uint32_t limit = 499; limit <= 500; limit++) {
        early_scene(&scene);
        scene.server_early = limit;
        assert_int_equal(send_early(&scene, &pair, "early"), 5);
        pair_connect(&pair);
        assert_int_equal(end_info(&pair.server).resumed, 1);
        assert_int_equal(end_info(&pair.server).early_data,
                         limit < 500 ? BULLA_EARLY_DATA_REFUSED : BULLA_EARLY_DATA_ACCEPTED);
        pair_close(&pair);
        scene_free(&scene);
    }
}

/* Whoever acts on early data may want to know whose it is. */
static void test_early_data_has_an_owner(void **state) {
    struct scene scene;
    struct pair pair;
    (void)state;
    scene_make(&scene);
    scene.mutual = true;
    scene.client_early = scene.server_early = 500;
    assert_false(meet(&scene));
    assert_int_equal(send_early(&scene, &pair, "early"), 5);
    (void)end_receive(&pair.server, SIZE_MAX);
    assert_int_equal(pair.server.early.len, 5);
    assert_int_equal(end_info(&pair.server).handshake_done, 0);
    assert_int_equal(end_info(&pair.server).peer_authenticated, 1);
    assert_true(bytes_equal(bulla_connection_peer_certificate(pair.server.connection, 0),
                            bulla_credential_certificate(scene.client, 0)));
    assert_int_equal(bulla_connection_peer_certificate(pair.server.connection, 1).len, 0);
    pair_close(&pair);
    scene_free(&scene);
}

/* A ticket whose age the client tells wrong, as one does that comes from a recording. */
static void test_early_data_of_the_wrong_age_is_refused(void **state) {
    struct scene scene;
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct pair pair;
        early_scene(&scene);
        scene.now += 100;
        assert_int_equal(send_early(&scene, &pair, "early"), 5);
        scene.now += late ? 11 : 10;
        pair_connect(&pair);
        assert_int_equal(end_info(&pair.server).early_data,
                         late ? BULLA_EARLY_DATA_REFUSED : BULLA_EARLY_DATA_ACCEPTED);
        assert_int_equal(end_info(&pair.server).resumed, 1);
        pair_close(&pair);
        scene_free(&scene);
    }
}

/* A server that starts again with the keys of before has forgotten what it saw. */
static void test_early_data_after_a_restart(void **state) {
    struct scene scene;
    (void)state;
    for (int later = 0; later < 2; later++) {
        early_scene(&scene);
        assert_true(meet(&scene));
        bulla_strike_register_free(scene.strikes);
        must(bulla_strike_register_new(&scene.strikes, 10, 64) == BULLA_OK, "strikes");
        scene.now++;
        bulla_config_free(server_config(&scene)); /* the new process begins */
        scene.now += later ? 22 : 20;
        struct pair pair;
        assert_int_equal(send_early(&scene, &pair, "early"), 5);
        pair_connect(&pair);
        assert_int_equal(end_info(&pair.server).early_data,
                         later ? BULLA_EARLY_DATA_ACCEPTED : BULLA_EARLY_DATA_REFUSED);
        pair_close(&pair);
        scene_free(&scene);
    }
}

/* What took early data may answer it before the client has finished: 0.5-RTT. */
static void test_early_data_is_answered_at_once(void **state) {
    struct scene scene;
    struct pair pair;
    (void)state;
    early_scene(&scene);
    assert_int_equal(send_early(&scene, &pair, "early"), 5);
    (void)end_receive(&pair.server, SIZE_MAX);
    assert_int_equal(pair.server.early.len, 5);
    assert_int_equal(pair.server.events[BULLA_EVENT_HANDSHAKE_DONE], 0);
    assert_int_equal(end_send(&pair.server, &pair.client, BYTES_OF("answer")), BULLA_OK);
    pair_connect(&pair);
    assert_int_equal(pair.client.received.len, 6);
    pair_close(&pair);
    /* And nobody else before the end of its handshake. */
    scene.server_early = 0;
    scene_open(&scene, &pair);
    (void)end_receive(&pair.client, SIZE_MAX);
    (void)end_flush(&pair.client, &pair.server);
    (void)end_receive(&pair.server, SIZE_MAX);
    assert_int_equal(end_send(&pair.server, &pair.client, BYTES_OF("answer")), BULLA_E_API_MISUSE);
    pair_close(&pair);
    scene_free(&scene);
}

/* A server may come to its key's end while it answers early data: its Finished is out, so that a
 * KeyUpdate may follow (RFC 8446 4.6.3), and the next one follows from that. */
static void test_early_answers_outlive_a_key(void **state) {
    struct scene scene;
    struct pair pair;
    (void)state;
    early_scene(&scene);
    assert_int_equal(send_early(&scene, &pair, "early"), 5);
    (void)end_receive(&pair.server, SIZE_MAX);
    (void)end_flush(&pair.server, &pair.client);
    (void)end_receive(&pair.client, SIZE_MAX);
    pair.server.connection->write.sequence = RECORDS_PER_KEY_MAX;
    pair.client.connection->read.sequence = RECORDS_PER_KEY_MAX;
    assert_int_equal(end_send(&pair.server, &pair.client, BYTES_OF("answer")), BULLA_OK);
    assert_int_equal(pair.server.connection->write.sequence, 1); /* of another key */
    assert_int_equal(pair.server.events[BULLA_EVENT_HANDSHAKE_DONE], 0);
    pair_connect(&pair);
    assert_int_equal(bulla_connection_update_key(pair.server.connection, 0), BULLA_OK);
    assert_int_equal(end_send(&pair.server, &pair.client, BYTES_OF("more")), BULLA_OK);
    pair_run(&pair);
    assert_int_equal(pair.client.received.len, 10);
    pair_close(&pair);
    scene_free(&scene);
}

/* The very bytes of a first flight, again: taken early once, and never after. */
static void test_replayed_early_data_is_refused(void **state) {
    struct scene scene;
    struct pair pair, replay;
    (void)state;
    early_scene(&scene);
    assert_int_equal(send_early(&scene, &pair, "pay 5"), 5);
    bulla_bytes flight = bytes_of(pair.server.inbox.buffer, end_waiting(&pair.server));
    uint8_t *recorded = bytes_duplicate(flight);
    size_t recorded_len = flight.len;
    assert_non_null(recorded);
    pair_connect(&pair);
    assert_int_equal(pair.server.early.len, 5);
    pair_close(&pair);
    scene_open(&scene, &replay);
    (void)end_feed(&replay.server, bytes_of(recorded, recorded_len));
    expect_cause(&replay.server, BULLA_OK, "a replay is passed over");
    assert_int_equal(replay.server.early.len, 0);
    assert_int_equal(end_info(&replay.server).early_data, BULLA_EARLY_DATA_REFUSED);
    pair_close(&replay);
    free(recorded);
    scene_free(&scene);
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
        cmocka_unit_test(test_early_data_is_taken),
        cmocka_unit_test(test_early_data_needs_no_data),
        cmocka_unit_test(test_early_data_has_a_limit),
        cmocka_unit_test(test_too_much_early_data_is_refused),
        cmocka_unit_test(test_early_data_is_refused),
        cmocka_unit_test(test_much_early_data_is_refused),
        cmocka_unit_test(test_early_data_above_a_new_limit_is_refused),
        cmocka_unit_test(test_early_data_has_an_owner),
        cmocka_unit_test(test_early_data_of_the_wrong_age_is_refused),
        cmocka_unit_test(test_early_data_after_a_restart),
        cmocka_unit_test(test_early_data_is_answered_at_once),
        cmocka_unit_test(test_early_answers_outlive_a_key),
        cmocka_unit_test(test_replayed_early_data_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
