/* SPDX-License-Identifier: Apache-2.0 */
/* X25519 (RFC 7748) through EVP, its only door in OpenSSL, by the shortest way found.
 *
 * The public share is computed as a derivation at the base point: OpenSSL 3's own key generation
 * takes a slower road (42 us against 36 us, on a machine with ADX), which an import without a
 * public half would take too. So the scalar is imported together with a point that need not belong
 * to it, and the provider, which asks only for the scalar of the one key and the point of the
 * other, is handed the same object as both keys. Nothing is looked up by name but the exchange
 * method, in EVP_PKEY_derive_init(), which can't be told otherwise.
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

/* The key that has `scalar` for its private and `point` for its public half. */
static EVP_PKEY *import_key(const uint8_t *scalar, const uint8_t *point);

/* X25519 at the point of `peer`. */
static bulla_cause derive(EVP_PKEY_CTX *exchange, EVP_PKEY *peer, uint8_t *out);

bulla_cause x25519_new(EVP_PKEY_CTX **out, const uint8_t *scalar, const uint8_t *point) {
    if (CRYPTO_THREAD_run_once(&base_once, make_base) != 1 || base_context == NULL) {
        return BULLA_E_CRYPTO_FAILED;
    }
    EVP_PKEY *key = import_key(scalar, point == NULL ? base_point : point);
    if (key == NULL) {
        return BULLA_E_CRYPTO_FAILED;
    }
    EVP_PKEY_CTX *exchange = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    EVP_PKEY_free(key); /* `exchange` holds it */
    if (exchange == NULL || EVP_PKEY_derive_init(exchange) != 1) {
        EVP_PKEY_CTX_free(exchange);
        return BULLA_E_CRYPTO_FAILED;
    }
    *out = exchange;
    return BULLA_OK;
}

void x25519_free(EVP_PKEY_CTX *exchange) {
    EVP_PKEY_CTX_free(exchange);
}

bulla_cause x25519_at_base(EVP_PKEY_CTX *exchange, uint8_t *out) {
    return derive(exchange, base_key, out);
}

bulla_cause x25519_at_first(EVP_PKEY_CTX *exchange, uint8_t *out) {
    return derive(exchange, EVP_PKEY_CTX_get0_pkey(exchange), out);
}

bulla_cause x25519_at(EVP_PKEY_CTX *exchange, const uint8_t *point, uint8_t *out) {
    EVP_PKEY *peer = EVP_PKEY_dup(base_key);
    if (peer == NULL || EVP_PKEY_set1_encoded_public_key(peer, point, X25519_LEN) != 1) {
        EVP_PKEY_free(peer);
        return BULLA_E_CRYPTO_FAILED;
    }
    bulla_cause cause = derive(exchange, peer, out);
    EVP_PKEY_free(peer);
    return cause;
}

static EVP_PKEY *import_key(const uint8_t *scalar, const uint8_t *point) {
    /* Copies, because OSSL_PARAM has no pointer to const. */
    uint8_t private_half[X25519_LEN];
    uint8_t public_half[X25519_LEN];
    bytes_copy(private_half, sizeof private_half, bytes_of(scalar, X25519_LEN));
    bytes_copy(public_half, sizeof public_half, bytes_of(point, X25519_LEN));
    OSSL_PARAM halves[] = {
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, private_half, sizeof private_half),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, public_half, sizeof public_half),
        OSSL_PARAM_END,
    };
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *importer = EVP_PKEY_CTX_dup(base_context);
    if (importer != NULL && EVP_PKEY_fromdata_init(importer) == 1) {
        (void)EVP_PKEY_fromdata(importer, &key, EVP_PKEY_KEYPAIR, halves);
    }
    EVP_PKEY_CTX_free(importer);
    bytes_wipe(private_half, sizeof private_half);
    return key; /* NULL where the import failed */
}

static bulla_cause derive(EVP_PKEY_CTX *exchange, EVP_PKEY *peer, uint8_t *out) {
    static const uint8_t zeros[X25519_LEN];
    size_t len = X25519_LEN;
    if (EVP_PKEY_derive_set_peer_ex(exchange, peer, 0) != 1) {
        return BULLA_E_CRYPTO_FAILED;
    }
    /* OpenSSL fails where the result is zero; the comparison does not rely on it. */
    if (EVP_PKEY_derive(exchange, out, &len) != 1 || len != X25519_LEN ||
        bytes_equal_secret(out, zeros, X25519_LEN)) {
        return BULLA_E_KEY_SHARE_INVALID;
    }
    return BULLA_OK;
}

static void make_base(void) {
    base_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, base_point, X25519_LEN);
    if (base_key != NULL) {
        base_context = EVP_PKEY_CTX_new_from_pkey(NULL, base_key, NULL);
    }
}
