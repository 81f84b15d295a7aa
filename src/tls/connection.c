/* SPDX-License-Identifier: Apache-2.0 */
/* The public face of a connection: making and freeing, the event loop's one call, what may be
 * asked of it. Decisions are in connection_answers.c. See bulla/connection.h. */
#include "tls/connection.h"

#include "tls/handshake.h"
#include "tls/server_name.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* 249 leaves room for "tls13 " in a HkdfLabel's label<7..255>. */
enum { WORKSPACE_CONTEXTS = 64, EXPORTER_LABEL_LEN_MAX = 249 };

static bulla_cause connection_new(bulla_connection **out, bulla_config *config,
                                  bulla_workspace *workspace, bulla_role role);
static bulla_cause server_name_set(bulla_connection *connection, bulla_bytes name);

bulla_cause bulla_workspace_new(bulla_workspace **out) {
    bulla_workspace *workspace = calloc(1, sizeof *workspace);
    if (workspace == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause = aead_pool_new(&workspace->pool, WORKSPACE_CONTEXTS);
    if (cause != BULLA_OK) {
        free(workspace);
        return cause;
    }
    *out = workspace;
    return BULLA_OK;
}

void bulla_workspace_free(bulla_workspace *workspace) {
    if (workspace != NULL) {
        aead_pool_free(workspace->pool);
        key_exchange_scratch_free(&workspace->exchange);
        free(workspace);
    }
}

bulla_cause bulla_connection_new_client(bulla_connection **out, bulla_config *config,
                                        bulla_workspace *workspace, bulla_bytes server_name) {
    bulla_connection *connection;
    if (config == NULL || (server_name.len == 0 && (config->ask & BULLA_ASK_VERIFY) == 0)) {
        return BULLA_E_API_MISUSE;
    }
    bulla_cause cause = connection_new(&connection, config, workspace, BULLA_CLIENT);
    if (cause != BULLA_OK) {
        return cause;
    }
    cause = server_name_set(connection, server_name);
    if (cause != BULLA_OK) {
        bulla_connection_free(connection);
        return cause;
    }
    /* A cache knows servers by their names. Without one it would offer any server's session to any
     * other, and whoever took it would pass for one that was judged. */
    if (connection->server_name_len == 0 && (config->ask & BULLA_ASK_SESSION) == 0) {
        resumable_end(connection);
    }
    *out = connection;
    return BULLA_OK;
}

bulla_cause bulla_connection_new_server(bulla_connection **out, bulla_config *config,
                                        bulla_workspace *workspace) {
    return config == NULL ? BULLA_E_API_MISUSE
                          : connection_new(out, config, workspace, BULLA_SERVER);
}

static bulla_cause connection_new(bulla_connection **out, bulla_config *config,
                                  bulla_workspace *workspace, bulla_role role) {
    if (config->role != role || workspace == NULL) {
        return BULLA_E_API_MISUSE;
    }
    bulla_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    connection->role = role;
    connection->workspace = workspace;
    connection->failure = BULLA_OK;
    connection->alert_sent = BULLA_ALERT_NONE;
    connection->alert_received = BULLA_ALERT_NONE;
    bulla_cause cause = handshake_begin(connection);
    if (cause != BULLA_OK) {
        free(connection);
        return cause;
    }
    connection->config = bulla_config_ref(config);
    cause = resumable_begin(connection);
    if (cause != BULLA_OK) {
        bulla_connection_free(connection);
        return cause;
    }
    *out = connection;
    return BULLA_OK;
}

/* A final dot is the root's and not part of a name on the wire, RFC 6066 3. */
static bulla_cause server_name_set(bulla_connection *connection, bulla_bytes name) {
    char text[SERVER_NAME_LEN_MAX + 1] = "";
    uint8_t address[16];
    if (name.len == 0) {
        return BULLA_OK;
    }
    if (name.data[name.len - 1] == '.') {
        name.len--;
    }
    if (name.len > SERVER_NAME_LEN_MAX) {
        return BULLA_E_SERVER_NAME_INVALID;
    }
    bytes_copy(text, sizeof text - 1, name);
    /* A zero byte must not hide from inet_pton() what follows it. */
    connection->server_name_is_address =
        bytes_of_text(text).len == name.len &&
        (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1);
    if (!connection->server_name_is_address && !server_name_is_valid(name)) {
        return BULLA_E_SERVER_NAME_INVALID;
    }
    connection->server_name = bytes_duplicate(name);
    connection->server_name_len = (uint32_t)name.len;
    return connection->server_name == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

void bulla_connection_free(bulla_connection *connection) {
    if (connection == NULL) {
        return;
    }
    handshake_end(connection);
    resumable_end(connection);
    early_end(connection);
    connection_wipe_keys(connection);
    assembly_end(connection);
    bytes_wipe_and_free(connection->stash, connection->stash_cap);
    output_end(connection);
    free(connection->server_name);
    free(connection->peer_leaf);
    bulla_credential_free(connection->credential);
    free(connection->report);
    bulla_config_free(connection->config);
    bytes_wipe_and_free(connection, sizeof *connection);
}

bulla_event bulla_connection_receive(bulla_connection *connection, bulla_input *input,
                                     bulla_bytes *out_data) {
    *out_data = bytes_of(NULL, 0);
    if (connection->failure != BULLA_OK || connection->close_received) {
        /* What comes after the end is not looked at, RFC 8446 6.1. */
        *input = (bulla_input){.bytes = input->len == 0 ? input->bytes : input->bytes + input->len};
        return connection->failure != BULLA_OK ? BULLA_EVENT_FAILED : BULLA_EVENT_CLOSED;
    }
    bulla_event event = input_next(connection, input, out_data);
    if (event == BULLA_EVENT_FAILED) {
        return event;
    }
    if (event == BULLA_EVENT_NEED_BYTES && connection->stash_len == 0) {
        bytes_wipe_and_free(connection->stash, connection->stash_cap);
        connection->stash = NULL;
        connection->stash_cap = 0;
    }
    if (connection->pending.left != 0 || connection->assembly != NULL) {
        bulla_cause cause = handshake_keep_pending(connection);
        if (cause != BULLA_OK) {
            (void)connection_fail(connection, cause);
            return BULLA_EVENT_FAILED;
        }
    }
    return event;
}

void bulla_connection_receive_end(bulla_connection *connection) {
    if (!connection->close_received) {
        (void)connection_fail(connection, connection->state == STATE_CONNECTED
                                              ? BULLA_E_TRUNCATED
                                              : BULLA_E_CLOSED_BEFORE_HANDSHAKE);
    }
}

/* ------------------------------------------------------------------ what is known */

bulla_bytes bulla_connection_peer_certificate(const bulla_connection *connection, size_t index) {
    const struct handshake *handshake = connection->handshake;
    if (handshake != NULL && handshake->num_certificates != 0) {
        return index < handshake->num_certificates ? handshake->certificates[index]
                                                   : bytes_of(NULL, 0);
    }
    /* A resumed session's stands for nobody before its owner is proven. */
    bool proven = connection->state == STATE_CONNECTED || connection->peer_authenticated;
    return index == 0 && proven ? bytes_of(connection->peer_leaf, connection->peer_leaf_len)
                                : bytes_of(NULL, 0);
}

bulla_bytes bulla_connection_ocsp_response(const bulla_connection *connection) {
    const struct handshake *handshake = connection->handshake;
    return handshake == NULL ? bytes_of(NULL, 0) : handshake->ocsp_response;
}

void bulla_connection_info_get(const bulla_connection *connection, bulla_connection_info *out) {
    const struct alpn_protocol *alpn = connection->alpn;
    *out = (bulla_connection_info){
        .version = connection->version,
        .suite = connection->suite == NULL ? 0 : connection->suite->code,
        .group = connection->group == NULL ? 0 : connection->group->code,
        .peer_signature_scheme = connection->peer_signature_scheme,
        .handshake_done = connection->state == STATE_CONNECTED,
        .hello_retried = connection->hello_retried,
        .resumed = connection->resumed,
        .extended_master_secret = connection->extended_master_secret,
        .early_data = connection->handshake != NULL && connection->early != NULL
                          ? connection->early->state
                          : (bulla_early_data)connection->early_data,
        .peer_authenticated = connection->peer_authenticated,
        .server_name = bytes_of(connection->server_name, connection->server_name_len),
        .alpn = alpn == NULL ? bytes_of(NULL, 0) : bytes_of(alpn->name, alpn->len),
    };
}

void bulla_connection_statistics(const bulla_connection *connection, bulla_statistics *out) {
    *out = connection->statistics;
}

bulla_failure bulla_connection_failure(const bulla_connection *connection) {
    return (bulla_failure){
        .cause = connection->failure,
        .alert_sent = connection->alert_sent,
        .alert_received = connection->alert_received,
        .report = connection->report,
    };
}

bulla_cause bulla_connection_export(const bulla_connection *connection, bulla_bytes label,
                                    bulla_bytes context, uint8_t *out, size_t len) {
    if (connection->failure != BULLA_OK || connection->state != STATE_CONNECTED ||
        (label.len == 0 && connection->version != BULLA_TLS_1_2) ||
        label.len > EXPORTER_LABEL_LEN_MAX || len > 255 * hash_len(HASH_SHA256)) {
        return BULLA_E_API_MISUSE;
    }
    if (connection->version == BULLA_TLS_1_2) {
        /* Gone without the extended master secret, RFC 7627 6.1. */
        return connection->master == NULL ? BULLA_E_EXTENDED_MASTER_SECRET_MISSING
                                          : exporter_12_derive(out, len, connection->suite->hash,
                                                               connection->master, label, context);
    }
    exporter_derive(out, len, connection->suite->hash, lasting_secret(connection, SECRET_EXPORTER),
                    label, context);
    return BULLA_OK;
}
