/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA (FIPS 186-5 section 6) on digests. Only for files of this folder. */
#ifndef CRYPTO_ECDSA_H
#define CRYPTO_ECDSA_H

#include "crypto/curve.h"
#include "crypto/signature.h"

/* `point` as curve_point_decode() takes it. `signature` is a DER ECDSA-Sig-Value (RFC 3279 2.2.3);
 * of a digest longer than the curve's order, its leftmost bits count. EC_KEY_free() the key. */
BULLA_MUST_CHECK bulla_cause ecdsa_public_new(enum curve_id curve, bulla_bytes point, EC_KEY **out);
BULLA_MUST_CHECK bulla_cause ecdsa_verify(EC_KEY *key, bulla_bytes digest, bulla_bytes signature);

/* EC_KEY_free() the private key. `out` has room for SIGNATURE_LEN_MAX bytes. */
BULLA_MUST_CHECK bulla_cause ecdsa_private_new(enum curve_id curve, bulla_bytes scalar,
                                               EC_KEY **out);
BULLA_MUST_CHECK bulla_cause ecdsa_sign(EC_KEY *key, bulla_bytes digest, uint8_t *out,
                                        size_t *out_len);

#endif
