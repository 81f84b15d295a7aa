/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA by libcrypto's EC_KEY over the shared groups of curve.c: of its doors the one that costs a
 * key the least (2 us, against 15 for EVP_PKEY_fromdata and 105 for the generic decoder of OpenSSL
 * 3.0). Signatures that are not DER to the letter are refused by ECDSA_verify(), which encodes them
 * anew and compares. Called by signature.c. */
#include "crypto/ecdsa.h"

#include <openssl/ecdsa.h>

bulla_cause ecdsa_public_new(enum curve_id curve, bulla_bytes point, EC_KEY **out) {
    EC_POINT *decoded = NULL;
    bulla_cause cause = curve_point_decode(curve, point, NULL, &decoded);
    if (cause != BULLA_OK) {
        return cause;
    }
    EC_KEY *key = EC_KEY_new();
    if (key != NULL && EC_KEY_set_group(key, curve_group(curve)) == 1 &&
        EC_KEY_set_public_key(key, decoded) == 1) {
        *out = key;
    } else {
        EC_KEY_free(key);
        cause = BULLA_E_CRYPTO_FAILED;
    }
    EC_POINT_free(decoded);
    return cause;
}

bulla_cause ecdsa_verify(EC_KEY *key, bulla_bytes digest, bulla_bytes signature) {
    if (signature.len > SIGNATURE_LEN_MAX) {
        return BULLA_E_SIGNATURE_INVALID;
    }
    return ECDSA_verify(0, digest.data, (int)digest.len, signature.data, (int)signature.len, key) ==
                   1
               ? BULLA_OK
               : BULLA_E_SIGNATURE_INVALID;
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
