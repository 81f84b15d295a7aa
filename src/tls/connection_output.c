/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection gives: the queue of protocol bytes, and application data sealed straight from
 * the caller's buffer into the caller's. */
#include "tls/handshake.h"

#include <stdlib.h>

static bulla_cause send_checks(bulla_connection *connection);
static bool seal_one(bulla_connection *connection, bulla_bytes *data, uint8_t *out, size_t cap,
                     size_t *out_len, bulla_cause *out_cause);

bulla_bytes bulla_connection_output(const bulla_connection *connection) {
    return connection->output_len == 0
               ? bytes_of(NULL, 0)
               : bytes_of(connection->output + connection->output_start, connection->output_len);
}

void bulla_connection_output_sent(bulla_connection *connection, size_t len) {
    len = len > connection->output_len ? connection->output_len : len;
    connection->output_start += len;
    connection->output_len -= len;
    if (connection->output_len == 0) {
        free(connection->output);
        connection->output = NULL;
        connection->output_start = 0;
        connection->output_cap = 0;
        connection->key_update_queued = false;
    }
}

uint8_t *output_room(bulla_connection *connection, size_t len) {
    size_t used = connection->output_start + connection->output_len;
    if (connection->output_cap - used < len) {
        size_t cap = connection->output_len + len;
        uint8_t *bigger = malloc(cap);
        if (bigger == NULL) {
            return NULL;
        }
        bytes_copy(bigger, cap, bulla_connection_output(connection));
        free(connection->output);
        connection->output = bigger;
        connection->output_start = 0;
        connection->output_cap = cap;
        used = connection->output_len;
    }
    return connection->output + used;
}

bulla_cause output_record(bulla_connection *connection, enum content_type type,
                          bulla_bytes content) {
    struct record_keys plaintext = {.aead = {.id = AEAD_INVALID}};
    /* change_cipher_spec is never protected, RFC 8446 D.4. */
    struct record_keys *keys = type == CONTENT_CHANGE_CIPHER_SPEC ? &plaintext : &connection->write;
    bool first_hello = connection->role == BULLA_CLIENT && connection->state == STATE_START;
    size_t len = record_sealed_len(keys, content.len, connection->config->padding);
    uint8_t *room = output_room(connection, len);
    if (room == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause =
        record_seal(connection->workspace->pool, keys, type, content, connection->config->padding,
                    first_hello ? LEGACY_RECORD_VERSION : LEGACY_VERSION, room);
    if (cause == BULLA_OK) {
        connection->output_len += len;
    }
    return cause;
}

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
