/* SPDX-License-Identifier: Apache-2.0 */
/* The driver. What every message has in common stands here once: assembly from records, the legal
 * order, limits on length, alignment at key changes, the transcript, the flight. See handshake.h.
 */
#include "tls/handshake.h"

#include <stdlib.h>

static bulla_cause step_without_message(bulla_connection *connection, bool *out_stepped);
static bulla_cause step_with_message(bulla_connection *connection, bool *out_stepped);
static bulla_cause message_check(const bulla_connection *connection, const struct edge *edge,
                                 enum handshake_type type, size_t len);
static bulla_cause enter(bulla_connection *connection, enum state state);
static bool condition_holds(const bulla_connection *connection, enum condition condition);
static size_t message_len_max(enum handshake_type type);
static void replace_by_replay(bulla_connection *connection, enum handshake_type type,
                              struct writer *flight, size_t body_start);

bulla_cause handshake_begin(bulla_connection *connection) {
    struct handshake *handshake = calloc(1, sizeof *handshake);
    if (handshake == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    handshake->flight = writer_growing(CERTIFICATE_MESSAGE_LEN_MAX * 2);
    connection->handshake = handshake;
    connection->assembly = writer_growing(2 * NEW_SESSION_TICKET_LEN_MAX);
    connection->state = STATE_START;
    return BULLA_OK;
}

void handshake_end(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    if (handshake == NULL) {
        return;
    }
    key_exchange_wipe(&handshake->exchange);
    bulla_credential_free(handshake->credential);
    writer_free(&handshake->flight);
    free(handshake->cookie);
    free(handshake->signature);
    free(handshake->chain);
    bytes_wipe_and_free(handshake, sizeof *handshake);
    connection->handshake = NULL;
}

bulla_cause handshake_take(bulla_connection *connection, bulla_bytes fragment) {
    if (connection->pending.left == 0) {
        /* What the assembly held has been read; from here on `pending` stands for it no more. */
        writer_free(&connection->assembly);
        connection->pending = reader_over(fragment);
        return BULLA_OK;
    }
    bulla_cause cause = handshake_keep_pending(connection);
    if (cause != BULLA_OK) {
        return cause;
    }
    writer_bytes(&connection->assembly, fragment);
    connection->pending =
        reader_over(bytes_of(connection->assembly.buffer, connection->assembly.len));
    return connection->assembly.failed ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

bulla_cause handshake_keep_pending(bulla_connection *connection) {
    struct writer *assembly = &connection->assembly;
    bulla_bytes rest = reader_rest(&connection->pending);
    if (rest.len == 0) {
        writer_free(assembly);
        return BULLA_OK;
    }
    if (assembly->len == 0) {
        writer_bytes(assembly, rest);
    } else if (rest.len != assembly->len) {
        /* What is pending is always the assembly's end. */
        bytes_move(assembly->buffer, rest.data, rest.len);
        assembly->len = rest.len;
    }
    connection->pending = reader_over(bytes_of(assembly->buffer, assembly->len));
    return assembly->failed ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
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
    struct edges edges = states_edges(connection->role);
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
    const struct edge *edge =
        states_find(connection->role, connection->state, (enum handshake_type)type);
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
    if ((edge->flags & (HASHED_BY_HANDLER | NOT_HASHED)) == 0) {
        transcript_add(&connection->handshake->transcript, message);
    }
    *out_stepped = true;
    return enter(connection, edge->next);
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
    if ((edge->flags & CHANGES_READ_KEY) != 0 && followed) {
        return BULLA_E_MESSAGE_ACROSS_KEY_CHANGE;
    }
    return BULLA_OK;
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
        connection->peer_leaf_len = handshake->certificates[0].len;
        connection->peer_authenticated = true;
    }
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
    case CONDITION_INVALID:
        break;
    }
    return false;
}

static size_t message_len_max(enum handshake_type type) {
    if (type == HANDSHAKE_CERTIFICATE) {
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

bulla_cause handshake_send(bulla_connection *connection, enum handshake_type type,
                           message_builder build, bulla_bytes *out_whole) {
    struct writer *flight = &connection->handshake->flight;
    size_t start = flight->len;
    writer_u8(flight, (uint8_t)type);
    size_t mark = writer_open(flight, 3);
    bulla_cause cause = build(connection, flight);
    if (cause != BULLA_OK) {
        return cause;
    }
    replace_by_replay(connection, type, flight, mark);
    writer_close(flight, mark, 3);
    if (flight->failed) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_bytes whole = bytes_of(flight->buffer + start, flight->len - start);
    transcript_add(&connection->handshake->transcript, whole);
    if (out_whole != NULL) {
        *out_whole = whole;
    }
    return BULLA_OK;
}

static void replace_by_replay(bulla_connection *connection, enum handshake_type type,
                              struct writer *flight, size_t body_start) {
    const bulla_config *config = connection->config;
    size_t next = connection->handshake->num_replayed;
    if (next < config->num_replay && config->replay[next].type == type) {
        flight->len = body_start;
        writer_bytes(flight, config->replay[next].body);
        connection->handshake->num_replayed++;
    }
}

bulla_cause handshake_send_whole(bulla_connection *connection, bulla_bytes message) {
    while (message.len != 0) {
        size_t len = message.len < connection->config->record_size
                         ? message.len
                         : connection->config->record_size;
        bulla_cause cause =
            output_record(connection, CONTENT_HANDSHAKE, bytes_of(message.data, len));
        if (cause != BULLA_OK) {
            return cause;
        }
        message = bytes_of(message.data + len, message.len - len);
    }
    return BULLA_OK;
}

bulla_cause handshake_flush(bulla_connection *connection) {
    struct writer *flight = &connection->handshake->flight;
    if (flight->len == 0) {
        return BULLA_OK;
    }
    /* A client's change_cipher_spec goes before its first protected flight, RFC 8446 D.4. */
    if (connection->role == BULLA_CLIENT && connection->write.aead.id != AEAD_INVALID) {
        bulla_cause cause = handshake_send_compatibility(connection);
        if (cause != BULLA_OK) {
            return cause;
        }
    }
    bulla_cause cause = handshake_send_whole(connection, bytes_of(flight->buffer, flight->len));
    flight->len = 0;
    return cause;
}

bulla_cause handshake_send_compatibility(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    if (handshake->session_id_len == 0 || handshake->compatibility_sent) {
        return BULLA_OK;
    }
    handshake->compatibility_sent = true;
    const uint8_t one = 1;
    return output_record(connection, CONTENT_CHANGE_CIPHER_SPEC, bytes_of(&one, 1));
}

bulla_cause handshake_set_write_secret(bulla_connection *connection,
                                       const uint8_t *traffic_secret) {
    bulla_cause cause = connection->handshake == NULL ? BULLA_OK : handshake_flush(connection);
    if (cause != BULLA_OK) {
        return cause;
    }
    aead_key_retire(connection->workspace->pool, &connection->write.aead);
    bytes_copy(connection->write_secret, SECRET_LEN_MAX,
               bytes_of(traffic_secret, hash_len(connection->suite->hash)));
    traffic_keys_derive(&connection->write, connection->suite, traffic_secret);
    return BULLA_OK;
}

void handshake_set_read_secret(bulla_connection *connection, const uint8_t *traffic_secret) {
    aead_key_retire(connection->workspace->pool, &connection->read.aead);
    bytes_copy(connection->read_secret, SECRET_LEN_MAX,
               bytes_of(traffic_secret, hash_len(connection->suite->hash)));
    traffic_keys_derive(&connection->read, connection->suite, traffic_secret);
}
