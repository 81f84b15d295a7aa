/* SPDX-License-Identifier: Apache-2.0 */
/* The inverse of a public number, for verifying ECDSA. Only for files of this folder. */
#ifndef CRYPTO_MODULAR_INVERSE_H
#define CRYPTO_MODULAR_INVERSE_H

#include "crypto/libcrypto.h"

#include "base/bytes.h"
#include <openssl/bn.h>

/* Writes the inverse of `number` modulo `modulus` to `out`, which may be `number`. Takes a time
 * that depends on the number: never for secrets. `modulus` is odd, has at most 521 bits and is
 * above `number`, which is above zero. False where there is no inverse or memory was short. */
BULLA_MUST_CHECK bool modular_inverse(BIGNUM *out, const BIGNUM *number, const BIGNUM *modulus,
                                      BN_CTX *context);

#endif
