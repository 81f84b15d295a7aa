/* SPDX-License-Identifier: Apache-2.0 */
/* EncryptedExtensions, RFC 8446 4.3.1: the server's answers that are not needed for the keys.
 * TLS 1.2 has most of them in its ServerHello. */
#include "tls/flight.h"
#include "tls/hello.h"
#include "tls/messages.h"

static bulla_cause alpn_receive(bulla_connection *connection, bulla_bytes data);

bulla_cause encrypted_extensions_build(bulla_connection *connection, struct writer *body) {
    size_t extensions = writer_open(body, 2);
    server_extensions_write(connection, body);
    if (connection->early != NULL && connection->early->state == BULLA_EARLY_DATA_ACCEPTED) {
        writer_u16(body, EXTENSION_EARLY_DATA);
        writer_u16(body, 0);
    }
    writer_close(body, extensions, 2);
    return BULLA_OK;
}

void server_extensions_write(const bulla_connection *connection, struct writer *body) {
    const struct handshake *handshake = connection->handshake;
    if (connection->server_name_len != 0 && !handshake->resumption.accepted) {
        writer_u16(body, EXTENSION_SERVER_NAME); /* empty: the name was used, RFC 6066 3 */
        writer_u16(body, 0);
    }
    if (connection->alpn != NULL) {
        size_t data = extension_open(body, EXTENSION_ALPN);
        size_t list = writer_open(body, 2);
        writer_vector(body, 1, bytes_of(connection->alpn->name, connection->alpn->len));
        writer_close(body, list, 2);
        writer_close(body, data, 2);
    }
    record_limits_write(connection, body);
}

bulla_cause encrypted_extensions_receive(bulla_connection *connection, bulla_bytes body,
                                         bulla_bytes whole) {
    struct reader reader = reader_over(body);
    struct extensions extensions;
    (void)whole;
    bulla_cause cause = extensions_parse_last(&extensions, &reader, IN_ENCRYPTED_EXTENSIONS,
                                              connection->handshake->offered);
    if (cause == BULLA_OK) {
        cause = server_extensions_receive(connection, &extensions);
    }
    return cause == BULLA_OK ? early_data_answer_receive(connection, &extensions) : cause;
}

bulla_cause server_extensions_receive(bulla_connection *connection,
                                      const struct extensions *extensions) {
    bulla_cause cause = BULLA_OK;
    bulla_bytes data;
    if (extension_get(extensions, EXTENSION_SERVER_NAME, &data) && data.len != 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    if (extension_get(extensions, EXTENSION_ALPN, &data)) {
        cause = alpn_receive(connection, data);
    }
    if (cause == BULLA_OK && extension_get(extensions, EXTENSION_RECORD_SIZE_LIMIT, &data)) {
        cause = record_size_limit_receive(connection, data);
    }
    return cause;
}

/* Exactly one protocol, and one that was offered: RFC 7301 3.1. */
static bulla_cause alpn_receive(bulla_connection *connection, bulla_bytes data) {
    const bulla_config *config = connection->config;
    struct reader reader = reader_over(data);
    bulla_bytes list, name;
    if (!reader_vector16(&reader, &list) || !reader_at_end(&reader)) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    reader = reader_over(list);
    if (!reader_vector8(&reader, &name) || !reader_at_end(&reader) || name.len == 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    for (size_t i = 0; i < config->num_alpn; i++) {
        if (bytes_equal(name, bytes_of(config->alpn[i].name, config->alpn[i].len))) {
            connection->alpn = &config->alpn[i];
            return BULLA_OK;
        }
    }
    return BULLA_E_EXTENSION_VALUE_ILLEGAL;
}
