/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers and actions that the table of edges (states.c) names, by the file that holds them. A
 * handler is given a message's body and the whole of it. */
#ifndef TLS_MESSAGES_H
#define TLS_MESSAGES_H

#include "tls/connection.h"

#define HANDLER(name)                                                                              \
    bulla_cause name(bulla_connection *connection, bulla_bytes body, bulla_bytes whole)
#define ACTION(name) bulla_cause name(bulla_connection *connection)

/* client_hello.c; negotiation.c */
ACTION(client_hello_send);
HANDLER(client_hello_receive);
/* session_choice.c */
ACTION(session_choose);
/* server_hello.c */
ACTION(hello_retry_request_send);
ACTION(server_hello_send);
HANDLER(server_hello_receive);
ACTION(server_hello_finish);
/* encrypted_extensions.c */
bulla_cause encrypted_extensions_build(bulla_connection *connection, struct writer *body);
HANDLER(encrypted_extensions_receive);
/* certificate_request.c */
bulla_cause certificate_request_build(bulla_connection *connection, struct writer *body);
HANDLER(certificate_request_receive);
/* certificate_message.c; certificate_compression.c */
ACTION(certificate_send);
HANDLER(certificate_receive);
HANDLER(compressed_certificate_receive);
/* authentication.c */
ACTION(credential_choose);
ACTION(certificate_judge);
/* certificate_verify.c */
ACTION(certificate_verify_send);
HANDLER(certificate_verify_receive);
/* finished.c */
ACTION(finished_send);
HANDLER(finished_receive);
ACTION(server_finished_received);
ACTION(client_finished_received);
/* early_data.c */
ACTION(end_of_early_data_send);
HANDLER(end_of_early_data_receive);
/* new_session_ticket.c */
ACTION(new_session_tickets_send);
HANDLER(new_session_ticket_receive);
/* key_update.c */
HANDLER(key_update_receive);
bulla_cause key_update_send(bulla_connection *connection, bool ask_peer);

/* TLS 1.2. server_hello_12.c */
ACTION(server_hello_12_send);
ACTION(session_12_resume);
/* certificate_12.c */
ACTION(certificate_12_send);
HANDLER(certificate_12_receive);
HANDLER(certificate_status_receive);
/* server_key_exchange.c */
ACTION(server_key_exchange_send);
HANDLER(server_key_exchange_receive);
/* certificate_request_12.c */
HANDLER(certificate_request_12_receive);
ACTION(server_hello_done_send); /* with the CertificateRequest before it, where one is due */
HANDLER(server_hello_done_receive);
/* client_key_exchange.c */
ACTION(client_key_exchange_send);
HANDLER(client_key_exchange_receive);
/* certificate_verify_12.c */
ACTION(certificate_verify_12_send);
HANDLER(certificate_verify_12_receive);
/* finished_12.c */
HANDLER(change_cipher_spec_receive);
ACTION(finished_12_send);
HANDLER(finished_12_receive);
/* new_session_ticket_12.c */
bulla_cause new_session_ticket_12_send(bulla_connection *connection);
HANDLER(new_session_ticket_12_receive);
/* renegotiation.c */
HANDLER(hello_request_receive);
HANDLER(renegotiation_refuse);

#undef HANDLER
#undef ACTION

/* Signs handshake->to_sign with our credential, or waits for the caller to do it; and
 * DigitallySigned, which is its scheme and the signature. certificate_verify.c */
BULLA_MUST_CHECK bulla_cause handshake_sign(bulla_connection *connection);
void signature_write(const struct handshake *handshake, struct writer *body);
/* Reads the peer's DigitallySigned, which ends its message, and judges it: a scheme that we offer,
 * that fits the version and the leaf's key, and a signature over `content`. */
BULLA_MUST_CHECK bulla_cause signature_receive(bulla_connection *connection, struct reader *reader,
                                               bulla_bytes content);

/* TLS 1.2, finished_12.c: makes connection->master with the randoms and no secret yet; and from it,
 * once it has one, the keys that the next ChangeCipherSpec of either side takes up. */
BULLA_MUST_CHECK bulla_cause master_begin(bulla_connection *connection);
void next_keys_derive(bulla_connection *connection);
/* A TLS 1.2 client keeps the session that a handshake made, if any; new_session_ticket_12.c */
BULLA_MUST_CHECK bulla_cause session_12_keep(bulla_connection *connection);

/* Post-handshake messages may come only so often without data between; `flood` is what it is
 * otherwise. key_update.c */
BULLA_MUST_CHECK bulla_cause post_handshake_count(bulla_connection *connection, bulla_cause flood);

/* What Certificate has in common in both versions: a copy of the list that lasts as long as the
 * handshake, and what an empty one means; certificate_message.c */
BULLA_MUST_CHECK bulla_cause certificate_list_keep(struct handshake *handshake, bulla_bytes list);
BULLA_MUST_CHECK bulla_cause certificate_list_empty(const bulla_connection *connection);
/* status_request in a ClientHello; certificate_message.c. Receive leaves its bit in
 * peer_extensions where it asks for OCSP. */
void status_request_write(struct writer *body);
BULLA_MUST_CHECK bulla_cause status_request_receive(struct handshake *handshake, bulla_bytes data);
/* The body of a Certificate that shows `credential` (NULL: an empty list), with its OCSP response
 * or without; certificate_message.c */
void certificate_write(const bulla_credential *credential, bool with_status, struct writer *body);
/* The same as the body of a CompressedCertificate; empty where the config holds none. Made for all
 * of a config's credentials when it is built; certificate_compression.c */
bulla_bytes certificate_compressed(const bulla_config *config, const bulla_credential *credential,
                                   bool with_status, uint16_t algorithm);
BULLA_MUST_CHECK bulla_cause certificate_compress_all(bulla_config *config);
void certificate_compressed_free(bulla_config *config);
/* Keeps the names of CAs that a CertificateRequest lists, for the choice of a credential; each has
 * 1 to 2^16-1 bytes, else it is `malformed`. certificate_request.c */
/* The extension, in a ClientHello and a CertificateRequest: RFC 8446 4.2.4. */
BULLA_MUST_CHECK bulla_cause certificate_authorities_receive(struct handshake *handshake,
                                                             bulla_bytes data);
BULLA_MUST_CHECK bulla_cause authorities_receive(struct handshake *handshake, bulla_bytes names,
                                                 bulla_cause malformed);
/* signature_algorithms, in a ClientHello and a CertificateRequest; certificate_request.c */
void signature_algorithms_write(const bulla_config *config, struct writer *body);
BULLA_MUST_CHECK bulla_cause signature_algorithms_read(const bulla_config *config, bulla_bytes data,
                                                       uint32_t *out_schemes);

#endif
