/* SPDX-License-Identifier: Apache-2.0 */
/* Sending for handlers: messages into a flight, flights into records, keys for what follows. */
#ifndef TLS_FLIGHT_H
#define TLS_FLIGHT_H

#include "tls/connection.h"

typedef bulla_cause (*message_builder)(bulla_connection *connection, struct writer *body);

/* Builds one message and adds it to the flight and to the transcript. `out_whole` (may be NULL)
 * views the message, header included, until the next one is built. */
BULLA_MUST_CHECK bulla_cause flight_send(bulla_connection *connection, enum handshake_type type,
                                         message_builder build, bulla_bytes *out_whole);
/* Adds a ready message (header and body) to the flight, outside the transcript. */
BULLA_MUST_CHECK bulla_cause flight_send_whole(bulla_connection *connection, bulla_bytes message);
/* Seals the flight under the present key, in as few records as may be. */
BULLA_MUST_CHECK bulla_cause flight_flush(bulla_connection *connection);
/* The compatibility mode's change_cipher_spec, once, RFC 8446 D.4. */
BULLA_MUST_CHECK bulla_cause flight_send_compatibility(bulla_connection *connection);

/* New keys for one direction; what is in the flight is sealed under the old one first. */
BULLA_MUST_CHECK bulla_cause flight_set_write_secret(bulla_connection *connection,
                                                     const uint8_t *traffic_secret);
void flight_set_read_secret(bulla_connection *connection, const uint8_t *traffic_secret);

#endif
