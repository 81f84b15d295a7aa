/* SPDX-License-Identifier: Apache-2.0 */
/* EncryptedExtensions, RFC 8446 4.3.1: the server's answers that are not needed for the keys. */
#include "tls/flight.h"
#include "tls/messages.h"

static bulla_cause alpn_receive(bulla_connection *connection, bulla_bytes data);

bulla_cause encrypted_extensions_build(bulla_connection *connection, struct writer *body) {
    size_t extensions = writer_open(body, 2);
    if (connection->server_name_len != 0) {
        writer_u16(body, EXTENSION_SERVER_NAME); /* empty: the name was used, RFC 6066 3 */
        writer_u16(body, 0);
    }
    if (connection->alpn != NULL) {
        writer_u16(body, EXTENSION_ALPN);
        size_t data = writer_open(body, 2);
        size_t list = writer_open(body, 2);
        writer_vector(body, 1, bytes_of(connection->alpn->name, connection->alpn->len));
        writer_close(body, list, 2);
        writer_close(body, data, 2);
    }
    writer_close(body, extensions, 2);
    return BULLA_OK;
}

bulla_cause encrypted_extensions_receive(bulla_connection *connection, bulla_bytes body,
                                         bulla_bytes whole) {
    struct reader reader = reader_over(body);
    struct extensions extensions;
    bulla_bytes data;
    (void)whole;
    bulla_cause cause = extensions_parse_last(&extensions, &reader, IN_ENCRYPTED_EXTENSIONS,
                                              connection->handshake->offered);
    if (cause != BULLA_OK) {
        return cause;
    }
    if (extension_get(&extensions, EXTENSION_SERVER_NAME, &data) && data.len != 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    if (extension_get(&extensions, EXTENSION_ALPN, &data)) {
        return alpn_receive(connection, data);
    }
    return BULLA_OK;
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
