/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC (RFC 2104) and HKDF (RFC 5869) over hash.h. */
#ifndef CRYPTO_HKDF_H
#define CRYPTO_HKDF_H

#include "crypto/hash.h"

/* A key with its two padded blocks already hashed: each further MAC under it costs two blocks less.
 * A secret: wipe it with bytes_wipe(). */
struct hmac_key {
    struct hash inner;
    struct hash outer;
};

void hmac_key_set(struct hmac_key *key, enum hash_id id, bulla_bytes secret);
/* Writes hash_len() bytes. */
void hmac(const struct hmac_key *key, bulla_bytes message, uint8_t *out);
void hmac_once(enum hash_id id, bulla_bytes secret, bulla_bytes message, uint8_t *out);

/* Writes hash_len() bytes of pseudorandom key, RFC 5869 2.2. An empty salt is hash_len() zeros. */
void hkdf_extract(enum hash_id id, bulla_bytes salt, bulla_bytes input_key, uint8_t *out);
/* Writes `len` bytes, at most 255 * hash_len(), RFC 5869 2.3. */
void hkdf_expand(const struct hmac_key *pseudorandom_key, bulla_bytes info, uint8_t *out,
                 size_t len);

#endif
