/* SPDX-License-Identifier: Apache-2.0 */
/* CertificateRequest, RFC 8446 4.3.2, and signature_algorithms, 4.2.3, which it shares with the
 * ClientHello. */
#include "tls/flight.h"
#include "tls/messages.h"

bulla_cause certificate_request_build(bulla_connection *connection, struct writer *body) {
    writer_vector(body, 1, bytes_of(NULL, 0)); /* certificate_request_context */
    size_t extensions = writer_open(body, 2);
    signature_algorithms_write(body);
    if (connection->config->revocation != BULLA_REVOCATION_OFF) {
        status_request_write(body);
        connection->handshake->offered = extension_bit(EXTENSION_STATUS_REQUEST);
    }
    writer_close(body, extensions, 2);
    return BULLA_OK;
}

bulla_cause certificate_request_receive(bulla_connection *connection, bulla_bytes body,
                                        bulla_bytes whole) {
    struct reader reader = reader_over(body);
    struct extensions extensions;
    bulla_bytes context, data;
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
    if (!extension_get(&extensions, EXTENSION_SIGNATURE_ALGORITHMS, &data)) {
        return BULLA_E_EXTENSION_MISSING;
    }
    connection->handshake->certificate_asked = true;
    return signature_algorithms_read(data, &connection->handshake->peer_schemes);
}

void signature_algorithms_write(struct writer *body) {
    writer_u16(body, EXTENSION_SIGNATURE_ALGORITHMS);
    size_t data = writer_open(body, 2);
    size_t list = writer_open(body, 2);
    for (size_t i = 0; i < NUM_SIGNATURE_SCHEMES; i++) {
        writer_u16(body, signature_schemes[i].code);
    }
    writer_close(body, list, 2);
    writer_close(body, data, 2);
}

bulla_cause signature_algorithms_read(bulla_bytes data, uint32_t *out_schemes) {
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
    return BULLA_OK;
}
