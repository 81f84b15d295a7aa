/* SPDX-License-Identifier: Apache-2.0 */
/* libbulla behind the benchmark's interface, through its public headers alone: one workspace, one
 * config for each side, the loop over events that every program writes. */
#include "base/bytes.h"
#include "peer.h"
#include <bulla/bulla.h>
#include <stdio.h>
#include <stdlib.h>

enum { TICKET_PERIOD = 3600, TICKET_LIFETIME = 3600, NUM_STRIKES = 65536 };

/* What the configs of both sides have in common. */
struct shared {
    bulla_workspace *workspace;
    struct peer_setup setup;
    bulla_ticket_keys *keys;
    bulla_session_cache *cache;
    bulla_strike_register *strikes;
    uint8_t *session; /* with RESUME_FIRST: the first one's state */
    size_t session_len;
};

static bool bulla_configure(struct peer_configs *out, const struct peer_setup *setup);
static void bulla_discard(struct peer_configs *configs);
static bool bulla_settle(struct peer_configs *configs);
static bool bulla_open(struct peer_connection *connection, enum side side);
static bool bulla_handshake(struct peer_connection *connection);
static bool bulla_send(struct peer_connection *connection, bulla_bytes data);
static bool bulla_receive(struct peer_connection *connection, bulla_bytes *out_data);
static void bulla_close(struct peer_connection *connection);

const struct peer PEER_BULLA = {
    .name = "bulla",
    .configure = bulla_configure,
    .discard = bulla_discard,
    .settle = bulla_settle,
    .open = bulla_open,
    .handshake = bulla_handshake,
    .send = bulla_send,
    .receive = bulla_receive,
    .close = bulla_close,
};

static bulla_cause shared_make(struct shared *out);
static bulla_cause config_new(bulla_config **out, const struct shared *shared, enum side side);
static bulla_cause config_identify(bulla_config_builder *builder, const struct peer_setup *setup,
                                   enum side side);
static void config_resume(bulla_config_builder *builder, const struct shared *shared,
                          enum side side);
static bulla_cause config_trust(bulla_config_builder *builder, bulla_bytes root_pem);
static bulla_cause config_show(bulla_config_builder *builder, bulla_bytes chain_pem,
                               bulla_bytes key_pem);
static bulla_cause config_remember(bulla_config_builder *builder);
static void note_done(struct peer_connection *connection);
static bool keep_session(struct peer_connection *connection);
static bool send_early(struct peer_connection *connection);
static bulla_event receive_next(struct peer_connection *connection, bulla_bytes *out_data);
static bool flush(struct peer_connection *connection);
static bool complain(const char *doing, bulla_cause cause);
static bool complain_of(const struct peer_connection *connection, const char *doing);

static bool bulla_configure(struct peer_configs *out, const struct peer_setup *setup) {
    bulla_config *client = NULL;
    bulla_config *server = NULL;
    struct shared *shared = calloc(1, sizeof(*shared));
    if (shared == NULL) {
        return complain("configure", BULLA_E_OUT_OF_MEMORY);
    }
    shared->setup = *setup;
    bulla_cause cause = shared_make(shared);
    if (cause == BULLA_OK) {
        cause = config_new(&client, shared, SIDE_CLIENT);
    }
    if (cause == BULLA_OK) {
        cause = config_new(&server, shared, SIDE_SERVER);
    }
    *out = (struct peer_configs){.sides = {client, server}, .shared = shared};
    if (cause != BULLA_OK) {
        bulla_discard(out);
        return complain("configure", cause);
    }
    return true;
}

static void bulla_discard(struct peer_configs *configs) {
    struct shared *shared = configs->shared;
    bulla_config_free(configs->sides[SIDE_CLIENT]);
    bulla_config_free(configs->sides[SIDE_SERVER]);
    if (shared != NULL) {
        bulla_strike_register_free(shared->strikes);
        bulla_session_cache_free(shared->cache);
        bulla_ticket_keys_free(shared->keys);
        bulla_workspace_free(shared->workspace);
        free(shared->session);
        free(shared);
    }
    *configs = (struct peer_configs){0};
}

/* A server of the same keys, which issues no more tickets. */
static bool bulla_settle(struct peer_configs *configs) {
    const struct shared *shared = configs->shared;
    bulla_config *server = NULL;
    bulla_cause cause = config_new(&server, shared, SIDE_SERVER);
    if (cause != BULLA_OK || shared->session == NULL) {
        bulla_config_free(server);
        return complain("settle", cause);
    }
    bulla_config_free(configs->sides[SIDE_SERVER]);
    configs->sides[SIDE_SERVER] = server;
    return true;
}

static bool bulla_open(struct peer_connection *connection, enum side side) {
    static const char name[] = CHAIN_SERVER_NAME;
    const bulla_bytes server_name = {(const uint8_t *)name, sizeof(name) - 1};
    struct peer_configs *configs = connection->configs;
    const struct shared *shared = configs->shared;
    bulla_connection *handle = NULL;
    bulla_cause cause =
        side == SIDE_CLIENT
            ? bulla_connection_new_client(&handle, configs->sides[side], shared->workspace,
                                          server_name)
            : bulla_connection_new_server(&handle, configs->sides[side], shared->workspace);
    connection->handle = handle;
    if (cause == BULLA_OK && side == SIDE_CLIENT && shared->session != NULL) {
        cause = bulla_connection_resume(handle, bytes_of(shared->session, shared->session_len));
    }
    return cause == BULLA_OK || complain("open", cause);
}

static bool bulla_handshake(struct peer_connection *connection) {
    bool starts = wire_is_empty(connection->in);
    for (;;) {
        bulla_bytes data;
        bulla_event event = receive_next(connection, &data);
        if (event == BULLA_EVENT_HANDSHAKE_DONE) {
            note_done(connection);
        } else if (event == BULLA_EVENT_EARLY_DATA) {
            connection->early_taken += data.len;
        } else if (event == BULLA_EVENT_NEED_BYTES) {
            return (!starts || send_early(connection)) && flush(connection);
        } else if (event != BULLA_EVENT_SESSION) {
            return complain_of(connection, "handshake");
        } else if (!keep_session(connection)) {
            return false;
        }
    }
}

static bool bulla_send(struct peer_connection *connection, bulla_bytes data) {
    struct wire *wire = connection->out;
    size_t len = 0;
    bulla_cause cause = bulla_connection_send(connection->handle, &data, wire->bytes + wire->end,
                                              wire->cap - wire->end, &len);
    wire->end += len;
    return (cause == BULLA_OK && data.len == 0) || complain("send", cause);
}

static bool bulla_receive(struct peer_connection *connection, bulla_bytes *out_data) {
    *out_data = (bulla_bytes){0};
    bulla_event event = receive_next(connection, out_data);
    return event == BULLA_EVENT_DATA || event == BULLA_EVENT_NEED_BYTES ||
           complain_of(connection, "receive");
}

static void bulla_close(struct peer_connection *connection) {
    bulla_connection_free(connection->handle);
    connection->handle = NULL;
    connection->established = false;
}

static bulla_cause shared_make(struct shared *out) {
    bulla_cause cause = bulla_workspace_new(&out->workspace);
    if (cause != BULLA_OK || out->setup.resumption == RESUME_NOTHING) {
        return cause;
    }
    cause = bulla_ticket_keys_new(&out->keys, TICKET_PERIOD);
    if (cause == BULLA_OK && out->setup.resumption == RESUME_LATEST) {
        cause = bulla_session_cache_new(&out->cache, BULLA_SESSION_CACHE_DEFAULT);
    }
    if (cause == BULLA_OK && out->setup.early_len > 0) {
        cause = bulla_strike_register_new(&out->strikes, BULLA_STRIKE_WINDOW_DEFAULT, NUM_STRIKES);
    }
    return cause;
}

static bulla_cause config_new(bulla_config **out, const struct shared *shared, enum side side) {
    const struct peer_setup *setup = &shared->setup;
    const uint16_t version = setup->version == 0 ? BULLA_TLS_1_3 : setup->version;
    const uint16_t group = setup->group == 0 ? BULLA_GROUP_X25519 : setup->group;
    /* TLS 1.2's list speaks of the certificates' curves too, RFC 8422 5.1.1. */
    const uint16_t groups[] = {group, BULLA_GROUP_SECP256R1};
    bulla_config_builder *builder = NULL;
    bulla_cause cause =
        bulla_config_builder_new(&builder, side == SIDE_CLIENT ? BULLA_CLIENT : BULLA_SERVER);
    if (cause != BULLA_OK) {
        return cause;
    }
    bulla_config_set_versions(builder, version, version);
    bulla_config_set_suites(builder, &setup->suite, 1);
    bulla_config_set_groups(builder, groups, version == BULLA_TLS_1_2 ? 2 : 1);
    if (setup->resumption != RESUME_NOTHING) {
        config_resume(builder, shared, side);
    }
    cause = config_identify(builder, setup, side);
    if (cause == BULLA_OK && setup->remember) {
        cause = config_remember(builder);
    }
    if (cause != BULLA_OK) {
        bulla_config_builder_free(builder);
        return cause;
    }
    return bulla_config_build(builder, out);
}

/* Who the side is, and whom it believes. */
static bulla_cause config_identify(bulla_config_builder *builder, const struct peer_setup *setup,
                                   enum side side) {
    const struct chains *chains = setup->chains;
    bulla_cause cause = BULLA_OK;
    if (side == SIDE_SERVER) {
        bulla_config_set_client_auth(builder, setup->mutual ? BULLA_CLIENT_AUTH_REQUIRE
                                                            : BULLA_CLIENT_AUTH_NONE);
        cause = config_show(builder, chains->server_chain_pem, chains->server_key_pem);
    } else if (setup->mutual) {
        cause = config_show(builder, chains->client_chain_pem, chains->client_key_pem);
    }
    if (cause == BULLA_OK && (side == SIDE_CLIENT || setup->mutual)) {
        cause = config_trust(builder, chains->root_pem);
    }
    return cause;
}

static void config_resume(bulla_config_builder *builder, const struct shared *shared,
                          enum side side) {
    const struct peer_setup *setup = &shared->setup;
    if (setup->early_len > 0) {
        bulla_config_set_early_data(builder, EARLY_LEN_MAX);
    }
    if (side == SIDE_SERVER) {
        bulla_config_set_ticket_keys(builder, shared->keys);
        bulla_config_set_tickets(builder, shared->session == NULL ? 1 : 0, TICKET_LIFETIME);
        if (shared->strikes != NULL) {
            bulla_config_set_strike_register(builder, shared->strikes);
        }
    } else if (shared->cache != NULL) {
        bulla_config_set_session_cache(builder, shared->cache);
    } else {
        bulla_config_set_ask(builder, BULLA_ASK_SESSION);
    }
}

static bulla_cause config_trust(bulla_config_builder *builder, bulla_bytes root_pem) {
    bulla_trust *trust = NULL;
    size_t num_added = 0;
    bulla_cause cause = bulla_trust_new(&trust);
    if (cause == BULLA_OK) {
        cause = bulla_trust_add_pem(trust, root_pem, &num_added);
    }
    if (cause == BULLA_OK) {
        bulla_config_set_trust(builder, trust);
    }
    bulla_trust_free(trust);
    return cause;
}

static bulla_cause config_show(bulla_config_builder *builder, bulla_bytes chain_pem,
                               bulla_bytes key_pem) {
    bulla_credential *credential = NULL;
    bulla_cause cause =
        bulla_credential_new(&credential, chain_pem, key_pem, (bulla_bytes){NULL, 0});
    if (cause == BULLA_OK) {
        bulla_config_add_credential(builder, credential);
    }
    bulla_credential_free(credential);
    return cause;
}

static bulla_cause config_remember(bulla_config_builder *builder) {
    static const uint8_t salt[32] = {1}; /* nobody aims at anything here */
    bulla_memo *memo = NULL;
    bulla_cause cause = bulla_memo_new(&memo, 64, salt);
    if (cause == BULLA_OK) {
        bulla_config_set_memo(builder, memo);
        bulla_memo_free(memo);
    }
    return cause;
}

static void note_done(struct peer_connection *connection) {
    bulla_connection_info info;
    bulla_connection_info_get(connection->handle, &info);
    connection->established = true;
    connection->resumed = info.resumed != 0;
}

/* The first session stays; what follows is dropped. */
static bool keep_session(struct peer_connection *connection) {
    struct shared *shared = connection->configs->shared;
    bulla_session_view session;
    bulla_cause cause = bulla_connection_session(connection->handle, &session);
    if (cause == BULLA_OK && shared->session == NULL) {
        shared->session = bytes_duplicate(session.state);
        shared->session_len = session.state.len;
        cause = shared->session == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
    }
    return cause == BULLA_OK || complain("keep a session", cause);
}

/* Only a client that has a session for it can; whoever counts sees what the server took. */
static bool send_early(struct peer_connection *connection) {
    static const uint8_t zeros[EARLY_LEN_MAX];
    const struct shared *shared = connection->configs->shared;
    struct wire *wire = connection->out;
    bulla_bytes data = bytes_of(zeros, shared->setup.early_len);
    bulla_connection_info info;
    size_t len = 0;
    bulla_connection_info_get(connection->handle, &info);
    if (info.early_data != BULLA_EARLY_DATA_OFFERED) {
        return true;
    }
    bulla_cause cause = bulla_connection_send_early(
        connection->handle, &data, wire->bytes + wire->end, wire->cap - wire->end, &len);
    wire->end += len;
    return (cause == BULLA_OK && data.len == 0) || complain("send early data", cause);
}

static bulla_event receive_next(struct peer_connection *connection, bulla_bytes *out_data) {
    struct wire *wire = connection->in;
    bulla_input input = {.bytes = wire->bytes + wire->start, .len = wire->end - wire->start};
    size_t len = input.len;
    bulla_event event = bulla_connection_receive(connection->handle, &input, out_data);
    wire_consume(wire, len - input.len);
    return event;
}

static bool flush(struct peer_connection *connection) {
    bulla_bytes output = bulla_connection_output(connection->handle);
    if (!wire_append(connection->out, output)) {
        return complain("flush", BULLA_E_BUFFER_TOO_SMALL);
    }
    bulla_connection_output_sent(connection->handle, output.len);
    return true;
}

static bool complain(const char *doing, bulla_cause cause) {
    const bulla_cause_info *info = bulla_cause_about(cause);
    fprintf(stderr, "bulla-bench: bulla: %s failed: %s (%s)\n", doing, info->says, info->name);
    return false;
}

static bool complain_of(const struct peer_connection *connection, const char *doing) {
    bulla_failure failure = bulla_connection_failure(connection->handle);
    if (failure.report != NULL) {
        fprintf(stderr, "bulla-bench: bulla: %s\n", failure.report->evidence);
    }
    return complain(doing, failure.cause);
}
