/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and signatures of every kind, as x509 and the handshakes see them: checks that key, scheme
 * and hash fit each other, hashes the message, and leaves the rest to ecdsa.c, rsa.c and ed25519.c.
 * Refuses SHA-1. Leaves libcrypto's error queue as it was: what there is to say, our causes say.
 * What a signature scheme or a certificate may use is policy, and stands above. */
#include "crypto/libcrypto.h"

#include "crypto/signature.h"

#include "crypto/curve.h"
#include "crypto/ecdsa.h"
#include "crypto/ed25519.h"
#include "crypto/rsa.h"

#include <openssl/err.h>

/* False where `kind` is no NIST curve. */
static bool is_ec(enum key_kind kind, enum curve_id *out_curve);
static unsigned ec_bits(enum key_kind kind);

/* True where a key of `key` can make signatures of `signature` with `hash`. */
static bool fits(enum key_kind key, enum signature_kind signature, enum hash_id hash);

/* The work of the public functions of like name, inside a mark of the error queue. */
static bulla_cause verify(const struct public_key *key, enum signature_kind kind, enum hash_id hash,
                          bulla_bytes message, bulla_bytes signature);
static bulla_cause sign(const struct private_key *key, enum signature_kind kind, enum hash_id hash,
                        bulla_bytes message, uint8_t *out, size_t *out_len);
static bulla_cause write_public(const struct private_key *key, uint8_t *out, size_t *out_len);
static size_t public_len(const struct private_key *key);

bulla_cause public_key_from_point(struct public_key *out, enum key_kind curve, bulla_bytes point) {
    enum curve_id id;
    EC_KEY *handle = NULL;
    if (!is_ec(curve, &id)) {
        return BULLA_E_KEY_UNSUPPORTED;
    }
    ERR_set_mark();
    bulla_cause cause = ecdsa_public_new(id, point, &handle);
    ERR_pop_to_mark();
    if (cause == BULLA_OK) {
        *out = (struct public_key){.kind = curve, .bits = ec_bits(curve), .handle = handle};
    }
    return cause;
}

bulla_cause public_key_from_rsa(struct public_key *out, bulla_bytes modulus, bulla_bytes exponent) {
    RSA *handle = NULL;
    ERR_set_mark();
    bulla_cause cause = rsa_public_new(modulus, exponent, &handle);
    ERR_pop_to_mark();
    if (cause == BULLA_OK) {
        unsigned bits = (unsigned)RSA_bits(handle);
        *out = (struct public_key){.kind = KEY_KIND_RSA, .bits = bits, .handle = handle};
    }
    return cause;
}

bulla_cause public_key_from_ed25519(struct public_key *out, bulla_bytes raw) {
    EVP_PKEY *handle = NULL;
    ERR_set_mark();
    bulla_cause cause = ed25519_public_new(raw, &handle);
    ERR_pop_to_mark();
    if (cause == BULLA_OK) {
        *out = (struct public_key){.kind = KEY_KIND_ED25519, .bits = 256, .handle = handle};
    }
    return cause;
}

void public_key_free(struct public_key *key) {
    enum curve_id curve;
    if (is_ec(key->kind, &curve)) {
        EC_KEY_free(key->handle);
    } else if (key->kind == KEY_KIND_RSA) {
        RSA_free(key->handle);
    } else if (key->kind == KEY_KIND_ED25519) {
        EVP_PKEY_free(key->handle);
    }
    *key = (struct public_key){0};
}

bulla_cause public_key_verify(const struct public_key *key, enum signature_kind kind,
                              enum hash_id hash, bulla_bytes message, bulla_bytes signature) {
    if (!fits(key->kind, kind, hash)) {
        return BULLA_E_KEY_UNSUPPORTED;
    }
    ERR_set_mark();
    bulla_cause cause = verify(key, kind, hash, message, signature);
    ERR_pop_to_mark();
    return cause;
}

bulla_cause private_key_from_scalar(struct private_key *out, enum key_kind curve,
                                    bulla_bytes scalar) {
    enum curve_id id;
    EC_KEY *handle = NULL;
    if (!is_ec(curve, &id)) {
        return BULLA_E_KEY_UNSUPPORTED;
    }
    ERR_set_mark();
    bulla_cause cause = ecdsa_private_new(id, scalar, &handle);
    ERR_pop_to_mark();
    if (cause == BULLA_OK) {
        *out = (struct private_key){.kind = curve, .bits = ec_bits(curve), .handle = handle};
    }
    return cause;
}

bulla_cause private_key_from_rsa(struct private_key *out, const struct rsa_numbers *numbers) {
    RSA *handle = NULL;
    ERR_set_mark();
    bulla_cause cause = rsa_private_new(numbers, &handle);
    ERR_pop_to_mark();
    if (cause == BULLA_OK) {
        unsigned bits = (unsigned)RSA_bits(handle);
        *out = (struct private_key){.kind = KEY_KIND_RSA, .bits = bits, .handle = handle};
    }
    return cause;
}

bulla_cause private_key_from_ed25519(struct private_key *out, bulla_bytes seed) {
    EVP_PKEY *handle = NULL;
    ERR_set_mark();
    bulla_cause cause = ed25519_private_new(seed, &handle);
    ERR_pop_to_mark();
    if (cause == BULLA_OK) {
        *out = (struct private_key){.kind = KEY_KIND_ED25519, .bits = 256, .handle = handle};
    }
    return cause;
}

void private_key_free(struct private_key *key) {
    enum curve_id curve;
    if (is_ec(key->kind, &curve)) {
        EC_KEY_free(key->handle);
    } else if (key->kind == KEY_KIND_RSA) {
        RSA_free(key->handle);
    } else if (key->kind == KEY_KIND_ED25519) {
        EVP_PKEY_free(key->handle);
    }
    *key = (struct private_key){0};
}

bulla_cause private_key_draw(enum key_kind kind, const struct random_source *random,
                             uint8_t *out_secret, size_t *out_len) {
    enum curve_id curve;
    if (kind == KEY_KIND_ED25519) {
        *out_len = ED25519_KEY_LEN;
        return random_fill(random, out_secret, ED25519_KEY_LEN) ? BULLA_OK : BULLA_E_RANDOM_FAILED;
    }
    if (!is_ec(kind, &curve)) {
        return BULLA_E_KEY_UNSUPPORTED;
    }
    BIGNUM *number = NULL;
    ERR_set_mark();
    bulla_cause cause = curve_scalar_draw(curve, random, out_secret, &number);
    ERR_pop_to_mark();
    BN_clear_free(number);
    *out_len = curve_scalar_len(curve);
    return cause;
}

bulla_cause private_key_public(const struct private_key *key, uint8_t *out, size_t cap,
                               size_t *out_len) {
    if (key->handle == NULL) {
        return BULLA_E_API_MISUSE;
    }
    if (public_len(key) > cap) {
        return BULLA_E_BUFFER_TOO_SMALL;
    }
    ERR_set_mark();
    bulla_cause cause = write_public(key, out, out_len);
    ERR_pop_to_mark();
    return cause;
}

bulla_cause private_key_sign(const struct private_key *key, enum signature_kind kind,
                             enum hash_id hash, bulla_bytes message, uint8_t *out,
                             size_t *out_len) {
    if (!fits(key->kind, kind, hash)) {
        return BULLA_E_KEY_UNSUPPORTED;
    }
    ERR_set_mark();
    bulla_cause cause = sign(key, kind, hash, message, out, out_len);
    ERR_pop_to_mark();
    return cause;
}

static bulla_cause verify(const struct public_key *key, enum signature_kind kind, enum hash_id hash,
                          bulla_bytes message, bulla_bytes signature) {
    enum curve_id curve;
    if (kind == SIGNATURE_ED25519) {
        return ed25519_verify(key->handle, message, signature);
    }
    uint8_t digest_bytes[HASH_LEN_MAX];
    bulla_bytes digest = bytes_of(digest_bytes, hash_len(hash));
    hash_once(hash, message, digest_bytes);
    return is_ec(key->kind, &curve) ? ecdsa_verify(key->handle, digest, signature)
                                    : rsa_verify(key->handle, kind, hash, digest, signature);
}

static bulla_cause sign(const struct private_key *key, enum signature_kind kind, enum hash_id hash,
                        bulla_bytes message, uint8_t *out, size_t *out_len) {
    if (kind == SIGNATURE_ED25519) {
        *out_len = ED25519_SIGNATURE_LEN;
        return ed25519_sign(key->handle, message, out);
    }
    uint8_t digest_bytes[HASH_LEN_MAX];
    bulla_bytes digest = bytes_of(digest_bytes, hash_len(hash));
    hash_once(hash, message, digest_bytes);
    if (kind == SIGNATURE_ECDSA) {
        return ecdsa_sign(key->handle, digest, out, out_len);
    }
    *out_len = (size_t)RSA_size(key->handle);
    return rsa_sign(key->handle, kind, hash, digest, out);
}

static bulla_cause write_public(const struct private_key *key, uint8_t *out, size_t *out_len) {
    enum curve_id curve;
    *out_len = public_len(key);
    if (is_ec(key->kind, &curve)) {
        return curve_point_encode(curve, EC_KEY_get0_public_key(key->handle), NULL, out);
    }
    if (key->kind == KEY_KIND_ED25519) {
        return ed25519_public(key->handle, out);
    }
    return BN_bn2bin(RSA_get0_n(key->handle), out) > 0 ? BULLA_OK : BULLA_E_CRYPTO_FAILED;
}

static size_t public_len(const struct private_key *key) {
    enum curve_id curve;
    if (is_ec(key->kind, &curve)) {
        return curve_point_len(curve);
    }
    return key->kind == KEY_KIND_ED25519 ? ED25519_KEY_LEN : (size_t)RSA_size(key->handle);
}

static bool fits(enum key_kind key, enum signature_kind signature, enum hash_id hash) {
    enum curve_id curve;
    bool strong_hash = hash == HASH_SHA256 || hash == HASH_SHA384 || hash == HASH_SHA512;
    switch (signature) {
    case SIGNATURE_ECDSA:
        return is_ec(key, &curve) && strong_hash;
    case SIGNATURE_RSA_PKCS1:
    case SIGNATURE_RSA_PSS:
        return key == KEY_KIND_RSA && strong_hash;
    case SIGNATURE_ED25519:
        return key == KEY_KIND_ED25519 && hash == HASH_INVALID;
    case SIGNATURE_INVALID:
        break;
    }
    return false;
}

static bool is_ec(enum key_kind kind, enum curve_id *out_curve) {
    switch (kind) {
    case KEY_KIND_EC_P256:
        *out_curve = CURVE_P256;
        return true;
    case KEY_KIND_EC_P384:
        *out_curve = CURVE_P384;
        return true;
    case KEY_KIND_EC_P521:
        *out_curve = CURVE_P521;
        return true;
    case KEY_KIND_RSA:
    case KEY_KIND_ED25519:
    case KEY_KIND_INVALID:
        break;
    }
    return false;
}

static unsigned ec_bits(enum key_kind kind) {
    enum curve_id curve;
    return is_ec(kind, &curve) ? curve_bits(curve) : 0;
}
