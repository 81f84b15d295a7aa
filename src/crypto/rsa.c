/* SPDX-License-Identifier: Apache-2.0 */
/* RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 8017 8.2 and 8.1) by libcrypto, which blinds, uses the CRT
 * and checks it. Refuses keys whose numbers do not belong together, signatures that are not exactly
 * as long as the modulus, and salts that are not as long as the hash. Called by signature.c. */
#include "crypto/rsa.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

enum { RSA_BITS_MIN = 512, EXPONENT_BITS_MAX = 64 };

/* PSS asks for its hash as a method of EVP's. Fetched once in the process's life and only read
 * afterwards: an unfetched one is looked up by name several times in each signature. */
enum { NUM_METHODS = 3 };
static CRYPTO_ONCE methods_once = CRYPTO_ONCE_STATIC_INIT;
static EVP_MD *methods[NUM_METHODS];

static void fetch_methods(void);
static const EVP_MD *digest_method(enum hash_id hash);
static int digest_nid(enum hash_id hash);

/* Whether modulus and public exponent are in bounds; signature.h says which. */
static bulla_cause check_public(const RSA *key);

/* Puts the private numbers into the key, which owns them from then on; false where libcrypto
 * refuses them or memory is short. */
static bool set_private(RSA *key, const struct rsa_numbers *numbers);
static BIGNUM *secret_number(bulla_bytes bytes);

/* True where the private numbers belong to each other and to the modulus, RFC 8017 3.2. */
static bool private_is_consistent(const RSA *key);
static bool prime_is_consistent(const RSA *key, const BIGNUM *prime, const BIGNUM *exponent,
                                BN_CTX *context);

bulla_cause rsa_public_new(bulla_bytes modulus, bulla_bytes exponent, RSA **out) {
    if (modulus.len > RSA_BITS_MAX / 8 + 1) {
        return BULLA_E_KEY_UNSUPPORTED; /* one byte more may be DER's leading zero */
    }
    if (exponent.len > EXPONENT_BITS_MAX / 8 + 1) {
        return BULLA_E_KEY_MALFORMED;
    }
    RSA *key = RSA_new();
    BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
    BIGNUM *e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
    if (key == NULL || n == NULL || e == NULL || RSA_set0_key(key, n, e, NULL) != 1) {
        BN_free(n);
        BN_free(e);
        RSA_free(key);
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause = check_public(key);
    if (cause != BULLA_OK) {
        RSA_free(key);
        return cause;
    }
    *out = key;
    return BULLA_OK;
}

bulla_cause rsa_private_new(const struct rsa_numbers *numbers, RSA **out) {
    RSA *key = NULL;
    bulla_cause cause = rsa_public_new(numbers->modulus, numbers->public_exponent, &key);
    if (cause != BULLA_OK) {
        return cause;
    }
    if (!set_private(key, numbers) || !private_is_consistent(key)) {
        RSA_free(key);
        return BULLA_E_KEY_MALFORMED;
    }
    *out = key;
    return BULLA_OK;
}

bulla_cause rsa_verify(RSA *key, enum signature_kind kind, enum hash_id hash, bulla_bytes digest,
                       bulla_bytes signature) {
    uint8_t encoded[SIGNATURE_LEN_MAX];
    size_t len = (size_t)RSA_size(key);
    if (signature.len != len) {
        return BULLA_E_SIGNATURE_INVALID;
    }
    if (kind == SIGNATURE_RSA_PKCS1) {
        return RSA_verify(digest_nid(hash), digest.data, (unsigned)digest.len, signature.data,
                          (unsigned)len, key) == 1
                   ? BULLA_OK
                   : BULLA_E_SIGNATURE_INVALID;
    }
    const EVP_MD *method = digest_method(hash);
    if (method == NULL) {
        return BULLA_E_CRYPTO_FAILED;
    }
    bool valid =
        RSA_public_decrypt((int)len, signature.data, encoded, key, RSA_NO_PADDING) == (int)len &&
        RSA_verify_PKCS1_PSS_mgf1(key, digest.data, method, method, encoded,
                                  RSA_PSS_SALTLEN_DIGEST) == 1;
    return valid ? BULLA_OK : BULLA_E_SIGNATURE_INVALID;
}

bulla_cause rsa_sign(RSA *key, enum signature_kind kind, enum hash_id hash, bulla_bytes digest,
                     uint8_t *out) {
    uint8_t encoded[SIGNATURE_LEN_MAX];
    int len = RSA_size(key);
    if (kind == SIGNATURE_RSA_PKCS1) {
        unsigned signature_len;
        return RSA_sign(digest_nid(hash), digest.data, (unsigned)digest.len, out, &signature_len,
                        key) == 1
                   ? BULLA_OK
                   : BULLA_E_KEY_UNSUPPORTED; /* too short for the hash */
    }
    const EVP_MD *method = digest_method(hash);
    if (method == NULL) {
        return BULLA_E_CRYPTO_FAILED;
    }
    if (RSA_padding_add_PKCS1_PSS_mgf1(key, encoded, digest.data, method, method,
                                       RSA_PSS_SALTLEN_DIGEST) != 1) {
        return BULLA_E_KEY_UNSUPPORTED; /* likewise */
    }
    return RSA_private_encrypt(len, encoded, out, key, RSA_NO_PADDING) == len
               ? BULLA_OK
               : BULLA_E_SIGNING_FAILED;
}

static int digest_nid(enum hash_id hash) {
    switch (hash) {
    case HASH_SHA256:
        return NID_sha256;
    case HASH_SHA384:
        return NID_sha384;
    case HASH_SHA512:
        return NID_sha512;
    case HASH_SHA1:
    case HASH_INVALID:
        break;
    }
    return NID_undef;
}

static const EVP_MD *digest_method(enum hash_id hash) {
    if (CRYPTO_THREAD_run_once(&methods_once, fetch_methods) != 1) {
        return NULL;
    }
    switch (hash) {
    case HASH_SHA256:
        return methods[0];
    case HASH_SHA384:
        return methods[1];
    case HASH_SHA512:
        return methods[2];
    case HASH_SHA1:
    case HASH_INVALID:
        break;
    }
    return NULL;
}

static void fetch_methods(void) {
    static const char *const names[NUM_METHODS] = {"SHA256", "SHA384", "SHA512"};
    for (size_t i = 0; i < NUM_METHODS; i++) {
        methods[i] = EVP_MD_fetch(NULL, names[i], NULL);
    }
}

static bulla_cause check_public(const RSA *key) {
    const BIGNUM *n = RSA_get0_n(key);
    const BIGNUM *e = RSA_get0_e(key);
    if (BN_num_bits(n) > RSA_BITS_MAX) {
        return BULLA_E_KEY_UNSUPPORTED;
    }
    bool well_formed = BN_num_bits(n) >= RSA_BITS_MIN && BN_is_odd(n) && BN_is_odd(e) &&
                       !BN_is_one(e) && BN_num_bits(e) <= EXPONENT_BITS_MAX;
    return well_formed ? BULLA_OK : BULLA_E_KEY_MALFORMED;
}

static bool set_private(RSA *key, const struct rsa_numbers *numbers) {
    BIGNUM *d = secret_number(numbers->private_exponent);
    if (d == NULL || RSA_set0_key(key, NULL, NULL, d) != 1) {
        BN_clear_free(d);
        return false;
    }
    BIGNUM *p = secret_number(numbers->prime1);
    BIGNUM *q = secret_number(numbers->prime2);
    if (p == NULL || q == NULL || RSA_set0_factors(key, p, q) != 1) {
        BN_clear_free(p);
        BN_clear_free(q);
        return false;
    }
    BIGNUM *exponent1 = secret_number(numbers->exponent1);
    BIGNUM *exponent2 = secret_number(numbers->exponent2);
    BIGNUM *coefficient = secret_number(numbers->coefficient);
    if (exponent1 == NULL || exponent2 == NULL || coefficient == NULL ||
        RSA_set0_crt_params(key, exponent1, exponent2, coefficient) != 1) {
        BN_clear_free(exponent1);
        BN_clear_free(exponent2);
        BN_clear_free(coefficient);
        return false;
    }
    return true;
}

static BIGNUM *secret_number(bulla_bytes bytes) {
    if (bytes.len > RSA_BITS_MAX / 8 + 1) {
        return NULL;
    }
    BIGNUM *number = BN_bin2bn(bytes.data, (int)bytes.len, NULL);
    if (number != NULL) {
        BN_set_flags(number, BN_FLG_CONSTTIME);
    }
    return number;
}

static bool private_is_consistent(const RSA *key) {
    const BIGNUM *p = RSA_get0_p(key);
    const BIGNUM *q = RSA_get0_q(key);
    BN_CTX *context = BN_CTX_secure_new();
    BIGNUM *product = BN_new();
    bool consistent = context != NULL && product != NULL && BN_mul(product, p, q, context) == 1 &&
                      BN_cmp(product, RSA_get0_n(key)) == 0 &&
                      BN_mod_mul(product, q, RSA_get0_iqmp(key), p, context) == 1 &&
                      BN_is_one(product) &&
                      prime_is_consistent(key, p, RSA_get0_dmp1(key), context) &&
                      prime_is_consistent(key, q, RSA_get0_dmq1(key), context);
    BN_clear_free(product);
    BN_CTX_free(context);
    return consistent;
}

/* exponent = d and exponent * e = 1, modulo prime - 1. */
static bool prime_is_consistent(const RSA *key, const BIGNUM *prime, const BIGNUM *exponent,
                                BN_CTX *context) {
    BIGNUM *less_one = BN_dup(prime);
    BIGNUM *result = BN_new();
    bool consistent =
        less_one != NULL && result != NULL && BN_sub_word(less_one, 1) == 1 &&
        !BN_is_zero(less_one) && BN_nnmod(result, RSA_get0_d(key), less_one, context) == 1 &&
        BN_cmp(result, exponent) == 0 &&
        BN_mod_mul(result, exponent, RSA_get0_e(key), less_one, context) == 1 && BN_is_one(result);
    BN_clear_free(less_one);
    BN_clear_free(result);
    return consistent;
}
