/* SPDX-License-Identifier: Apache-2.0 */
/* Makes keys and certificates with libcrypto: profiles as a private CA of today would issue them
 * (RFC 5280), and whatever else a profile says. Called by chains.c, roots.c and hostile_chains.c.
 */
#include "mint.h"
#include "base/bytes.h"
#include <openssl/bn.h>
#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

enum { LIFE_SECONDS = 7 * 24 * 3600, CLOCK_SLACK_SECONDS = 3600 };
enum { SLOW_PRIMES = 16, SLOW_PRIME_BITS = 512 };

static EVP_PKEY *slow_rsa_key(void);
static bool slow_numbers(BIGNUM *modulus, BIGNUM *order, BIGNUM *exponent, BN_CTX *context);
static EVP_PKEY *rsa_key_of(BIGNUM *modulus, BIGNUM *exponent, BIGNUM *secret);
static bool fill(X509 *certificate, const struct mint_profile *profile, X509 *issuer, EVP_PKEY *key,
                 long serial);
static bool add_name(X509_NAME *name, const char *attribute, const char *value);
static bool add_extensions(X509 *certificate, X509 *parent, const struct mint_profile *profile);
static bool add_extension(X509 *certificate, X509V3_CTX *context, int nid, const char *value);

EVP_PKEY *mint_key(enum mint_key_kind kind) {
    switch (kind) {
    case MINT_P256:
        return EVP_EC_gen("P-256");
    case MINT_P384:
        return EVP_EC_gen("P-384");
    case MINT_P521:
        return EVP_EC_gen("P-521");
    case MINT_RSA2048:
        return EVP_RSA_gen(2048);
    case MINT_RSA8192:
        break;
    }
    return slow_rsa_key();
}

bool mint(struct minted *out, EVP_PKEY *key, const struct mint_profile *profile,
          const struct minted *parent, long serial) {
    return mint_signed_by(out, key, profile, parent, parent == NULL ? key : parent->key, serial);
}

bool mint_signed_by(struct minted *out, EVP_PKEY *key, const struct mint_profile *profile,
                    const struct minted *parent, EVP_PKEY *signer, long serial) {
    *out = (struct minted){.certificate = X509_new(), .key = key};
    if (out->certificate == NULL || key == NULL || signer == NULL) {
        return false;
    }
    X509 *issuer = parent == NULL ? out->certificate : parent->certificate;
    return fill(out->certificate, profile, issuer, key, serial) &&
           X509_sign(out->certificate, signer, EVP_sha256()) > 0;
}

EVP_PKEY *mint_stranger(const EVP_PKEY *slow_rsa_key, unsigned number) {
    BIGNUM *modulus = NULL;
    BIGNUM *exponent = NULL;
    EVP_PKEY *key = NULL;
    if (EVP_PKEY_get_bn_param(slow_rsa_key, OSSL_PKEY_PARAM_RSA_N, &modulus) == 1 &&
        EVP_PKEY_get_bn_param(slow_rsa_key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
        BN_sub_word(modulus, 2 * (BN_ULONG)number) == 1) {
        key = rsa_key_of(modulus, exponent, NULL);
    }
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

void minted_free(struct minted *minted) {
    X509_free(minted->certificate);
    EVP_PKEY_free(minted->key);
    *minted = (struct minted){0};
}

bool mint_der(bulla_bytes *out, const struct minted *minted) {
    unsigned char *der = NULL;
    int len = i2d_X509(minted->certificate, &der);
    if (len <= 0) {
        return false;
    }
    uint8_t *copy = bytes_duplicate(bytes_of(der, (size_t)len));
    OPENSSL_free(der);
    *out = bytes_of(copy, copy == NULL ? 0 : (size_t)len);
    return copy != NULL;
}

/* Primes of 4096 bits would take minutes to find. A modulus of many small ones signs as well, and
 * whoever verifies cannot tell. */
static EVP_PKEY *slow_rsa_key(void) {
    BN_CTX *context = BN_CTX_new();
    BIGNUM *modulus = BN_new();
    BIGNUM *order = BN_new();
    BIGNUM *exponent = BN_new();
    BIGNUM *secret = NULL;
    EVP_PKEY *key = NULL;
    if (context != NULL && modulus != NULL && order != NULL && exponent != NULL &&
        slow_numbers(modulus, order, exponent, context)) {
        secret = BN_mod_inverse(NULL, exponent, order, context);
        key = secret == NULL ? NULL : rsa_key_of(modulus, exponent, secret);
    }
    BN_free(secret);
    BN_free(exponent);
    BN_free(order);
    BN_free(modulus);
    BN_CTX_free(context);
    return key;
}

/* The exponent is prime, so that it has an inverse; and mostly ones, so that each of its bits
 * costs a squaring and a multiplication: 2^64 - 59 is the largest prime below 2^64. */
static bool slow_numbers(BIGNUM *modulus, BIGNUM *order, BIGNUM *exponent, BN_CTX *context) {
    BIGNUM *prime = BN_new();
    bool made = prime != NULL && BN_one(modulus) && BN_one(order) &&
                BN_dec2bn(&exponent, "18446744073709551557") != 0;
    for (int i = 0; made && i < SLOW_PRIMES; i++) {
        made = BN_generate_prime_ex2(prime, SLOW_PRIME_BITS, 0, NULL, NULL, NULL, context) &&
               BN_mul(modulus, modulus, prime, context) && BN_sub_word(prime, 1) &&
               BN_mul(order, order, prime, context);
    }
    BN_free(prime);
    return made;
}

/* A public key where there is no secret. */
static EVP_PKEY *rsa_key_of(BIGNUM *modulus, BIGNUM *exponent, BIGNUM *secret) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (builder != NULL && context != NULL &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1 &&
        (secret == NULL || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_D, secret) == 1)) {
        parameters = OSSL_PARAM_BLD_to_param(builder);
    }
    if (parameters == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, secret == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR,
                          parameters) != 1) {
        key = NULL;
    }
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return key;
}

static bool fill(X509 *certificate, const struct mint_profile *profile, X509 *issuer, EVP_PKEY *key,
                 long serial) {
    X509_NAME *subject = X509_get_subject_name(certificate);
    return X509_set_version(certificate, X509_VERSION_3) &&
           ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) &&
           add_name(subject, "CN", profile->common_name) &&
           add_name(subject, "name", profile->name) &&
           X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -CLOCK_SLACK_SECONDS) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), LIFE_SECONDS) != NULL &&
           X509_set_pubkey(certificate, key) && add_extensions(certificate, issuer, profile);
}

static bool add_name(X509_NAME *name, const char *attribute, const char *value) {
    return value == NULL || X509_NAME_add_entry_by_txt(name, attribute, MBSTRING_ASC,
                                                       (const unsigned char *)value, -1, -1, 0);
}

static bool add_extensions(X509 *certificate, X509 *parent, const struct mint_profile *profile) {
    X509V3_CTX context;
    CONF *nothing = NCONF_new(NULL); /* policies want a file to be there, if only an empty one */
    X509V3_set_ctx(&context, parent, certificate, NULL, NULL, 0);
    X509V3_set_nconf(&context, nothing);
    bool added = nothing != NULL;
    for (size_t i = 0; added && i < MINT_EXTENSIONS_MAX; i++) {
        const struct mint_extension *extension = &profile->extensions[i];
        added = add_extension(certificate, &context, extension->nid, extension->value);
    }
    /* The authority's identifier comes last: a root reads it from its own subject's. */
    added = added &&
            (profile->without_key_ids ||
             (add_extension(certificate, &context, NID_subject_key_identifier, "hash") &&
              add_extension(certificate, &context, NID_authority_key_identifier, "keyid:always")));
    NCONF_free(nothing);
    return added;
}

static bool add_extension(X509 *certificate, X509V3_CTX *context, int nid, const char *value) {
    if (value == NULL) {
        return true;
    }
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    bool added = extension != NULL && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}
