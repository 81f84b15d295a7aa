/* SPDX-License-Identifier: Apache-2.0 */
/* The X25519 function of RFC 7748 section 5. Only for files of this folder. */
#ifndef CRYPTO_X25519_H
#define CRYPTO_X25519_H

#include "crypto/libcrypto.h"

#include "base/bytes.h"
#include <bulla/error.h>
#include <openssl/evp.h>

enum { X25519_LEN = 32 };

/* Takes `scalar` (X25519_LEN bytes, clamped in use) for a private key and writes its public share.
 * EVP_PKEY_CTX_free() wipes the scalar. */
BULLA_MUST_CHECK bulla_cause x25519_new(EVP_PKEY_CTX **out, const uint8_t *scalar,
                                        uint8_t *out_share);

/* X25519 at the other side's point. `peer` is libcrypto's object for that point: made where it is
 * NULL, else used again, since making one costs as much as ten hashes. BULLA_E_KEY_SHARE_INVALID
 * where the result is all zeros (RFC 8446 7.4.2). */
BULLA_MUST_CHECK bulla_cause x25519_at(EVP_PKEY_CTX *key, EVP_PKEY **peer, const uint8_t *point,
                                       uint8_t *out);

/* Both at once, where the other side's point is there first. */
BULLA_MUST_CHECK bulla_cause x25519_answer(const uint8_t *scalar, const uint8_t *point,
                                           uint8_t *out_share, uint8_t *out);

#endif
