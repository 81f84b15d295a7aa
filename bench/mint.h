/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for the benchmark, made with libcrypto's X.509 functions, which belong to neither
 * of the two sides that are compared. */
#ifndef BENCH_MINT_H
#define BENCH_MINT_H

#include <bulla/bytes.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

enum mint_key_kind {
    MINT_P256,
    MINT_P384,
    MINT_P521,
    MINT_RSA2048,
    MINT_RSA8192, /* of many small primes and an exponent of 64 bits: as slow as a check can be */
};

/* NULL where it could not be made. */
EVP_PKEY *mint_key(enum mint_key_kind kind);

/* A public key as slow as one of MINT_RSA8192, which has made no signature: the key's own modulus,
 * less 2 * `number`. NULL where it could not be made. */
EVP_PKEY *mint_stranger(const EVP_PKEY *slow_rsa_key, unsigned number);

/* In openssl.cnf's notation; a NULL value is no extension. */
struct mint_extension {
    int nid;
    const char *value;
};

enum { MINT_EXTENSIONS_MAX = 8 };

/* One certificate to be made. */
struct mint_profile {
    const char *common_name;
    const char *name; /* NULL; or an attribute that may be as long as 32,768 characters */
    struct mint_extension extensions[MINT_EXTENSIONS_MAX];
    bool without_key_ids; /* else subject's and authority's key identifiers follow */
};

/* A certificate with its key. */
struct minted {
    X509 *certificate;
    EVP_PKEY *key;
};

/* A certificate for `key`, which is taken over, under `parent`, or under itself where that is NULL.
 * minted_free() it, also where it could not be made. */
BULLA_MUST_CHECK bool mint(struct minted *out, EVP_PKEY *key, const struct mint_profile *profile,
                           const struct minted *parent, long serial);
void minted_free(struct minted *minted);

/* The same, of a certificate for one key that another signs: the subject that `parent` has and the
 * key of `signer` need not belong together. */
BULLA_MUST_CHECK bool mint_signed_by(struct minted *out, EVP_PKEY *key,
                                     const struct mint_profile *profile,
                                     const struct minted *parent, EVP_PKEY *signer, long serial);

/* The certificate's DER; free() the bytes. */
BULLA_MUST_CHECK bool mint_der(bulla_bytes *out, const struct minted *minted);

#endif
