/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers and actions that the table of edges (states.c) names, by the file that holds them. A
 * handler is given a message's body and the whole of it. */
#ifndef TLS_MESSAGES_H
#define TLS_MESSAGES_H

#include "tls/connection.h"

/* client_hello.c */
bulla_cause client_hello_send(bulla_connection *connection);
bulla_cause client_hello_receive(bulla_connection *connection, bulla_bytes body, bulla_bytes whole);
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

/* status_request, in the same two; certificate_message.c */
void status_request_write(struct writer *body);
/* signature_algorithms, in a ClientHello and in a CertificateRequest. */
void signature_algorithms_write(struct writer *body);
BULLA_MUST_CHECK bulla_cause signature_algorithms_read(bulla_bytes data, uint32_t *out_schemes);

#endif
