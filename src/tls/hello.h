/* SPDX-License-Identifier: Apache-2.0 */
/* The two hellos as they are read, and the steps that belong to more than one file. */
#ifndef TLS_HELLO_H
#define TLS_HELLO_H

#include "tls/connection.h"

struct client_hello {
    uint16_t version; /* legacy_version */
    bulla_bytes random;
    bulla_bytes session_id;
    bulla_bytes cipher_suites;
    bulla_bytes compression_methods;
    struct extensions extensions;
};

/* client_hello.c */
BULLA_MUST_CHECK bulla_cause client_hello_parse(struct client_hello *out, bulla_bytes body);

/* negotiation.c: a server's choice of version, suite, group, protocol and name. */
BULLA_MUST_CHECK bulla_cause negotiate(bulla_connection *connection,
                                       const struct client_hello *hello);

/* A server's suite for this connection's version: the first of its own that the client offers, but
 * ChaCha20-Poly1305 before the others for a client that prefers it; NULL: none. `signer` is what
 * TLS 1.2's certificate can do. negotiation.c */
const struct suite *suite_choose(const bulla_connection *connection, enum suite_signer signer);

struct server_hello {
    uint16_t version; /* legacy_version: what a TLS 1.2 server chose */
    bulla_bytes random;
    bulla_bytes session_id;
    uint16_t suite;
    uint8_t compression;
    bool is_retry;
    bulla_bytes block; /* the extensions, not parsed yet */
    struct extensions extensions;
};

/* server_hello_12.c: a ServerHello that turned out to be TLS 1.2's; the version is set and checked
 * against the config and the downgrade sentinels, the transcript has nothing of it yet. */
BULLA_MUST_CHECK bulla_cause server_hello_12_receive(bulla_connection *connection,
                                                     struct server_hello *hello, bulla_bytes whole);

/* What both hellos of TLS 1.2 may say alike: renegotiation_info, ec_point_formats and
 * extended_master_secret. server_hello_12.c */
BULLA_MUST_CHECK bulla_cause extensions_12_receive(bulla_connection *connection,
                                                   const struct extensions *extensions);

/* encrypted_extensions.c, which TLS 1.2's ServerHello shares: the server's answers that are the
 * same in both. Write without the block's length; receive from a parsed block. */
void server_extensions_write(const bulla_connection *connection, struct writer *body);
BULLA_MUST_CHECK bulla_cause server_extensions_receive(bulla_connection *connection,
                                                       const struct extensions *extensions);

/* session_offer.c, the client: takes a session to offer from the cache, where there is one and none
 * was handed in. Its extension, written last; and its binder, filled in once the body is whole. */
void session_offer(bulla_connection *connection);
void pre_shared_key_write(bulla_connection *connection, struct writer *body);
BULLA_MUST_CHECK bulla_cause binders_fill_in(bulla_connection *connection, uint8_t *body,
                                             size_t len);
/* What the server answered to it: from here on the handshake is resumed or not. */
BULLA_MUST_CHECK bulla_cause session_answer_receive(bulla_connection *connection,
                                                    const struct extensions *extensions);

/* session_choice.c, the server: keeps what a hello says about resuming, before `whole` is added to
 * the transcript. */
BULLA_MUST_CHECK bulla_cause session_wish_receive(bulla_connection *connection,
                                                  const struct client_hello *hello,
                                                  bulla_bytes whole);

/* resumption.c. Either side: whether the session can go on in this connection as it stands: alive,
 * judged by what would judge its peer today, for the same name and (at a server) protocol. */
bool session_is_acceptable(const bulla_connection *connection, const struct session *session);
/* What such a session has to bear, 32 bytes: the config's judgement, and at a server the names of
 * the certificate that this client is shown, so that no virtual host goes on for another that has
 * the same ticket keys: in a full handshake it could not prove the name. */
void session_judgement(const bulla_connection *connection, uint8_t *out);
/* The same of a config and a credential; NULL: none of ours, or the caller's choice. */
void judgement_of(const bulla_config *config, const bulla_credential *shown, uint8_t *out);
/* Its peer is this connection's from here on. */
BULLA_MUST_CHECK bulla_cause session_adopt(bulla_connection *connection,
                                           const struct session *session);

/* new_session_ticket.c. What a session of this connection has to say of it, but for the secret, the
 * ticket and its age; views into the connection. False where it must not be resumed. */
BULLA_MUST_CHECK bool session_plan(const bulla_connection *connection, struct session *out);
/* A client keeps a session: in its config's cache, or as news. */
BULLA_MUST_CHECK bulla_cause session_keep(bulla_connection *connection, const struct session *plan);
/* A server makes a ticket of a session (appended to `out`), or stores it under `id` (32 bytes,
 * which is then the ticket). BULLA_E_SESSION_UNUSABLE where it cannot now. */
BULLA_MUST_CHECK bulla_cause ticket_issue(bulla_connection *connection, const struct session *plan,
                                          struct writer *out);
/* A client, after its Finished: the secret that all tickets of this connection come from. */
void resumption_secret_keep(bulla_connection *connection);
/* session_offer.c; 32 bytes. */
void session_cache_key(const bulla_connection *connection, uint8_t *out);

/* A client was sent a HelloRetryRequest: the session can only go on under its suite's hash. */
void session_retry(bulla_connection *connection);

/* session_choice.c: whether a server's config can resume. */
bool config_resumes(const bulla_config *config);

/* early_data.c. NULL without memory. */
struct early *early_new(void);
/* What a strike register is asked: 32 bytes, for so many seconds. */
void early_data_unique(const bulla_connection *connection, uint8_t *out);
uint32_t early_data_window(const bulla_config *config);
/* A server: how much ciphertext of refused early data is skipped where a ticket promised that so
 * many bytes are taken (RFC 8446 4.2.10); 0: no ticket known here did. */
size_t early_data_skipped_max(uint32_t promised);
/* A server: takes early data or not, once the session is chosen; may wait. */
BULLA_MUST_CHECK bulla_cause early_data_choose(bulla_connection *connection);
/* A client was sent a HelloRetryRequest: nothing is early any more. */
void early_data_retry(bulla_connection *connection);
/* early_data.c: after a client's hello, its early keys; and what the server says to them. */
BULLA_MUST_CHECK bulla_cause early_data_answer_receive(bulla_connection *connection,
                                                       const struct extensions *extensions);
BULLA_MUST_CHECK bulla_cause early_data_begin(bulla_connection *connection);

/* certificate_compression.c */
BULLA_MUST_CHECK bulla_cause certificate_compression_receive(bulla_connection *connection,
                                                             bulla_bytes data);
bool certificate_decompresses(const bulla_config *config);
void certificate_compression_write(const bulla_config *config, struct writer *body);

/* record_limits.c: a server's answer to what the client asked for, where one is due; and what the
 * peer wants of record sizes, in either hello (RFC 8449, RFC 6066 4). */
void record_limits_write(const bulla_connection *connection, struct writer *body);
BULLA_MUST_CHECK bulla_cause record_size_limit_receive(bulla_connection *connection,
                                                       bulla_bytes data);
BULLA_MUST_CHECK bulla_cause max_fragment_length_receive(bulla_connection *connection,
                                                         bulla_bytes data);

/* config.c: whether a suite is of a version that the config speaks. */
bool suite_in_range(const bulla_config *config, const struct suite *suite);
/* negotiation.c */
bool suite_is_configured(const bulla_config *config, const struct suite *suite);

#endif
