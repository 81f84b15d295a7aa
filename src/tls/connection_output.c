/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection gives, but for its data: the queue of protocol bytes, sealed as they are added,
 * in the order of sending. */
#include "tls/connection.h"

#include <stdlib.h>

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
