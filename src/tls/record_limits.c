/* SPDX-License-Identifier: Apache-2.0 */
/* How large records may be: what each side wishes of the other by record_size_limit (RFC 8449), or
 * a client of both by max_fragment_length (RFC 6066 4), and what follows for what is sent.
 *
 * Limits are kept as bytes of content with its padding: TLS 1.3's record_size_limit counts the
 * content type too, which is taken off where it is read. Refused are limits below 64, lengths that
 * RFC 6066 does not name, and (connection_input.c) records above a limit of ours that was agreed
 * on. */
#include "tls/record_limits.h"
#include "tls/hello.h"

enum {
    RECORD_SIZE_LIMIT_MIN = 64, /* RFC 8449 4 */
    FRAGMENT_LENGTH_CODE_MAX = 4,
    FRAGMENT_LENGTH_HALF = 1 << 8, /* doubled by each code: 2^9 to 2^12 */
};

static uint16_t type_byte_len(const bulla_connection *connection);
static uint16_t own_limit(const bulla_connection *connection);

bulla_cause record_size_limit_receive(bulla_connection *connection, bulla_bytes data) {
    struct reader reader = reader_over(data);
    uint16_t limit;
    if (!reader_u16(&reader, &limit) || !reader_at_end(&reader)) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    if (limit < RECORD_SIZE_LIMIT_MIN) {
        return BULLA_E_EXTENSION_VALUE_ILLEGAL;
    }
    /* More than the protocol has is no error, RFC 8449 4: a later one may have more. */
    limit = (uint16_t)(limit - type_byte_len(connection));
    connection->peer_record_limit =
        limit > RECORD_PLAINTEXT_LEN_MAX ? RECORD_PLAINTEXT_LEN_MAX : limit;
    connection->own_record_limit = own_limit(connection);
    return BULLA_OK;
}

bulla_cause max_fragment_length_receive(bulla_connection *connection, bulla_bytes data) {
    struct reader reader = reader_over(data);
    uint8_t code;
    if (!reader_u8(&reader, &code) || !reader_at_end(&reader)) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    if (code == 0 || code > FRAGMENT_LENGTH_CODE_MAX) {
        return BULLA_E_EXTENSION_VALUE_ILLEGAL;
    }
    connection->peer_record_limit = (uint16_t)(FRAGMENT_LENGTH_HALF << code);
    connection->own_record_limit = connection->peer_record_limit; /* it binds both sides */
    return BULLA_OK;
}

void record_limits_write(const bulla_connection *connection, struct writer *body) {
    uint64_t asked = connection->handshake->peer_extensions;
    if ((asked & extension_bit(EXTENSION_RECORD_SIZE_LIMIT)) != 0) {
        size_t data = extension_open(body, EXTENSION_RECORD_SIZE_LIMIT);
        writer_u16(body, (uint16_t)(connection->own_record_limit + type_byte_len(connection)));
        writer_close(body, data, 2);
    } else if ((asked & extension_bit(EXTENSION_MAX_FRAGMENT_LENGTH)) != 0) {
        size_t data = extension_open(body, EXTENSION_MAX_FRAGMENT_LENGTH);
        uint8_t code = 1;
        while (FRAGMENT_LENGTH_HALF << code < connection->peer_record_limit) {
            code++;
        }
        writer_u8(body, code);
        writer_close(body, data, 2);
    }
}

size_t record_padding(const bulla_connection *connection) {
    size_t multiple = connection->config->padding, limit = connection->peer_record_limit;
    if (connection->version == BULLA_TLS_1_2) {
        return 1;
    }
    return limit == 0 || multiple <= limit + 1 ? multiple : limit + 1;
}

size_t record_content_max(const bulla_connection *connection) {
    size_t len_max = connection->config->record_size, limit = connection->peer_record_limit;
    if (limit == 0) {
        return len_max;
    }
    /* As much as stays within the limit once it is padded, together with its content type. */
    size_t multiple = record_padding(connection);
    size_t padded_max = (limit + 1) / multiple * multiple - 1;
    return len_max < padded_max ? len_max : padded_max;
}

static uint16_t type_byte_len(const bulla_connection *connection) {
    return connection->version == BULLA_TLS_1_3;
}

/* What the extension says of us, the client's as it was offered for all of its versions. */
static uint16_t own_limit(const bulla_connection *connection) {
    const bulla_config *config = connection->config;
    size_t limit = config->record_size_limit;
    if (limit == 0) {
        return RECORD_PLAINTEXT_LEN_MAX;
    }
    bool offered_for_13 = connection->role == BULLA_CLIENT && config->version_max == BULLA_TLS_1_3;
    bool unused_type_byte = offered_for_13 && connection->version == BULLA_TLS_1_2;
    return (uint16_t)(limit + (unused_type_byte && limit < RECORD_PLAINTEXT_LEN_MAX));
}
