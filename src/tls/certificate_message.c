/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate, RFC 8446 4.4.2: a chain is shown, or read and kept for judgement. */
#include "tls/flight.h"
#include "tls/messages.h"

#include <stdlib.h>

static bulla_cause certificate_build(bulla_connection *connection, struct writer *body);
static bulla_cause chain_keep(struct handshake *handshake, bulla_bytes list);
static bulla_cause entry_read(struct reader *list, bulla_bytes *out_certificate, uint64_t offered);
static bulla_cause empty_list(const bulla_connection *connection);

bulla_cause certificate_send(bulla_connection *connection) {
    return flight_send(connection, HANDSHAKE_CERTIFICATE, certificate_build, NULL);
}

static bulla_cause certificate_build(bulla_connection *connection, struct writer *body) {
    const bulla_credential *credential = connection->handshake->credential;
    writer_vector(body, 1, bytes_of(NULL, 0)); /* certificate_request_context */
    size_t list = writer_open(body, 3);
    for (size_t i = 0; credential != NULL && i < credential->num_certificates; i++) {
        writer_vector(body, 3, credential->certificates[i]);
        writer_vector(body, 2, bytes_of(NULL, 0)); /* extensions */
    }
    writer_close(body, list, 3);
    return BULLA_OK;
}

bulla_cause certificate_receive(bulla_connection *connection, bulla_bytes body, bulla_bytes whole) {
    struct handshake *handshake = connection->handshake;
    struct reader reader = reader_over(body);
    bulla_bytes context, list;
    (void)whole;
    if (!reader_vector8(&reader, &context) || !reader_vector24(&reader, &list)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (!reader_at_end(&reader)) {
        return BULLA_E_MESSAGE_TRAILING_BYTES;
    }
    if (context.len != 0) {
        return BULLA_E_CERTIFICATE_CONTEXT_ILLEGAL;
    }
    if (list.len == 0) {
        return empty_list(connection);
    }
    bulla_cause cause = chain_keep(handshake, list);
    if (cause != BULLA_OK) {
        return cause;
    }
    reader = reader_over(bytes_of(handshake->chain, handshake->chain_len));
    while (!reader_at_end(&reader)) {
        if (handshake->num_certificates == BULLA_CHAIN_LEN_MAX) {
            return BULLA_E_CERTIFICATE_LIST_TOO_LONG;
        }
        cause = entry_read(&reader, &handshake->certificates[handshake->num_certificates],
                           connection->role == BULLA_CLIENT ? handshake->offered : 0);
        if (cause != BULLA_OK) {
            return cause;
        }
        handshake->num_certificates++;
    }
    return certificate_parse(&handshake->leaf, handshake->certificates[0]);
}

/* The chain outlives the record that it came in: a decision about it may take its time. */
static bulla_cause chain_keep(struct handshake *handshake, bulla_bytes list) {
    handshake->chain = bytes_duplicate(list);
    handshake->chain_len = list.len;
    return handshake->chain == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

static bulla_cause entry_read(struct reader *list, bulla_bytes *out_certificate, uint64_t offered) {
    struct extensions extensions;
    bulla_bytes block;
    if (!reader_vector24(list, out_certificate) || out_certificate->len == 0 ||
        !reader_vector16(list, &block)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    return extensions_parse(&extensions, block, IN_CERTIFICATE, offered);
}

static bulla_cause empty_list(const bulla_connection *connection) {
    if (connection->role == BULLA_CLIENT) {
        return BULLA_E_CERTIFICATE_LIST_EMPTY;
    }
    return connection->config->client_auth == BULLA_CLIENT_AUTH_REQUIRE
               ? BULLA_E_CERTIFICATE_REQUIRED
               : BULLA_OK;
}
