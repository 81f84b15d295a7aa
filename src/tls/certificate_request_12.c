/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.2's CertificateRequest, RFC 5246 7.4.4 and RFC 8422 5.5, and the ServerHelloDone that ends
 * the server's flight. */
#include "tls/flight.h"
#include "tls/messages.h"
#include "x509/trust.h"

enum { TYPE_RSA_SIGN = 1, TYPE_ECDSA_SIGN = 64 }; /* EdDSA goes with the latter, RFC 8422 5.5 */

static bulla_cause certificate_request_12_build(bulla_connection *connection, struct writer *body);
static bulla_cause server_hello_done_build(bulla_connection *connection, struct writer *body);
static void certificate_types_write(const bulla_config *config, struct writer *body);
static void authorities_write(const bulla_config *config, struct writer *body);
static uint32_t schemes_of_types(bulla_bytes types);

/* ------------------------------------------------------------------ the server */

bulla_cause server_hello_done_send(bulla_connection *connection) {
    bulla_cause cause = BULLA_OK;
    if (connection->handshake->certificate_asked) {
        cause = flight_send(connection, HANDSHAKE_CERTIFICATE_REQUEST, certificate_request_12_build,
                            NULL);
    }
    if (cause == BULLA_OK) {
        cause = flight_send(connection, HANDSHAKE_SERVER_HELLO_DONE, server_hello_done_build, NULL);
    }
    return cause == BULLA_OK ? flight_flush(connection) : cause;
}

static bulla_cause server_hello_done_build(bulla_connection *connection, struct writer *body) {
    (void)connection;
    (void)body;
    return BULLA_OK;
}

static bulla_cause certificate_request_12_build(bulla_connection *connection, struct writer *body) {
    certificate_types_write(connection->config, body);
    signature_algorithms_write(connection->config, body);
    size_t list = writer_open(body, 2);
    authorities_write(connection->config, body);
    writer_close(body, list, 2);
    return BULLA_OK;
}

/* The kinds of key that our schemes are for. */
static void certificate_types_write(const bulla_config *config, struct writer *body) {
    bool has_rsa = false, has_ecdsa = false;
    for (size_t i = 0; i < config->num_schemes; i++) {
        bool is_rsa = config->schemes[i]->key == KEY_KIND_RSA;
        has_rsa |= is_rsa;
        has_ecdsa |= !is_rsa;
    }
    size_t list = writer_open(body, 1);
    if (has_ecdsa) {
        writer_u8(body, TYPE_ECDSA_SIGN);
    }
    if (has_rsa) {
        writer_u8(body, TYPE_RSA_SIGN);
    }
    writer_close(body, list, 1);
}

/* An empty list leaves the choice to the client, which is what remains for a store of more names
 * than are worth sending. */
static void authorities_write(const bulla_config *config, struct writer *body) {
    if (config->name_authorities && config->trust != NULL &&
        trust_authorities_len(config->trust) <= AUTHORITIES_LEN_MAX) {
        trust_authorities_write(config->trust, body, AUTHORITIES_LEN_MAX);
    }
}

/* ------------------------------------------------------------------ the client */

bulla_cause certificate_request_12_receive(bulla_connection *connection, bulla_bytes body,
                                           bulla_bytes whole) {
    struct handshake *handshake = connection->handshake;
    struct reader reader = reader_over(body);
    bulla_bytes types, schemes, names;
    (void)whole;
    if (!reader_vector8(&reader, &types) || types.len == 0) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    const uint8_t *start = reader.next;
    if (!reader_vector16(&reader, &schemes) || schemes.len == 0 || schemes.len % 2 != 0 ||
        !reader_vector16(&reader, &names)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (!reader_at_end(&reader)) {
        return BULLA_E_MESSAGE_TRAILING_BYTES;
    }
    handshake->certificate_asked = true;
    bulla_cause cause = signature_algorithms_read(
        connection->config, bytes_of(start, 2 + schemes.len), &handshake->peer_schemes);
    handshake->peer_schemes &= schemes_of_types(types);
    return cause == BULLA_OK ? authorities_receive(handshake, names, BULLA_E_MESSAGE_MALFORMED)
                             : cause;
}

/* A key has to be of a kind that is named besides. */
static uint32_t schemes_of_types(bulla_bytes types) {
    uint32_t set = 0;
    for (size_t i = 0; i < NUM_SIGNATURE_SCHEMES; i++) {
        const struct signature_scheme *scheme = &signature_schemes[i];
        uint8_t type = scheme->key == KEY_KIND_RSA ? TYPE_RSA_SIGN : TYPE_ECDSA_SIGN;
        set |= bytes_contain(types, type) ? signature_scheme_bit(scheme) : 0;
    }
    return set;
}

bulla_cause server_hello_done_receive(bulla_connection *connection, bulla_bytes body,
                                      bulla_bytes whole) {
    (void)whole;
    if (!connection->handshake->certificate_asked) {
        transcript_forget(&connection->handshake->transcript);
    }
    return body.len == 0 ? BULLA_OK : BULLA_E_MESSAGE_TRAILING_BYTES;
}
