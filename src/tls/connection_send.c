/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection does at its caller's word once it is connected: application data is sealed
 * straight from the caller's buffer into the caller's; keys are changed; the end is said. */
#include "tls/messages.h"

static bulla_cause send_checks(bulla_connection *connection);
static bool seal_one(bulla_connection *connection, bulla_bytes *data, uint8_t *out, size_t cap,
                     size_t *out_len, bulla_cause *out_cause);

size_t bulla_connection_send_room(const bulla_connection *connection, size_t data_len) {
    size_t record_size = connection->config->record_size;
    size_t num_records = data_len / record_size + 1;
    size_t each = record_sealed_len(&connection->write, record_size, connection->config->padding);
    if (num_records > (SIZE_MAX - connection->output_len) / each - 1) {
        return SIZE_MAX;
    }
    size_t rest =
        record_sealed_len(&connection->write, data_len % record_size, connection->config->padding);
    /* A KeyUpdate may go first. */
    size_t update = record_sealed_len(&connection->write, 5, connection->config->padding);
    return connection->output_len + update + (num_records - 1) * each + rest;
}

bulla_cause bulla_connection_send(bulla_connection *connection, bulla_bytes *data, uint8_t *out,
                                  size_t out_cap, size_t *out_len) {
    bulla_cause cause = send_checks(connection);
    *out_len = 0;
    if (cause != BULLA_OK) {
        return cause;
    }
    bulla_bytes waiting = bulla_connection_output(connection);
    if (waiting.len != 0) {
        if (waiting.len > out_cap) {
            return BULLA_E_BUFFER_TOO_SMALL;
        }
        bytes_copy(out, out_cap, waiting);
        *out_len = waiting.len;
        bulla_connection_output_sent(connection, waiting.len);
    }
    size_t before = data->len;
    while (data->len != 0 &&
           seal_one(connection, data, out + *out_len, out_cap - *out_len, out_len, &cause)) {
    }
    if (cause != BULLA_OK) {
        return connection_fail(connection, cause);
    }
    /* What waited and was written counts: the caller has bytes to send. */
    return before != 0 && data->len == before && *out_len == 0 ? BULLA_E_BUFFER_TOO_SMALL
                                                               : BULLA_OK;
}

bulla_cause bulla_connection_close(bulla_connection *connection) {
    const uint8_t message[] = {1 /* warning */, BULLA_ALERT_CLOSE_NOTIFY};
    if (connection->failure != BULLA_OK || connection->close_sent) {
        return BULLA_OK;
    }
    bulla_cause cause = output_record(connection, CONTENT_ALERT, BYTES_IN(message));
    if (cause != BULLA_OK) {
        return connection_fail(connection, cause);
    }
    connection->close_sent = true;
    if (connection->handshake != NULL) {
        /* No flight may follow close_notify: the handshake ends here. */
        (void)connection_fail(connection, BULLA_E_CLOSED_BEFORE_HANDSHAKE);
    }
    return BULLA_OK;
}

bulla_cause bulla_connection_update_key(bulla_connection *connection, int ask_peer) {
    if (connection->failure != BULLA_OK || connection->state != STATE_CONNECTED ||
        connection->close_sent) {
        return BULLA_E_API_MISUSE;
    }
    bulla_cause cause = key_update_send(connection, ask_peer != 0);
    return cause == BULLA_OK ? BULLA_OK : connection_fail(connection, cause);
}

/* A key that nears its limit is changed before the next record, RFC 8446 5.5. */
static bulla_cause send_checks(bulla_connection *connection) {
    if (connection->failure != BULLA_OK || connection->state != STATE_CONNECTED ||
        connection->close_sent) {
        return BULLA_E_API_MISUSE;
    }
    if (connection->write.sequence >= RECORDS_PER_KEY_MAX) {
        bulla_cause cause = key_update_send(connection, false);
        if (cause != BULLA_OK) {
            return connection_fail(connection, cause);
        }
    }
    return BULLA_OK;
}

/* False where there is no room for one byte more, or on failure. */
static bool seal_one(bulla_connection *connection, bulla_bytes *data, uint8_t *out, size_t cap,
                     size_t *out_len, bulla_cause *out_cause) {
    const bulla_config *config = connection->config;
    size_t len = data->len < config->record_size ? data->len : config->record_size;
    size_t sealed = record_sealed_len(&connection->write, len, config->padding);
    if (sealed > cap) {
        /* As many whole multiples as have room; the content type takes a byte of the last. */
        size_t room = cap < RECORD_OVERHEAD ? 0 : cap - RECORD_OVERHEAD + 1;
        room -= room % config->padding;
        if (room <= 1) {
            return false;
        }
        len = room - 1;
        sealed = RECORD_OVERHEAD + len;
    }
    *out_cause =
        record_seal(connection->workspace->pool, &connection->write, CONTENT_APPLICATION_DATA,
                    bytes_of(data->data, len), config->padding, LEGACY_VERSION, out);
    if (*out_cause != BULLA_OK) {
        return false;
    }
    *data = bytes_of(data->data + len, data->len - len);
    *out_len += sealed;
    return true;
}
