/* SPDX-License-Identifier: Apache-2.0 */
/* The X25519 function of RFC 7748 section 5, for one scalar and several points. Only for files of
 * this folder. */
#ifndef CRYPTO_X25519_H
#define CRYPTO_X25519_H

#include "crypto/libcrypto.h"

#include "base/bytes.h"
#include <bulla/error.h>
#include <openssl/evp.h>

enum { X25519_LEN = 32 };

/* Readies `scalar` (X25519_LEN bytes, clamped in use) and a first `point`, for x25519_at_first();
 * without one (NULL) that is the base point. x25519_free() wipes the scalar. */
BULLA_MUST_CHECK bulla_cause x25519_new(EVP_PKEY_CTX **out, const uint8_t *scalar,
                                        const uint8_t *point);
void x25519_free(EVP_PKEY_CTX *exchange);

/* The scalar's public share: X25519 at the base point. */
BULLA_MUST_CHECK bulla_cause x25519_at_base(EVP_PKEY_CTX *exchange, uint8_t *out);

/* X25519 at the point given to x25519_new(), and at another. BULLA_E_KEY_SHARE_INVALID where the
 * result is all zeros (RFC 8446 7.4.2). */
BULLA_MUST_CHECK bulla_cause x25519_at_first(EVP_PKEY_CTX *exchange, uint8_t *out);
BULLA_MUST_CHECK bulla_cause x25519_at(EVP_PKEY_CTX *exchange, const uint8_t *point, uint8_t *out);

#endif
