/* SPDX-License-Identifier: Apache-2.0 */
/* X25519 (RFC 7748) through EVP, its only door in OpenSSL, by the shortest way found: keys are
 * imported and copied from objects that were made once, so that nothing is looked up by name but
 * the exchange method, in EVP_PKEY_derive_init(), which can't be told otherwise.
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
static EVP_PKEY *import_scalar(const uint8_t *scalar);
static EVP_PKEY *import_point(const uint8_t *point);

bulla_cause x25519_new(EVP_PKEY **out, const uint8_t *scalar, uint8_t *out_share) {
    if (CRYPTO_THREAD_run_once(&base_once, make_base) != 1 || base_context == NULL) {
        return BULLA_E_CRYPTO_FAILED;
    }
    EVP_PKEY *key = import_scalar(scalar);
    size_t len = X25519_LEN;
    if (key == NULL || EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out_share,
                                                       X25519_LEN, &len) != 1) {
        EVP_PKEY_free(key);
        return BULLA_E_CRYPTO_FAILED;
    }
    *out = key;
    return BULLA_OK;
}

bulla_cause x25519_at(EVP_PKEY *key, const uint8_t *point, uint8_t *out) {
    static const uint8_t zeros[X25519_LEN];
    bulla_cause cause = BULLA_E_CRYPTO_FAILED;
    EVP_PKEY *peer = import_point(point);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    size_t len = X25519_LEN;
    if (peer != NULL && context != NULL && EVP_PKEY_derive_init(context) == 1 &&
        EVP_PKEY_derive_set_peer_ex(context, peer, 0) == 1) {
        /* OpenSSL fails where the result is zero; the comparison does not rely on it. */
        bool derived = EVP_PKEY_derive(context, out, &len) == 1 && len == X25519_LEN &&
                       !bytes_equal_secret(out, zeros, X25519_LEN);
        cause = derived ? BULLA_OK : BULLA_E_KEY_SHARE_INVALID;
    }
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(peer);
    return cause;
}

/* The public half is computed by libcrypto. NULL where it failed. */
static EVP_PKEY *import_scalar(const uint8_t *scalar) {
    /* A copy, because OSSL_PARAM has no pointer to const. */
    uint8_t copy[X25519_LEN];
    bytes_copy(copy, sizeof copy, bytes_of(scalar, X25519_LEN));
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, copy, sizeof copy),
        OSSL_PARAM_END,
    };
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *importer = EVP_PKEY_CTX_dup(base_context);
    if (importer != NULL && EVP_PKEY_fromdata_init(importer) == 1) {
        (void)EVP_PKEY_fromdata(importer, &key, EVP_PKEY_KEYPAIR, parameters);
    }
    EVP_PKEY_CTX_free(importer);
    bytes_wipe(copy, sizeof copy);
    return key;
}

static EVP_PKEY *import_point(const uint8_t *point) {
    EVP_PKEY *key = EVP_PKEY_dup(base_key);
    if (key != NULL && EVP_PKEY_set1_encoded_public_key(key, point, X25519_LEN) != 1) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

static void make_base(void) {
    base_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, base_point, X25519_LEN);
    if (base_key != NULL) {
        base_context = EVP_PKEY_CTX_new_from_pkey(NULL, base_key, NULL);
    }
}
