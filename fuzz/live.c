/* SPDX-License-Identifier: Apache-2.0 */
/* See live.h. */
#include "live.h"

#include "simulation/toy_compression.h"
#include "x509/issue_ocsp.h"

enum { STATE_MAX = 1 << 17, LIMIT = 200, EARLY_MAX = 400, LIFETIME = 3600 };

static bulla_credential *staple(const struct live_world *world, bulla_credential *credential);
static struct setup client_setup(struct live *live);
static struct setup server_setup(struct live *live);
static void client_more(bulla_config_builder *builder, void *context);
static void server_more(bulla_config_builder *builder, void *context);
static void more(bulla_config_builder *builder, const struct live *live);

static bool is_set(const struct live *live, enum live_option option) {
    return (live->options & (uint32_t)option) != 0;
}

static unsigned field(const struct live *live, enum live_option option) {
    return (live->options & (uint32_t)option) / ((uint32_t)option & -(uint32_t)option);
}

void live_world_make(struct live_world *world) {
    const struct leaf leaf = {.key = KEY_KIND_ED25519};
    authority_make(&world->authority, "Live");
    world->trust = authority_trust(&world->authority);
    world->client = authority_issue(&world->authority, &leaf);
    bulla_credential *plain = authority_issue(&world->authority, &leaf);
    world->server = staple(world, plain);
    bulla_credential_free(plain);
}

static bulla_credential *staple(const struct live_world *world, bulla_credential *credential) {
    struct certificate issuer;
    struct writer der = writer_growing(1 << 14);
    bulla_credential *out = NULL;
    const struct issue_ocsp_single single = {.serial = credential->leaf.serial,
                                             .answer = {.status = STATUS_GOOD},
                                             .this_update = TEST_NOW - 60,
                                             .next_update = TEST_NOW + TEST_DAY};
    const struct issue_ocsp_request request = {.produced_at = TEST_NOW - 60,
                                               .singles = &single,
                                               .num_singles = 1,
                                               .cert_id_hash = HASH_SHA1};
    const struct authority *authority = &world->authority;
    must(certificate_parse(&issuer, bytes_of(authority->intermediate.buffer,
                                             authority->intermediate.len)) == BULLA_OK,
         "issuer");
    must(issue_ocsp_response(&request, &issuer, &authority->intermediate_key, &der) == BULLA_OK &&
             bulla_credential_with_ocsp_response(&out, credential, bytes_of(der.buffer, der.len)) ==
                 BULLA_OK,
         "staple");
    writer_free(&der);
    return out;
}

void live_open(struct live *live, const struct live_world *world, uint32_t options) {
    static const uint8_t name[BULLA_TICKET_KEY_NAME_LEN] = "a key that stays";
    static const uint8_t secret[BULLA_TICKET_KEY_SECRET_LEN] = {0x5e, 0xc7, 0xe7};
    *live = (struct live){.world = world, .options = options, .now = TEST_NOW};
    live->seeds[0] = seeded_of(1);
    live->seeds[1] = seeded_of(2);
    live->states[0] = writer_growing(STATE_MAX);
    live->states[1] = writer_growing(STATE_MAX);
    must(bulla_session_cache_new(&live->cache, 8) == BULLA_OK &&
             bulla_ticket_keys_new(&live->keys, LIFETIME) == BULLA_OK &&
             bulla_ticket_keys_add(live->keys, name, secret, 0, INT64_MAX) == BULLA_OK &&
             bulla_session_store_new(&live->store, 8) == BULLA_OK &&
             bulla_strike_register_new(&live->strikes, BULLA_STRIKE_WINDOW_DEFAULT, 64) == BULLA_OK,
         "what sessions need");
    if (is_set(live, LIVE_WARM)) {
        static const int64_t later[] = {0, 5, 60, LIFETIME + 1};
        struct pair pair;
        live_pair(live, &pair, NULL);
        pair_run(&pair);
        live_pair_close(live, &pair);
        live->warm = true;
        live->now += later[field(live, LIVE_LATER)];
    }
}

void live_close(struct live *live) {
    bulla_session_cache_free(live->cache);
    bulla_ticket_keys_free(live->keys);
    bulla_session_store_free(live->store);
    bulla_strike_register_free(live->strikes);
    writer_free(&live->states[0]);
    writer_free(&live->states[1]);
}

void live_pair(struct live *live, struct pair *pair, const struct live_messages *instead) {
    struct setup client = client_setup(live), server = server_setup(live);
    if (instead != NULL) {
        client.replay = instead[0].messages;
        client.num_replay = instead[0].num;
        server.replay = instead[1].messages;
        server.num_replay = instead[1].num;
    }
    pair_open(pair, setup_config(&client), setup_config(&server),
              is_set(live, LIVE_ANOTHER_NAME) ? "192.0.2.1" : TEST_SERVER_NAME);
    pair->client.credential = is_set(live, LIVE_CLIENT_SHOWS) ? live->world->client : NULL;
    pair->server.credential = live->world->server;
    pair->server.stored = bytes_of(live->states[1].buffer, live->states[1].len);
}

void live_start(struct live *live, struct pair *pair) {
    struct end *client = &pair->client;
    bulla_bytes state = bytes_of(live->states[0].buffer, live->states[0].len);
    size_t taken;
    if (is_set(live, LIVE_CLIENT_ASKS) && state.len != 0) {
        bulla_cause cause = bulla_connection_resume(client->connection, state);
        must(cause == BULLA_OK || cause == BULLA_E_SESSION_UNUSABLE, "a session to go on with");
    }
    (void)end_receive(client, 0);
    if (end_failure(client) == BULLA_OK &&
        end_info(client).early_data == BULLA_EARLY_DATA_OFFERED) {
        bulla_cause cause =
            end_send_early(client, &pair->server, BYTES_OF("early, and maybe twice"), &taken);
        must(cause == BULLA_OK && taken != 0, "early data goes out");
    }
    (void)end_flush(client, &pair->server);
}

void live_pair_close(struct live *live, struct pair *pair) {
    const struct writer *told[] = {&pair->client.state, &pair->server.state};
    for (int i = 0; i < 2; i++) {
        if (told[i]->len != 0) {
            live->states[i].len = 0;
            writer_bytes(&live->states[i], bytes_of(told[i]->buffer, told[i]->len));
        }
    }
    pair_close(pair);
}

/* ------------------------------------------------------------------ configs */

static struct setup setup_of(struct live *live, bulla_role role) {
    static const uint16_t group_codes[] = {BULLA_GROUP_X25519MLKEM768, BULLA_GROUP_SECP256R1,
                                           BULLA_GROUP_X25519};
    static const uint16_t suite_codes[][2] = {
        {BULLA_TLS_AES_128_GCM_SHA256, BULLA_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
        {BULLA_TLS_AES_256_GCM_SHA384, BULLA_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
        {BULLA_TLS_CHACHA20_POLY1305_SHA256, BULLA_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256},
    };
    const bool is_client = role == BULLA_CLIENT;
    /* X25519 alone is quick; a retry begins with what the server does not have. */
    const bool hybrid = is_client && is_set(live, LIVE_HYBRID);
    const size_t first_group = hybrid ? 0 : is_client && is_set(live, LIVE_RETRY) ? 1 : 2;
    const bool retry = !is_client && is_set(live, LIVE_RETRY) && is_set(live, LIVE_HYBRID);
    const unsigned versions = field(live, LIVE_VERSIONS), suite = field(live, LIVE_SUITES);
    const bool only_12 = versions == LIVE_12 || (versions == LIVE_SERVER_12 && !is_client);
    return (struct setup){
        .role = role,
        .suites = suite == 0 ? NULL : suite_codes[suite - 1],
        .num_suites = suite == 0 ? 0 : 2,
        .groups = group_codes + (retry ? 1 : first_group),
        .num_groups = retry ? 1 : 3 - first_group,
        .alpn = {is_client || !(live->warm && is_set(live, LIVE_OTHER_SERVER)) ? "h2" : "other",
                 "http/1.1"},
        .trust = live->world->trust,
        .ask = is_set(live, LIVE_ASKS)
                   ? BULLA_ASK_SIGN | (is_client ? 0 : BULLA_ASK_CREDENTIAL) | BULLA_ASK_VERIFY
                   : 0,
        .record_size = is_set(live, LIVE_SMALL) ? 64 : 0,
        .padding = is_set(live, LIVE_SMALL) ? 32 : 0,
        .random = &live->seeds[!is_client],
        .now = &live->now,
        .version_min = versions == LIVE_13 ? BULLA_TLS_1_3 : BULLA_TLS_1_2,
        .version_max = only_12 ? BULLA_TLS_1_2 : BULLA_TLS_1_3,
        .no_grease = is_set(live, LIVE_PLAIN),
        .more_context = live,
    };
}

static struct setup client_setup(struct live *live) {
    struct setup setup = setup_of(live, BULLA_CLIENT);
    if (is_set(live, LIVE_CLIENT_SHOWS)) {
        setup.credentials[0] = live->world->client;
    }
    setup.ask |= is_set(live, LIVE_CLIENT_ASKS) ? BULLA_ASK_SESSION : 0;
    setup.more = client_more;
    return setup;
}

static struct setup server_setup(struct live *live) {
    struct setup setup = setup_of(live, BULLA_SERVER);
    setup.credentials[0] = live->world->server;
    setup.client_auth = is_set(live, LIVE_AUTH_REQUIRE)   ? BULLA_CLIENT_AUTH_REQUIRE
                        : is_set(live, LIVE_AUTH_REQUEST) ? BULLA_CLIENT_AUTH_REQUEST
                                                          : BULLA_CLIENT_AUTH_NONE;
    setup.ask |= field(live, LIVE_KEEPER) == LIVE_CALLER ? BULLA_ASK_SESSION : 0;
    setup.ask |= is_set(live, LIVE_ASK_STRIKE) ? BULLA_ASK_STRIKE : 0;
    setup.more = server_more;
    return setup;
}

static void client_more(bulla_config_builder *builder, void *context) {
    const struct live *live = context;
    more(builder, live);
    if (!is_set(live, LIVE_CLIENT_ASKS)) {
        bulla_config_set_session_cache(builder, live->cache);
    }
    if (is_set(live, LIVE_EARLY) && field(live, LIVE_VERSIONS) != LIVE_12) {
        bulla_config_set_early_data(builder, EARLY_MAX);
    }
    if (is_set(live, LIVE_CLIENT_LIMIT)) {
        bulla_config_set_record_size_limit(builder, LIMIT);
    }
}

static void server_more(bulla_config_builder *builder, void *context) {
    const struct live *live = context;
    const unsigned keeper = field(live, LIVE_KEEPER), versions = field(live, LIVE_VERSIONS);
    const bool speaks_13 = versions == LIVE_BOTH || versions == LIVE_13;
    more(builder, live);
    if (keeper == LIVE_TICKETS) {
        bulla_config_set_ticket_keys(builder, live->keys);
    } else if (keeper == LIVE_STORE) {
        bulla_config_set_session_store(builder, live->store);
    }
    if (is_set(live, LIVE_EARLY) && keeper != LIVE_NOBODY && speaks_13) {
        bulla_config_set_early_data(builder, EARLY_MAX);
        bulla_config_set_strike_register(builder, live->strikes);
    }
    if (is_set(live, LIVE_SERVER_LIMIT)) {
        bulla_config_set_record_size_limit(builder, LIMIT);
    }
    if (is_set(live, LIVE_PLAIN)) {
        bulla_config_set_name_authorities(builder, 0);
    }
    bulla_config_set_tickets(builder, 2, LIFETIME);
}

static void more(bulla_config_builder *builder, const struct live *live) {
    bulla_config_set_judgement(builder, BYTES_OF("as ever"));
    if (is_set(live, LIVE_COMPRESSION)) {
        bulla_config_add_certificate_compression(builder, 1, toy_compress, toy_decompress);
    }
    if (is_set(live, LIVE_STAPLE)) {
        bulla_config_set_revocation(builder, BULLA_REVOCATION_SOFT, NULL);
    }
    if (is_set(live, LIVE_EMS_REQUIRED)) {
        bulla_config_set_extended_master_secret(builder, 1);
    }
}
