/* SPDX-License-Identifier: Apache-2.0 */
/* CertificateRequest, RFC 8446 4.3.2: the signature schemes (4.2.3, which it shares with the
 * ClientHello) and CAs (4.2.4) that a server accepts, that it would read compressed certificates
 * (RFC 8879) and OCSP responses (4.4.2.1). A request with a context is refused (it would come after
 * the handshake), and so are empty lists and empty names. */
#include "tls/flight.h"
#include "tls/hello.h"
#include "tls/messages.h"

#include "x509/trust.h"

#include <stdlib.h>

static void authorities_write(const bulla_config *config, struct writer *body);
static bulla_cause requested_extensions_receive(bulla_connection *connection,
                                                const struct extensions *extensions);
static uint32_t schemes_of(const bulla_config *config);

bulla_cause certificate_request_build(bulla_connection *connection, struct writer *body) {
    const bulla_config *config = connection->config;
    struct handshake *handshake = connection->handshake;
    handshake->offered = 0;
    writer_vector(body, 1, bytes_of(NULL, 0)); /* certificate_request_context */
    size_t extensions = writer_open(body, 2);
    size_t data = extension_open(body, EXTENSION_SIGNATURE_ALGORITHMS);
    signature_algorithms_write(config, body);
    writer_close(body, data, 2);
    if (config->revocation != BULLA_REVOCATION_OFF) {
        data = extension_open(body, EXTENSION_STATUS_REQUEST); /* empty, RFC 8446 4.4.2.1 */
        writer_close(body, data, 2);
        handshake->offered = extension_bit(EXTENSION_STATUS_REQUEST);
    }
    if (certificate_decompresses(config)) {
        data = extension_open(body, EXTENSION_COMPRESS_CERTIFICATE);
        certificate_compression_write(config, body);
        writer_close(body, data, 2);
    }
    authorities_write(config, body);
    writer_close(body, extensions, 2);
    return BULLA_OK;
}

/* Without the extension any CA will do, so that a store with more names than are worth sending
 * names none. */
static void authorities_write(const bulla_config *config, struct writer *body) {
    if (!config->name_authorities || config->trust == NULL) {
        return;
    }
    size_t len = trust_authorities_len(config->trust);
    if (len == 0 || len > AUTHORITIES_LEN_MAX) {
        return;
    }
    size_t data = extension_open(body, EXTENSION_CERTIFICATE_AUTHORITIES);
    size_t list = writer_open(body, 2);
    trust_authorities_write(config->trust, body, AUTHORITIES_LEN_MAX);
    writer_close(body, list, 2);
    writer_close(body, data, 2);
}

bulla_cause certificate_request_receive(bulla_connection *connection, bulla_bytes body,
                                        bulla_bytes whole) {
    struct reader reader = reader_over(body);
    struct extensions extensions;
    bulla_bytes context;
    (void)whole;
    if (!reader_vector8(&reader, &context)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (context.len != 0) {
        return BULLA_E_CERTIFICATE_CONTEXT_ILLEGAL;
    }
    bulla_cause cause = extensions_parse_last(&extensions, &reader, IN_CERTIFICATE_REQUEST, 0);
    if (cause != BULLA_OK) {
        return cause;
    }
    connection->handshake->certificate_asked = true;
    connection->handshake->peer_extensions = extensions.present;
    return requested_extensions_receive(connection, &extensions);
}

static bulla_cause requested_extensions_receive(bulla_connection *connection,
                                                const struct extensions *extensions) {
    struct handshake *handshake = connection->handshake;
    bulla_bytes data;
    if (!extension_get(extensions, EXTENSION_SIGNATURE_ALGORITHMS, &data)) {
        return BULLA_E_EXTENSION_MISSING;
    }
    bulla_cause cause =
        signature_algorithms_read(connection->config, data, &handshake->peer_schemes);
    if (cause == BULLA_OK && extension_get(extensions, EXTENSION_STATUS_REQUEST, &data) &&
        data.len != 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    if (cause == BULLA_OK && extension_get(extensions, EXTENSION_COMPRESS_CERTIFICATE, &data)) {
        cause = certificate_compression_receive(connection, data);
    }
    if (cause == BULLA_OK && extension_get(extensions, EXTENSION_CERTIFICATE_AUTHORITIES, &data)) {
        cause = certificate_authorities_receive(handshake, data);
    }
    return cause;
}

bulla_cause certificate_authorities_receive(struct handshake *handshake, bulla_bytes data) {
    struct reader reader = reader_over(data);
    bulla_bytes names;
    if (!reader_vector16(&reader, &names) || !reader_at_end(&reader) || names.len == 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    return authorities_receive(handshake, names, BULLA_E_EXTENSION_MALFORMED);
}

bulla_cause authorities_receive(struct handshake *handshake, bulla_bytes names,
                                bulla_cause malformed) {
    struct reader reader = reader_over(names);
    bulla_bytes name;
    while (!reader_at_end(&reader)) {
        if (!reader_vector16(&reader, &name) || name.len == 0) {
            return malformed;
        }
    }
    if (names.len == 0) {
        return BULLA_OK;
    }
    free(handshake->authorities);
    handshake->authorities = bytes_duplicate(names);
    handshake->authorities_len = handshake->authorities == NULL ? 0 : names.len;
    return handshake->authorities == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

void signature_algorithms_write(const bulla_config *config, struct writer *body) {
    size_t list = writer_open(body, 2);
    for (size_t i = 0; i < config->num_schemes; i++) {
        writer_u16(body, config->schemes[i]->code);
    }
    writer_close(body, list, 2);
}

bulla_cause signature_algorithms_read(const bulla_config *config, bulla_bytes data,
                                      uint32_t *out_schemes) {
    struct reader reader = reader_over(data);
    bulla_bytes list;
    uint16_t code;
    if (!reader_vector16(&reader, &list) || !reader_at_end(&reader) || list.len < 2 ||
        list.len % 2 != 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    *out_schemes = 0;
    reader = reader_over(list);
    while (reader_u16(&reader, &code)) {
        const struct signature_scheme *scheme = signature_scheme_find(code);
        if (scheme != NULL) {
            *out_schemes |= signature_scheme_bit(scheme);
        }
    }
    *out_schemes &= schemes_of(config);
    return BULLA_OK;
}

static uint32_t schemes_of(const bulla_config *config) {
    uint32_t set = 0;
    for (size_t i = 0; i < config->num_schemes; i++) {
        set |= signature_scheme_bit(config->schemes[i]);
    }
    return set;
}
