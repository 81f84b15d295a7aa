/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate, RFC 8446 4.4.2: a chain is shown, as it is or compressed, with the OCSP response
 * that its owner holds where the peer asked for one; or read and kept for judgement. */
#include "tls/flight.h"
#include "tls/messages.h"

#include <stdlib.h>

enum { STATUS_TYPE_OCSP = 1 };

static bulla_cause certificate_build(bulla_connection *connection, struct writer *body);
static bulla_cause compressed_certificate_build(bulla_connection *connection, struct writer *body);
static bulla_bytes compressed_form(const bulla_connection *connection);
static bool shows_status(const struct handshake *handshake);
static void status_write(struct writer *body, bulla_bytes response);
static bulla_cause entry_read(struct handshake *handshake, struct reader *list);
static bulla_cause status_read(bulla_bytes data, bulla_bytes *out_response);

bulla_cause certificate_send(bulla_connection *connection) {
    return compressed_form(connection).len == 0
               ? flight_send(connection, HANDSHAKE_CERTIFICATE, certificate_build, NULL)
               : flight_send(connection, HANDSHAKE_COMPRESSED_CERTIFICATE,
                             compressed_certificate_build, NULL);
}

static bulla_cause certificate_build(bulla_connection *connection, struct writer *body) {
    const struct handshake *handshake = connection->handshake;
    certificate_write(handshake->credential, shows_status(handshake), body);
    return BULLA_OK;
}

static bulla_cause compressed_certificate_build(bulla_connection *connection, struct writer *body) {
    writer_bytes(body, compressed_form(connection));
    return BULLA_OK;
}

static bulla_bytes compressed_form(const bulla_connection *connection) {
    const struct handshake *handshake = connection->handshake;
    return certificate_compressed(connection->config, handshake->credential,
                                  shows_status(handshake), handshake->compression);
}

static bool shows_status(const struct handshake *handshake) {
    return (handshake->peer_extensions & extension_bit(EXTENSION_STATUS_REQUEST)) != 0 &&
           handshake->credential != NULL && handshake->credential->ocsp_response.len != 0;
}

void certificate_write(const bulla_credential *credential, bool with_status, struct writer *body) {
    writer_vector(body, 1, bytes_of(NULL, 0)); /* certificate_request_context */
    size_t list = writer_open(body, 3);
    for (size_t i = 0; credential != NULL && i < credential->num_certificates; i++) {
        writer_vector(body, 3, credential->certificates[i]);
        size_t extensions = writer_open(body, 2);
        if (i == 0 && with_status) {
            status_write(body, credential->ocsp_response);
        }
        writer_close(body, extensions, 2);
    }
    writer_close(body, list, 3);
}

/* A CertificateStatus as a CertificateEntry's extension, RFC 8446 4.4.2.1. */
static void status_write(struct writer *body, bulla_bytes response) {
    size_t data = extension_open(body, EXTENSION_STATUS_REQUEST);
    writer_u8(body, STATUS_TYPE_OCSP);
    writer_vector(body, 3, response);
    writer_close(body, data, 2);
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
        return certificate_list_empty(connection);
    }
    bulla_cause cause = certificate_list_keep(handshake, list);
    if (cause != BULLA_OK) {
        return cause;
    }
    reader = reader_over(bytes_of(handshake->chain, handshake->chain_len));
    while (!reader_at_end(&reader)) {
        if (handshake->num_certificates == BULLA_CHAIN_LEN_MAX) {
            return BULLA_E_CERTIFICATE_LIST_TOO_LONG;
        }
        cause = entry_read(handshake, &reader);
        if (cause != BULLA_OK) {
            return cause;
        }
    }
    return certificate_parse(&handshake->leaf, handshake->certificates[0]);
}

/* The chain outlives the record that it came in: a decision about it may take its time. */
bulla_cause certificate_list_keep(struct handshake *handshake, bulla_bytes list) {
    handshake->chain = bytes_duplicate(list);
    handshake->chain_len = list.len;
    return handshake->chain == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

/* One CertificateEntry: the certificate and its extensions, of which the leaf's staple counts. */
static bulla_cause entry_read(struct handshake *handshake, struct reader *list) {
    struct extensions extensions;
    bulla_bytes certificate, block, data;
    if (!reader_vector24(list, &certificate) || certificate.len == 0 ||
        !reader_vector16(list, &block)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    bulla_cause cause = extensions_parse(&extensions, block, IN_CERTIFICATE, handshake->offered);
    if (cause == BULLA_OK && extension_get(&extensions, EXTENSION_STATUS_REQUEST, &data)) {
        bulla_bytes response = bytes_of(NULL, 0);
        cause = status_read(data, &response);
        if (handshake->num_certificates == 0) {
            handshake->ocsp_response = response;
        }
    }
    handshake->certificates[handshake->num_certificates++] = certificate;
    return cause;
}

/* CertificateStatus, RFC 8446 4.4.2.1 and RFC 6066 8. */
static bulla_cause status_read(bulla_bytes data, bulla_bytes *out_response) {
    struct reader reader = reader_over(data);
    uint8_t type;
    if (!reader_u8(&reader, &type) || type != STATUS_TYPE_OCSP ||
        !reader_vector24(&reader, out_response) || !reader_at_end(&reader) ||
        out_response->len == 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    return BULLA_OK;
}

/* A CertificateStatusRequest, RFC 6066 8: OCSP, from any responder, without extensions. */
void status_request_write(struct writer *body) {
    writer_u8(body, STATUS_TYPE_OCSP);
    writer_vector(body, 2, bytes_of(NULL, 0)); /* responder_id_list */
    writer_vector(body, 2, bytes_of(NULL, 0)); /* request_extensions */
}

/* Another kind of status than OCSP is as good as none asked for. */
bulla_cause status_request_receive(struct handshake *handshake, bulla_bytes data) {
    struct reader reader = reader_over(data);
    bulla_bytes responders, extensions;
    uint8_t type;
    if (!reader_u8(&reader, &type)) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    if (type != STATUS_TYPE_OCSP) {
        handshake->peer_extensions &= ~extension_bit(EXTENSION_STATUS_REQUEST);
        return BULLA_OK;
    }
    return reader_vector16(&reader, &responders) && reader_vector16(&reader, &extensions) &&
                   reader_at_end(&reader)
               ? BULLA_OK
               : BULLA_E_EXTENSION_MALFORMED;
}

bulla_cause certificate_list_empty(const bulla_connection *connection) {
    if (connection->role == BULLA_CLIENT) {
        return BULLA_E_CERTIFICATE_LIST_EMPTY;
    }
    if (connection->config->client_auth != BULLA_CLIENT_AUTH_REQUIRE) {
        return BULLA_OK;
    }
    return connection->version == BULLA_TLS_1_2 ? BULLA_E_CERTIFICATE_REQUIRED_12
                                                : BULLA_E_CERTIFICATE_REQUIRED;
}
