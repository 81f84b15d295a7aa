/* SPDX-License-Identifier: Apache-2.0 */
/* The one driver of all handshakes: it assembles messages, asks the table of edges whether they may
 * come, keeps the transcript, and sends what the builders write. Builders and parsers of messages,
 * each pair in the file that is named as the RFC names the message, hold the meaning alone. */
#ifndef TLS_HANDSHAKE_H
#define TLS_HANDSHAKE_H

#include "tls/connection.h"

/* Takes handshake bytes from a record; they stay in `fragment`'s buffer for this call. */
BULLA_MUST_CHECK bulla_cause handshake_take(bulla_connection *connection, bulla_bytes fragment);

/* Follows edges until input, a decision or the end is needed. */
BULLA_MUST_CHECK bulla_cause handshake_advance(bulla_connection *connection);

/* Copies what is pending where it outlives the caller's buffer. */
BULLA_MUST_CHECK bulla_cause handshake_keep_pending(bulla_connection *connection);

typedef bulla_cause (*message_builder)(bulla_connection *connection, struct writer *body);

/* Builds one message and adds it to the flight and to the transcript. `out_whole` (may be NULL)
 * views the message, header included, until the next one is built. */
BULLA_MUST_CHECK bulla_cause handshake_send(bulla_connection *connection, enum handshake_type type,
                                            message_builder build, bulla_bytes *out_whole);
/* Adds a ready message (header and body) to the flight, outside the transcript. */
BULLA_MUST_CHECK bulla_cause handshake_send_whole(bulla_connection *connection,
                                                  bulla_bytes message);
/* Seals the flight under the present key, in as few records as may be. */
BULLA_MUST_CHECK bulla_cause handshake_flush(bulla_connection *connection);
/* The compatibility mode's change_cipher_spec, once, RFC 8446 D.4. */
BULLA_MUST_CHECK bulla_cause handshake_send_compatibility(bulla_connection *connection);

BULLA_MUST_CHECK bulla_cause handshake_begin(bulla_connection *connection);
/* Wipes and frees the handshake; NULL-safe. */
void handshake_end(bulla_connection *connection);

/* New keys for one direction; what is in the flight is sealed under the old one first. */
BULLA_MUST_CHECK bulla_cause handshake_set_write_secret(bulla_connection *connection,
                                                        const uint8_t *traffic_secret);
void handshake_set_read_secret(bulla_connection *connection, const uint8_t *traffic_secret);

/* Handlers and actions, by the file that holds them. */

/* client_hello.c */
bulla_cause client_hello_send(bulla_connection *connection);
bulla_cause client_hello_receive(bulla_connection *connection, bulla_bytes body, bulla_bytes whole);
/* Whether a host name is fit for SNI and for a log. */
bool server_name_is_valid(bulla_bytes name);
/* server_hello.c */
bulla_cause hello_retry_request_send(bulla_connection *connection);
bulla_cause server_hello_send(bulla_connection *connection);
bulla_cause server_hello_receive(bulla_connection *connection, bulla_bytes body, bulla_bytes whole);
bulla_cause server_hello_finish(bulla_connection *connection);
/* encrypted_extensions.c */
bulla_cause encrypted_extensions_build(bulla_connection *connection, struct writer *body);
bulla_cause encrypted_extensions_receive(bulla_connection *connection, bulla_bytes body,
                                         bulla_bytes whole);
/* certificate_request.c */
bulla_cause certificate_request_build(bulla_connection *connection, struct writer *body);
bulla_cause certificate_request_receive(bulla_connection *connection, bulla_bytes body,
                                        bulla_bytes whole);
/* certificate_message.c */
void status_request_write(struct writer *body);
bulla_cause certificate_send(bulla_connection *connection);
bulla_cause certificate_receive(bulla_connection *connection, bulla_bytes body, bulla_bytes whole);
/* authentication.c */
bulla_cause credential_choose(bulla_connection *connection);
bulla_cause certificate_judge(bulla_connection *connection);
/* certificate_verify.c */
bulla_cause certificate_verify_send(bulla_connection *connection);
bulla_cause certificate_verify_receive(bulla_connection *connection, bulla_bytes body,
                                       bulla_bytes whole);
/* finished.c */
bulla_cause finished_send(bulla_connection *connection);
bulla_cause finished_receive(bulla_connection *connection, bulla_bytes body, bulla_bytes whole);
bulla_cause server_finished_received(bulla_connection *connection);
bulla_cause client_finished_received(bulla_connection *connection);
/* post_handshake.c */
bulla_cause new_session_ticket_receive(bulla_connection *connection, bulla_bytes body,
                                       bulla_bytes whole);
bulla_cause key_update_receive(bulla_connection *connection, bulla_bytes body, bulla_bytes whole);
bulla_cause key_update_send(bulla_connection *connection, bool ask_peer);

/* signature_algorithms, in a ClientHello and in a CertificateRequest. */
void signature_algorithms_write(struct writer *body);
BULLA_MUST_CHECK bulla_cause signature_algorithms_read(bulla_bytes data, uint32_t *out_schemes);

#endif
