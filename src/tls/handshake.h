/* SPDX-License-Identifier: Apache-2.0 */
/* The one driver of all handshakes: it assembles messages, asks the table of edges whether they may
 * come, and keeps the transcript. Builders and parsers of messages, each pair in the file that is
 * named as the RFC names the message, hold the meaning alone (messages.h), and send through
 * flight.h. */
#ifndef TLS_HANDSHAKE_H
#define TLS_HANDSHAKE_H

#include "tls/connection.h"

/* Takes handshake bytes from a record; they stay in `fragment`'s buffer for this call. */
BULLA_MUST_CHECK bulla_cause handshake_take(bulla_connection *connection, bulla_bytes fragment);

/* TLS 1.2's ChangeCipherSpec, whose place is in the order of messages: `body` is its record's. */
BULLA_MUST_CHECK bulla_cause handshake_take_change_cipher_spec(bulla_connection *connection,
                                                               bulla_bytes body);

/* Follows edges until input, a decision or the end is needed. */
BULLA_MUST_CHECK bulla_cause handshake_advance(bulla_connection *connection);

/* Copies what is pending where it outlives the caller's buffer. */
BULLA_MUST_CHECK bulla_cause handshake_keep_pending(bulla_connection *connection);

#endif
