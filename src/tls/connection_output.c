/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection gives, but for its data: the queue of protocol bytes, sealed as they are added,
 * in the order of sending. */
#include "tls/record_limits.h"

#include <stdlib.h>

/* What waits: `len` bytes from `start` on. */
struct output {
    size_t start, len, cap;
    uint8_t bytes[];
};

static uint8_t *output_room(bulla_connection *connection, size_t len);

bulla_bytes bulla_connection_output(const bulla_connection *connection) {
    const struct output *output = connection->output;
    return output == NULL ? bytes_of(NULL, 0)
                          : bytes_of(output->bytes + output->start, output->len);
}

void bulla_connection_output_sent(bulla_connection *connection, size_t len) {
    struct output *output = connection->output;
    if (output == NULL) {
        return;
    }
    len = len > output->len ? output->len : len;
    output->start += len;
    output->len -= len;
    if (output->len == 0) {
        output_end(connection);
        connection->answer_queued = false;
    }
}

void output_end(bulla_connection *connection) {
    free(connection->output);
    connection->output = NULL;
}

/* Room for `len` more bytes; NULL without memory. They count once output->len grows. */
static uint8_t *output_room(bulla_connection *connection, size_t len) {
    struct output *output = connection->output;
    bulla_bytes waiting = bulla_connection_output(connection);
    if (output == NULL || output->cap - output->start - output->len < len) {
        size_t cap = (output == NULL ? 0 : 2 * waiting.len) + len;
        struct output *bigger = malloc(sizeof *bigger + cap);
        if (bigger == NULL) {
            return NULL;
        }
        *bigger = (struct output){.len = waiting.len, .cap = cap};
        bytes_copy(bigger->bytes, cap, waiting);
        output_end(connection);
        connection->output = bigger;
        output = bigger;
    }
    return output->bytes + output->start + output->len;
}

bulla_cause output_record(bulla_connection *connection, enum content_type type,
                          bulla_bytes content) {
    struct record_keys plaintext = {.aead = {.id = AEAD_INVALID}};
    /* change_cipher_spec is never protected, RFC 8446 D.4. */
    struct record_keys *keys = type == CONTENT_CHANGE_CIPHER_SPEC ? &plaintext : &connection->write;
    size_t len = record_sealed_len(keys, content.len, record_padding(connection));
    uint8_t *room = output_room(connection, len);
    if (room == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause = output_seal(connection, keys, type, content, room);
    if (cause == BULLA_OK) {
        connection->output->len += len;
    }
    return cause;
}

bulla_cause output_seal(bulla_connection *connection, struct record_keys *keys,
                        enum content_type type, bulla_bytes content, uint8_t *out) {
    /* Early data and the change_cipher_spec before it follow in the same state, RFC 8446 5.1. */
    bool first_hello = connection->role == BULLA_CLIENT && connection->state == STATE_START &&
                       type == CONTENT_HANDSHAKE;
    size_t padding = record_padding(connection);
    bulla_cause cause = record_seal(connection->workspace->pool, keys, type, content, padding,
                                    first_hello ? LEGACY_RECORD_VERSION : LEGACY_VERSION, out);
    if (cause == BULLA_OK) {
        bulla_statistics *statistics = &connection->statistics;
        statistics->records_sent++;
        statistics->bytes_sent += record_sealed_len(keys, content.len, padding);
        statistics->data_sent += type == CONTENT_APPLICATION_DATA ? content.len : 0;
    }
    return cause;
}
