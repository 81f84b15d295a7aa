/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 (RFC 8032 5.1) on messages. Only for files of this folder. */
#ifndef CRYPTO_ED25519_H
#define CRYPTO_ED25519_H

#include "crypto/libcrypto.h"

#include "base/bytes.h"
#include <bulla/error.h>
#include <openssl/evp.h>

enum { ED25519_KEY_LEN = 32, ED25519_SIGNATURE_LEN = 64 };

/* Both kinds of key are freed with EVP_PKEY_free(), which wipes a private one. */
BULLA_MUST_CHECK bulla_cause ed25519_public_new(bulla_bytes raw, EVP_PKEY **out);
BULLA_MUST_CHECK bulla_cause ed25519_private_new(bulla_bytes seed, EVP_PKEY **out);

BULLA_MUST_CHECK bulla_cause ed25519_verify(EVP_PKEY *key, bulla_bytes message,
                                            bulla_bytes signature);
/* Writes ED25519_SIGNATURE_LEN bytes. */
BULLA_MUST_CHECK bulla_cause ed25519_sign(EVP_PKEY *key, bulla_bytes message, uint8_t *out);

/* Writes ED25519_KEY_LEN bytes: the public key of a private one. */
BULLA_MUST_CHECK bulla_cause ed25519_public(const EVP_PKEY *key, uint8_t *out);

#endif
