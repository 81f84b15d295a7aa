/* SPDX-License-Identifier: Apache-2.0 */
/* What a handshake sends: messages are built into a flight, which is sealed when it is whole or the
 * key changes, in as few records as may be. See flight.h. */
#include "tls/flight.h"

#include "tls/record_limits.h"

static void replace_by_replay(bulla_connection *connection, enum handshake_type type,
                              struct writer *flight, size_t body_start);

bulla_cause flight_send(bulla_connection *connection, enum handshake_type type,
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

bulla_cause flight_send_whole(bulla_connection *connection, bulla_bytes message) {
    size_t len_max = record_content_max(connection);
    while (message.len != 0) {
        size_t len = message.len < len_max ? message.len : len_max;
        bulla_cause cause =
            output_record(connection, CONTENT_HANDSHAKE, bytes_of(message.data, len));
        if (cause != BULLA_OK) {
            return cause;
        }
        message = bytes_of(message.data + len, message.len - len);
    }
    return BULLA_OK;
}

bulla_cause flight_flush(bulla_connection *connection) {
    struct writer *flight = &connection->handshake->flight;
    if (flight->len == 0) {
        return BULLA_OK;
    }
    /* A client's change_cipher_spec goes before its first protected flight, RFC 8446 D.4. */
    if (connection->role == BULLA_CLIENT && connection->write.aead.id != AEAD_INVALID) {
        bulla_cause cause = flight_send_compatibility(connection);
        if (cause != BULLA_OK) {
            return cause;
        }
    }
    bulla_cause cause = flight_send_whole(connection, bytes_of(flight->buffer, flight->len));
    flight->len = 0;
    return cause;
}

bulla_cause flight_send_compatibility(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    if (handshake->session_id_len == 0 || handshake->compatibility_sent) {
        return BULLA_OK;
    }
    handshake->compatibility_sent = true;
    const uint8_t one = 1;
    return output_record(connection, CONTENT_CHANGE_CIPHER_SPEC, bytes_of(&one, 1));
}

bulla_cause flight_set_write_secret(bulla_connection *connection, const uint8_t *traffic_secret) {
    bulla_cause cause = connection->handshake == NULL ? BULLA_OK : flight_flush(connection);
    if (cause != BULLA_OK) {
        return cause;
    }
    aead_key_retire(connection->workspace->pool, &connection->write.aead);
    traffic_keys_derive(&connection->write, connection->suite, traffic_secret);
    return BULLA_OK;
}

void flight_set_read_secret(bulla_connection *connection, const uint8_t *traffic_secret) {
    aead_key_retire(connection->workspace->pool, &connection->read.aead);
    traffic_keys_derive(&connection->read, connection->suite, traffic_secret);
}
