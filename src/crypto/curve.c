/* SPDX-License-Identifier: Apache-2.0 */
/* P-256, P-384 and P-521 (NIST SP 800-186) over libcrypto's points and numbers. Refuses every
 * encoding but the uncompressed one (RFC 8446 4.2.8.2, RFC 8422 5.1.1) and, as libcrypto decodes,
 * every point that is not on the curve; the cofactor is 1, so that suffices (NIST SP 800-56A
 * 5.6.2.3.3). Called by key_exchange.c and ecdsa.c. */
#include "crypto/curve.h"

#include <openssl/crypto.h>
#include <openssl/obj_mac.h>

enum { NUM_CURVES = 3, UNCOMPRESSED = 4, COMPRESSED_EVEN = 2, COMPRESSED_ODD = 3 };

/* A source that gives this many scalars in a row that are too large is no random source: on each
 * of the curves one in 2^32 or fewer is. */
enum { SCALAR_DRAWS_MAX = 32 };

struct curve {
    int nid;
    unsigned bits;
};

static const struct curve curves[NUM_CURVES] = {
    [CURVE_P256] = {NID_X9_62_prime256v1, 256},
    [CURVE_P384] = {NID_secp384r1, 384},
    [CURVE_P521] = {NID_secp521r1, 521},
};

/* Making a group costs 11 us and 91 allocations, a sixth of a verification. So each is made once
 * in the process's life and never changed or freed: the one table, with the one in x25519.c, that
 * this library keeps outside the caller's objects. */
static CRYPTO_ONCE groups_once = CRYPTO_ONCE_STATIC_INIT;
static EC_GROUP *groups[NUM_CURVES];

static void make_groups(void);

/* True where 1 <= scalar < n. */
static bool scalar_in_range(enum curve_id id, const BIGNUM *scalar);

unsigned curve_bits(enum curve_id id) {
    return curves[id].bits;
}

size_t curve_scalar_len(enum curve_id id) {
    return (curves[id].bits + 7) / 8;
}

size_t curve_point_len(enum curve_id id) {
    return 1 + 2 * curve_scalar_len(id);
}

const EC_GROUP *curve_group(enum curve_id id) {
    return CRYPTO_THREAD_run_once(&groups_once, make_groups) == 1 ? groups[id] : NULL;
}

bulla_cause curve_point_decode(enum curve_id id, bulla_bytes encoded, BN_CTX *context,
                               EC_POINT **out) {
    const EC_GROUP *group = curve_group(id);
    if (encoded.len == 1 + curve_scalar_len(id) &&
        (encoded.data[0] == COMPRESSED_EVEN || encoded.data[0] == COMPRESSED_ODD)) {
        return BULLA_E_KEY_UNSUPPORTED;
    }
    if (encoded.len != curve_point_len(id) || encoded.data[0] != UNCOMPRESSED) {
        return BULLA_E_KEY_MALFORMED;
    }
    EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
    if (point == NULL) {
        return BULLA_E_CRYPTO_FAILED;
    }
    if (EC_POINT_oct2point(group, point, encoded.data, encoded.len, context) != 1) {
        EC_POINT_free(point);
        return BULLA_E_KEY_MALFORMED;
    }
    *out = point;
    return BULLA_OK;
}

bulla_cause curve_scalar_draw(enum curve_id id, const struct random_source *random,
                              uint8_t *out_bytes, BIGNUM **out) {
    size_t len = curve_scalar_len(id);
    uint8_t first_byte_mask = (uint8_t)(0xff >> (8 * len - curves[id].bits));
    for (int draw = 0; draw < SCALAR_DRAWS_MAX; draw++) {
        if (!random_fill(random, out_bytes, len)) {
            return BULLA_E_RANDOM_FAILED;
        }
        out_bytes[0] &= first_byte_mask;
        bulla_cause cause = curve_scalar_decode(id, bytes_of(out_bytes, len), out);
        if (cause != BULLA_E_KEY_MALFORMED) {
            return cause;
        }
    }
    return BULLA_E_RANDOM_FAILED;
}

bulla_cause curve_scalar_decode(enum curve_id id, bulla_bytes encoded, BIGNUM **out) {
    if (encoded.len != curve_scalar_len(id)) {
        return BULLA_E_KEY_MALFORMED;
    }
    BIGNUM *scalar = BN_bin2bn(encoded.data, (int)encoded.len, NULL);
    if (scalar == NULL || curve_group(id) == NULL) {
        BN_clear_free(scalar);
        return BULLA_E_CRYPTO_FAILED;
    }
    BN_set_flags(scalar, BN_FLG_CONSTTIME);
    if (!scalar_in_range(id, scalar)) {
        BN_clear_free(scalar);
        return BULLA_E_KEY_MALFORMED;
    }
    *out = scalar;
    return BULLA_OK;
}

EC_POINT *curve_point_of_scalar(enum curve_id id, const BIGNUM *scalar, BN_CTX *context) {
    const EC_GROUP *group = curve_group(id);
    EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
    if (point != NULL && EC_POINT_mul(group, point, scalar, NULL, NULL, context) != 1) {
        EC_POINT_clear_free(point);
        return NULL;
    }
    return point;
}

bulla_cause curve_shared_x(enum curve_id id, const BIGNUM *scalar, const EC_POINT *point,
                           BN_CTX *context, uint8_t *out) {
    const EC_GROUP *group = curve_group(id);
    EC_POINT *product = EC_POINT_new(group);
    BIGNUM *x = BN_new();
    int len = (int)curve_scalar_len(id);
    bool done = product != NULL && x != NULL &&
                EC_POINT_mul(group, product, NULL, point, scalar, context) == 1 &&
                EC_POINT_get_affine_coordinates(group, product, x, NULL, context) == 1 &&
                BN_bn2binpad(x, out, len) == len;
    BN_clear_free(x);
    EC_POINT_clear_free(product);
    return done ? BULLA_OK : BULLA_E_CRYPTO_FAILED;
}

bulla_cause curve_point_encode(enum curve_id id, const EC_POINT *point, BN_CTX *context,
                               uint8_t *out) {
    size_t len = curve_point_len(id);
    return EC_POINT_point2oct(curve_group(id), point, POINT_CONVERSION_UNCOMPRESSED, out, len,
                              context) == len
               ? BULLA_OK
               : BULLA_E_CRYPTO_FAILED;
}

static void make_groups(void) {
    for (size_t i = 0; i < NUM_CURVES; i++) {
        groups[i] = EC_GROUP_new_by_curve_name(curves[i].nid);
    }
}

static bool scalar_in_range(enum curve_id id, const BIGNUM *scalar) {
    return !BN_is_zero(scalar) && BN_ucmp(scalar, EC_GROUP_get0_order(groups[id])) < 0;
}
