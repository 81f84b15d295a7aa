/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a config's credentials a connection shows. */
#ifndef TLS_CREDENTIAL_CHOICE_H
#define TLS_CREDENTIAL_CHOICE_H

#include "tls/connection.h"

/* Credentials by the names that they are for and by the CAs that vouch for them. Made once, when a
 * config is built; views its credentials. */
BULLA_MUST_CHECK bulla_cause credential_index_new(struct credential_index **out,
                                                  const bulla_config *config);
void credential_index_free(struct credential_index *index);

/* Asked once the peer's wishes are known; the config keeps the reference. NULL: none fits. */
bulla_credential *credential_for(const bulla_connection *connection);

/* A server's: the same, and for a client that named no signature schemes, because it means to
 * resume, what it would be shown had it named them. */
bulla_credential *credential_by_name(const bulla_connection *connection);

/* What it signs the handshake with: the first of the config's schemes that the peer takes too;
 * NULL: none. */
const struct signature_scheme *credential_scheme(const bulla_connection *connection,
                                                 const bulla_credential *credential);

/* Whether the peer can verify what this credential signs, in this connection's version. BULLA_OK,
 * BULLA_E_NO_COMMON_SIGNATURE_SCHEME, BULLA_E_NO_COMMON_SUITE. */
BULLA_MUST_CHECK bulla_cause credential_fits(const bulla_connection *connection,
                                             const bulla_credential *credential);

/* The curves of certificates that a TLS 1.2 client did not list among its supported groups (their
 * code points, the list's content), as bits of enum key_kind, RFC 8422 5.3. */
uint32_t credential_refused_curves(bulla_bytes supported_groups);

#endif
