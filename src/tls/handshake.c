/* SPDX-License-Identifier: Apache-2.0 */
/* The driver. What every message has in common stands here once: assembly from records, the legal
 * order, limits on length, alignment at key changes, the transcript. See handshake.h.
 */
#include "tls/handshake.h"

#include "tls/messages.h"

#include <stdlib.h>

static bulla_cause step_without_message(bulla_connection *connection, bool *out_stepped);
static bulla_cause step_with_message(bulla_connection *connection, bool *out_stepped);
static bool is_stray_hello_request(const bulla_connection *connection, enum handshake_type type,
                                   size_t len);
static bulla_cause message_check(const bulla_connection *connection, const struct edge *edge,
                                 enum handshake_type type, size_t len);
static bool ends_record(const bulla_connection *connection, const struct edge *edge);
static bulla_cause enter(bulla_connection *connection, enum state state);
static bool condition_holds(const bulla_connection *connection, enum condition condition);
static size_t message_len_max(enum handshake_type type);

bulla_cause handshake_take(bulla_connection *connection, bulla_bytes fragment) {
    if (connection->pending.left == 0) {
        /* What the assembly held has been read; from here on `pending` stands for it no more. */
        assembly_end(connection);
        connection->pending = reader_over(fragment);
        return BULLA_OK;
    }
    bulla_cause cause = handshake_keep_pending(connection);
    if (cause != BULLA_OK) {
        return cause;
    }
    struct writer *assembly = connection->assembly;
    writer_bytes(assembly, fragment);
    connection->pending = reader_over(bytes_of(assembly->buffer, assembly->len));
    return assembly->failed ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

bulla_cause handshake_take_change_cipher_spec(bulla_connection *connection, bulla_bytes body) {
    const struct edge *edge = states_find(connection->role, connection->version, connection->state,
                                          HANDSHAKE_CHANGE_CIPHER_SPEC);
    if (edge == NULL) {
        return BULLA_E_MESSAGE_UNEXPECTED;
    }
    bulla_cause cause = edge->handler(connection, body, body);
    return cause == BULLA_OK ? enter(connection, edge->next) : cause;
}

bulla_cause handshake_keep_pending(bulla_connection *connection) {
    bulla_bytes rest = reader_rest(&connection->pending);
    if (rest.len == 0) {
        assembly_end(connection);
        return BULLA_OK;
    }
    struct writer *assembly = connection->assembly;
    if (assembly == NULL) {
        assembly = calloc(1, sizeof *assembly);
        if (assembly == NULL) {
            return BULLA_E_OUT_OF_MEMORY;
        }
        *assembly = writer_growing(2 * NEW_SESSION_TICKET_LEN_MAX);
        connection->assembly = assembly;
        writer_bytes(assembly, rest);
    } else if (rest.len != assembly->len) {
        /* What is pending is always the assembly's end. */
        bytes_move(assembly->buffer, rest.data, rest.len);
        assembly->len = rest.len;
    }
    connection->pending = reader_over(bytes_of(assembly->buffer, assembly->len));
    return assembly->failed ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

void assembly_end(bulla_connection *connection) {
    if (connection->assembly != NULL) {
        writer_free(connection->assembly);
        free(connection->assembly);
        connection->assembly = NULL;
    }
}

bulla_cause handshake_advance(bulla_connection *connection) {
    bool stepped = true;
    while (stepped && connection->waiting == WAITING_NOT) {
        bulla_cause cause = step_without_message(connection, &stepped);
        if (cause == BULLA_OK && !stepped && connection->waiting == WAITING_NOT) {
            cause = step_with_message(connection, &stepped);
        }
        if (cause != BULLA_OK) {
            return cause;
        }
    }
    return BULLA_OK;
}

/* Takes the first edge without a message whose condition holds. */
static bulla_cause step_without_message(bulla_connection *connection, bool *out_stepped) {
    struct edges edges = states_edges(connection->role, connection->version);
    *out_stepped = false;
    for (size_t i = 0; i < edges.num_rows; i++) {
        const struct edge *edge = &edges.rows[i];
        if (edge->state != connection->state || edge->message != HANDSHAKE_NONE ||
            !condition_holds(connection, edge->condition)) {
            continue;
        }
        bulla_cause cause = edge->action == NULL ? BULLA_OK : edge->action(connection);
        if (cause != BULLA_OK || connection->waiting != WAITING_NOT) {
            return cause;
        }
        *out_stepped = true;
        return enter(connection, edge->next);
    }
    return BULLA_OK;
}

/* Takes the edge of the next pending message, once that is whole. */
static bulla_cause step_with_message(bulla_connection *connection, bool *out_stepped) {
    struct reader ahead = connection->pending;
    const uint8_t *start = ahead.next;
    uint8_t type;
    uint32_t len;
    bulla_bytes body;
    *out_stepped = false;
    if (!reader_u8(&ahead, &type) || !reader_u24(&ahead, &len)) {
        return BULLA_OK;
    }
    if (is_stray_hello_request(connection, (enum handshake_type)type, len)) {
        connection->pending = ahead;
        *out_stepped = true;
        return post_handshake_count(connection, BULLA_E_POST_HANDSHAKE_FLOOD);
    }
    const struct edge *edge = states_find(connection->role, connection->version, connection->state,
                                          (enum handshake_type)type);
    bulla_cause cause = message_check(connection, edge, (enum handshake_type)type, len);
    if (cause != BULLA_OK || !reader_bytes(&ahead, len, &body)) {
        return cause;
    }
    bulla_bytes message = bytes_of(start, HANDSHAKE_HEADER_LEN + body.len);
    connection->pending = ahead;
    cause = edge->handler(connection, body, message);
    if (cause != BULLA_OK) {
        return cause;
    }
    if (ends_record(connection, edge) && connection->pending.left != 0) {
        return BULLA_E_MESSAGE_ACROSS_KEY_CHANGE;
    }
    if ((edge->flags & (HASHED_BY_HANDLER | NOT_HASHED)) == 0) {
        transcript_add(&connection->handshake->transcript, message);
    }
    *out_stepped = true;
    return enter(connection, edge->next);
}

/* TLS 1.2 lets a server ask for a handshake while there is one: that is passed over, and is no part
 * of the transcript, RFC 5246 7.4.1.1. */
static bool is_stray_hello_request(const bulla_connection *connection, enum handshake_type type,
                                   size_t len) {
    bool is_12 = connection->version == BULLA_TLS_1_2 ||
                 (connection->version == 0 && connection->config->version_min == BULLA_TLS_1_2);
    return type == HANDSHAKE_HELLO_REQUEST && len == 0 && is_12 &&
           connection->role == BULLA_CLIENT && connection->state != STATE_CONNECTED;
}

/* All that is known of a message from its header; checked before its body is waited for. */
static bulla_cause message_check(const bulla_connection *connection, const struct edge *edge,
                                 enum handshake_type type, size_t len) {
    if (edge == NULL) {
        return BULLA_E_MESSAGE_UNEXPECTED;
    }
    if (len > message_len_max(type)) {
        return BULLA_E_MESSAGE_TOO_LONG;
    }
    bool followed = connection->pending.left > HANDSHAKE_HEADER_LEN + len;
    return ends_record(connection, edge) && followed ? BULLA_E_MESSAGE_ACROSS_KEY_CHANGE : BULLA_OK;
}

/* A first hello is TLS 1.3's or not, which only its handler finds out; TLS 1.2 changes keys with
 * the ChangeCipherSpec alone. */
static bool ends_record(const bulla_connection *connection, const struct edge *edge) {
    return (edge->flags & CHANGES_READ_KEY) != 0 && connection->version == BULLA_TLS_1_3;
}

static bulla_cause enter(bulla_connection *connection, enum state state) {
    if (state != STATE_CONNECTED || connection->state == STATE_CONNECTED) {
        connection->state = state;
        return BULLA_OK;
    }
    /* The leaf is the peer's identity and stays; all else of the handshake goes. */
    struct handshake *handshake = connection->handshake;
    if (handshake->num_certificates != 0) {
        connection->peer_leaf = bytes_duplicate(handshake->certificates[0]);
        if (connection->peer_leaf == NULL) {
            return BULLA_E_OUT_OF_MEMORY;
        }
        connection->peer_leaf_len = (uint32_t)handshake->certificates[0].len;
        connection->peer_authenticated = true;
    } else if (handshake->resumption.accepted) {
        connection->peer_authenticated = handshake->resumption.session->peer_authenticated;
    }
    if (connection->resumable != NULL) {
        connection->resumable->authenticated_at = handshake->authenticated_at;
        connection->resumable->valid_until = handshake->valid_until;
    }
    if (connection->role == BULLA_SERVER) { /* for tls-server-end-point */
        connection->credential = handshake->credential;
        handshake->credential = NULL;
    }
    if (connection->version == BULLA_TLS_1_3) {
        bulla_cause cause = lasting_secrets_keep(connection);
        if (cause != BULLA_OK) {
            return cause;
        }
    }
    early_conclude(connection);
    connection->hello_retried = handshake->retried;
    connection->state = state;
    handshake_end(connection);
    return BULLA_OK;
}

static bool condition_holds(const bulla_connection *connection, enum condition condition) {
    const struct handshake *handshake = connection->handshake;
    switch (condition) {
    case ALWAYS:
        return true;
    case IF_RETRY:
        return handshake->retry;
    case IF_CERTIFICATE_ASKED:
        return handshake->certificate_asked;
    case IF_CREDENTIAL:
        return handshake->credential != NULL;
    case IF_PEER_CERTIFICATE:
        return handshake->num_certificates != 0;
    case IF_RESUMED:
        return handshake->resumption.accepted;
    case IF_EARLY_DATA:
        return connection->early != NULL && connection->early->state == BULLA_EARLY_DATA_ACCEPTED;
    case IF_TICKET_PROMISED:
        return handshake->ticket_promised;
    case CONDITION_INVALID:
        break;
    }
    return false;
}

static size_t message_len_max(enum handshake_type type) {
    if (type == HANDSHAKE_CERTIFICATE || type == HANDSHAKE_COMPRESSED_CERTIFICATE) {
        return CERTIFICATE_MESSAGE_LEN_MAX;
    }
    if (type == HANDSHAKE_CLIENT_HELLO || type == HANDSHAKE_CERTIFICATE_REQUEST) {
        return HELLO_LEN_MAX;
    }
    if (type == HANDSHAKE_NEW_SESSION_TICKET) {
        return NEW_SESSION_TICKET_LEN_MAX;
    }
    return OTHER_MESSAGE_LEN_MAX;
}
