/* SPDX-License-Identifier: Apache-2.0 */
/* See meeting.h. */
#include "support/meeting.h"

#include "support/check.h"

void meeting_make(struct meeting *scene) {
    const struct leaf server = {.dns = TEST_SERVER_NAME}, client = {.dns = "client.example"};
    *scene =
        (struct meeting){.now = TEST_NOW, .stateless = true, .num_tickets = 2, .lifetime = 7200};
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

void meeting_free(struct meeting *scene) {
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
    const struct meeting *scene = context;
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
    const struct meeting *scene = context;
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

bulla_config *meeting_client(struct meeting *scene) {
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

bulla_config *meeting_server(struct meeting *scene) {
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

void meeting_open(struct meeting *scene, struct pair *pair) {
    pair_open(pair, meeting_client(scene), meeting_server(scene), scene->name);
}

/* Meets once; true where both say that they resumed. */
bool meet(struct meeting *scene) {
    struct pair pair;
    meeting_open(scene, &pair);
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
