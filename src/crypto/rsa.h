/* SPDX-License-Identifier: Apache-2.0 */
/* RSA signatures (RFC 8017 section 8) on digests. Only for files of this folder. */
#ifndef CRYPTO_RSA_H
#define CRYPTO_RSA_H

#include "crypto/libcrypto.h"

#include "crypto/signature.h"
#include <openssl/rsa.h>

/* Both kinds of key are freed with RSA_free(), which wipes a private one. */
BULLA_MUST_CHECK bulla_cause rsa_public_new(bulla_bytes modulus, bulla_bytes exponent, RSA **out);
BULLA_MUST_CHECK bulla_cause rsa_private_new(const struct rsa_numbers *numbers, RSA **out);

/* `kind` is SIGNATURE_RSA_PKCS1 or SIGNATURE_RSA_PSS. */
BULLA_MUST_CHECK bulla_cause rsa_verify(RSA *key, enum signature_kind kind, enum hash_id hash,
                                        bulla_bytes digest, bulla_bytes signature);

/* Writes RSA_size() bytes. BULLA_E_KEY_UNSUPPORTED where the modulus is too short for the hash. */
BULLA_MUST_CHECK bulla_cause rsa_sign(RSA *key, enum signature_kind kind, enum hash_id hash,
                                      bulla_bytes digest, uint8_t *out);

#endif
