/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1 and SHA-2 (FIPS 180-4) over libcrypto's low-level contexts, which live in the caller's
 * struct hash. Nothing here can fail: an id outside the enumeration is a programmer's error and
 * aborts. Called by hkdf.c, rsa.c and signature.c, and by the transcript and key schedules above.
 */
#include "crypto/libcrypto.h"

#include "crypto/hash.h"

#include <openssl/sha.h>
#include <stdlib.h>

_Static_assert(sizeof(SHA_CTX) <= sizeof((struct hash){0}.state), "SHA-1 state fits");
_Static_assert(sizeof(SHA256_CTX) <= sizeof((struct hash){0}.state), "SHA-256 state fits");
_Static_assert(sizeof(SHA512_CTX) <= sizeof((struct hash){0}.state), "SHA-512 state fits");
_Static_assert(_Alignof(SHA512_CTX) <= 8, "the state is aligned for each of them");

/* The state as each algorithm's own type. Only libcrypto, in other translation units, reads
 * through these pointers. */
static void *state_of(struct hash *hash);

size_t hash_len(enum hash_id id) {
    switch (id) {
    case HASH_SHA1:
        return SHA_DIGEST_LENGTH;
    case HASH_SHA256:
        return SHA256_DIGEST_LENGTH;
    case HASH_SHA384:
        return SHA384_DIGEST_LENGTH;
    case HASH_SHA512:
        return SHA512_DIGEST_LENGTH;
    case HASH_INVALID:
        break;
    }
    abort();
}

size_t hash_block_len(enum hash_id id) {
    return id == HASH_SHA384 || id == HASH_SHA512 ? SHA512_CBLOCK : SHA256_CBLOCK;
}

void hash_start(struct hash *hash, enum hash_id id) {
    hash->id = id;
    switch (id) {
    case HASH_SHA1:
        (void)SHA1_Init(state_of(hash));
        return;
    case HASH_SHA256:
        (void)SHA256_Init(state_of(hash));
        return;
    case HASH_SHA384:
        (void)SHA384_Init(state_of(hash));
        return;
    case HASH_SHA512:
        (void)SHA512_Init(state_of(hash));
        return;
    case HASH_INVALID:
        break;
    }
    abort();
}

void hash_update(struct hash *hash, bulla_bytes bytes) {
    switch (hash->id) {
    case HASH_SHA1:
        (void)SHA1_Update(state_of(hash), bytes.data, bytes.len);
        return;
    case HASH_SHA256:
        (void)SHA256_Update(state_of(hash), bytes.data, bytes.len);
        return;
    case HASH_SHA384:
    case HASH_SHA512:
        (void)SHA512_Update(state_of(hash), bytes.data, bytes.len);
        return;
    case HASH_INVALID:
        break;
    }
    abort();
}

void hash_finish(struct hash *hash, uint8_t *out) {
    switch (hash->id) {
    case HASH_SHA1:
        (void)SHA1_Final(out, state_of(hash));
        break;
    case HASH_SHA256:
        (void)SHA256_Final(out, state_of(hash));
        break;
    case HASH_SHA384:
        (void)SHA384_Final(out, state_of(hash));
        break;
    case HASH_SHA512:
        (void)SHA512_Final(out, state_of(hash));
        break;
    case HASH_INVALID:
        abort();
    }
    bytes_wipe(hash, sizeof *hash);
}

void hash_peek(const struct hash *hash, uint8_t *out) {
    struct hash fork = *hash;
    hash_finish(&fork, out);
}

void hash_once(enum hash_id id, bulla_bytes bytes, uint8_t *out) {
    struct hash hash;
    hash_start(&hash, id);
    hash_update(&hash, bytes);
    hash_finish(&hash, out);
}

static void *state_of(struct hash *hash) {
    return hash->state;
}
