/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes. The state lives in the caller's struct, so that copying one (a transcript forked for a
 * Finished) is an assignment, and nothing is allocated or fetched. */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "base/bytes.h"

enum hash_id {
    HASH_INVALID = 0,
    HASH_SHA1, /* for identifiers (RFC 5280 4.2.1.2), never under a signature */
    HASH_SHA256,
    HASH_SHA384,
    HASH_SHA512,
};

enum { HASH_LEN_MAX = 64, HASH_BLOCK_LEN_MAX = 128 };

struct hash {
    enum hash_id id;
    _Alignas(8) uint8_t state[216];
};

/* Bytes of output, and of one block. */
size_t hash_len(enum hash_id id);
size_t hash_block_len(enum hash_id id);

void hash_start(struct hash *hash, enum hash_id id);
void hash_update(struct hash *hash, bulla_bytes bytes);
/* Writes hash_len() bytes and wipes the state. */
void hash_finish(struct hash *hash, uint8_t *out);
/* The digest of what was hashed so far; the state stays as it is. */
void hash_peek(const struct hash *hash, uint8_t *out);
void hash_once(enum hash_id id, bulla_bytes bytes, uint8_t *out);

#endif
