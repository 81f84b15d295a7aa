/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection does at its caller's word once it is connected: application data is sealed
 * straight from the caller's buffer into the caller's; keys are changed; the end is said. */
#include "tls/messages.h"
#include "tls/record_limits.h"

static bulla_cause send_checks(bulla_connection *connection);
static bool may_send(const bulla_connection *connection);
static bulla_cause seal_from(bulla_connection *connection, bulla_bytes *data, uint8_t *out,
                             size_t out_cap, size_t *out_len);
static bool seal_one(bulla_connection *connection, bulla_bytes *data, uint8_t *out, size_t cap,
                     size_t *out_len, bulla_cause *out_cause);

size_t bulla_connection_send_room(const bulla_connection *connection, size_t data_len) {
    size_t record_size = record_content_max(connection), padding = record_padding(connection);
    size_t num_records = data_len / record_size + 1;
    size_t each = record_sealed_len(&connection->write, record_size, padding);
    if (num_records > (SIZE_MAX - bulla_connection_output(connection).len) / each - 1) {
        return SIZE_MAX;
    }
    size_t rest = record_sealed_len(&connection->write, data_len % record_size, padding);
    /* A KeyUpdate may go first. */
    size_t update = record_sealed_len(&connection->write, 5, padding);
    return bulla_connection_output(connection).len + update + (num_records - 1) * each + rest;
}

bulla_cause bulla_connection_send(bulla_connection *connection, bulla_bytes *data, uint8_t *out,
                                  size_t out_cap, size_t *out_len) {
    bulla_cause cause = send_checks(connection);
    *out_len = 0;
    if (cause == BULLA_OK) {
        cause = seal_from(connection, data, out, out_cap, out_len);
    }
    if (connection->handshake == NULL && data->len == 0) {
        early_end(connection); /* not before: what was refused may be what is sent */
    }
    return cause;
}

bulla_cause bulla_connection_send_early(bulla_connection *connection, bulla_bytes *data,
                                        uint8_t *out, size_t out_cap, size_t *out_len) {
    struct early *early = connection->early;
    bulla_bytes part = *data;
    *out_len = 0;
    if (connection->failure != BULLA_OK || connection->close_sent ||
        connection->role != BULLA_CLIENT || connection->state == STATE_START ||
        connection->handshake == NULL || early == NULL || early->left == 0 ||
        early->state == BULLA_EARLY_DATA_REFUSED) {
        return BULLA_E_EARLY_DATA_UNAVAILABLE;
    }
    part.len = part.len < early->left ? part.len : early->left;
    bulla_cause cause = seal_from(connection, &part, out, out_cap, out_len);
    size_t taken = (size_t)(part.data - data->data);
    if (cause != BULLA_OK) {
        return cause;
    }
    writer_bytes(&early->copy, bytes_of(data->data, taken));
    early->left -= (uint32_t)taken;
    *data = bytes_after(*data, taken);
    return early->copy.failed ? connection_fail(connection, BULLA_E_OUT_OF_MEMORY) : BULLA_OK;
}

/* Seals under the present key what has room, after what waits for its turn. */
static bulla_cause seal_from(bulla_connection *connection, bulla_bytes *data, uint8_t *out,
                             size_t out_cap, size_t *out_len) {
    bulla_cause cause = BULLA_OK;
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
    if (connection->failure != BULLA_OK || connection->close_sent) {
        return BULLA_OK;
    }
    bulla_cause cause = alert_send(connection, ALERT_WARNING, BULLA_ALERT_CLOSE_NOTIFY);
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
        connection->version == BULLA_TLS_1_2 || connection->close_sent) {
        return BULLA_E_API_MISUSE;
    }
    bulla_cause cause = key_update_send(connection, ask_peer != 0);
    return cause == BULLA_OK ? BULLA_OK : connection_fail(connection, cause);
}

/* Once connected; and a server that took early data may answer it right after its own Finished, for
 * the client was authenticated when its session began: RFC 8446 2.3 and 4.4.4. */
static bool may_send(const bulla_connection *connection) {
    if (connection->state == STATE_CONNECTED) {
        return true;
    }
    bool flight_sent =
        connection->state == STATE_WAIT_EOED || connection->state == STATE_WAIT_FINISHED;
    return connection->role == BULLA_SERVER && flight_sent && connection->early != NULL &&
           connection->early->state == BULLA_EARLY_DATA_ACCEPTED;
}

/* A key that nears its limit is changed before the next record, RFC 8446 5.5. */
static bulla_cause send_checks(bulla_connection *connection) {
    if (connection->failure != BULLA_OK || connection->close_sent || !may_send(connection)) {
        return BULLA_E_API_MISUSE;
    }
    if (connection->version != BULLA_TLS_1_2 && connection->write.sequence >= RECORDS_PER_KEY_MAX) {
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
    size_t len_max = record_content_max(connection), padding = record_padding(connection);
    size_t len = data->len < len_max ? data->len : len_max;
    size_t sealed = record_sealed_len(&connection->write, len, padding);
    if (sealed > cap) {
        /* As many whole multiples as have room; the content type takes a byte of the last. */
        size_t overhead = record_sealed_len(&connection->write, 0, 1);
        size_t room = cap < overhead ? 0 : cap - overhead + 1;
        room -= room % padding;
        if (room <= 1) {
            return false;
        }
        len = room - 1;
        sealed = overhead + len;
    }
    *out_cause = output_seal(connection, &connection->write, CONTENT_APPLICATION_DATA,
                             bytes_of(data->data, len), out);
    if (*out_cause != BULLA_OK) {
        return false;
    }
    *data = bytes_of(data->data + len, data->len - len);
    *out_len += sealed;
    return true;
}
