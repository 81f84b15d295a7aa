/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 through EVP, its only door in OpenSSL. Rare in certificates, so the look-ups by name that
 * EVP makes at each operation are borne. Refuses keys and signatures of a wrong length, and what
 * libcrypto refuses: points and scalars that are not canonical. Called by signature.c. */
#include "crypto/ed25519.h"

bulla_cause ed25519_public_new(bulla_bytes raw, EVP_PKEY **out) {
    if (raw.len != ED25519_KEY_LEN) {
        return BULLA_E_KEY_MALFORMED;
    }
    *out = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw.data, raw.len);
    return *out != NULL ? BULLA_OK : BULLA_E_CRYPTO_FAILED;
}

bulla_cause ed25519_private_new(bulla_bytes seed, EVP_PKEY **out) {
    if (seed.len != ED25519_KEY_LEN) {
        return BULLA_E_KEY_MALFORMED;
    }
    *out = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed.data, seed.len);
    return *out != NULL ? BULLA_OK : BULLA_E_CRYPTO_FAILED;
}

bulla_cause ed25519_verify(EVP_PKEY *key, bulla_bytes message, bulla_bytes signature) {
    if (signature.len != ED25519_SIGNATURE_LEN) {
        return BULLA_E_SIGNATURE_INVALID;
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause = BULLA_E_CRYPTO_FAILED;
    if (EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1) {
        cause =
            EVP_DigestVerify(context, signature.data, signature.len, message.data, message.len) == 1
                ? BULLA_OK
                : BULLA_E_SIGNATURE_INVALID;
    }
    EVP_MD_CTX_free(context);
    return cause;
}

bulla_cause ed25519_sign(EVP_PKEY *key, bulla_bytes message, uint8_t *out) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    size_t len = ED25519_SIGNATURE_LEN;
    bool done = EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestSign(context, out, &len, message.data, message.len) == 1;
    EVP_MD_CTX_free(context);
    return done ? BULLA_OK : BULLA_E_SIGNING_FAILED;
}

bulla_cause ed25519_public(const EVP_PKEY *key, uint8_t *out) {
    size_t len = ED25519_KEY_LEN;
    return EVP_PKEY_get_raw_public_key(key, out, &len) == 1 ? BULLA_OK : BULLA_E_CRYPTO_FAILED;
}
