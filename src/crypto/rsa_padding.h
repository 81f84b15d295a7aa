/* SPDX-License-Identifier: Apache-2.0 */
/* The two encodings that RSA signs (RFC 8017 section 9), over hash.h: libcrypto's own ask for their
 * hash by name at each call. Only for files of this folder. */
#ifndef CRYPTO_RSA_PADDING_H
#define CRYPTO_RSA_PADDING_H

#include "crypto/hash.h"
#include <bulla/error.h>

/* EMSA-PKCS1-v1_5 (9.2): fills `out` with `len` bytes, the modulus's length; false where they are
 * too few for the hash. */
BULLA_MUST_CHECK bool rsa_pkcs1_encode(enum hash_id hash, bulla_bytes digest, uint8_t *out,
                                       size_t len);

/* EMSA-PSS (9.1) with MGF1 over the same hash and a salt as long as the hash. The encoded message
 * has `bits` bits, one fewer than the modulus, in (bits + 7) / 8 bytes. Encoding returns false
 * where these are too few; verifying overwrites `encoded`. */
BULLA_MUST_CHECK bool rsa_pss_encode(enum hash_id hash, bulla_bytes digest, const uint8_t *salt,
                                     size_t bits, uint8_t *out);
BULLA_MUST_CHECK bool rsa_pss_verify(enum hash_id hash, bulla_bytes digest, size_t bits,
                                     uint8_t *encoded);

#endif
