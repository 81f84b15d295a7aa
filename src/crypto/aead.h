/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticated encryption, with contexts that are lent.
 *
 * A libcrypto context weighs more than a kilobyte, and giving it another key costs a quarter of a
 * microsecond. So connections own keys, and a pool, one for each thread, owns contexts: who seals
 * or opens names its key and its loan; where the loan's slot still holds that key the context is
 * used as it is, else a slot that was not used lately is keyed anew. A pool is not locked. */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include "base/bytes.h"
#include <bulla/error.h>

enum aead_id {
    AEAD_INVALID = 0,
    AEAD_AES_128_GCM,
    AEAD_AES_256_GCM,
    AEAD_CHACHA20_POLY1305,
};

enum { AEAD_KEY_LEN_MAX = 32, AEAD_NONCE_LEN = 12, AEAD_TAG_LEN = 16 };

size_t aead_key_len(enum aead_id id);

/* One direction's key. `loan` is 0 when the key is new, and the pool's business afterwards. The
 * struct may be copied and moved between pools at any time: a loan that is another pool's, or out
 * of date, is noticed. A secret: aead_key_retire() wipes it. */
struct aead_key {
    enum aead_id id;
    uint8_t bytes[AEAD_KEY_LEN_MAX];
    uint32_t loan;
};

struct aead_pool;

/* Fetches the three algorithms once. `num_contexts` (1 to 4096) bounds the contexts kept for each
 * algorithm; they are made as they are needed. */
BULLA_MUST_CHECK bulla_cause aead_pool_new(struct aead_pool **out, size_t num_contexts);
void aead_pool_free(struct aead_pool *pool);

/* Wipes the key here and in the pool's context, if it still has one. Harmless on a zeroed key. A
 * context that another pool lent is wiped when that pool keys it anew or is freed. */
void aead_key_retire(struct aead_pool *pool, struct aead_key *key);

/* Seals head || tail (RFC 8446 5.2 wants content and content type in one plaintext; tail is short,
 * often one byte, and may be empty) under `nonce` of AEAD_NONCE_LEN bytes. Writes
 * head.len + tail.len + AEAD_TAG_LEN bytes to `out`, which does not overlap `head`, or begins
 * exactly where it does. No allocation once the key's context is there. */
BULLA_MUST_CHECK bulla_cause aead_seal(struct aead_pool *pool, struct aead_key *key,
                                       const uint8_t *nonce, bulla_bytes associated_data,
                                       bulla_bytes head, bulla_bytes tail, uint8_t *out);

/* Opens `len` bytes (tag included) in place. On success the plaintext is the first
 * len - AEAD_TAG_LEN bytes; on BULLA_E_RECORD_DECRYPT_FAILED the buffer has been wiped. */
BULLA_MUST_CHECK bulla_cause aead_open(struct aead_pool *pool, struct aead_key *key,
                                       const uint8_t *nonce, bulla_bytes associated_data,
                                       uint8_t *in_out, size_t len);

#endif
