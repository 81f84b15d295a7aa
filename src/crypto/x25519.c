/* SPDX-License-Identifier: Apache-2.0 */
/* X25519 (RFC 7748) through EVP, its only door in OpenSSL, by the shortest way found: keys are
 * imported and copied from objects that were made once, so that nothing is looked up by name but
 * the exchange method, in EVP_PKEY_derive_init(), which can't be told otherwise.
 *
 * A share is X25519 at the base point, RFC 7748 6.1, by the same function as a secret. libcrypto
 * would also compute it while it imports a scalar, but with a slower routine: so it is given a
 * point that comes with the scalar, which makes the object a pair of factors, no pair of keys.
 *
 * Refuses the all-zero result. Called by key_exchange.c. */
#include "crypto/x25519.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>

/* What every exchange starts from, made once in the process's life and only read (copied, counted)
 * afterwards: making them anew would cost each exchange four look-ups by name. */
static CRYPTO_ONCE base_once = CRYPTO_ONCE_STATIC_INIT;
static EVP_PKEY *base_key;         /* the base point as a public key */
static EVP_PKEY_CTX *base_context; /* a context for X25519, in no operation yet */

static const uint8_t base_point[X25519_LEN] = {9};

static void make_base(void);

/* A context that multiplies `scalar`, and a key that holds `point`. NULL where it failed. */
static EVP_PKEY_CTX *multiplier_new(const uint8_t *scalar, const uint8_t *point);
static EVP_PKEY *import(const uint8_t *scalar, const uint8_t *point);

/* The context's scalar at the point of `peer`. */
static bulla_cause multiply(EVP_PKEY_CTX *context, EVP_PKEY *peer, uint8_t *out);

bulla_cause x25519_new(EVP_PKEY_CTX **out, const uint8_t *scalar, uint8_t *out_share) {
    EVP_PKEY_CTX *context = multiplier_new(scalar, base_point);
    if (context == NULL || multiply(context, base_key, out_share) != BULLA_OK) {
        EVP_PKEY_CTX_free(context);
        return BULLA_E_CRYPTO_FAILED;
    }
    *out = context;
    return BULLA_OK;
}

bulla_cause x25519_at(EVP_PKEY_CTX *key, EVP_PKEY **peer, const uint8_t *point, uint8_t *out) {
    if (*peer == NULL) {
        *peer = EVP_PKEY_dup(base_key);
    }
    if (*peer == NULL || EVP_PKEY_set1_encoded_public_key(*peer, point, X25519_LEN) != 1) {
        return BULLA_E_CRYPTO_FAILED;
    }
    return multiply(key, *peer, out);
}

bulla_cause x25519_answer(const uint8_t *scalar, const uint8_t *point, uint8_t *out_share,
                          uint8_t *out) {
    EVP_PKEY_CTX *context = multiplier_new(scalar, point);
    bulla_cause cause = BULLA_E_CRYPTO_FAILED;
    if (context != NULL && multiply(context, base_key, out_share) == BULLA_OK) {
        cause = multiply(context, EVP_PKEY_CTX_get0_pkey(context), out);
    }
    EVP_PKEY_CTX_free(context);
    return cause;
}

static EVP_PKEY_CTX *multiplier_new(const uint8_t *scalar, const uint8_t *point) {
    if (CRYPTO_THREAD_run_once(&base_once, make_base) != 1 || base_context == NULL) {
        return NULL;
    }
    EVP_PKEY *factors = import(scalar, point);
    EVP_PKEY_CTX *context =
        factors == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, factors, NULL);
    EVP_PKEY_free(factors); /* the context has a reference of its own */
    if (context != NULL && EVP_PKEY_derive_init(context) != 1) {
        EVP_PKEY_CTX_free(context);
        return NULL;
    }
    return context;
}

static EVP_PKEY *import(const uint8_t *scalar, const uint8_t *point) {
    /* Copies, because OSSL_PARAM has no pointer to const. */
    uint8_t scalar_copy[X25519_LEN], point_copy[X25519_LEN];
    bytes_copy(scalar_copy, sizeof scalar_copy, bytes_of(scalar, X25519_LEN));
    bytes_copy(point_copy, sizeof point_copy, bytes_of(point, X25519_LEN));
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, scalar_copy, sizeof scalar_copy),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point_copy, sizeof point_copy),
        OSSL_PARAM_END,
    };
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *importer = EVP_PKEY_CTX_dup(base_context);
    if (importer != NULL && EVP_PKEY_fromdata_init(importer) == 1) {
        (void)EVP_PKEY_fromdata(importer, &key, EVP_PKEY_KEYPAIR, parameters);
    }
    EVP_PKEY_CTX_free(importer);
    bytes_wipe(scalar_copy, sizeof scalar_copy);
    return key;
}

static bulla_cause multiply(EVP_PKEY_CTX *context, EVP_PKEY *peer, uint8_t *out) {
    static const uint8_t zeros[X25519_LEN];
    size_t len = X25519_LEN;
    if (EVP_PKEY_derive_set_peer_ex(context, peer, 0) != 1) {
        return BULLA_E_CRYPTO_FAILED;
    }
    /* OpenSSL fails where the result is zero; the comparison does not rely on it. */
    bool derived = EVP_PKEY_derive(context, out, &len) == 1 && len == X25519_LEN &&
                   !bytes_equal_secret(out, zeros, X25519_LEN);
    return derived ? BULLA_OK : BULLA_E_KEY_SHARE_INVALID;
}

static void make_base(void) {
    base_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, base_point, X25519_LEN);
    if (base_key != NULL) {
        base_context = EVP_PKEY_CTX_new_from_pkey(NULL, base_key, NULL);
    }
}
