/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA: verification by the steps of FIPS 186-5 6.4.2 over a shared group, signing by libcrypto.
 *
 * What is verified is public, which libcrypto makes no use of: in constant time it inverts s and
 * divides the resulting point by its Z. Here s is inverted in variable time, and x coordinates are
 * compared without dividing, which together saves a tenth or more of a verification on P-256; and
 * without an EC_KEY, which would copy the group for each key, a third of the allocations. Signing
 * handles secrets: all of it is left to libcrypto. Refuses signatures that are not DER to the
 * letter. Called by signature.c. */
#include "crypto/ecdsa.h"

#include "base/reader.h"
#include "crypto/modular_inverse.h"

#include <openssl/ecdsa.h>

/* The four numbers of a verification, from one BN_CTX frame. */
struct verification {
    const EC_GROUP *group;
    BN_CTX *context;
    BIGNUM *r, *s;   /* the signature; s is then replaced by its inverse */
    BIGNUM *u1, *u2; /* what the generator and the public key are multiplied with */
};

static bulla_cause verify_in_frame(struct verification *verification, const EC_POINT *key,
                                   bulla_bytes digest, bulla_bytes signature);

/* Reads r and s from DER; false where the form is wrong or one is not 1 to n-1. */
static bool read_signature(struct verification *verification, bulla_bytes signature);
static bool read_length(struct reader *reader, size_t *out);
static bool read_unsigned(struct reader *reader, bulla_bytes *out);
static bool in_range(const BIGNUM *number, const BIGNUM *order);

/* u1 = e/s and u2 = r/s modulo the order. */
static bool compute_factors(struct verification *verification, bulla_bytes digest);

/* True where the point's x coordinate, modulo the order, is r. */
static bool x_is_r(const struct verification *verification, const EC_POINT *point);

bulla_cause ecdsa_public_new(enum curve_id curve, bulla_bytes point, EC_POINT **out) {
    BN_CTX *context = BN_CTX_new();
    if (context == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause = curve_point_decode(curve, point, context, out);
    BN_CTX_free(context);
    return cause;
}

bulla_cause ecdsa_verify(enum curve_id curve, const EC_POINT *key, bulla_bytes digest,
                         bulla_bytes signature) {
    BN_CTX *context = BN_CTX_new();
    if (context == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    BN_CTX_start(context);
    struct verification verification = {
        .group = curve_group(curve),
        .context = context,
        .r = BN_CTX_get(context),
        .s = BN_CTX_get(context),
        .u1 = BN_CTX_get(context),
        .u2 = BN_CTX_get(context),
    };
    bulla_cause cause = BULLA_E_OUT_OF_MEMORY;
    if (verification.u2 != NULL) {
        cause = verify_in_frame(&verification, key, digest, signature);
    }
    BN_CTX_end(context);
    BN_CTX_free(context);
    return cause;
}

bulla_cause ecdsa_private_new(enum curve_id curve, bulla_bytes scalar, EC_KEY **out) {
    BIGNUM *number = NULL;
    bulla_cause cause = curve_scalar_decode(curve, scalar, &number);
    if (cause != BULLA_OK) {
        return cause;
    }
    EC_POINT *point = curve_point_of_scalar(curve, number, NULL);
    EC_KEY *key = EC_KEY_new();
    if (point != NULL && key != NULL && EC_KEY_set_group(key, curve_group(curve)) == 1 &&
        EC_KEY_set_private_key(key, number) == 1 && EC_KEY_set_public_key(key, point) == 1) {
        *out = key;
    } else {
        EC_KEY_free(key);
        cause = BULLA_E_CRYPTO_FAILED;
    }
    EC_POINT_clear_free(point);
    BN_clear_free(number);
    return cause;
}

bulla_cause ecdsa_sign(EC_KEY *key, bulla_bytes digest, uint8_t *out, size_t *out_len) {
    unsigned len = 0;
    if (ECDSA_sign(0, digest.data, (int)digest.len, out, &len, key) != 1) {
        return BULLA_E_SIGNING_FAILED;
    }
    *out_len = len;
    return BULLA_OK;
}

static bulla_cause verify_in_frame(struct verification *verification, const EC_POINT *key,
                                   bulla_bytes digest, bulla_bytes signature) {
    if (!read_signature(verification, signature)) {
        return BULLA_E_SIGNATURE_INVALID;
    }
    EC_POINT *point = EC_POINT_new(verification->group);
    if (point == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause = BULLA_E_CRYPTO_FAILED;
    if (compute_factors(verification, digest) &&
        EC_POINT_mul(verification->group, point, verification->u1, key, verification->u2,
                     verification->context) == 1) {
        cause = x_is_r(verification, point) ? BULLA_OK : BULLA_E_SIGNATURE_INVALID;
    }
    EC_POINT_free(point);
    return cause;
}

static bool read_signature(struct verification *verification, bulla_bytes signature) {
    const BIGNUM *order = EC_GROUP_get0_order(verification->group);
    struct reader reader = reader_over(signature);
    bulla_bytes r;
    bulla_bytes s;
    uint8_t tag;
    size_t len;
    return reader_u8(&reader, &tag) && tag == 0x30 && read_length(&reader, &len) &&
           len == reader.left && read_unsigned(&reader, &r) && read_unsigned(&reader, &s) &&
           reader_at_end(&reader) && BN_bin2bn(r.data, (int)r.len, verification->r) != NULL &&
           BN_bin2bn(s.data, (int)s.len, verification->s) != NULL &&
           in_range(verification->r, order) && in_range(verification->s, order);
}

/* One byte, or 81 and one byte: two integers modulo P-521's order have 138 bytes at most. */
static bool read_length(struct reader *reader, size_t *out) {
    uint8_t len;
    if (!reader_u8(reader, &len)) {
        return false;
    }
    if (len == 0x81 && (!reader_u8(reader, &len) || len < 0x80)) {
        return false;
    }
    *out = len;
    return true;
}

/* An INTEGER, not negative and without needless leading zeros. */
static bool read_unsigned(struct reader *reader, bulla_bytes *out) {
    uint8_t tag;
    uint8_t len;
    if (!reader_u8(reader, &tag) || tag != 0x02 || !reader_u8(reader, &len) || len == 0 ||
        len >= 0x80 || !reader_bytes(reader, len, out)) {
        return false;
    }
    bool negative = out->data[0] >= 0x80;
    bool padded = out->len > 1 && out->data[0] == 0 && out->data[1] < 0x80;
    return !negative && !padded;
}

static bool in_range(const BIGNUM *number, const BIGNUM *order) {
    return !BN_is_zero(number) && BN_ucmp(number, order) < 0;
}

static bool compute_factors(struct verification *verification, bulla_bytes digest) {
    const BIGNUM *order = EC_GROUP_get0_order(verification->group);
    BN_CTX *context = verification->context;
    BIGNUM *u1 = verification->u1;
    BIGNUM *inverse = verification->s;
    /* The orders of P-256 and P-384 have whole bytes, and no digest is longer than P-521's. */
    size_t order_len = (size_t)BN_num_bytes(order);
    int digest_len = (int)(digest.len < order_len ? digest.len : order_len);
    return BN_bin2bn(digest.data, digest_len, u1) != NULL &&
           modular_inverse(inverse, verification->s, order, context) &&
           BN_mod_mul(u1, u1, inverse, order, context) == 1 &&
           BN_mod_mul(verification->u2, verification->r, inverse, order, context) == 1;
}

/* The point is held as X and Z with x = X / Z^2 modulo p, so that x = v where X = v * Z^2. The
 * candidates for v are r, and r + n where that is below p. */
static bool x_is_r(const struct verification *verification, const EC_POINT *point) {
    const EC_GROUP *group = verification->group;
    BN_CTX *context = verification->context;
    const BIGNUM *p = EC_GROUP_get0_field(group);
    if (EC_POINT_is_at_infinity(group, point)) {
        return false;
    }
    bool equal = false;
    BN_CTX_start(context);
    BIGNUM *x = BN_CTX_get(context);
    BIGNUM *z = BN_CTX_get(context);
    BIGNUM *v = BN_CTX_get(context);
    BIGNUM *product = BN_CTX_get(context);
    if (product != NULL &&
        EC_POINT_get_Jprojective_coordinates_GFp(group, point, x, NULL, z, context) == 1 &&
        BN_mod_sqr(z, z, p, context) == 1 && BN_copy(v, verification->r) != NULL) {
        while (!equal && BN_ucmp(v, p) < 0 && BN_mod_mul(product, v, z, p, context) == 1) {
            equal = BN_ucmp(product, x) == 0;
            if (BN_add(v, v, EC_GROUP_get0_order(group)) != 1) {
                break;
            }
        }
    }
    BN_CTX_end(context);
    return equal;
}
