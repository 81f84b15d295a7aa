/* SPDX-License-Identifier: Apache-2.0 */
/* The key schedule of TLS 1.2: the PRF of RFC 5246 section 5 and what is made with it. */
#ifndef TLS_KEY_SCHEDULE_12_H
#define TLS_KEY_SCHEDULE_12_H

#include "tls/key_schedule.h"
#include <bulla/config.h>

enum {
    MASTER_SECRET_LEN = 48,  /* RFC 5246 8.1 */
    VERIFY_DATA_12_LEN = 12, /* RFC 5246 7.4.9 */
};

/* What all keys of a connection come from, its exporters' too. A secret: wipe it. */
struct master_12 {
    uint8_t secret[MASTER_SECRET_LEN];
    uint8_t client_random[RANDOM_LEN], server_random[RANDOM_LEN];
};

/* PRF(secret, label, seed), where `seed` comes in parts, its label first. */
void prf(enum hash_id hash, bulla_bytes secret, const bulla_bytes *seed, size_t num_parts,
         uint8_t *out, size_t len);

/* The master secret from the randoms that `master` holds, RFC 5246 8.1; and from the digest of all
 * messages up to the ClientKeyExchange, RFC 7627 4. */
void master_secret_derive(struct master_12 *master, enum hash_id hash, bulla_bytes premaster);
void extended_master_secret_derive(struct master_12 *master, enum hash_id hash,
                                   bulla_bytes premaster, const uint8_t *session_hash);

/* The key block, RFC 5246 6.3: what the client and what the server writes with. */
void record_keys_12_derive(struct record_keys *out_client, struct record_keys *out_server,
                           const struct suite *suite, const struct master_12 *master);

/* A Finished's verify_data: VERIFY_DATA_12_LEN bytes. */
void finished_12_verify_data(uint8_t *out, enum hash_id hash, const struct master_12 *master,
                             bulla_role sender, const uint8_t *digest);

/* RFC 5705 4. A context without bytes is left out where its `data` is NULL, and is an empty one
 * otherwise: these two are not the same there. BULLA_E_API_MISUSE for a label that TLS 1.2 itself
 * uses, and for a context longer than its length field can say. */
BULLA_MUST_CHECK bulla_cause exporter_12_derive(uint8_t *out, size_t len, enum hash_id hash,
                                                const struct master_12 *master, bulla_bytes label,
                                                bulla_bytes context);

#endif
