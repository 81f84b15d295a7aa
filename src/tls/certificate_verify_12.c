/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.2's CertificateVerify, RFC 5246 7.4.8: a client signs all messages up to here, themselves
 * and not their hash, since the scheme has a hash of its own. */
#include "tls/flight.h"
#include "tls/messages.h"

static bulla_cause certificate_verify_12_build(bulla_connection *connection, struct writer *body);

bulla_cause certificate_verify_12_send(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    if (handshake->signature == NULL) {
        if (!transcript_messages(&handshake->transcript, &handshake->to_sign)) {
            return BULLA_E_OUT_OF_MEMORY;
        }
        bulla_cause cause = handshake_sign(connection);
        if (cause != BULLA_OK || connection->waiting != WAITING_NOT) {
            return cause;
        }
    }
    transcript_forget(&handshake->transcript);
    return flight_send(connection, HANDSHAKE_CERTIFICATE_VERIFY, certificate_verify_12_build, NULL);
}

static bulla_cause certificate_verify_12_build(bulla_connection *connection, struct writer *body) {
    signature_write(connection->handshake, body);
    return BULLA_OK;
}

bulla_cause certificate_verify_12_receive(bulla_connection *connection, bulla_bytes body,
                                          bulla_bytes whole) {
    struct transcript *transcript = &connection->handshake->transcript;
    struct reader reader = reader_over(body);
    bulla_bytes messages;
    (void)whole;
    if (!transcript_messages(transcript, &messages)) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause = signature_receive(connection, &reader, messages);
    transcript_forget(transcript);
    return cause;
}
