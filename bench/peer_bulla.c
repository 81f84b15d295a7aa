/* SPDX-License-Identifier: Apache-2.0 */
/* libbulla behind the benchmark's interface, through its public headers alone: one workspace, one
 * config for each side, the loop over events that every program writes. */
#include "peer.h"
#include <bulla/bulla.h>
#include <stdio.h>

static bool bulla_configure(struct peer_configs *out, const struct peer_setup *setup);
static void bulla_discard(struct peer_configs *configs);
static bool bulla_open(struct peer_connection *connection, enum side side);
static bool bulla_handshake(struct peer_connection *connection);
static bool bulla_send(struct peer_connection *connection, bulla_bytes data);
static bool bulla_receive(struct peer_connection *connection, bulla_bytes *out_data);
static void bulla_close(struct peer_connection *connection);

const struct peer PEER_BULLA = {
    .name = "bulla",
    .configure = bulla_configure,
    .discard = bulla_discard,
    .open = bulla_open,
    .handshake = bulla_handshake,
    .send = bulla_send,
    .receive = bulla_receive,
    .close = bulla_close,
};

static bulla_cause config_new(bulla_config **out, const struct peer_setup *setup, enum side side);
static bulla_cause config_trust(bulla_config_builder *builder, bulla_bytes root_pem);
static bulla_cause config_show(bulla_config_builder *builder, bulla_bytes chain_pem,
                               bulla_bytes key_pem);
static bulla_cause config_remember(bulla_config_builder *builder);
static bulla_event receive_next(struct peer_connection *connection, bulla_bytes *out_data);
static bool flush(struct peer_connection *connection);
static bool complain(const char *doing, bulla_cause cause);
static bool complain_of(const struct peer_connection *connection, const char *doing);

static bool bulla_configure(struct peer_configs *out, const struct peer_setup *setup) {
    bulla_workspace *workspace = NULL;
    bulla_config *client = NULL;
    bulla_config *server = NULL;
    bulla_cause cause = bulla_workspace_new(&workspace);
    if (cause == BULLA_OK) {
        cause = config_new(&client, setup, SIDE_CLIENT);
    }
    if (cause == BULLA_OK) {
        cause = config_new(&server, setup, SIDE_SERVER);
    }
    *out = (struct peer_configs){.sides = {client, server}, .shared = workspace};
    if (cause != BULLA_OK) {
        bulla_discard(out);
        return complain("configure", cause);
    }
    return true;
}

static void bulla_discard(struct peer_configs *configs) {
    bulla_config_free(configs->sides[SIDE_CLIENT]);
    bulla_config_free(configs->sides[SIDE_SERVER]);
    bulla_workspace_free(configs->shared);
    *configs = (struct peer_configs){0};
}

static bool bulla_open(struct peer_connection *connection, enum side side) {
    static const char name[] = CHAIN_SERVER_NAME;
    const bulla_bytes server_name = {(const uint8_t *)name, sizeof(name) - 1};
    struct peer_configs *configs = connection->configs;
    bulla_connection *handle = NULL;
    bulla_cause cause =
        side == SIDE_CLIENT
            ? bulla_connection_new_client(&handle, configs->sides[side], configs->shared,
                                          server_name)
            : bulla_connection_new_server(&handle, configs->sides[side], configs->shared);
    connection->handle = handle;
    return cause == BULLA_OK || complain("open", cause);
}

static bool bulla_handshake(struct peer_connection *connection) {
    bulla_bytes data;
    bulla_event event = receive_next(connection, &data);
    if (event == BULLA_EVENT_HANDSHAKE_DONE) {
        connection->established = true;
        event = receive_next(connection, &data);
    }
    return event == BULLA_EVENT_NEED_BYTES ? flush(connection)
                                           : complain_of(connection, "handshake");
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

static bulla_cause config_new(bulla_config **out, const struct peer_setup *setup, enum side side) {
    const uint16_t group = BULLA_GROUP_X25519;
    const struct chains *chains = setup->chains;
    bulla_config_builder *builder = NULL;
    bulla_cause cause =
        bulla_config_builder_new(&builder, side == SIDE_CLIENT ? BULLA_CLIENT : BULLA_SERVER);
    if (cause != BULLA_OK) {
        return cause;
    }
    bulla_config_set_suites(builder, &setup->suite, 1);
    bulla_config_set_groups(builder, &group, 1);
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
    if (cause == BULLA_OK && setup->remember) {
        cause = config_remember(builder);
    }
    if (cause != BULLA_OK) {
        bulla_config_builder_free(builder);
        return cause;
    }
    return bulla_config_build(builder, out);
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
