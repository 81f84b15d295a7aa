/* SPDX-License-Identifier: Apache-2.0 */
/* Public and private keys for signatures, made from their numbers. Encodings (SPKI, PKCS#8, ...)
 * are the business of src/der and src/x509: no decoder of libcrypto is used. */
#ifndef CRYPTO_SIGNATURE_H
#define CRYPTO_SIGNATURE_H

#include "base/random.h"
#include "crypto/hash.h"
#include <bulla/error.h>

enum key_kind {
    KEY_KIND_INVALID = 0,
    KEY_KIND_EC_P256,
    KEY_KIND_EC_P384,
    KEY_KIND_EC_P521,
    KEY_KIND_RSA,
    KEY_KIND_ED25519,
};

enum signature_kind {
    SIGNATURE_INVALID = 0,
    SIGNATURE_ECDSA,     /* DER ECDSA-Sig-Value */
    SIGNATURE_RSA_PKCS1, /* RFC 8017 8.2; certificates only, in TLS 1.3 */
    SIGNATURE_RSA_PSS,   /* MGF1 with the same hash, salt as long as the hash */
    SIGNATURE_ED25519,   /* hash is HASH_INVALID */
};

/* Room for the largest signature: RSA of 8192 bits. */
enum { SIGNATURE_LEN_MAX = 1024, RSA_BITS_MAX = 8192 };

/* `handle` belongs to signature.c. Zeroed memory is a valid empty key. Once made, a key may be
 * used by several threads at a time. */
struct public_key {
    enum key_kind kind;
    unsigned bits; /* the modulus's or the curve's */
    void *handle;
};

struct private_key {
    enum key_kind kind;
    unsigned bits;
    void *handle;
};

/* `point` is uncompressed (04 || x || y); BULLA_E_KEY_UNSUPPORTED for a compressed one,
 * BULLA_E_KEY_MALFORMED where it is not on the curve. */
BULLA_MUST_CHECK bulla_cause public_key_from_point(struct public_key *out, enum key_kind curve,
                                                   bulla_bytes point);
/* Modulus and exponent, big-endian. BULLA_E_KEY_MALFORMED for an even or tiny modulus (below 512
 * bits), an exponent that is even, 1 or longer than 64 bits; BULLA_E_KEY_UNSUPPORTED above
 * RSA_BITS_MAX. Whether 1024 bits suffice is the caller's policy. */
BULLA_MUST_CHECK bulla_cause public_key_from_rsa(struct public_key *out, bulla_bytes modulus,
                                                 bulla_bytes exponent);
/* `raw` has 32 bytes. */
BULLA_MUST_CHECK bulla_cause public_key_from_ed25519(struct public_key *out, bulla_bytes raw);
void public_key_free(struct public_key *key);

/* BULLA_OK; BULLA_E_SIGNATURE_INVALID; BULLA_E_KEY_UNSUPPORTED where kind and key do not fit. */
BULLA_MUST_CHECK bulla_cause public_key_verify(const struct public_key *key,
                                               enum signature_kind kind, enum hash_id hash,
                                               bulla_bytes message, bulla_bytes signature);

/* `scalar` is big-endian, 1 to n-1; the public point is computed. */
BULLA_MUST_CHECK bulla_cause private_key_from_scalar(struct private_key *out, enum key_kind curve,
                                                     bulla_bytes scalar);

/* The numbers of RFC 8017 A.1.2, big-endian. */
struct rsa_numbers {
    bulla_bytes modulus, public_exponent, private_exponent;
    bulla_bytes prime1, prime2, exponent1, exponent2, coefficient;
};
BULLA_MUST_CHECK bulla_cause private_key_from_rsa(struct private_key *out,
                                                  const struct rsa_numbers *numbers);
/* `seed` has 32 bytes, RFC 8032 5.1.5. */
BULLA_MUST_CHECK bulla_cause private_key_from_ed25519(struct private_key *out, bulla_bytes seed);
void private_key_free(struct private_key *key);

/* A fresh EC or Ed25519 key: draws the scalar or seed from `random` and writes it (32, 48 or 66
 * bytes, big-endian) to `out_secret`, for private_key_from_scalar/_ed25519 and for storing. */
BULLA_MUST_CHECK bulla_cause private_key_draw(enum key_kind kind,
                                              const struct random_source *random,
                                              uint8_t *out_secret, size_t *out_len);

/* The matching public key in the form of public_key_from_*: the uncompressed point, or the 32 raw
 * bytes of Ed25519; for RSA the modulus alone. At most `cap` bytes. */
BULLA_MUST_CHECK bulla_cause private_key_public(const struct private_key *key, uint8_t *out,
                                                size_t cap, size_t *out_len);

/* Signs `message`, hashing it first; at most SIGNATURE_LEN_MAX bytes go to `out`. ECDSA and PSS
 * draw their nonce and salt inside libcrypto. */
BULLA_MUST_CHECK bulla_cause private_key_sign(const struct private_key *key,
                                              enum signature_kind kind, enum hash_id hash,
                                              bulla_bytes message, uint8_t *out, size_t *out_len);

#endif
