/* SPDX-License-Identifier: Apache-2.0 */
/* ML-KEM-768, the key encapsulation of FIPS 203, in time that depends on public values alone.
 * Randomness is handed in: the same bytes give the same keys. Called by key_exchange.c.
 *
 * Our own, because libcrypto has it from OpenSSL 3.5 on only, and because what is recorded today
 * can't wait for that. */
#ifndef CRYPTO_MLKEM_H
#define CRYPTO_MLKEM_H

#include "base/bytes.h"
#include <bulla/error.h>

enum {
    MLKEM_SEED_LEN = 64,    /* d and z of FIPS 203 7.1 */
    MLKEM_MESSAGE_LEN = 32, /* m of FIPS 203 7.2 */
    MLKEM_SECRET_LEN = 32,
    MLKEM_VECTOR_LEN = 1152, /* three polynomials of 256 coefficients of 12 bits */
    MLKEM_ENCAPSULATION_KEY_LEN = MLKEM_VECTOR_LEN + 32,
    MLKEM_CIPHERTEXT_LEN = 1088,
};

/* The decapsulation key of FIPS 203, field by field in its order. */
struct mlkem_key {
    uint8_t secret_vector[MLKEM_VECTOR_LEN];
    uint8_t encapsulation_key[MLKEM_ENCAPSULATION_KEY_LEN];
    uint8_t encapsulation_key_hash[32];
    uint8_t rejection_seed[32];
};

/* ML-KEM.KeyGen_internal of a seed: MLKEM_SEED_LEN random bytes. */
void mlkem_keygen(struct mlkem_key *out, const uint8_t *seed);

/* ML-KEM.Encaps_internal of MLKEM_MESSAGE_LEN random bytes. BULLA_E_KEY_SHARE_INVALID where the key
 * has the wrong length, or a coefficient that is not below the modulus (FIPS 203 7.2). */
BULLA_MUST_CHECK bulla_cause mlkem_encapsulate(bulla_bytes encapsulation_key,
                                               const uint8_t *message, uint8_t *out_ciphertext,
                                               uint8_t *out_secret);

/* ML-KEM.Decaps_internal. BULLA_E_KEY_SHARE_INVALID where the ciphertext has the wrong length (FIPS
 * 203 7.3); one that was altered leads to a secret that nobody else knows. */
BULLA_MUST_CHECK bulla_cause mlkem_decapsulate(const struct mlkem_key *key, bulla_bytes ciphertext,
                                               uint8_t *out_secret);

#endif
