/* SPDX-License-Identifier: Apache-2.0 */
/* A side's public-key operations through libcrypto's cheapest door: contexts and keys are made
 * beforehand and used again and again, so that what remains is the arithmetic.
 *
 * Either side draws an X25519 key and derives a secret. Who verifies the other checks two
 * certificates (the leaf's and the intermediate's signature; a root is taken at its word) and the
 * CertificateVerify; who is verified signs one CertificateVerify (RFC 8446 4.4.3, with PSS for
 * RSA, where certificates carry PKCS#1). A session that goes on has none of the latter. Hashing
 * what is signed is not counted. */
#include "public_key_sum.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIGEST_LEN = 32, SIGNATURE_LEN_MAX = 512, NUM_CERTIFICATES_VERIFIED = 2 };

/* One way of signing, with a signature to verify. */
struct signer {
    EVP_PKEY_CTX *sign;
    EVP_PKEY_CTX *verify;
    uint8_t signature[SIGNATURE_LEN_MAX];
    size_t signature_len;
};

struct public_key_sum {
    enum proofs proofs;
    EVP_PKEY *x25519;
    EVP_PKEY_CTX *keygen;
    EVP_PKEY_CTX *derive;
    struct signer certificate;
    struct signer certificate_verify;
    uint8_t digest[DIGEST_LEN];
};

static bool is_proven(const struct public_key_sum *sum, enum side side);
static bool exchange_make(struct public_key_sum *sum);
static bool signer_make(struct signer *out, EVP_PKEY *key, int rsa_padding, const uint8_t *digest);
static bool signer_set_up(EVP_PKEY_CTX *context, EVP_PKEY *key, int rsa_padding);
static void signer_free(struct signer *signer);
static bool signer_sign(struct signer *signer, const uint8_t *digest);
static bool signer_verify(struct signer *signer, const uint8_t *digest);

struct public_key_sum *public_key_sum_new(const struct chains *chains, enum proofs proofs) {
    struct public_key_sum *sum = calloc(1, sizeof(*sum));
    if (sum == NULL) {
        return NULL;
    }
    sum->proofs = proofs;
    if (!exchange_make(sum) ||
        !signer_make(&sum->certificate, chains->server_key, RSA_PKCS1_PADDING, sum->digest) ||
        !signer_make(&sum->certificate_verify, chains->server_key, RSA_PKCS1_PSS_PADDING,
                     sum->digest)) {
        ERR_print_errors_fp(stderr);
        public_key_sum_free(sum);
        return NULL;
    }
    return sum;
}

void public_key_sum_free(struct public_key_sum *sum) {
    if (sum == NULL) {
        return;
    }
    signer_free(&sum->certificate_verify);
    signer_free(&sum->certificate);
    EVP_PKEY_CTX_free(sum->derive);
    EVP_PKEY_CTX_free(sum->keygen);
    EVP_PKEY_free(sum->x25519);
    free(sum);
}

bool public_key_sum_run(struct public_key_sum *sum, enum side side) {
    uint8_t secret[32];
    size_t secret_len = sizeof(secret);
    EVP_PKEY *drawn = NULL;
    bool ran = EVP_PKEY_keygen(sum->keygen, &drawn) == 1 &&
               EVP_PKEY_derive(sum->derive, secret, &secret_len) == 1;
    EVP_PKEY_free(drawn);
    if (is_proven(sum, side_other(side))) {
        ran = ran && public_key_sum_run_chain(sum) &&
              signer_verify(&sum->certificate_verify, sum->digest);
    }
    if (is_proven(sum, side)) {
        ran = ran && signer_sign(&sum->certificate_verify, sum->digest);
    }
    return ran;
}

static bool is_proven(const struct public_key_sum *sum, enum side side) {
    return sum->proofs == PROOF_OF_BOTH || (sum->proofs == PROOF_OF_SERVER && side == SIDE_SERVER);
}

bool public_key_sum_run_chain(struct public_key_sum *sum) {
    bool ran = true;
    for (int i = 0; ran && i < NUM_CERTIFICATES_VERIFIED; i++) {
        ran = signer_verify(&sum->certificate, sum->digest);
    }
    return ran;
}

static bool exchange_make(struct public_key_sum *sum) {
    EVP_PKEY *peer = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    sum->x25519 = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    sum->keygen = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
    sum->derive = sum->x25519 == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, sum->x25519, NULL);
    bool made = peer != NULL && sum->keygen != NULL && sum->derive != NULL &&
                EVP_PKEY_keygen_init(sum->keygen) == 1 && EVP_PKEY_derive_init(sum->derive) == 1 &&
                EVP_PKEY_derive_set_peer(sum->derive, peer) == 1;
    EVP_PKEY_free(peer);
    return made;
}

static bool signer_make(struct signer *out, EVP_PKEY *key, int rsa_padding, const uint8_t *digest) {
    out->sign = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    out->verify = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    return out->sign != NULL && out->verify != NULL && EVP_PKEY_sign_init(out->sign) == 1 &&
           EVP_PKEY_verify_init(out->verify) == 1 && signer_set_up(out->sign, key, rsa_padding) &&
           signer_set_up(out->verify, key, rsa_padding) && signer_sign(out, digest) &&
           signer_verify(out, digest);
}

static bool signer_set_up(EVP_PKEY_CTX *context, EVP_PKEY *key, int rsa_padding) {
    if (EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) != 1) {
        return false;
    }
    if (!EVP_PKEY_is_a(key, "RSA")) {
        return true;
    }
    return EVP_PKEY_CTX_set_rsa_padding(context, rsa_padding) == 1 &&
           (rsa_padding != RSA_PKCS1_PSS_PADDING ||
            EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

static void signer_free(struct signer *signer) {
    EVP_PKEY_CTX_free(signer->sign);
    EVP_PKEY_CTX_free(signer->verify);
}

static bool signer_sign(struct signer *signer, const uint8_t *digest) {
    signer->signature_len = sizeof(signer->signature);
    return EVP_PKEY_sign(signer->sign, signer->signature, &signer->signature_len, digest,
                         DIGEST_LEN) == 1;
}

static bool signer_verify(struct signer *signer, const uint8_t *digest) {
    return EVP_PKEY_verify(signer->verify, signer->signature, signer->signature_len, digest,
                           DIGEST_LEN) == 1;
}
