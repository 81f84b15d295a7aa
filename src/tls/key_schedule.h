/* SPDX-License-Identifier: Apache-2.0 */
/* The key schedule of RFC 8446 section 7.1, in phases: each phase has a struct of its own, made
 * from the one before, which is wiped by that step. */
#ifndef TLS_KEY_SCHEDULE_H
#define TLS_KEY_SCHEDULE_H

#include "crypto/hkdf.h"
#include "tls/record.h"

/* Suites hash with SHA-256 or SHA-384. */
enum { SECRET_LEN_MAX = 48 };

/* From ServerHello to Finished. */
struct handshake_secrets {
    uint8_t master_salt[SECRET_LEN_MAX]; /* Derive-Secret(handshake secret, "derived", "") */
    uint8_t client_traffic[SECRET_LEN_MAX];
    uint8_t server_traffic[SECRET_LEN_MAX];
};

/* From the server's Finished on. */
struct application_secrets {
    uint8_t client_traffic[SECRET_LEN_MAX];
    uint8_t server_traffic[SECRET_LEN_MAX];
    uint8_t exporter[SECRET_LEN_MAX];
    uint8_t master_secret[SECRET_LEN_MAX]; /* until resumption_secret_derive() */
};

/* Where a session is resumed, before the handshake's secrets. */
struct early_secrets {
    uint8_t binder_key[SECRET_LEN_MAX];
    uint8_t early_secret[SECRET_LEN_MAX];
    uint8_t handshake_salt[SECRET_LEN_MAX]; /* Derive-Secret(early secret, "derived", "") */
};

/* HKDF-Expand-Label, RFC 8446 7.1. `len` at most 255 * hash_len(). */
void expand_label(enum hash_id hash, const uint8_t *secret, const char *label, bulla_bytes context,
                  uint8_t *out, size_t len);

/* The secrets of a resumption PSK of hash_len() bytes. */
void early_secrets_derive(struct early_secrets *out, enum hash_id hash, bulla_bytes psk);
/* client_early_traffic_secret; `digest` is that of the ClientHello. */
void early_traffic_derive(uint8_t *out, const struct early_secrets *from, enum hash_id hash,
                          const uint8_t *digest);

/* Extracts the (EC)DHE secret and derives the handshake's secrets; `digest` is the transcript's
 * from ClientHello to ServerHello. `from` is wiped; NULL where no session is resumed. */
void handshake_secrets_derive(struct handshake_secrets *out, struct early_secrets *from,
                              enum hash_id hash, bulla_bytes shared_secret, const uint8_t *digest);

/* Derives the application's secrets; `digest` reaches to the server's Finished. The master
 * salt is wiped; its two traffic secrets stay for the Finished messages. */
void application_secrets_derive(struct application_secrets *out, struct handshake_secrets *from,
                                enum hash_id hash, const uint8_t *digest);

/* resumption_master_secret, RFC 8446 7.1; `digest` reaches to the client's Finished. The master
 * secret is wiped. */
void resumption_secret_derive(uint8_t *out, struct application_secrets *from, enum hash_id hash,
                              const uint8_t *digest);
/* The PSK of a ticket, RFC 8446 4.6.1. */
void ticket_psk_derive(uint8_t *out, enum hash_id hash, const uint8_t *resumption_secret,
                       bulla_bytes nonce);

/* application_traffic_secret_N+1 in the place of N, RFC 8446 7.2. */
void traffic_secret_update(uint8_t *secret, enum hash_id hash);

/* The record keys of a traffic secret, RFC 8446 7.3. */
void traffic_keys_derive(struct record_keys *out, const struct suite *suite,
                         const uint8_t *traffic_secret);

/* The verify_data of a Finished, RFC 8446 4.4.4: hash_len() bytes. */
void finished_verify_data(uint8_t *out, enum hash_id hash, const uint8_t *traffic_secret,
                          const uint8_t *digest);

/* The exporter of RFC 8446 7.5. */
void exporter_derive(uint8_t *out, size_t len, enum hash_id hash, const uint8_t *exporter_secret,
                     bulla_bytes label, bulla_bytes context);

#endif
