/* SPDX-License-Identifier: Apache-2.0 */
/* The NIST curves as key exchange and ECDSA need them: shared groups, and points and scalars in
 * the fixed-length forms of the wire. Only for files of this folder. */
#ifndef CRYPTO_CURVE_H
#define CRYPTO_CURVE_H

#include "crypto/libcrypto.h"

#include "base/random.h"
#include <bulla/error.h>
#include <openssl/bn.h>
#include <openssl/ec.h>

enum curve_id { CURVE_P256, CURVE_P384, CURVE_P521 };

/* Bytes of a coordinate and of a scalar (those of P-521), and of a point, 04 || x || y. */
enum { CURVE_SCALAR_LEN_MAX = 66, CURVE_POINT_LEN_MAX = 1 + 2 * CURVE_SCALAR_LEN_MAX };

unsigned curve_bits(enum curve_id id);

/* Bytes of a coordinate or a scalar, and of an uncompressed point. */
size_t curve_scalar_len(enum curve_id id);
size_t curve_point_len(enum curve_id id);

/* The curve's group, shared by all threads, which do not change it; NULL where libcrypto could not
 * make it. */
const EC_GROUP *curve_group(enum curve_id id);

/* Decodes an uncompressed point on the curve; EC_POINT_free() it. BULLA_E_KEY_UNSUPPORTED for
 * another form, BULLA_E_KEY_MALFORMED for a wrong length or a point that is not on the curve. */
BULLA_MUST_CHECK bulla_cause curve_point_decode(enum curve_id id, bulla_bytes encoded,
                                                BN_CTX *context, EC_POINT **out);

/* Draws a scalar from 1 to n-1 by rejection and writes its curve_scalar_len() bytes; `out` is the
 * same as a number, as from curve_scalar_decode(). */
BULLA_MUST_CHECK bulla_cause curve_scalar_draw(enum curve_id id, const struct random_source *random,
                                               uint8_t *out_bytes, BIGNUM **out);

/* The scalar's number, marked for constant-time use; BN_clear_free() it. BULLA_E_KEY_MALFORMED
 * where the length is wrong or the value is not 1 to n-1. */
BULLA_MUST_CHECK bulla_cause curve_scalar_decode(enum curve_id id, bulla_bytes encoded,
                                                 BIGNUM **out);

/* scalar * generator, for secret scalars; EC_POINT_clear_free() it. NULL where libcrypto failed. */
BULLA_MUST_CHECK EC_POINT *curve_point_of_scalar(enum curve_id id, const BIGNUM *scalar,
                                                 BN_CTX *context);

/* Writes the x coordinate, with its leading zeros, of scalar * point, for secret scalars. */
BULLA_MUST_CHECK bulla_cause curve_shared_x(enum curve_id id, const BIGNUM *scalar,
                                            const EC_POINT *point, BN_CTX *context, uint8_t *out);

/* Writes curve_point_len() bytes. */
BULLA_MUST_CHECK bulla_cause curve_point_encode(enum curve_id id, const EC_POINT *point,
                                                BN_CTX *context, uint8_t *out);

#endif
