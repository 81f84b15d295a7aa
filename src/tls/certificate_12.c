/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.2's Certificate, RFC 5246 7.4.2 and 7.4.6, a plain list; and CertificateStatus, RFC 6066 8,
 * which brings the server's OCSP response in a message of its own. A CertificateStatus that was not
 * announced is refused, as is a server's certificate of another kind than its suite is for. */
#include "tls/flight.h"
#include "tls/messages.h"

enum { STATUS_TYPE_OCSP = 1 };

static bulla_cause certificate_12_build(bulla_connection *connection, struct writer *body);
static bulla_cause certificate_status_build(bulla_connection *connection, struct writer *body);
static bulla_cause list_read(struct handshake *handshake);

bulla_cause certificate_12_send(bulla_connection *connection) {
    bulla_cause cause = flight_send(connection, HANDSHAKE_CERTIFICATE, certificate_12_build, NULL);
    if (cause == BULLA_OK && connection->role == BULLA_SERVER &&
        connection->handshake->status_promised) {
        cause =
            flight_send(connection, HANDSHAKE_CERTIFICATE_STATUS, certificate_status_build, NULL);
    }
    return cause;
}

static bulla_cause certificate_12_build(bulla_connection *connection, struct writer *body) {
    const bulla_credential *credential = connection->handshake->credential;
    size_t list = writer_open(body, 3);
    for (size_t i = 0; credential != NULL && i < credential->num_certificates; i++) {
        writer_vector(body, 3, credential->certificates[i]);
    }
    writer_close(body, list, 3);
    return BULLA_OK;
}

static bulla_cause certificate_status_build(bulla_connection *connection, struct writer *body) {
    writer_u8(body, STATUS_TYPE_OCSP);
    writer_vector(body, 3, connection->handshake->credential->ocsp_response);
    return BULLA_OK;
}

bulla_cause certificate_12_receive(bulla_connection *connection, bulla_bytes body,
                                   bulla_bytes whole) {
    struct handshake *handshake = connection->handshake;
    struct reader reader = reader_over(body);
    bulla_bytes list;
    (void)whole;
    if (!reader_vector24(&reader, &list)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (!reader_at_end(&reader)) {
        return BULLA_E_MESSAGE_TRAILING_BYTES;
    }
    if (list.len == 0) {
        return certificate_list_empty(connection);
    }
    bulla_cause cause = certificate_list_keep(handshake, list);
    if (cause == BULLA_OK) {
        cause = list_read(handshake);
    }
    if (cause == BULLA_OK) {
        cause = certificate_parse(&handshake->leaf, handshake->certificates[0]);
    }
    bool fits = connection->role == BULLA_SERVER ||
                suite_signer_of_key(handshake->leaf.key.kind) == connection->suite->signer;
    return cause == BULLA_OK && !fits ? BULLA_E_CERTIFICATE_KIND_ILLEGAL : cause;
}

static bulla_cause list_read(struct handshake *handshake) {
    struct reader reader = reader_over(bytes_of(handshake->chain, handshake->chain_len));
    bulla_bytes certificate;
    while (!reader_at_end(&reader)) {
        if (handshake->num_certificates == BULLA_CHAIN_LEN_MAX) {
            return BULLA_E_CERTIFICATE_LIST_TOO_LONG;
        }
        if (!reader_vector24(&reader, &certificate) || certificate.len == 0) {
            return BULLA_E_MESSAGE_MALFORMED;
        }
        handshake->certificates[handshake->num_certificates++] = certificate;
    }
    return BULLA_OK;
}

bulla_cause certificate_status_receive(bulla_connection *connection, bulla_bytes body,
                                       bulla_bytes whole) {
    struct handshake *handshake = connection->handshake;
    struct reader reader = reader_over(body);
    bulla_bytes response;
    uint8_t type;
    (void)whole;
    if (!handshake->status_promised) {
        return BULLA_E_MESSAGE_UNEXPECTED;
    }
    if (!reader_u8(&reader, &type) || type != STATUS_TYPE_OCSP ||
        !reader_vector24(&reader, &response) || response.len == 0) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (!reader_at_end(&reader)) {
        return BULLA_E_MESSAGE_TRAILING_BYTES;
    }
    handshake->status = bytes_duplicate(response);
    handshake->ocsp_response = bytes_of(handshake->status, response.len);
    return handshake->status == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}
