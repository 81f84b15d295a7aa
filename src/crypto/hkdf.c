/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC (RFC 2104) and HKDF (RFC 5869), by hand over the states of hash.c: a keyed state is a
 * struct that is copied, so that a MAC of a short message costs two compressions and nothing else.
 * Asking hkdf_expand() for more than 255 blocks is a programmer's error and aborts. Called by the
 * key schedules, for Finished and by session tickets. */
#include "crypto/hkdf.h"

#include <stdlib.h>

enum { INNER_PAD = 0x36, OUTER_PAD = 0x5c };

/* Turns what `inner` has hashed into the MAC, and wipes it. */
static void hmac_close(const struct hmac_key *key, struct hash *inner, uint8_t *out);

/* XORs `pad` into each byte of `block` and starts `hash` with as much of it as a block has. */
static void start_padded(struct hash *hash, enum hash_id id, uint8_t *block, uint8_t pad);

void hmac_key_set(struct hmac_key *key, enum hash_id id, bulla_bytes secret) {
    uint8_t block[HASH_BLOCK_LEN_MAX] = {0};
    if (secret.len > hash_block_len(id)) {
        hash_once(id, secret, block);
    } else {
        bytes_copy(block, sizeof block, secret);
    }
    start_padded(&key->inner, id, block, INNER_PAD);
    start_padded(&key->outer, id, block, INNER_PAD ^ OUTER_PAD); /* the inner one is in it */
    bytes_wipe(block, sizeof block);
}

void hmac(const struct hmac_key *key, bulla_bytes message, uint8_t *out) {
    struct hash inner = key->inner;
    hash_update(&inner, message);
    hmac_close(key, &inner, out);
}

void hmac_once(enum hash_id id, bulla_bytes secret, bulla_bytes message, uint8_t *out) {
    struct hmac_key key;
    hmac_key_set(&key, id, secret);
    hmac(&key, message, out);
    bytes_wipe(&key, sizeof key);
}

void hkdf_extract(enum hash_id id, bulla_bytes salt, bulla_bytes input_key, uint8_t *out) {
    /* HMAC pads its key with zeros, so that no salt is the same key as hash_len() zeros. */
    hmac_once(id, salt, input_key, out);
}

void hkdf_expand(const struct hmac_key *pseudorandom_key, bulla_bytes info, uint8_t *out,
                 size_t len) {
    size_t block_len = hash_len(pseudorandom_key->inner.id);
    if (len > 255 * block_len) {
        abort();
    }
    uint8_t block[HASH_LEN_MAX];
    size_t written = 0;
    for (uint8_t counter = 1; written < len; counter++) {
        struct hash inner = pseudorandom_key->inner;
        if (counter > 1) {
            hash_update(&inner, bytes_of(block, block_len));
        }
        hash_update(&inner, info);
        hash_update(&inner, bytes_of(&counter, 1));
        hmac_close(pseudorandom_key, &inner, block);

        size_t take = len - written < block_len ? len - written : block_len;
        bytes_copy(out + written, len - written, bytes_of(block, take));
        written += take;
    }
    bytes_wipe(block, sizeof block);
}

static void hmac_close(const struct hmac_key *key, struct hash *inner, uint8_t *out) {
    uint8_t digest[HASH_LEN_MAX];
    size_t digest_len = hash_len(key->inner.id);
    struct hash outer = key->outer;
    hash_finish(inner, digest);
    hash_update(&outer, bytes_of(digest, digest_len));
    hash_finish(&outer, out);
    bytes_wipe(digest, sizeof digest);
}

static void start_padded(struct hash *hash, enum hash_id id, uint8_t *block, uint8_t pad) {
    for (size_t i = 0; i < HASH_BLOCK_LEN_MAX; i++) {
        block[i] ^= pad;
    }
    hash_start(hash, id);
    hash_update(hash, bytes_of(block, hash_block_len(id)));
}
