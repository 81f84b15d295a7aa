/* SPDX-License-Identifier: Apache-2.0 */
/* Renegotiation, which TLS 1.2 has and we do not: a server that asks for one is told so, with a
 * warning after which the connection goes on (RFC 5246 7.2.2, RFC 5746 4.2); a client that begins
 * one is refused. */
#include "tls/messages.h"

bulla_cause hello_request_receive(bulla_connection *connection, bulla_bytes body,
                                  bulla_bytes whole) {
    (void)whole;
    if (body.len != 0) {
        return BULLA_E_MESSAGE_TRAILING_BYTES;
    }
    bulla_cause cause = post_handshake_count(connection, BULLA_E_POST_HANDSHAKE_FLOOD);
    if (cause != BULLA_OK || connection->close_sent || connection->answer_queued) {
        return cause;
    }
    /* One refusal serves all requests that come before it is sent. */
    connection->answer_queued = true;
    return alert_send(connection, ALERT_WARNING, BULLA_ALERT_NO_RENEGOTIATION);
}

bulla_cause renegotiation_refuse(bulla_connection *connection, bulla_bytes body,
                                 bulla_bytes whole) {
    (void)connection;
    (void)body;
    (void)whole;
    return BULLA_E_RENEGOTIATION_REFUSED;
}
